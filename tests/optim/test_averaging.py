"""EMA and SWA: the average itself, where it is put, and that the steps are the optimiser's own."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.train import Program

STEPS = 12
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 3)), RNG.normal(size=(24, 2))
AVERAGES = [
    lambda o: optim.EMA(o, decay=0.6),
    lambda o: optim.EMA(o, decay=0.6, ramp=False),
    optim.SWA,
    lambda o: optim.SWA(o, start=4, every=3),
]


def by_hand(optimizer, start, weights):
    """The average of weights, one after each step."""
    if isinstance(optimizer, optim.SWA):
        counted = weights[optimizer.start :: optimizer.every]
        return np.mean(counted, 0) if counted else weights[-1]
    average = start
    for t, w in enumerate(weights, 1):
        ramp = (1 + t) / (10 + t) if optimizer.ramp else 1.0
        kept = min(optimizer.decay, ramp)
        average = kept * average + (1 - kept) * w
    return average


def walked(make, steps=STEPS, dtype=np.float64):
    """Parameters that an averaging optimiser has changed, and their values after every step."""
    optimizer = make(optim.Adam(0.1))
    p = cr.parameter(np.arange(6.0).reshape(2, 3).astype(dtype), "w")
    start, weights = p.data.copy(), []
    for _ in range(steps):
        cr.sum(cr.sin(p) * p).backward()
        optimizer.step({"w": p})
        weights.append(p.data.copy())
    return optimizer, p, start, weights


@pytest.mark.parametrize("make", AVERAGES)
@pytest.mark.parametrize("steps", [1, 4, 5, STEPS])
def test_the_average_is_that_of_the_weights(make, steps):
    optimizer, p, start, weights = walked(make, steps)
    before = p.data.copy()
    with optimizer.averaged({"w": p}):
        np.testing.assert_allclose(p.data, by_hand(optimizer, start, weights), rtol=1e-12)
    np.testing.assert_array_equal(p.data, before)
    optimizer.settle([p])
    np.testing.assert_allclose(p.data, by_hand(optimizer, start, weights), rtol=1e-12)


@pytest.mark.parametrize("make", AVERAGES)
def test_a_program_averages_as_single_steps_do(make):
    states = []
    for compiled in (True, False):
        model, optimizer = nn.MLP([3, 4, 2], dtype="float64"), make(optim.SGD(0.1, momentum=0.9))
        program = Program(model, cr.squared_error, optimizer)
        for _ in range(STEPS):
            if compiled:
                program.step(X, Y)
            else:
                cr.squared_error(model(X), Y).backward()
                optimizer.step(model.parameters())
        raw = model.state()
        with optimizer.averaged(model.parameters()):
            states.append((raw, model.state()))
    for one, other in zip(*states, strict=True):
        for name, array in one.items():
            np.testing.assert_allclose(array, other[name], rtol=1e-9, err_msg=name)


def test_groups_of_the_optimiser_count():
    groups = {"*.bias": {"rate": 0.5, "weight_decay": 0.0}}
    models = [nn.MLP([3, 4, 2], dtype="float64") for _ in range(2)]
    own = optim.AdamW(0.01, weight_decay=0.5, groups=groups)
    for model, optimizer in zip(models, (own, optim.EMA(copy.deepcopy(own))), strict=True):
        for _ in range(3):
            cr.squared_error(model(X), Y).backward()
            optimizer.step(model.parameters())
    for name, array in models[0].state().items():
        np.testing.assert_array_equal(array, models[1].state()[name])
    assert optimizer.groups is optimizer.optimizer.groups


def test_settings_are_those_of_the_optimiser():
    optimizer = optim.EMA(optim.SGD(0.1))
    optimizer.rate, optimizer.weight_decay = 0.3, 0.1
    assert (optimizer.optimizer.rate, optimizer.optimizer.weight_decay) == (0.3, 0.1)
    optimizer.optimizer.rate = 0.2
    assert (optimizer.rate, optimizer.momentum, optimizer.decay) == (0.2, 0.0, 0.999)
    with pytest.raises(AttributeError, match="EMA has no beta1"):
        _ = optimizer.beta1


def test_an_optimiser_that_comes_to_remember_more_goes_on():
    optimizer, p, *_ = walked(lambda _: optim.EMA(optim.SGD(0.1)))
    optimizer.momentum = 0.9
    for _ in range(3):
        cr.sum(p * p).backward()
        optimizer.step({"w": p})
    assert set(optimizer.state()) == {"steps", "w/average", "w/velocity", "w/steps"}


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_go_on_by_themselves(again):
    optimizer, p, *_ = walked(AVERAGES[0])
    own, other = again((optimizer, p))
    for one, rule in ((p, optimizer), (other, own)):
        cr.sum(one * one).backward()
        rule.step({"w": one})
        rule.settle([one])
    np.testing.assert_array_equal(p.data, other.data)


def test_a_state_goes_on_in_another_optimiser():
    optimizer, p, *_ = walked(AVERAGES[0])
    other, q = AVERAGES[0](optim.Adam(0.1)), cr.parameter(p.data.copy(), "w")
    other.load_state(optimizer.state())
    for one, rule in ((p, optimizer), (q, other)):
        cr.sum(one * one).backward()
        rule.step({"w": one})
        rule.settle([one])
    np.testing.assert_array_equal(p.data, q.data)


class Own(optim.SGD):
    def step(self, parameters, missing="raise", rate=None):
        super().step(parameters, missing, rate)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.EMA(0.999), "EMA averages what another optimiser makes"),
        (lambda: optim.EMA(optim.Adam), "EMA averages what another optimiser makes"),
        (lambda: optim.SWA(optim.EMA(optim.Adam())), "SWA averages what another optimiser makes"),
        (lambda: optim.EMA(optim.LBFGS()), "but LBFGS has a step of its own."),
        (lambda: optim.EMA(Own()), "but Own has a step of its own."),
        (lambda: optim.EMA(optim.Adam(), decay=1), "EMA was given decay=1."),
        (lambda: optim.EMA(optim.Adam(), ramp=3), "EMA was given ramp=3."),
        (lambda: optim.SWA(optim.Adam(), start=-1), "SWA was given start=-1."),
        (lambda: optim.SWA(optim.Adam(), every=0), "SWA was given every=0."),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in caught.value.short()
