"""Streams of unequal lengths, of unknown names, empty ones: each has a typed error of its own."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DataError,
    IndexRangeError,
    ShapeError,
    UnknownNameError,
)
from chainrule.nn.activations import Activation
from chainrule.train import Program, evaluate, fit, predict
from tests.together import together

from .nets_of_streams import IDS, LABELS, MASK, PRICES, WEIGHTS, A, Named, Pair, Single

X = {"ids": IDS, "mask": MASK, "numbers": A}
Y = {"class": LABELS, "price": PRICES}
OWN = Named.loss


def fitted(kind, x, y, loss, weights):
    fit(kind(), (x, y), loss=loss, optimizer=optim.SGD(0.1), epochs=1, sample_weight=weights)


def eagerly(kind, x, y, loss, weights):
    fit(
        kind(), (x, y), loss=loss, optimizer=optim.SGD(0.1), epochs=1, sample_weight=weights,
        compiled=False,
    )  # fmt: skip


def evaluated(kind, x, y, loss, weights):
    evaluate(kind(), (x, y), loss, sample_weight=weights)


def stepped(kind, x, y, loss, weights):
    Program(kind(), loss, optim.SGD(0.1)).step(x, y, weights)


def an_epoch(kind, x, y, loss, weights):
    Program(kind(), loss, optim.SGD(0.1)).epoch(x, y, sample_weight=weights)


WAYS = (fitted, eagerly, evaluated, stepped, an_epoch)
CASES = {
    "targets of an unknown name": (
        Named, X, {"class": LABELS, "prize": PRICES}, OWN, None, UnknownNameError,
        "named 'price'; did you mean 'prize'",
    ),
    "a target too few": (
        Named, X, {"class": LABELS}, OWN, None, UnknownNameError, "no head among the targets",
    ),
    "a target that no loss knows": (
        Named, X, {**Y, "more": PRICES}, OWN, None, UnknownNameError,
        "no loss for the targets, y of this data named 'more'",
    ),
    "a loss too few": (
        Named, X, Y, {"class": cr.softmax_cross_entropy}, None, UnknownNameError,
        "no loss for the targets",
    ),
    "one array of targets": (
        Named, X, LABELS, OWN, None, ArgumentError, "there is a loss for each of 'class', 'price'",
    ),
    "one loss of one array": (
        Named, X, Y, cr.softmax_cross_entropy, None, ArgumentError,
        "Named returned a dict of several arrays, 'class', 'price'",
    ),
    "several targets, one output": (
        Single, A, (LABELS, PRICES), cr.softmax_cross_entropy, None, ArgumentError,
        "y is a tuple of several arrays",
    ),
    "no loss at all": (Named, X, Y, {}, None, ArgumentError, "loss is an empty dict"),
    "a loss that is none": (
        Named, X, Y, {**OWN, "price": 3}, None, ArgumentError, "loss['price'] is a function",
    ),
    "a loss that asks for an unknown name": (
        Named, X, Y, lambda out, y: cr.squared_error(out["price"], y["prize"]), None,
        UnknownNameError, "did you mean 'price'",
    ),
    "a loss that asks for one array more": (
        Pair, Pair.x, (LABELS,), Pair.loss, None, ArgumentError, "asks for more arrays",
    ),
    "an input too few": (
        Named, {"ids": IDS, "mask": MASK}, Y, OWN, None, UnknownNameError,
        "no array among the inputs that Named is given named 'numbers'",
    ),
    "no inputs": (Named, {}, Y, OWN, None, DataError, "x is an empty dict"),
    "an empty tuple": (Single, (), LABELS, Single.loss, None, DataError, "x is an empty tuple"),
    "no targets": (Named, X, {}, OWN, None, DataError, "y is an empty dict"),
    "nothing for one input": (
        Named, {**X, "mask": None}, Y, OWN, None, DataError, "['mask']",
    ),
    "inputs of two lengths": (
        Named, {**X, "mask": MASK[:9]}, Y, OWN, None, ShapeError,
        "X['ids'] has 50 rows and X['mask'] has 9",
    ),
    "targets of another length": (
        Named, X, {**Y, "price": PRICES[:9]}, OWN, None, ShapeError, "y['price'] has 9",
    ),
    "weights of another length": (
        Named, X, Y, OWN, WEIGHTS[:9], ShapeError, "sample_weight has 9",
    ),
    "weights without rows": (
        Single, A, LABELS, Single.loss, np.array(2.0), ShapeError, "sample_weight has none",
    ),
    "negative weights": (
        Single, A, LABELS, Single.loss, -WEIGHTS, DataError, "holds a negative number",
    ),
    "weights of 0": (Single, A, LABELS, Single.loss, 0 * WEIGHTS, DataError, "is 0 in all"),
    "weights that are not finite": (
        Single, A, LABELS, Single.loss, WEIGHTS * np.nan, DataError, "sample_weight of",
    ),
    "weights in a column": (
        Single, A, LABELS, Single.loss, WEIGHTS[:, None], ShapeError,
        "fits neither 50 rows nor targets of (50,)",
    ),
    "weights of an unknown head": (
        Named, X, Y, OWN, {"clazz": WEIGHTS}, UnknownNameError, "did you mean 'class'",
    ),
    "named weights for one loss": (
        Single, A, LABELS, Single.loss, {"a": WEIGHTS}, ArgumentError, "Give one array, (N,)",
    ),
    "a loss without weights": (
        Single, A, LABELS, lambda out, y: (out * out).mean() * y.mean(), WEIGHTS, ArgumentError,
        "takes no weights",
    ),
    "a column against a row": (
        Named, X, {**Y, "price": PRICES[:, 0]}, OWN, None, ShapeError, "y['price'] of",
    ),
    "several inputs for a net of layers": (
        lambda: nn.MLP([3, 3]), (A, A), LABELS, Single.loss, None, DataError,
        "is a tuple of arrays, but MLP takes an array",
    ),
}  # fmt: skip
PARTS = {
    fitted: "the training data", eagerly: "the training data", evaluated: "the data",
    stepped: "this batch", an_epoch: "this batch",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@together("way", WAYS)
def test_it_has_a_sentence_of_its_own(case, way):
    kind, x, y, loss, weights, error, words = CASES[case]
    with pytest.raises(error) as caught:
        way(kind, x, y, loss, weights)
    message = str(caught.value)
    assert words.replace("this data", PARTS[way]) in message
    assert isinstance(caught.value, ChainruleError)


@pytest.mark.parametrize("way", [fitted, eagerly, evaluated])
def test_rows_that_are_none_are_refused(way):
    empty = {name: each[:0] for name, each in X.items()}
    with pytest.raises(DataError, match="there are no rows"):
        way(Named, empty, {name: each[:0] for name, each in Y.items()}, OWN, None)


@pytest.mark.parametrize("way", [fitted, eagerly, evaluated])
def test_a_label_outside_the_classes_names_its_stream(way):
    with pytest.raises(IndexRangeError, match=r"y\['class'\] of "):
        way(Named, X, {**Y, "class": LABELS + 1}, OWN, None)


def by_program(net, x):
    return Program(nn.Sequential(net, nn.Linear(2, 2)), OWN, optim.SGD()).predict(x)


@pytest.mark.parametrize("find", [predict, by_program])
def test_inputs_of_a_prediction_that_do_not_fit_are_refused(find):
    for net in [nn.MLP([3, 2]), *(layer for layer in LAYERS if layer.takes_one_array())]:
        for x in ({"a": A}, (A, A)):
            with pytest.raises(DataError, match="of arrays, but"):
                find(net, x)
    with pytest.raises(ShapeError, match="has 9"):
        find(Named(), {**X, "mask": MASK[:9]})
    with pytest.raises(DataError, match="an empty dict"):
        find(Named(), {})


KINDS = {
    kind for kind in (getattr(nn, name) for name in nn.__all__)
    if isinstance(kind, type) and issubclass(kind, nn.Module)
}  # fmt: skip
ACTIVATIONS = {kind for kind in KINDS if issubclass(kind, Activation)} - {Activation}
LAYERS = [
    nn.Linear(3, 2), nn.Embedding(5, 2), nn.LayerNorm(3), nn.BatchNorm(3), nn.Dropout(0.5),
    nn.Scale(3), nn.LearnableActivation(3), nn.Ensemble(lambda: nn.Linear(3, 2), 2),
    nn.PeriodicEmbedding(3), nn.ScheduledDropout(optim.FlatCosine(0.3, steps=9)),
    *(kind() for kind in ACTIVATIONS),
]  # fmt: skip


def test_every_layer_says_whether_it_takes_one_array():
    joining = {nn.Module, Activation, nn.Sequential, nn.MLP}
    assert {type(layer) for layer in LAYERS} == KINDS - joining
    others = {type(layer) for layer in LAYERS if not layer.takes_one_array()}
    assert others == {nn.Identity}
    assert nn.MLP([2, 2]).takes_one_array()
    assert not nn.Sequential(Named(), nn.ReLU()).takes_one_array()


@pytest.mark.parametrize("metric", [{"clas": "accuracy"}, {"class": "acuracy"}, "f1"])
def test_metrics_of_unknown_names_are_refused(metric):
    with pytest.raises(UnknownNameError):
        evaluate(Named(), (X, Y), OWN, metric=metric)


class Dotted(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x.a)


@pytest.mark.parametrize("ask", ["predict", "program", "step", "epoch", "fit"])
@pytest.mark.parametrize(
    ("net", "x"), [(Named, (A, A)), (Named, {"wrong": A}), (Dotted, (A, A)), (Dotted, {"a": A})]
)
def test_a_net_that_asks_its_container_for_what_it_has_not_says_so(net, x, ask):
    model, y, loss = net(), LABELS, cr.softmax_cross_entropy
    program = Program(model, loss, optim.SGD())
    ways = {
        "predict": lambda: predict(model, x),
        "program": lambda: program.predict(x),
        "step": lambda: program.step(x, y),
        "epoch": lambda: program.epoch(x, y),
        "fit": lambda: fit(model, (x, y), loss=loss, optimizer=optim.SGD(), epochs=1),
    }
    with pytest.raises(ChainruleError, match=f"{net.__name__} (is given|asks for)"):
        ways[ask]()


def test_rows_in_a_tuple_are_told_from_streams():
    """As ``zip(*pairs)`` leaves them."""
    rows, targets = zip(*[(np.ones(3), np.ones(1)) for _ in range(20)], strict=True)
    model, settings = nn.MLP([3, 1]), {"loss": cr.squared_error, "optimizer": optim.SGD()}
    for x, y in ((rows, np.ones((20, 1))), (np.ones((20, 3)), targets), (rows, targets)):
        with pytest.raises(ChainruleError) as caught:
            fit(model, (x, y), **settings)
        assert "np.stack" in caught.value.do
    with pytest.raises(ChainruleError) as caught:
        Program(model, **settings).step(rows, np.ones((20, 1)))
    assert "np.stack" in caught.value.do
