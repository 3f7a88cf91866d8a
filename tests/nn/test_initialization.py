"""Initialization: spread by fan, choice by activation, and seeds."""

import numpy as np
import pytest

from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.graph.op.families import Elementwise
from chainrule.nn import initialization

VARIANCES = {
    "xavier_uniform": 2 / 500,
    "xavier_normal": 2 / 500,
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300,
    "lecun_normal": 1 / 300,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_the_variance_is_that_of_the_paper(name, rng):
    drawn = initialization.INITIALIZERS[name](rng, (300, 200), "float32")
    assert drawn.dtype == np.float32
    assert drawn.var() == pytest.approx(VARIANCES[name], rel=0.03)
    assert abs(drawn.mean()) < 0.001
    if name.endswith("uniform"):
        assert np.abs(drawn).max() <= np.sqrt(3 * VARIANCES[name])


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthogonal_keeps_lengths(shape, rng):
    w = initialization.orthogonal(rng, shape, "float64")
    small = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-12)


def test_the_initializer_follows_from_the_activation_behind():
    expected = {"relu": 2 / 400, "tanh": 2 / 800, "identity": 1 / 400}
    for name, variance in expected.items():
        net = nn.MLP([400, 400, 400], name, normalization="layer", dropout=0.1)
        assert net[0].weight.data.var() == pytest.approx(variance, rel=0.05), name
        assert net[-1].weight.data.var() == pytest.approx(1 / 400, rel=0.05), name


class Halving(Elementwise):
    """Of the user's own: it says what it takes from a mean square."""

    gain = 4.0

    def forward(self, x):
        return x / 2


class Bounded(Elementwise):
    bounds = (-1.0, 1.0)

    def forward(self, x):
        return x / (1 + abs(x))


class Own(nn.activations.Activation):
    def __init__(self, operation):
        self.operation = operation


def test_an_activation_of_the_users_own_says_how_the_weights_before_it_are_drawn():
    expected = {Halving(): 4 / 400, Bounded(): 2 / 800}
    for operation, variance in expected.items():
        net = nn.Sequential(nn.Linear(400, 400), nn.Dropout(0.1), Own(operation))
        assert net[0].weight.data.var() == pytest.approx(variance, rel=0.05)


def test_a_subclass_of_an_activation_is_one_too():
    class Mine(nn.ReLU):
        pass

    net = nn.Sequential(nn.Linear(400, 400), Mine())
    assert net[0].weight.data.var() == pytest.approx(2 / 400, rel=0.05)


def test_an_initializer_is_given_by_name_or_function():
    assert not nn.Linear(3, 2, init="zeros").weight.data.any()
    twos = nn.Linear(3, 2, init=lambda rng, shape, dtype: np.full(shape, 2, dtype))
    assert (twos.weight.data == 2).all()
    assert nn.MLP([4, 500, 2], init=initialization.normal(0.01))[0].weight.data.std() < 0.012
    with pytest.raises(ArgumentError, match=r"init= takes a function \(rng, shape, dtype\)"):
        nn.Linear(3, 2, init=3)


def same(net, other):
    pairs = zip(net.state().values(), other.state().values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_one_seed_makes_one_net():
    assert same(nn.MLP([4, 5, 5, 2], seed=3), nn.MLP([4, 5, 5, 2], seed=3))
    assert not same(nn.MLP([4, 5, 5, 2], seed=3), nn.MLP([4, 5, 5, 2], seed=4))
    assert same(nn.MLP([4, 5, 5, 2]), nn.MLP([4, 5, 5, 2]))
    assert same(nn.MLP([4, 5, 5, 2]), nn.MLP([4, 5, 5, 2], seed=0))
    assert same(nn.Linear(4, 5, seed=1), nn.Linear(4, 5, seed=1))


def test_no_two_layers_of_a_net_are_alike():
    net = nn.Sequential(
        *(nn.Linear(5, 5) for _ in range(4)),
        branch=nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5)),
        other=nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5)),
    )
    weights = [p.data.tobytes() for p in net.penalized().values()]
    assert len(set(weights)) == 8


def test_a_layer_with_a_seed_of_its_own_keeps_its_draw():
    alone = nn.Linear(5, 5, seed=7)
    placed = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5, seed=7))
    np.testing.assert_array_equal(alone.weight.data, placed[1].weight.data)


def test_weights_that_somebody_changed_are_never_drawn_again(rng):
    layer, values = nn.Linear(5, 5), rng.normal(size=(5, 5)).astype(np.float32)
    layer.weight.data = values
    nn.Sequential(nn.Sequential(layer), nn.ReLU())
    np.testing.assert_array_equal(layer.weight.data, values)


def test_initialize_draws_all_anew():
    net, other = nn.MLP([4, 5, 2], seed=1), nn.MLP([4, 5, 2])
    for p in net.parameters().values():
        p.data = p.data + 1
    net.initialize(6)
    other.initialize(6)
    assert same(net, other)
    assert not net[0].bias.data.any()
    assert same(net, nn.MLP([4, 5, 2], seed=6))
