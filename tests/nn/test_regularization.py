"""Regularization: terms, their gradients, what is left out, and the projection."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError


def net_of(rng):
    net = nn.MLP([3, 4, 2], normalization="layer", dtype="float64")
    for p in net.parameters().values():
        p.data = rng.normal(size=p.shape)
    return net


def weights(net):
    return [p.data for p in net.penalized().values()]


def test_the_terms_are_their_formulas(rng):
    net = net_of(rng)
    squares = sum((w**2).sum() for w in weights(net))
    sizes = sum(np.abs(w).sum() for w in weights(net))
    assert nn.L2(0.3)(net).item() == pytest.approx(0.15 * squares)
    assert nn.L1(0.3)(net).item() == pytest.approx(0.3 * sizes)
    assert nn.ElasticNet(0.2, 0.3)(net).item() == pytest.approx(0.2 * sizes + 0.15 * squares)


def test_biases_and_normalization_parameters_are_left_out_unless_asked_for(rng):
    net = net_of(rng)
    assert list(net.penalized()) == ["layers.0.weight", "layers.3.weight"]
    everything = sum((p.data**2).sum() for p in net.parameters().values())
    assert nn.L2(2.0, biases=True)(net).item() == pytest.approx(everything)


@pytest.mark.parametrize("penalty", [nn.L2(0.3), nn.L1(0.3), nn.ElasticNet(0.1, 0.2)])
def test_gradients_are_the_differences(penalty, rng):
    net, step = net_of(rng), 1e-6
    penalty(net).backward()
    for p in net.penalized().values():
        found, start = p.grad.copy(), np.array(p.data)
        for place in np.ndindex(p.shape):
            sides = []
            for side in (step, -step):
                moved = start.copy()
                moved[place] += side
                p.data = moved
                sides.append(penalty(net).item())
            assert found[place] == pytest.approx((sides[0] - sides[1]) / (2 * step), abs=1e-7)
        p.data = start


def test_the_terms_of_the_loss_are_told_apart(rng):
    net, x, y = net_of(rng), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    terms = nn.objective(net, cr.squared_error(net(x), y), nn.L2(0.1))
    values = terms.values()
    assert values["total"] == pytest.approx(values["data"] + values["regularization"])
    found = terms.gradients()
    terms.total.backward()
    for path, p in net.parameters().items():
        np.testing.assert_allclose(found["total"][path], p.grad)
        np.testing.assert_allclose(
            found["data"][path] + found["regularization"][path], found["total"][path]
        )
    weight = net.parameters()["layers.0.weight"]
    np.testing.assert_allclose(found["regularization"]["layers.0.weight"], 0.1 * weight.data)
    assert not found["regularization"]["layers.0.bias"].any()


def test_without_regularization_the_total_is_the_data_loss(rng):
    net = net_of(rng)
    terms = nn.objective(net, net(np.ones((1, 3))).sum())
    assert terms.total is terms.data
    assert terms.values()["regularization"] == 0.0
    assert nn.regularization_terms(net) is None


def test_single_layers_and_the_whole_net_are_summed(rng):
    first = nn.Linear(3, 4, dtype="float64", regularization=nn.L1(0.5))
    net = nn.Sequential(first, nn.ReLU(), nn.Linear(4, 2, dtype="float64"))
    alone, whole = np.abs(first.weight.data).sum(), sum((w**2).sum() for w in weights(net))
    assert nn.regularization_terms(net).item() == pytest.approx(0.5 * alone)
    both = nn.regularization_terms(net, [nn.L2(0.2), nn.MaxNorm(3)])
    assert both.item() == pytest.approx(0.5 * alone + 0.1 * whole)
    term = nn.bound_terms(net, nn.L2(0.2))
    first.weight.data = np.zeros((3, 4))
    assert term().item() == pytest.approx(0.1 * (net[2].weight.data ** 2).sum())


def test_a_function_of_the_net_is_a_regularization(rng):
    net = net_of(rng)
    term = nn.regularization_terms(net, lambda net: cr.sum(net[0].weight * 2))
    assert term.item() == pytest.approx(2 * net[0].weight.data.sum())


def test_float32_weights_give_a_float32_term():
    assert nn.L2(0.1)(nn.MLP([3, 4, 2])).dtype == np.float32


def test_max_norm_shortens_units_that_are_too_long_and_no_others(rng):
    layer = nn.Linear(3, 2, dtype="float64")
    layer.weight.data = np.array([[3.0, 0.1], [4.0, 0.1], [0.0, 0.1]])
    layer.bias.data = np.array([9.0, 9.0])
    nn.project(layer, nn.MaxNorm(2.0))
    np.testing.assert_allclose(layer.weight.data, [[1.2, 0.1], [1.6, 0.1], [0, 0.1]])
    assert (layer.bias.data == 9).all()
    assert nn.regularization_terms(layer, nn.MaxNorm(2.0)) is None
    table = nn.Embedding(2, 2, dtype="float64", regularization=nn.MaxNorm(1.0))
    table.weight.data = np.array([[3.0, 4.0], [0.1, 0.1]])
    nn.project(table)
    np.testing.assert_allclose(table.weight.data, [[0.6, 0.8], [0.1, 0.1]])


def test_a_net_without_weights_has_a_term_of_0():
    assert nn.L2(0.1)(nn.ReLU()).item() == 0.0


@pytest.mark.parametrize("make", [nn.L1, nn.L2, lambda s: nn.ElasticNet(s, 0.1)])
@pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf")])
def test_a_strength_is_a_number_of_at_least_0(make, strength):
    with pytest.raises(ArgumentError, match=f"takes a strength of at least 0, not {strength}"):
        make(strength)


def test_a_limit_is_positive_and_a_number_is_no_regularization():
    with pytest.raises(ArgumentError, match="MaxNorm takes a positive limit, not 0"):
        nn.MaxNorm(0)
    with pytest.raises(ArgumentError, match="takes L1, L2, ElasticNet or MaxNorm, not"):
        nn.regularization_terms(nn.Linear(2, 1), 0.001)
