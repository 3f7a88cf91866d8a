"""Which learning rate a step takes, and what is refused as one: eager, compiled, Program."""

from math import inf, nan

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.train import Callback, Program, fit

X = np.ones((12, 1))
BOTH = pytest.mark.parametrize("compiled", [False, True])


def minus_output(out, y):
    """Its slope is -1: a step of a weight at x = 1 adds the rate."""
    return -cr.mean(out)


class Setting(Callback):
    """Does something at every call of some hooks, and notes what the rates were."""

    def __init__(self, hook, do):
        setattr(type(self), hook, lambda self, state: do(state))
        self.seen = []

    def on_batch_end(self, state):
        self.seen.append(state.rate)


def run(compiled, hook, do, epochs=1, batch_size=4, rate=0.5, **options):
    kind = type("One", (Setting,), {})
    listener = kind(hook, do)
    model = nn.Linear(1, 1, bias=False, dtype="float64")
    model.weight.data = np.zeros((1, 1))
    options.setdefault("callbacks", [listener])
    history = fit(
        model, (X, np.zeros((12, 1))), loss=minus_output, optimizer=optim.SGD(rate), epochs=epochs,
        batch_size=batch_size, compiled=compiled, metric=None, **options,
    )  # fmt: skip
    return model.weight.data.item(), listener.seen, history


@BOTH
def test_a_rate_set_before_a_step_is_the_rate_of_that_step(compiled):
    def halve(state):
        state.optimizer.rate /= 2

    total, seen, _ = run(compiled, "on_batch_start", halve)
    assert seen == [0.25, 0.125, 0.0625]
    assert total == sum(seen)


@BOTH
@pytest.mark.parametrize("schedule", [None, optim.Constant(0.25), lambda step: 0.25])
def test_the_states_rate_counts_for_one_step_before_schedule_and_optimiser(compiled, schedule):
    def once(state):
        if state.batch == 2:
            state.rate = 4.0

    usual = 0.5 if schedule is None else 0.25
    total, seen, _ = run(compiled, "on_batch_start", once, schedule=schedule)
    assert seen == [usual, 4.0, usual]
    assert total == sum(seen)


@BOTH
def test_the_states_rate_may_be_set_before_the_epoch(compiled):
    total, seen, _ = run(compiled, "on_epoch_start", lambda s: setattr(s, "rate", 2.0), epochs=2)
    assert seen == [2.0, 0.5, 0.5] * 2
    assert total == sum(seen)


@BOTH
def test_slices_without_a_hook_per_batch_take_the_states_rate_once(compiled):
    class First(Callback):
        def on_epoch_start(self, state):
            state.rate = 2.0

    total, _, history = run(compiled, "on_fit_end", lambda s: None, callbacks=[First()])
    assert total == 3.0
    assert history["rate"] == [0.5]


@BOTH
def test_the_optimisers_rate_is_not_read_while_there_is_a_schedule(compiled):
    def change(state):
        state.optimizer.rate = 9.0

    _, seen, _ = run(compiled, "on_batch_start", change, schedule=optim.Constant(0.25))
    assert seen == [0.25] * 3


@BOTH
@pytest.mark.parametrize("bad", [-0.5, nan, inf, -inf])
def test_a_schedule_that_leaves_the_rates_is_an_error_at_its_step(compiled, bad):
    model = nn.Linear(1, 1, bias=False, dtype="float64")
    model.weight.data = np.zeros((1, 1))
    for batch_size, step, place in ((4, 4, "epoch 2, batch 2"), (12, 2, "epoch 3, batch 1")):
        model.weight.data = np.zeros((1, 1))
        with pytest.raises(ArgumentError) as caught:
            fit(
                model, (X, np.zeros((12, 1))), loss=minus_output, optimizer=optim.SGD(1.0),
                schedule=lambda i, step=step: bad if i == step else 1.0, epochs=5,
                batch_size=batch_size, compiled=compiled, metric=None,
            )  # fmt: skip
        assert place in caught.value.what
        assert f"(step {step + 1})" in caught.value.what
        assert model.weight.data.item() == step


@BOTH
@pytest.mark.parametrize("bad", ["fast", "0.1", None, True, 1j, np.ones(1)])
def test_a_schedule_that_returns_no_number_is_an_error(bad, compiled):
    with pytest.raises(ArgumentError, match=r"the schedule returned .* for step 2"):
        fit(
            nn.Linear(1, 1, dtype="float64"), (X, np.zeros((12, 1))), loss=minus_output,
            optimizer=optim.SGD(1.0), schedule=lambda i: bad if i == 2 else 1.0, batch_size=4,
            compiled=compiled, metric=None,
        )  # fmt: skip


@BOTH
@pytest.mark.parametrize("bad", [-0.5, nan, inf, "fast", None, True])
@pytest.mark.parametrize("owner", ["optimizer", "state"])
def test_a_callback_that_sets_no_rate_is_an_error_at_the_step(compiled, bad, owner):
    if owner == "state" and bad is None:
        pytest.skip("None asks for nothing")
    weights = []

    def change(state):
        weights.append(state.model.weight.data.item())
        if state.step == 2:
            (state if owner == "state" else state.optimizer).rate = bad

    with pytest.raises((ArgumentError, ValueError, TypeError), match=r"step 3") as caught:
        run(compiled, "on_batch_start", change)
    assert isinstance(caught.value, ArgumentError)
    assert weights == [0.0, 0.5, 1.0]


@BOTH
def test_a_schedule_of_the_library_with_a_bad_number_is_refused_when_it_is_made(compiled):
    for make in (
        lambda: optim.Constant(nan), lambda: optim.Step(1.0, shrink=-1.0),
        lambda: optim.Cosine(1.0, final=-1.0), lambda: optim.Linear(inf),
    ):  # fmt: skip
        with pytest.raises(ArgumentError):
            make()


@pytest.mark.parametrize("bad", [-0.5, nan, inf])
def test_a_program_refuses_the_rate_of_a_step_and_has_made_those_before(bad):
    model = nn.Linear(1, 1, bias=False, dtype="float64")
    model.weight.data = np.zeros((1, 1))
    program = Program(
        model, minus_output, optim.SGD(1.0), schedule=lambda i: bad if i == 2 else 1.0
    )
    with pytest.raises(ArgumentError, match=r"batch 3 \(step 3\)"):
        program.epoch(X, np.zeros((12, 1)), batch_size=3)
    assert (program.steps, model.weight.data.item()) == (2, 2.0)
    with pytest.raises(ArgumentError, match="step 3"):
        program.step(X, np.zeros((12, 1)))
    assert (program.steps, model.weight.data.item()) == (2, 2.0)


def test_a_program_refuses_the_optimisers_rate():
    model, optimizer = nn.Linear(1, 1, bias=False, dtype="float64"), optim.SGD(1.0)
    program = Program(model, minus_output, optimizer)
    program.epoch(X, np.zeros((12, 1)), batch_size=4)
    before = model.weight.data.item()
    optimizer.rate = nan
    with pytest.raises(ArgumentError, match=r"step 4"):
        program.epoch(X, np.zeros((12, 1)), batch_size=4)
    with pytest.raises(ArgumentError, match="step 4"):
        program.step(X, np.zeros((12, 1)))
    assert model.weight.data.item() == before
