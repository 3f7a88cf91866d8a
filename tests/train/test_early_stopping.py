"""Early stopping: when it stops, and what it leaves."""

import dataclasses

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ChainruleError
from chainrule.train import Callback, EarlyStopping, evaluate, fit


def noise(rows=60):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, 5)), rng.integers(0, 2, rows)


def run(early_stopping, model=None, callbacks=(), epochs=200, **options):
    x, y = noise()
    model = model or nn.MLP([5, 64, 2], normalization="batch")
    history = fit(
        model,
        (x[:30], y[:30]),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.Adam(0.02),
        validation=(x[30:], y[30:]),
        epochs=epochs,
        early_stopping=early_stopping,
        callbacks=callbacks,
        **options,
    )
    return model, history


def test_it_stops_after_its_patience_and_restores_the_best_weights_and_buffers():
    model, history = run(EarlyStopping(patience=4))
    losses = history["validation_loss"]
    assert history.stopped == "early stopping"
    assert history.best_epoch == int(np.argmin(losses)) + 1
    assert len(history) == history.best_epoch + 4
    x, y = noise()
    found, _ = evaluate(model, (x[30:], y[30:]), cr.softmax_cross_entropy)
    assert found == min(losses)


def test_a_number_is_the_patience():
    assert len(run(2)[1]) == run(2)[1].best_epoch + 2


def test_the_best_weights_are_kept_however_the_fit_ends():
    class Stop(Callback):
        def on_epoch_end(self, state):
            if state.epoch == 15:
                state.stop("enough")

    model, history = run(EarlyStopping(patience=100), callbacks=[Stop()])
    assert history.stopped == "enough"
    assert history.best_epoch < 15
    x, y = noise()
    found, _ = evaluate(model, (x[30:], y[30:]), cr.softmax_cross_entropy)
    assert found == min(history["validation_loss"])


def test_other_callbacks_see_the_restored_weights():
    seen = {}

    class Look(Callback):
        def on_fit_end(self, state):
            seen.update(state.model.state())

    model, _ = run(3, callbacks=[Look()])
    assert all(np.array_equal(seen[name], a) for name, a in model.state().items())


def test_a_metric_is_to_rise():
    _, history = run(EarlyStopping(patience=5, monitor="validation_metric"))
    assert history.best_epoch == int(np.argmax(history["validation_accuracy"])) + 1


def test_a_change_that_is_too_small_is_none():
    _, history = run(EarlyStopping(patience=3, minimum_change=100.0))
    assert history.best_epoch == 1
    assert len(history) == 4


def test_without_validation_it_watches_the_loss():
    x, y = noise()
    history = fit(
        nn.MLP([5, 2]),
        (x, y),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.SGD(0.1),
        epochs=300,
        early_stopping=EarlyStopping(patience=2, minimum_change=1e-3),
    )
    assert history.stopped == "early stopping"
    assert len(history) < 300


@pytest.mark.parametrize("times", [1, 2])
def test_one_object_serves_several_fits(times):
    stopping = EarlyStopping(patience=2)
    lengths = {len(run(stopping)[1]) for _ in range(times + 1)}
    assert len(lengths) == 1


class Scripted(Callback):
    """Puts given losses and metrics into the history, before anybody reads them."""

    def __init__(self, **columns):
        self.columns = columns

    def on_validation_start(self, state):
        self.epochs = state.history.epochs

    def on_epoch_end(self, state):
        row = {name: values[state.epoch - 1] for name, values in self.columns.items()}
        for name in {"metric", "validation_metric"} & row.keys():
            row[f"{name}s"] = {state.history.metric: row[name]}
        self.epochs[-1] = dataclasses.replace(self.epochs[-1], **row)


def scripted(listener, **columns):
    """A fit of as many epochs as there are values; the listener hears them after the script."""
    x, y = noise()
    epochs = len(next(iter(columns.values())))
    return fit(
        nn.MLP([5, 4, 2]), (x, y), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.1),
        validation=(x, y), epochs=epochs, callbacks=[Scripted(**columns), listener],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("monitor", "mode", "best"),
    [
        ("auto", "auto", 2), ("validation_loss", "auto", 2), ("validation_loss", "max", 3),
        ("loss", "auto", 4), ("data_loss", "auto", 5), ("accuracy", "auto", 6),
        ("accuracy", "min", 1), ("validation_accuracy", "auto", 7), ("metric", "auto", 6),
        ("validation_metric", "auto", 7),
    ],
)  # fmt: skip
def test_any_column_can_be_monitored_in_either_direction(monitor, mode, best):
    columns = {
        "validation_loss": [2, 1, 4, 3, 3, 3, 3],
        "loss": [3, 3, 3, 1, 2, 2, 2],
        "data_loss": [3, 3, 3, 3, 1, 2, 2],
        "metric": [0.1, 0.2, 0.2, 0.2, 0.2, 0.9, 0.3],
        "validation_metric": [0.1, 0.2, 0.2, 0.2, 0.2, 0.3, 0.4],
    }
    history = scripted(EarlyStopping(20, monitor=monitor, mode=mode), **columns)
    assert history.best_epoch == best


def test_slow_progress_adds_up_unless_epochs_are_compared_with_the_best():
    losses = [1.0 - 0.01 * i for i in range(30)]
    slow = EarlyStopping(4, minimum_change=0.045, monitor="loss")
    assert scripted(slow, loss=losses).stopped == "early stopping"
    slow = EarlyStopping(4, minimum_change=0.025, monitor="loss")
    assert scripted(slow, loss=losses).stopped == "epochs"
    best = EarlyStopping(4, minimum_change=0.025, monitor="loss", against="best")
    history = scripted(best, loss=losses)
    assert (len(history), history.best_epoch) == (5, 5)


def scikit_learns_count(losses, tol, n_iter_no_change):
    """After how many epochs its MLPClassifier would stop; its own code."""
    best, count = np.inf, 0
    for epoch, loss in enumerate(losses, 1):
        count = count + 1 if loss > best - tol else 0
        best = min(best, loss)
        if count > n_iter_no_change:
            return epoch
    return len(losses)


@pytest.mark.parametrize("tol", [0.0, 1e-4, 0.02])
@pytest.mark.parametrize("seed", range(4))
def test_compared_with_the_best_it_counts_as_scikit_learn(seed, tol):
    noisy = np.round(np.random.default_rng(seed).normal(size=40) * 0.05 + 1 / np.arange(1, 41), 2)
    stopping = EarlyStopping(5, tol, "loss", against="best", restore=False)
    history = scripted(stopping, loss=noisy.tolist())
    assert len(history) == scikit_learns_count(noisy.tolist(), tol, 4)


def test_the_last_weights_stay_where_none_are_to_be_restored():
    model, history = run(EarlyStopping(patience=4, restore=False))
    other, whole = run(None, epochs=len(history))
    assert history.best_epoch is None
    assert history["loss"] == whole["loss"]
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, other.state()[name])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "least"}, "there is no mode of EarlyStopping named 'least'"),
        ({"against": "last"}, "there is no against of EarlyStopping named 'last'"),
        ({"restore": "yes"}, "EarlyStopping was given restore='yes'."),
        ({"minimum_change": -1}, "EarlyStopping was given minimum_change=-1."),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ChainruleError) as caught:
        EarlyStopping(**settings)
    assert message in caught.value.short()
