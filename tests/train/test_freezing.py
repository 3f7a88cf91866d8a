"""Frozen parameters: nothing moves them, in the middle of a fit either, in both modes."""

import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NoGradientError
from chainrule.optim.lookup import OPTIMIZERS
from chainrule.train import Callback, Program, fit
from tests.thorough import crossed

from .small_nets import apart

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(48, 5)), RNG.normal(size=(48, 2))
BOTH = pytest.mark.parametrize("compiled", [False, True])
RULES = [kind for kind in OPTIMIZERS if not kind.needs_closure]


def net():
    return nn.Sequential(
        nn.Linear(5, 8, dtype="float64", regularization=nn.MaxNorm(0.4)), nn.Tanh(),
        nn.Linear(8, 2, dtype="float64"),
    )  # fmt: skip


def rule(kind):
    return kind(0.02, momentum=0.9) if kind is optim.SGD else kind(0.02)


class Freezing(Callback):
    """Freezes a layer for the second epoch, or from one batch to another."""

    def __init__(self, by_batch=False):
        self.kept, self.by_batch = {}, by_batch

    def on_epoch_start(self, state):
        if not self.by_batch and state.epoch in (2, 3):
            self._turn(state, state.epoch == 2)

    def on_batch_start(self, state):
        if self.by_batch and state.step in (4, 8):
            self._turn(state, state.step == 4)

    def _turn(self, state, frozen):
        layer = state.model.layers[0]
        now = {"weight": layer.weight.data.copy(), **self._memory(state)}
        if frozen:
            layer.freeze()
            self.kept = now
        else:
            layer.unfreeze()
            for name, array in self.kept.items():
                assert np.array_equal(array, now[name]), name

    @staticmethod
    def _memory(state):
        arrays = state.optimizer.state()
        return {key: array for key, array in arrays.items() if key.startswith("layers.0")}


@crossed("kind, by_batch", RULES, [False, True])
def test_a_layer_frozen_for_a_while_stays_and_then_goes_on(kind, by_batch):
    states = []
    for compiled in (False, True):
        model, optimizer = net(), rule(kind)
        fit(
            model, (X, Y), loss=cr.squared_error, optimizer=optimizer, epochs=4, batch_size=16,
            metric=None, regularization=nn.L2(0.01), callbacks=[Freezing(by_batch)],
            compiled=compiled,
        )  # fmt: skip
        memory = {k: v for k, v in optimizer.state().items() if "/" in k}
        states.append(model.state() | {k: v + 1e-9 for k, v in memory.items()})
    assert apart(*states) <= 1e-11


@BOTH
def test_a_frozen_parameter_counts_in_the_reported_penalty_alone(compiled):
    model = net()
    model.layers[0].weight.wants_gradient = False
    before = model.layers[0].weight.data.copy()
    history = fit(
        model, (X, Y), loss=cr.squared_error, optimizer=optim.SGD(0.0001), epochs=1,
        batch_size=48, regularization=nn.L2(2.0), metric=None, compiled=compiled,
    )  # fmt: skip
    assert np.array_equal(model.layers[0].weight.data, before)
    last = net().layers[2].weight.data
    assert history["regularization_loss"][0] == pytest.approx((before**2).sum() + (last**2).sum())


@BOTH
def test_a_whole_net_that_is_frozen_is_an_error_that_says_what_to_do(compiled):
    model = net()
    model.freeze()
    with pytest.raises(NoGradientError, match="every parameter of Sequential is frozen"):
        fit(
            model, (X, Y), loss=cr.squared_error, optimizer=optim.SGD(), epochs=1,
            compiled=compiled,
        )  # fmt: skip
    with pytest.raises(NoGradientError, match="frozen"):
        Program(model, cr.squared_error, optim.SGD())


@pytest.mark.parametrize("kind", RULES)
def test_a_step_by_hand_leaves_frozen_parameters_alone(kind):
    model, optimizer = net(), rule(kind)

    def step():
        cr.squared_error(model(X), Y).backward()
        optimizer.step(model.parameters())

    step()
    model.layers[0].freeze()
    before, memory = model.state(), optimizer.state()
    step()
    step()
    assert np.array_equal(model.layers[0].weight.data, before["layers.0.weight"])
    after = optimizer.state()
    assert all(np.array_equal(memory[k], after[k]) for k in memory if k.startswith("layers.0"))
    assert not np.array_equal(model.layers[2].weight.data, before["layers.2.weight"])
    model.layers[0].unfreeze()
    step()
    assert not np.array_equal(model.layers[0].weight.data, before["layers.0.weight"])
    assert optimizer.state()["layers.0.weight/steps"] == 2


def test_a_gradient_that_stood_before_the_freezing_moves_nothing():
    model, optimizer = net(), optim.SGD(0.1)
    cr.squared_error(model(X), Y).backward()
    model.layers[0].freeze()
    before = model.layers[0].weight.data.copy()
    optimizer.step(model.parameters())
    assert np.array_equal(model.layers[0].weight.data, before)


def test_a_step_by_hand_on_frozen_parameters_alone_says_so():
    model = net()
    cr.squared_error(model(X), Y).backward()
    model.freeze()
    with pytest.raises(NoGradientError, match=r"every parameter given to SGD\.step\(\) is frozen"):
        optim.SGD(0.1).step(model.parameters())


@BOTH
def test_running_statistics_go_on_in_a_frozen_normalization(compiled):
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm(4), nn.Linear(4, 2))
    model.layers[1].freeze()
    before = model.state()
    fit(
        model, (X, Y), loss=cr.squared_error, optimizer=optim.SGD(0.1), epochs=1, metric=None,
        compiled=compiled,
    )  # fmt: skip
    after = model.state()
    assert np.array_equal(before["layers.1.scale"], after["layers.1.scale"])
    assert not np.array_equal(before["layers.1.running_mean"], after["layers.1.running_mean"])


def test_training_goes_on_with_a_program_after_freezing_by_hand():
    model, optimizer = net(), optim.Adam(0.01)
    program = Program(model, cr.squared_error, optimizer)
    program.epoch(X, Y, batch_size=16)
    model.layers[0].freeze()
    kept = pickle.dumps(model.layers[0].state())
    program.epoch(X, Y, batch_size=16)
    assert pickle.dumps(model.layers[0].state()) == kept
    model.layers[0].unfreeze()
    program.epoch(X, Y, batch_size=16)
    assert pickle.dumps(model.layers[0].state()) != kept
    assert optimizer.state()["layers.0.weight/steps"] == 6
    assert optimizer.state()["layers.2.weight/steps"] == 9
