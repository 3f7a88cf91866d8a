"""A layer's op follows the layer's attributes."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import nn
from chainrule.ops.random import key

X = np.linspace(-2, 2, 8).reshape(2, 4)
CASES = [
    (lambda: nn.LeakyReLU(0.1), "slope", 0.5),
    (lambda: nn.ELU(1.0), "alpha", 2.0),
    (nn.GELU, "approximate", "tanh"),
    (lambda: nn.LayerNorm(4), "eps", 0.5),
    (lambda: nn.BatchNorm(4), "eps", 0.5),
    (lambda: nn.Dropout(0.5), "rate", 0.25),
]


@pytest.mark.parametrize(("make", "name", "value"), CASES)
def test_an_attribute_that_is_set_is_what_the_next_call_does(make, name, value):
    layer, other = make(), make()
    before = layer(X, training=key(1)).data
    setattr(layer, name, value)
    after = layer(X, training=key(1)).data
    assert not np.array_equal(before, after)
    setattr(other, name, value)
    assert np.array_equal(after, other(X, training=key(1)).data)


@pytest.mark.parametrize(("make", "name", "value"), CASES)
def test_copies_follow_their_own_attributes(make, name, value):
    layer = make()
    layer(X, training=key(1))
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        expected = layer(X, training=key(1)).data
        setattr(twin, name, value)
        assert np.array_equal(layer(X, training=key(1)).data, expected)
        assert not np.array_equal(twin(X, training=key(1)).data, expected)
