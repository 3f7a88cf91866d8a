"""Early stopping: when it stops, and what it leaves."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
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
