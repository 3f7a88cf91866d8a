"""Scale and LearnableActivation: values, gradients, training; eager and compiled alike."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn

ACTIVATIONS = ["selu", "mish", "relu", "gelu", nn.Tanh]


def rows(count=40, features=3):
    return np.random.default_rng(0).normal(size=(count, features)).astype(np.float32)


def net(activation="selu"):
    return nn.Sequential(
        nn.Scale(3, start=0.5), nn.Linear(3, 5), nn.LearnableActivation(5, activation, 0.6),
        nn.Linear(5, 2),
    )  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_strength_of_0_is_a_line_and_of_1_the_activation(activation):
    x = rows()
    plain = nn.activation(activation)
    assert_array_equal(nn.LearnableActivation(3, activation, 0.0)(x).data, x)
    assert_allclose(nn.LearnableActivation(3, activation)(x).data, plain(x).data, atol=3e-7)


def test_the_gradients_are_those_of_differences():
    x, weights = rows(6).astype(float), np.array([0.3, 1.0, -0.5])
    layer = nn.LearnableActivation(3, "mish", dtype="float64")

    def loss(strength):
        return cr.sum(cr.sin(x + strength * (layer.activation(x).data - x)))

    layer.strength.data = weights
    cr.sum(cr.sin(layer(x))).backward()
    assert_allclose(layer.strength.grad, cr.grad(loss)(weights), rtol=1e-12)
    step = 1e-6
    for place in range(3):
        move = step * (np.arange(3) == place)
        difference = (loss(weights + move) - loss(weights - move)) / (2 * step)
        assert_allclose(layer.strength.grad[place], float(difference), rtol=1e-7)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_compiled_training_ends_where_eager_training_ends(activation):
    x, y = rows(), np.arange(40) % 2
    found = []
    for compiled in (True, False):
        model = net(activation)
        cr.fit(
            model, (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.Adam(0.01),
            epochs=3, batch_size=16, compiled=compiled, callbacks=(),
        )  # fmt: skip
        found.append(model.state())
    for path, array in found[0].items():
        assert_allclose(array, found[1][path], rtol=2e-4, atol=2e-5, err_msg=path)


def test_initialize_sets_factors_and_strengths_back():
    model = net()
    for path in ("layers.0.weight", "layers.2.strength"):
        model.parameters()[path].data = np.ones_like(model.parameters()[path].data)
    model.initialize(3)
    assert_array_equal(model[0].weight.data, np.full(3, 0.5))
    assert_allclose(model[2].strength.data, np.full(5, 0.6))


def test_regularization_leaves_factors_and_strengths_out():
    assert list(net().penalized()) == ["layers.1.weight", "layers.3.weight"]
