"""A finite loss with a gradient that is not: the step is named and taken back, in every mode."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NonFiniteError
from chainrule.train import Callback, Program, fit
from chainrule.train.native.keeping import SMALL, Keeper

ROWS = 70
RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 2))
EXACT = 40  # the row whose distance is 0: a net without biases answers 0 to zeros
X[EXACT], Y[EXACT] = 0, 0
OPTIMIZERS = [optim.SGD, lambda r: optim.SGD(r, momentum=0.9), optim.Adam, optim.RMSProp]


def distance(out, y):
    return cr.mean(cr.sqrt(cr.sum((out - y) ** 2, axis=1)))


def net(hidden=8, dtype="float64"):
    return nn.Sequential(
        nn.Linear(4, hidden, bias=False, dtype=dtype), nn.Tanh(), nn.Dropout(0.1),
        nn.Linear(hidden, 2, bias=False, dtype=dtype),
    )  # fmt: skip


class Listening(Callback):
    def __init__(self):
        self.finite = True

    def on_batch_start(self, state):
        self.finite &= all(np.isfinite(p.data).all() for p in state.parameters.values())


def everything(model, optimizer):
    return model.state() | {f"optimiser {k}": v for k, v in optimizer.state().items()}


def spoil(optimizer, callbacks=(), hidden=8, **options):
    model = net(hidden)
    with pytest.raises(NonFiniteError) as caught:
        fit(
            model, (X, Y), loss=distance, optimizer=optimizer, epochs=3, batch_size=8,
            metric=None, callbacks=callbacks, **options,
        )  # fmt: skip
    return caught.value, everything(model, optimizer)


def stopped_before(make, step, hidden=8):
    """Everything after so many eager steps of the same fit."""

    class Stop(Callback):
        def on_batch_end(self, state):
            if state.step == step:
                state.stop()

    model, optimizer = net(hidden), make(0.05)
    safe = Y + np.where(np.arange(ROWS)[:, None] == EXACT, 1e-300, 0)  # no step has met the row
    fit(
        model, (X, safe), loss=distance, optimizer=optimizer, epochs=3, batch_size=8, metric=None,
        callbacks=[Stop()], compiled=False,
    )  # fmt: skip
    return everything(model, optimizer)


@pytest.mark.parametrize("make", OPTIMIZERS)
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("hears", [False, True])
def test_the_step_is_named_and_everything_is_what_it_was(make, compiled, hears):
    listener = Listening()
    error, state = spoil(make(0.05), [listener] if hears else [], compiled=compiled)
    assert "the gradient of layers.0.weight became nan in epoch 1, batch 7" in error.what
    assert "clip" not in str(error)
    expected = stopped_before(make, 6)
    for path, array in expected.items():
        np.testing.assert_allclose(state[path], array, rtol=1e-12, atol=1e-15, err_msg=path)
    assert listener.finite


def test_a_large_net_goes_back_as_far_as_its_copy_and_makes_the_steps_again():
    hidden = SMALL // 8 // 4
    for callbacks in ([], [Listening()]):
        error, state = spoil(optim.Adam(0.05), callbacks, hidden=hidden)
        assert "epoch 1, batch 7" in error.what
        expected = stopped_before(optim.Adam, 6, hidden)
        for path, array in expected.items():
            np.testing.assert_allclose(state[path], array, rtol=1e-9, atol=1e-12, err_msg=path)


@pytest.mark.parametrize("hidden", [8, SMALL // 8])
def test_a_program_takes_a_step_back_bit_for_bit(hidden):
    model, optimizer = net(hidden), optim.Adam(0.05)
    program = Program(model, distance, optimizer)
    program.epoch(X[:EXACT], Y[:EXACT], batch_size=8)
    for _ in range(3):
        program.step(X[:8], Y[:8])
    before, steps = everything(model, optimizer), program.steps
    with pytest.raises(NonFiniteError, match=f"became nan in step {steps + 1}"):
        program.step(X[EXACT - 3 : EXACT + 5], Y[EXACT - 3 : EXACT + 5])
    after = everything(model, optimizer)
    assert all(np.array_equal(before[path], after[path]) for path in before)
    assert program.steps == steps
    program.step(X[:8], Y[:8])
    with pytest.raises(NonFiniteError, match="became nan in batch 6"):
        program.epoch(X, Y, batch_size=8)
    assert program.steps == steps + 1 + 5


def test_weights_that_a_callback_has_set_are_those_that_come_back():
    class Put(Callback):
        def on_batch_start(self, state):
            if state.step == 6:
                state.model.layers[0].weight.data = np.full((4, 8), 0.25)

    for compiled in (False, True):
        _, state = spoil(optim.SGD(0.05), [Put()], compiled=compiled)
        assert np.array_equal(state["layers.0.weight"], np.full((4, 8), 0.25))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_search_that_meets_such_a_gradient_says_so(compiled):
    model = nn.Linear(4, 2, bias=False, dtype="float64")
    before = model.weight.data.copy()
    with pytest.raises(NonFiniteError, match="gradient of weight became nan in epoch 1, batch 1"):
        fit(
            model, (X, Y), loss=distance, optimizer=optim.LBFGS(), epochs=2, batch_size=ROWS,
            metric=None, compiled=compiled,
        )  # fmt: skip
    assert np.array_equal(model.weight.data, before)


def test_a_step_that_overflows_is_taken_back():
    model = nn.Linear(4, 2)
    before = model.state()
    program = Program(model, lambda out, y: cr.mean(out * 1e10), optim.SGD(1e30))
    with pytest.raises(NonFiniteError, match="step 1 made a parameter infinite"):
        program.step(X, Y)
    assert all(np.array_equal(before[path], model.state()[path]) for path in before)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("size", [1, 7, 16, 33, 1000, 40_000])
def test_a_number_that_is_not_finite_is_found_wherever_it_stands(dtype, size):
    array, memory = np.zeros(size, dtype), np.ones(3, dtype)
    keeper = Keeper([memory, array], [array])
    array[...] = np.finfo(dtype).max
    assert keeper.sound()
    for place in {0, size // 2, size - 1}:
        for wrong in (np.nan, np.inf, -np.inf):
            array[place] = wrong
            assert not keeper.sound()
            array[place] = -1
    memory[0] = np.inf  # an optimiser's memory may overflow: the step is 0 then
    assert keeper.sound()


def test_a_keeper_gives_back_what_was_there():
    array, memory = np.arange(5.0), np.arange(3, dtype=np.float32)
    keeper = Keeper([array, memory], [array])
    keeper.begin(lambda: 0)
    for step in range(1, 4):
        array += 1
        memory *= 2
        assert keeper.sound()
        keeper.keep(None, 0)
        array[2] = np.nan
        memory[:] = 0
        assert not keeper.sound()
        keeper.restore()
        assert array.tolist() == [0 + step, 1 + step, 2 + step, 3 + step, 4 + step]
        assert memory.tolist() == [0, 2**step, 2 * 2**step]
        keeper.begin(lambda: 0)
