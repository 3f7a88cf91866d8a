"""Callbacks: which hooks are called, in which order, and what they see."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, fit
from chainrule.train.events import HOOKS, Hooks

X, Y = np.linspace(-1, 1, 10)[:, None], np.linspace(0, 2, 10)[:, None]


def run(*callbacks, **options):
    settings = {"epochs": 2, "batch_size": 5, "validation": (X, Y)} | options
    return fit(
        nn.Linear(1, 1),
        (X, Y),
        loss=cr.squared_error,
        optimizer=optim.SGD(0.1),
        callbacks=callbacks,
        **settings,
    )


class Recorder(Callback):
    def __init__(self):
        self.heard = []


def _record(hook):
    def listen(self, state):
        self.heard.append((hook, state.epoch, state.batch))

    return listen


for _hook in HOOKS:
    setattr(Recorder, _hook, _record(_hook))


def test_the_hooks_come_in_order():
    recorder = Recorder()
    run(recorder)
    assert len(HOOKS) == 8
    epochs = [
        [
            ("on_epoch_start", e, 0),
            ("on_batch_start", e, 1),
            ("on_batch_end", e, 1),
            ("on_batch_start", e, 2),
            ("on_batch_end", e, 2),
            ("on_validation_start", e, 2),
            ("on_epoch_end", e, 2),
        ]
        for e in (1, 2)
    ]
    assert recorder.heard == [
        ("on_fit_start", 0, 0), *epochs[0], *epochs[1], ("on_fit_end", 2, 2)
    ]  # fmt: skip


def test_hooks_that_nobody_overrode_are_not_called():
    class One(Callback):
        def on_epoch_end(self, state):
            pass

    hooks = Hooks([One(), Callback()])
    assert [hook for hook in HOOKS if hooks.listeners(hook)] == ["on_epoch_end"]


def test_a_callback_may_stop_in_the_middle_of_an_epoch():
    class Stop(Callback):
        def on_batch_end(self, state):
            if state.step == 3:
                state.stop("third step")

    history = run(Stop(), epochs=9)
    assert history.stopped == "third step"
    assert len(history) == 2
    assert np.isfinite(history["loss"]).all()
    assert np.isnan(history["gradient_norm/weight"][1])  # the last full batch was not reached


def test_stopping_before_the_first_batch_counts_no_epoch():
    class Stop(Callback):
        def on_fit_start(self, state):
            state.stop("not today")

    history = run(Stop())
    assert (history.stopped, len(history)) == ("not today", 0)


def test_the_state_tells_where_the_fit_stands():
    seen = []

    class Look(Callback):
        def on_batch_end(self, state):
            assert (state.epochs, state.batches, state.rows) == (2, 2, 10)
            assert list(state.parameters) == ["weight", "bias"]
            assert state.optimizer.steps == state.step
            seen.append((state.seen, state.loss, state.running_loss(), state.running_metric()))

    history = run(Look())
    assert [row[0] for row in seen] == [5, 10, 5, 10]
    assert seen[1][2] == pytest.approx((seen[0][1] + seen[1][1]) / 2)
    assert seen[1][2] == history["loss"][0]
    assert seen[1][3] == pytest.approx(history["r2"][0])


def test_the_end_is_heard_when_another_callback_fails():
    class Fail(Callback):
        def on_epoch_end(self, state):
            raise KeyError("mine")

    recorder = Recorder()
    with pytest.raises(KeyError, match="mine"):
        run(recorder, Fail())
    assert recorder.heard[-1][0] == "on_fit_end"


def test_a_callback_may_change_the_rate():
    class Halve(Callback):
        def on_epoch_end(self, state):
            state.optimizer.rate /= 2

    assert run(Halve(), epochs=3)["rate"] == [0.1, 0.05, 0.025]
