"""Copies of nets and optimisers: the memory goes along, or its loss is an error; never anew."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).normal(size=(8, 3))
Y = np.random.default_rng(1).normal(size=(8, 1))
KINDS = [
    lambda: optim.SGD(0.1, momentum=0.9),
    lambda: optim.Adam(0.01),
    lambda: optim.AdamW(0.01),
    lambda: optim.RMSProp(0.01),
    lambda: optim.Adagrad(0.1),
]


def copied(tree):
    return copy.deepcopy(tree)


def pickled(tree):
    return pickle.loads(pickle.dumps(tree))


def steps(model, optimizer, count=3):
    for _ in range(count):
        cr.squared_error(model(X), Y).backward()
        optimizer.step(model.parameters())


def weights(model):
    return np.concatenate([p.data.ravel() for p in model.parameters().values()])


def trained(make):
    model, optimizer = nn.MLP([3, 4, 1], seed=0), make()
    steps(model, optimizer)
    return model, optimizer


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("way", [copied, pickled])
def test_net_and_optimiser_copied_together_or_apart_go_on_in_the_same_bits(make, way):
    model, optimizer = trained(make)
    together = way((model, optimizer))
    apart = way(model), way(optimizer)
    steps(model, optimizer)
    for other in (together, apart):
        steps(*other)
        assert_array_equal(weights(other[0]), weights(model))
        assert other[1].steps == optimizer.steps
        assert other[1].state().keys() == optimizer.state().keys()


@pytest.mark.parametrize("make", KINDS)
def test_a_copied_optimiser_goes_on_with_the_net_itself(make):
    model, optimizer = trained(make)
    again, before = copy.deepcopy(optimizer), copy.deepcopy(model)
    steps(model, optimizer)
    expected = weights(model)
    model.load_state(before.state())
    steps(model, again)
    assert_array_equal(weights(model), expected)


@pytest.mark.parametrize("make", KINDS)
def test_a_shallow_copy_has_a_memory_of_its_own(make):
    model, optimizer = trained(make)
    before, other = copy.deepcopy(model), copy.copy(optimizer)
    steps(model, optimizer)
    expected = weights(model)
    model.load_state(before.state())
    steps(model, other)
    assert_array_equal(weights(model), expected)


@pytest.mark.parametrize("way", [copied, pickled])
def test_a_copy_refuses_parameters_that_it_does_not_remember(way):
    _, optimizer = trained(KINDS[1])
    other = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    cr.squared_error(other(X), Y).backward()
    before = weights(other)
    with pytest.raises((ArgumentError, ShapeError)):
        way(optimizer).step(other.parameters())
    assert_array_equal(weights(other), before)


@pytest.mark.parametrize("way", [copied, pickled])
def test_a_copy_refuses_parameters_of_other_names(way):
    _, optimizer = trained(KINDS[1])
    w = cr.parameter(np.ones(3), "w")
    (w**2).sum().backward()
    with pytest.raises(ArgumentError, match="memory of other"):
        way(optimizer).step([w])
    assert_array_equal(w.data, np.ones(3))


def test_a_loaded_memory_is_not_left_behind():
    _, optimizer = trained(KINDS[1])
    other = optim.Adam(0.01)
    other.load_state(optimizer.state())
    w = cr.parameter(np.ones(3), "w")
    (w**2).sum().backward()
    with pytest.raises(ArgumentError, match="memory of other"):
        other.step([w])


def test_a_net_that_grew_keeps_the_memory_of_its_old_part():
    w, b = cr.parameter(np.ones(3), "w"), cr.parameter(np.ones(3), "b")
    optimizer = optim.Adam(0.01)
    (w**2).sum().backward()
    optimizer.step([w])
    other = optim.Adam(0.01)
    other.load_state(optimizer.state())
    ((w * b) ** 2).sum().backward()
    other.step([w, b])
    assert other.state()["w/steps"] == 2
    assert other.state()["b/steps"] == 1


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("way", [copied, pickled])
def test_a_copy_goes_on_in_fit(way, compiled):
    model, optimizer = nn.MLP([3, 4, 1], seed=0), optim.Adam(0.01)
    keywords = {"loss": cr.squared_error, "epochs": 2, "compiled": compiled}
    cr.fit(model, (X, Y), optimizer=optimizer, **keywords)
    other = way(model), way(optimizer)
    cr.fit(model, (X, Y), optimizer=optimizer, **keywords)
    cr.fit(other[0], (X, Y), optimizer=other[1], **keywords)
    assert_array_equal(weights(other[0]), weights(model))


def test_one_optimiser_of_two_nets_remembers_each():
    first, second = nn.MLP([3, 4, 1], seed=0), nn.MLP([3, 4, 1], seed=1)
    alone, other = copy.deepcopy((first, second))
    one, two, both = optim.Adam(0.01), optim.Adam(0.01), optim.Adam(0.01)
    for _ in range(3):
        steps(alone, one, 1)
        steps(other, two, 1)
        steps(first, both, 1)
        steps(second, both, 1)
    assert_array_equal(weights(first), weights(alone))
    assert_array_equal(weights(second), weights(other))
