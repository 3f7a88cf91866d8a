"""What a checkup is given is checked as a training would check it, and told in a few lines."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, ChainruleError, DataError, IndexRangeError, ShapeError

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = np.arange(60) % 2
NET, LOSS = nn.MLP([3, 8, 2]), cr.softmax_cross_entropy


@pytest.mark.parametrize(
    ("error", "words", "data", "loss", "keywords"),
    [
        (ArgumentError, "needs the loss", (X, Y), None, {}),
        (DataError, "no rows", (X[:0], Y[:0]), LOSS, {}),
        (DataError, "of one class", (X, 0 * Y), LOSS, {}),
        (DataError, r"nan|NaN|finite", (np.where(X > 1, np.nan, X), Y), LOSS, {}),
        (ShapeError, ".", (X, Y[:50]), LOSS, {}),
        (ShapeError, ".", (X[:, :2], Y), LOSS, {}),
        (IndexRangeError, "outside", (X, Y + 5), LOSS, {}),
        (IndexRangeError, "integers", (X, Y.astype(np.float32)), LOSS, {}),
        (ChainruleError, ".", (X, Y), cr.squared_error, {}),
        (ChainruleError, ".", (X, Y), cr.binary_cross_entropy, {}),
        (ArgumentError, "a function of outputs", (X, Y), "softmax", {}),
        (ArgumentError, "given as", X, LOSS, {}),
        (ChainruleError, ".", (X, Y), LOSS, {"validation": (X, Y[:3])}),
        (ArgumentError, "optimizer=", (X, Y), LOSS, {"optimizer": 0.1}),
        (ArgumentError, "regularization=", (X, Y), LOSS, {"regularization": 0.1}),
        (ArgumentError, "history=", (X, Y), LOSS, {"history": [1.0, 0.5]}),
        (ArgumentError, "chunk", (X, Y), LOSS, {"chunk": 0}),
    ],
)
def test_what_cannot_be_looked_at_is_refused(error, words, data, loss, keywords):
    with pytest.raises(error, match=words):
        cr.checkup(NET, data, loss, **keywords)


@pytest.mark.parametrize("model", [nn.MLP, lambda x: x, None])
def test_what_is_no_net_is_refused(model):
    with pytest.raises(ArgumentError, match="Module"):
        cr.checkup(model, (X, Y), LOSS)


def test_names_and_layers_of_a_hostile_user_are_escaped():
    net = nn.Sequential(**{"<b>": nn.Linear(3, 8), "<script>": nn.ReLU(), "o": nn.Linear(8, 2)})
    bias = np.full(8, -99.0)
    net[0].bias.data = bias
    found = cr.checkup(net, (X, Y), LOSS)
    assert "dead_units" in found.alarms
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;" in found._repr_html_()


def test_a_history_may_be_a_mapping_of_columns():
    curves = {"loss": [0.9, 0.8], "update_ratio/layers.0.weight": [0.5, 0.5]}
    found = cr.checkup(nn.MLP([3, 8, 2]), (X, Y), LOSS, history=curves)
    assert "update_ratio" in found.alarms
    assert found.ratios[0].verdict == "high"


@pytest.mark.parametrize("rows", [2, 3, 7, 19])
def test_a_handful_of_rows_is_looked_at_without_a_failure(rows):
    found = cr.checkup(nn.MLP([3, 8, 2]), (X[:rows], Y[:rows]), LOSS)
    assert len(found.checks) == 18


def test_a_net_whose_scores_are_not_finite_is_known_to_explode():
    net = nn.MLP([3, 8, 2], dtype="float32")
    net[2].weight.data = np.full((8, 2), 3e38)
    found = cr.checkup(net, (X, Y), LOSS)
    assert "exploding" in found.alarms


def test_float64_and_several_axes_of_rows_are_taken():
    class Flat(nn.Module):
        def __init__(self):
            self.body = nn.MLP([12, 8, 2], dtype="float64")

        def forward(self, x):
            return self.body(cr.reshape(x, (x.shape[0], 12)))

    x = np.random.default_rng(0).normal(size=(60, 3, 4))
    assert cr.checkup(Flat(), (x, Y), LOSS).alarms == ()
