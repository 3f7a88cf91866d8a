"""Callbacks: which hooks are called, in which order, and what they see."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, UnknownNameError
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


MISSPELT = {
    "on_epoch_ends": "on_epoch_end",
    "on_epochend": "on_epoch_end",
    "onEpochEnd": "on_epoch_end",
    "on_Batch_start": "on_batch_start",
    "on_train_begin": "",
    "on_fit_begin": "on_fit_end",
    "on_interupt": "on_interrupt",
}


@pytest.mark.parametrize("place", ["class", "parent", "instance"])
@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_hook_is_an_error_that_names_the_closest(name, place):
    kind = type("Mine", (Callback,), {} if place == "instance" else {name: lambda self, state: 0})
    if place == "parent":
        kind = type("Child", (kind,), {})
    callback = kind()
    if place == "instance":
        setattr(callback, name, print)
    with pytest.raises(UnknownNameError) as caught:
        run(callback)
    assert f"there is no hook of {kind.__name__} named {name!r}" in caught.value.what
    if MISSPELT[name]:
        assert f"did you mean {MISSPELT[name]!r}" in caught.value.what


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("hook", sorted(set(HOOKS) - {"on_interrupt"}))
def test_a_hook_that_is_set_on_an_instance_is_called(hook, compiled):
    callback, heard = Callback(), []
    setattr(callback, hook, heard.append)
    run(callback, compiled=compiled)
    assert heard


def test_a_hook_set_on_an_instance_takes_the_place_of_the_class():
    recorder, heard = Recorder(), []
    recorder.on_epoch_end = heard.append
    run(recorder)
    assert len(heard) == 2
    assert not any(hook == "on_epoch_end" for hook, *_ in recorder.heard)


def _no_arguments():
    pass


def _two_arguments(epoch, logs):
    pass


async def _later(state):
    pass


def _generator(state):
    yield


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_no_arguments, r"_no_arguments\(\) cannot be called with one argument"),
        (_two_arguments, r"_two_arguments\(epoch, logs\) cannot be called with one argument"),
        (_later, "_later is a coroutine or a generator"),
        (_generator, "_generator is a coroutine or a generator"),
        (None, "a hook is a function of the state, but this is None"),
        ("print", "a hook is a function of the state, but this is 'print'"),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_before_the_first_step(function, message):
    callback = Callback()
    callback.on_epoch_end = function
    with pytest.raises(ArgumentError, match=message):
        run(callback)


def test_a_hook_without_self_is_refused():
    class Forgotten(Callback):
        def on_epoch_end(state):
            pass

    with pytest.raises(ArgumentError, match=r"on_epoch_end\(\) cannot be called"):
        run(Forgotten())


def test_hooks_with_more_arguments_that_have_defaults_are_called():
    class Ready(Callback):
        heard = 0

        def on_epoch_end(self, state, *, logs=None):
            type(self).heard += 1

    run(Ready())
    assert Ready.heard == 2


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("hook", sorted(set(HOOKS) - {"on_interrupt", "on_fit_start"}))
def test_an_error_in_a_hook_leaves_a_net_that_can_be_trained_on(hook, compiled):
    class Fail(Callback):
        pass

    def fail(state):
        raise ZeroDivisionError(hook)

    failing, ended, model, optimizer = Fail(), [], nn.Linear(1, 1), optim.Adam(0.1)
    setattr(failing, hook, fail)
    other = Callback()
    other.on_fit_end = ended.append
    options = {"loss": cr.squared_error, "optimizer": optimizer, "batch_size": 5}
    with pytest.raises(ZeroDivisionError, match=hook):
        fit(model, (X, Y), callbacks=[failing, other], validation=(X, Y), compiled=compiled,
            **options)  # fmt: skip
    assert len(ended) == 1  # the others hear the end all the same
    assert ended[0].history.stopped == ("epochs" if hook == "on_fit_end" else "error")
    steps = {"on_epoch_start": 0, "on_batch_start": 0, "on_batch_end": 1, "on_fit_end": 20}
    assert optimizer.steps == ended[0].step == steps.get(hook, 2)
    fit(model, (X, Y), compiled=compiled, **options)
    assert np.isfinite(model.weight.data).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_hook_that_is_set_during_the_fit_is_heard_from_the_next_epoch_on(compiled):
    heard = []

    class Late(Callback):
        def on_fit_start(self, state):
            self.on_epoch_start = lambda state: heard.append(("first", state.epoch))

        def on_epoch_end(self, state):
            self.on_epoch_start = lambda state: heard.append(("other", state.epoch))

    run(Late(), epochs=3, compiled=compiled)
    assert heard == [("first", 1), ("other", 2), ("other", 3)]

    class Misspelt(Callback):
        def on_fit_start(self, state):
            self.on_epoch_begin = print

    with pytest.raises(UnknownNameError, match="on_epoch_begin"):
        run(Misspelt(), compiled=compiled)


@pytest.mark.parametrize("hook", ["on_epoch_start", "on_batch_start", "on_batch_end"])
@pytest.mark.parametrize("batch_size", [5, 10])
def test_rows_that_a_hook_changes_are_read_alike_in_both_modes(hook, batch_size):
    losses = []
    for compiled in (True, False):
        x = X.copy()

        def shift(self, state, x=x):
            x[...] += 0.25

        model = nn.Linear(1, 1, dtype="float64")
        history = fit(
            model, (x, Y), loss=cr.squared_error, optimizer=optim.SGD(0.1), epochs=2,
            batch_size=batch_size, callbacks=[type("Shift", (Callback,), {hook: shift})()],
            compiled=compiled, metric=None,
        )  # fmt: skip
        losses.append(history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-12)


def test_a_loss_that_writes_into_its_targets_cannot_reach_the_callers_array():
    y = Y.copy()

    def loss(out, targets):
        targets[...] = 0
        return ((out - targets) ** 2).mean()

    model = nn.Linear(1, 1, dtype="float64")
    with pytest.raises(ValueError, match="read-only"):
        fit(model, (X, y), loss=loss, optimizer=optim.SGD(0.1), batch_size=10, compiled=False)
    np.testing.assert_array_equal(y, Y)
