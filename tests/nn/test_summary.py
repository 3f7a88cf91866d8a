"""Summary: shapes, parameters, bytes, FLOPs."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError


def test_the_numbers_of_a_two_layer_net():
    found = nn.MLP([784, 128, 10]).summary((32, 784))
    assert [row.output for row in found.rows] == [(32, 128), (32, 128), (32, 10)]
    assert [row.parameters for row in found.rows] == [784 * 128 + 128, 0, 128 * 10 + 10]
    assert [row.flops for row in found.rows] == [
        32 * 128 * (2 * 784 + 1),
        32 * 128,
        32 * 10 * (2 * 128 + 1),
    ]
    assert found.parameters == 101770
    assert found.activation_bytes == 4 * 32 * (128 + 128 + 10)
    assert found.flops == sum(row.flops for row in found.rows)


def test_one_row_unless_a_batch_is_given():
    net = nn.MLP([4, 3], dtype="float64")
    for shape in (4, (4,), np.int64(4)):
        assert net.summary(shape).input_shape == (1, 4)
    assert net.summary((4,)).rows[0].activation_bytes == 24


def test_layers_of_a_users_module_are_found_in_the_order_in_which_they_compute():
    class Net(nn.Module):
        def __init__(self):
            self.second = nn.Linear(8, 2)
            self.first = nn.Linear(4, 8)
            self.gain = cr.parameter(np.ones(2, np.float32))

        def forward(self, x):
            hidden = cr.relu(self.first(x))
            return self.second(hidden) * self.gain

    net = Net()
    rows = net.summary(4).rows
    assert [(row.path, row.parameters) for row in rows] == [
        ("first", 40),
        ("second", 18),
        ("(net)", 2),
    ]
    assert "advance" not in vars(net.first)


def test_a_shared_layer_is_listed_at_each_use_and_counted_once():
    layer = nn.Linear(3, 3, bias=False)
    found = nn.Sequential(layer, nn.ReLU(), layer).summary(3)
    assert [row.parameters for row in found.rows] == [9, 0, 9]
    assert found.parameters == 9


def test_every_kind_of_layer_is_summarized():
    net = nn.Sequential(nn.Embedding(7, 4), nn.LayerNorm(4), nn.Dropout(0.5), nn.Linear(4, 2))
    found = net.summary((2, 5))
    assert [row.output for row in found.rows] == [(2, 5, 4)] * 3 + [(2, 5, 2)]
    assert [row.flops for row in found.rows] == [0, 320, 0, 180]


def test_the_table_is_aligned():
    net = nn.Sequential(body=nn.MLP([20, 100, 10], "gelu", normalization="batch"))
    assert str(net.summary(20)).splitlines() == [
        "layer          kind             output    parameters  bytes  FLOPs",
        "body.layers.0  Linear(20, 100)  (1, 100)       2,100    400  4,100",
        "body.layers.1  BatchNorm(100)   (1, 100)         200    400    400",
        "body.layers.2  GELU()           (1, 100)           0    400    100",
        "body.layers.3  Linear(100, 10)  (1, 10)        1,010     40  2,010",
        "total          input (1, 20)                   3,310  1,240  6,610",
    ]


@pytest.mark.parametrize("shape", [0, (), (3, -1), 2.5, "ab"])
def test_a_shape_is_of_positive_lengths(shape):
    with pytest.raises(ArgumentError, match="summary takes the shape of the input"):
        nn.MLP([4, 3]).summary(shape)
