"""The layers of a Sequential: exchanged as a whole, with the names following."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, UnsupportedError

X = np.ones((3, 4), "float32")


def names(net):
    assert [path for path, _ in net.children()] == list(net.names)
    assert len(net.names) == len(net.layers) == len(set(net.names))
    return list(net.names)


def test_another_number_of_layers_brings_other_names():
    net = nn.MLP([4, 8, 2])
    weights = net.layers[2].weight.data.copy()
    net.layers = (*net.layers, nn.Linear(2, 5))
    assert names(net) == [f"layers.{i}" for i in range(4)]
    assert net(X).shape == (3, 5)
    assert "layers.3.weight" in net.parameters()
    np.testing.assert_array_equal(net.layers[2].weight.data, weights)
    net.layers += (nn.Linear(5, 1),)
    assert net(X).shape == (3, 1)
    net.layers = net.layers[:1]
    assert names(net) == ["layers.0"]
    assert net(X).shape == (3, 8)


def test_a_layer_that_has_a_name_keeps_it():
    net = nn.Sequential(hidden=nn.Linear(4, 3), out=nn.Linear(3, 2))
    hidden, out = net.layers
    net.layers = [hidden, nn.Tanh(), out]
    assert names(net) == ["hidden", "layers.1", "out"]
    assert net.out is out
    net.layers = hidden, nn.ReLU(), out
    assert names(net) == ["hidden", "layers.1", "out"]
    net.layers = (nn.Linear(4, 3), nn.ReLU(), out)
    assert names(net) == ["hidden", "layers.1", "out"]


def test_new_layers_are_trained_compiled_and_eager():
    found = []
    for compiled in (True, False):
        net = nn.MLP([4, 8, 2], seed=1)
        net.layers = (*net.layers, nn.Tanh(), nn.Linear(2, 1))
        before = net.layers[-1].weight.data.copy()
        cr.fit(
            net, (X, X[:, :1]), loss=cr.squared_error, epochs=2, optimizer=cr.optim.SGD(0.1),
            validation=None, compiled=compiled,
        )  # fmt: skip
        assert np.any(net.layers[-1].weight.data != before)
        found.append(net.state())
    for path, array in found[0].items():
        np.testing.assert_allclose(array, found[1][path], rtol=1e-5)


CHANGES = {
    "an element": lambda net: net.layers.__setitem__(1, nn.ReLU()),
    "an element of the net": lambda net: net.__setitem__(1, nn.ReLU()),
    "append": lambda net: net.layers.append(nn.ReLU()),
    "insert": lambda net: net.layers.insert(0, nn.ReLU()),
    "del": lambda net: net.layers.__delitem__(0),
    "del of the net": lambda net: net.__delitem__(0),
    "pop": lambda net: net.layers.pop(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_place_raises_and_says_what_to_write(change):
    net = nn.MLP([4, 8, 2])
    for each in (net, copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        with pytest.raises(UnsupportedError, match=r"net\.layers = "):
            CHANGES[change](each)


@pytest.mark.parametrize("layers", [nn.ReLU(), 3, [np.tanh]], ids=str)
def test_what_are_no_layers_raises_where_they_are_assigned(layers):
    net = nn.MLP([4, 8, 2])
    with pytest.raises(ArgumentError):
        net.layers = layers
    assert net(X).shape == (3, 2)
