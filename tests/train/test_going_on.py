"""fit(after=history): a fit in parts is the fit in one, bit for bit."""

import functools
import os
import signal

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, DataError
from chainrule.train import Callback, EarlyStopping, fit
from chainrule.train.state import TrainingState
from tests.thorough import crossed
from tests.train.small_nets import OPTIMIZERS

ROWS, BATCH = 101, 16  # the last of 7 batches has 5 rows
MODES = pytest.mark.parametrize("compiled", [False, True])
TIMES = ("seconds", "rows_per_second")
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(ROWS, 6)).astype("f"), RNG.integers(0, 4, ROWS)


def net():
    layers = nn.Linear(6, 8), nn.BatchNorm(8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 4)
    return nn.Sequential(*layers)


def trained(parts, compiled, optimizer="adam", **options):
    """Net, optimiser and history of several fits, each going on from the one before."""
    model, rule, history = net(), OPTIMIZERS[optimizer](), None
    settings = {"loss": cr.softmax_cross_entropy, "seed": 3, "batch_size": BATCH} | options
    for epochs in parts:
        fresh = {name: make() for name, make in settings.items() if name in ("early_stopping",)}
        history = fit(
            model, (X, LABELS), optimizer=rule, epochs=epochs, compiled=compiled, after=history,
            **settings | fresh,
        )  # fmt: skip
    return model, rule, history


def assert_same(one, other, figures=True):
    for part in (0, 1):
        own, new = one[part].state(), other[part].state()
        assert own.keys() == new.keys()
        for name, array in own.items():
            np.testing.assert_array_equal(array, new[name], err_msg=name)
    first, second = one[2], other[2]
    assert (first.stopped, first.best_epoch) == (second.stopped, second.best_epoch)
    assert first["epoch"] == second["epoch"] == list(range(1, len(first) + 1))
    for column in set(first.columns) - set(TIMES):
        if figures:
            np.testing.assert_array_equal(first[column], second[column], err_msg=column)


@crossed("optimizer, compiled", OPTIMIZERS, [False, True])
def test_3_epochs_and_3_more_are_6(optimizer, compiled):
    whole = trained([6], compiled, optimizer)
    assert_same(whole, trained([3, 3], compiled, optimizer))
    assert_same(whole, trained([1, 0, 2, 3], compiled, optimizer))


@MODES
def test_the_schedule_early_stopping_and_the_penalty_go_on(compiled):
    options = {
        "schedule": optim.Cosine(0.05, steps=60, warmup=3),
        "validation": (X[:30], LABELS[:30]),
        "early_stopping": lambda: EarlyStopping(2),
        "regularization": nn.L2(1e-3),
        "clip": 1.0,
    }
    whole = trained([12], compiled, **options)
    assert whole[2].stopped == "early stopping"
    assert len(whole[2]) < 12
    for parts in ([6, 6], [1, 11], [3, 3, 3, 3], [10, 2]):  # also parts after the end
        assert_same(whole, trained(parts, compiled, **options))


@MODES
def test_lbfgs_goes_on(compiled):
    def run(parts):
        model, rule, history = nn.MLP([6, 5, 4]), optim.LBFGS(), None
        for epochs in parts:
            history = fit(
                model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=rule, epochs=epochs,
                batch_size=ROWS, compiled=compiled, after=history,
            )  # fmt: skip
        return model, rule, history

    assert_same(run([6]), run([3, 3]))


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_batch_end(self, state):
        if state.step == self.step:
            state.stop()


@functools.cache
def never_left(epochs, size, compiled, patience, schedule=None):
    """What a fit that was left at any step is compared with."""
    return trained(
        [epochs], compiled, early_stopping=lambda: EarlyStopping(patience), batch_size=size,
        validation=(X[:30], LABELS[:30]), schedule=schedule,
    )  # fmt: skip


@crossed("compiled, step", [False, True], [1, 10, 13, 14, 20])
def test_a_fit_that_was_cut_short_goes_on_with_the_next_batch(step, compiled):
    options = {"validation": (X[:30], LABELS[:30]), "schedule": optim.Linear(0.01, steps=42)}
    whole = never_left(6, BATCH, compiled, 3, options["schedule"])
    model, rule = net(), OPTIMIZERS["adam"]()
    options |= {
        "loss": cr.softmax_cross_entropy, "optimizer": rule, "seed": 3, "batch_size": BATCH,
        "compiled": compiled,
    }  # fmt: skip
    stopping, data = EarlyStopping(3), (X, LABELS)
    history = fit(
        model, data, epochs=6, callbacks=[StopAt(step)], early_stopping=stopping, **options
    )
    assert history.state.step == step
    assert history.state.batch == step % 7
    left = 6 - history.state.epoch
    again = fit(model, data, epochs=left, early_stopping=stopping, after=history, **options)
    assert_same(whole, (model, rule, again), figures=False)
    for column in set(whole[2].columns) - set(TIMES):
        np.testing.assert_allclose(again[column], whole[2][column], rtol=1e-12)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@crossed("step, size, compiled", [9, 11, 13, 14], [BATCH, ROWS], [False, True])
def test_a_fit_that_ctrl_c_ended_goes_on(step, size, compiled):
    class Interrupt(Callback):
        def on_batch_start(self, state):
            if state.step == step:
                os.kill(os.getpid(), signal.SIGINT)

    epochs = 6 if size == BATCH else 20
    options = {"validation": (X[:30], LABELS[:30]), "batch_size": size}
    whole = never_left(epochs, size, compiled, 50)
    model, rule = net(), OPTIMIZERS["adam"]()
    options |= {
        "loss": cr.softmax_cross_entropy, "optimizer": rule, "seed": 3, "compiled": compiled,
        "early_stopping": 50,
    }  # fmt: skip
    history = fit(model, (X, LABELS), epochs=epochs, callbacks=[Interrupt()], **options)
    assert history.stopped == "interrupted"
    state, count = history.state, -(-ROWS // size)
    assert state.step == step + 1 == state.epoch * count + state.batch
    assert state.batch > 0  # the last batch, too: its validation is missing
    history.state = TrainingState.from_arrays(state.to_arrays())
    again = fit(model, (X, LABELS), epochs=epochs - state.epoch, after=history, **options)
    assert_same(whole, (model, rule, again), figures=False)
    for column in set(whole[2].columns) - set(TIMES):
        np.testing.assert_allclose(again[column], whole[2][column], rtol=1e-12, err_msg=column)


@MODES
def test_the_state_can_be_taken_apart_and_put_together(compiled):
    whole = trained([6], compiled, early_stopping=lambda: EarlyStopping(2))
    _, _, history = trained([3], compiled, early_stopping=lambda: EarlyStopping(2))
    arrays = history.state.to_arrays()
    assert all(array.dtype.kind in "biufU" for array in arrays.values())
    history.state = TrainingState.from_arrays(arrays)
    model, rule = net(), OPTIMIZERS["adam"]()  # a new net and a new optimiser: the state wins
    again = fit(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=rule, epochs=3, seed=3,
        batch_size=BATCH, compiled=compiled, after=history, early_stopping=2,
    )  # fmt: skip
    assert_same(whole, (model, rule, again))
    with pytest.raises(ArgumentError, match="they lack epoch, batch"):
        TrainingState.from_arrays({})


def test_a_callback_of_the_users_own_goes_on_too():
    class Counting(Callback):
        def __init__(self):
            self.epochs = 0

        def on_epoch_end(self, state):
            self.epochs += 1

        def remembered(self):
            return {"epochs": np.asarray(self.epochs)}

        def recall(self, remembered, state):
            self.epochs = int(remembered["epochs"])

    _, _, history = trained([3], False, callbacks=[Counting()])
    counting, model = Counting(), net()
    fit(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.Adam(), epochs=2,
        seed=3, batch_size=BATCH, compiled=False, after=history, callbacks=[counting],
    )  # fmt: skip
    assert counting.epochs == 5


def test_a_schedule_without_an_end_is_spread_over_all_epochs():
    model, rule = nn.MLP([6, 4]), optim.SGD(1.0)
    options = {"loss": cr.softmax_cross_entropy, "optimizer": rule, "batch_size": ROWS}
    options["schedule"] = optim.Linear()
    first = fit(model, (X, LABELS), epochs=2, **options)
    assert first["rate"] == [1.0, 0.5]
    assert fit(model, (X, LABELS), epochs=2, after=first, **options)["rate"] == [
        1.0, 0.5, 0.5, 0.25
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"seed": 4}, ArgumentError, "had seed=3, but this one has seed=4"),
        ({"batch_size": 8}, ArgumentError, "had batch_size=16, but this one has batch_size=8"),
        ({"data": (X[:50], LABELS[:50])}, ArgumentError, "had rows=101, but this one has rows=50"),
        ({"optimizer": optim.SGD()}, ArgumentError, "was made by Adam, but this one has SGD"),
        ({"model": nn.MLP([6, 4])}, DataError, "this state does not fit the net"),
        ({"metric": None}, ArgumentError, "had the metric: accuracy, but this one has none"),
        ({"validation": (X, LABELS)}, ArgumentError, "validation rows: no, but this one has yes"),
        ({"after": "history"}, ArgumentError, "after= is the history that a fit returned"),
        ({"after": cr.train.History()}, ArgumentError, "that of a fit which an error ended"),
    ],
)
def test_another_fit_cannot_go_on(changes, error, message):
    _, _, history = trained([2], False)
    options = {
        "loss": cr.softmax_cross_entropy, "optimizer": optim.Adam(), "seed": 3,
        "batch_size": BATCH, "after": history, "model": net(), "data": (X, LABELS),
    } | changes  # fmt: skip
    model, rule = options["model"], options["optimizer"]
    before = model.state(), rule.state()
    with pytest.raises(error) as caught:
        fit(options.pop("model"), options.pop("data"), **options)
    assert message in str(caught.value)
    for own, new in zip(before, (model.state(), rule.state()), strict=True):
        assert all(np.array_equal(own[name], new[name]) for name in own)


def test_an_optimiser_that_remembers_other_things_leaves_the_net_alone():
    _, _, history = trained([2], False, "momentum")
    model = net()
    before = model.state()
    with pytest.raises(ArgumentError, match="not the state of SGD"):
        fit(
            model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(), seed=3,
            batch_size=BATCH, after=history,
        )  # fmt: skip
    assert all(np.array_equal(before[name], array) for name, array in model.state().items())


def test_early_stopping_has_put_the_best_weights_in_place_but_training_goes_on_from_the_last():
    options = {"validation": (X[:30], LABELS[:30]), "early_stopping": lambda: EarlyStopping(50)}
    options["schedule"] = optim.Constant(0.1)
    model, _, history = trained([12], False, **options)
    best, last = model.state(), history.state.model
    assert history.best_epoch < 12
    assert any(not np.array_equal(best[name], last[name]) for name in best)
