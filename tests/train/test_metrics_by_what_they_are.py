"""Losses and metrics are known by what they are, never by their names."""

import decimal
import functools

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, DataError, IndexRangeError, ShapeError
from chainrule.ops.losses.loss import Loss, LossFacts, common_facts, facts_of
from chainrule.train import evaluate, fit, predict
from chainrule.train.history import RESERVED

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)).astype("f")
LABELS = (X[:, 0] > 0).astype(int)
SHARES = LABELS[:, None].astype("f")
NUMBERS = X.sum(axis=1, keepdims=True)


def history(y, outputs=1, compiled=False, loss=cr.squared_error, **options):
    settings = {"optimizer": optim.SGD(0.1), "epochs": 2, "batch_size": 16} | options
    return fit(nn.MLP([3, outputs]), (X, y), loss=loss, compiled=compiled, **settings)


def binary_cross_entropy(out, y):
    """Of the user's own, and of another kind than its name says."""
    return ((out - y) ** 2).mean()


def crossed(out, y):
    return cr.binary_cross_entropy(out, y) + 0.1 * cr.mean(out**2)


class Callable:
    def __call__(self, out, y):
        return cr.binary_cross_entropy(out, y)


BINARY = {
    "the function": cr.binary_cross_entropy,
    "a partial": functools.partial(cr.binary_cross_entropy),
    "a partial of a partial": functools.partial(
        functools.partial(cr.binary_cross_entropy), reduction="sum"
    ),
    "a lambda": lambda o, t: 2 * cr.binary_cross_entropy(o, t),
    "a term": crossed,
    "an object": Callable(),
}


@MODES
@pytest.mark.parametrize("name", BINARY)
def test_a_binary_cross_entropy_is_measured_by_accuracy_whatever_it_is_called(name, compiled):
    assert history(SHARES, loss=BINARY[name], compiled=compiled).metric == "accuracy"


@MODES
def test_a_function_named_like_a_loss_is_not_that_loss(compiled):
    found = history(NUMBERS, loss=binary_cross_entropy, compiled=compiled)  # far beyond 0 ... 1
    assert found.metric == "r2"


class Brier(Loss):
    """Of the user's own, for chances rather than scores."""

    targets, unit, metric = "shares", "points", "accuracy"

    def forward(self, predictions, targets, weights=None):
        difference = predictions - targets
        return self.reduced(difference * difference, weights)


class Hits(Brier):
    metric = staticmethod(lambda out, y: float(np.mean((out > 0.5) == (y > 0.5))))


class Silent(Brier):
    metric = ""


OWN = {
    "the class's function": lambda kind: kind.function,
    "an op": lambda kind: kind(),
    "an op with settings": lambda kind: kind(reduction="sum"),
    "a partial of it": lambda kind: functools.partial(kind.function, reduction="sum"),
    "a lambda around it": lambda kind: lambda out, y: 2 * kind()(out, y),
}


def chances(loss, compiled):
    net = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    options = {"optimizer": optim.SGD(0.1), "epochs": 1, "batch_size": 16, "compiled": compiled}
    history = fit(net, (X, SHARES), loss=loss, validation=(X, SHARES), **options)
    hits = float(np.mean((predict(net, X) > 0.5) == (SHARES > 0.5)))
    return history, hits


@MODES
@pytest.mark.parametrize("way", OWN)
def test_a_loss_of_the_users_own_says_what_it_takes_and_how_it_is_measured(way, compiled):
    history, hits = chances(OWN[way](Brier), compiled)
    assert history.metric == "accuracy"
    assert history["validation_accuracy"] == [pytest.approx(hits)]
    with pytest.raises(DataError, match="0 to 1"):
        fit(nn.MLP([3, 1]), (X, NUMBERS), loss=OWN[way](Brier), optimizer=optim.SGD(0.1))


@MODES
def test_a_loss_may_bring_a_metric_of_its_own_or_none(compiled):
    history, hits = chances(Hits(), compiled)
    assert history["validation_<lambda>"] == [pytest.approx(hits)]
    assert chances(Silent.function, compiled)[0].metric == ""


@pytest.mark.parametrize("loss", [cr.poisson, lambda out, y: cr.poisson(out, y) + 0.0])
def test_log_rates_are_measured_as_the_rates_that_they_stand_for(loss):
    counts = RNG.poisson(2.0, (50, 1)).astype("f")
    net = nn.MLP([3, 1])
    _, found = evaluate(net, (X, counts), loss)
    rates = np.exp(predict(net, X).astype(float))
    expected = 1 - np.sum((counts - rates) ** 2) / np.sum((counts - counts.mean()) ** 2)
    assert found == pytest.approx(expected, rel=1e-5)


@MODES
def test_an_op_with_settings_takes_weights_as_its_function_does(compiled):
    options = {"compiled": compiled, "sample_weight": np.linspace(0.1, 1, len(X))}
    one = history(LABELS, 2, loss=cr.hinge, **options)
    other = history(LABELS, 2, loss=cr.hinge.op(margin=1.0), **options)
    assert one["loss"] == other["loss"]


def test_wraps_lends_a_function_no_facts():
    @functools.wraps(cr.hinge)
    def wrapped(out, y):
        return cr.squared_error(out, y)

    assert facts_of(wrapped) == LossFacts()
    assert history(NUMBERS, loss=wrapped).metric == "r2"


def test_losses_that_disagree_say_only_what_they_agree_about():
    facts = common_facts([cr.squared_error.op(), cr.poisson.op()])
    assert (facts.targets, facts.link, facts.metric) == ("numbers", "", "r2")
    assert common_facts([]) == LossFacts()


@pytest.mark.parametrize("name", BINARY)
def test_targets_outside_0_to_1_are_refused_whatever_the_loss_is_called(name):
    with pytest.raises((DataError, ArgumentError), match=r"0 to 1|between 0 and 1"):
        history(NUMBERS, loss=BINARY[name])


@MODES
@pytest.mark.parametrize("name", ["lambda", "partial"])
def test_labels_are_checked_through_wrappers(name, compiled):
    wrapped = {
        "lambda": lambda o, t: 2 * cr.softmax_cross_entropy(o, t),
        "partial": functools.partial(cr.hinge, margin=2.0),
    }[name]
    assert history(LABELS, 2, compiled, wrapped).metric == "accuracy"
    with pytest.raises(IndexRangeError, match="label 2"):
        history(LABELS + 1, 2, compiled, wrapped)


def test_a_loss_that_reshapes_is_measured_all_the_same():
    def squares(out, y):
        return cr.squared_error(out[:, 0], y)

    assert history(NUMBERS[:, 0], loss=squares).metric == "r2"
    flat = history(LABELS, loss=lambda o, t: cr.binary_cross_entropy(o[:, 0], t))
    column = history(SHARES, loss=cr.binary_cross_entropy)
    assert flat["accuracy"] == column["accuracy"]
    assert flat["loss"] == pytest.approx(column["loss"])


def near(out, y):
    return abs(out - y) < 1


@MODES
def test_one_number_for_each_row_is_averaged(compiled):
    def by_row(out, y):
        return near(out, y)[:, 0]

    def as_one(out, y):
        return near(out, y).mean()

    rows, one = (history(NUMBERS, compiled=compiled, metric=m) for m in (by_row, as_one))
    assert rows["by_row"] == pytest.approx(one["as_one"])


RETURNS = {
    "a float": (lambda o, t: 0.5, 0.5),
    "an int": (lambda o, t: 1, 1.0),
    "a bool": (lambda o, t: True, 1.0),
    "a NumPy number": (lambda o, t: np.float32(0.5), 0.5),
    "an array of one": (lambda o, t: np.array([[0.5]]), 0.5),
    "a tensor": (lambda o, t: cr.mean(cr.tensor([0.25, 0.75])), 0.5),
    "a Decimal": (lambda o, t: decimal.Decimal("0.5"), 0.5),
    "NaN": (lambda o, t: np.nan, np.nan),
}
NOT_NUMBERS = {
    "None": lambda o, t: None,
    "text": lambda o, t: "good",
    "a dict": lambda o, t: {"f1": 1.0},
    "a complex number": lambda o, t: 1j,
    "two numbers": lambda o, t: (0.5, 0.5),
    "a table": lambda o, t: np.ones((len(o), 2)),
    "rows by rows": lambda o, t: np.ones((len(o), len(o))),
    "a number short": lambda o, t: np.ones(len(o) - 1),
}


@MODES
@pytest.mark.parametrize("name", RETURNS)
def test_what_a_metric_returns_becomes_a_float(name, compiled):
    function, expected = RETURNS[name]
    column = history(NUMBERS, compiled=compiled, metric=function)["<lambda>"]
    np.testing.assert_equal(column, [expected] * 2)
    assert all(type(value) is float for value in column)


@MODES
@pytest.mark.parametrize("name", NOT_NUMBERS)
def test_a_metric_that_is_no_number_is_refused_before_the_first_step(name, compiled):
    with pytest.raises(ArgumentError, match="a metric is one number, or one for each row"):
        history(NUMBERS, compiled=compiled, metric=NOT_NUMBERS[name])
    with pytest.raises(ArgumentError, match="a metric is one number, or one for each row"):
        evaluate(nn.MLP([3, 1]), (X, NUMBERS), cr.squared_error, metric=NOT_NUMBERS[name])


@MODES
def test_metrics_receive_arrays(compiled):
    kinds = set()

    def look(out, y):
        kinds.add((type(out), type(y)))
        return 0.0

    history(NUMBERS, compiled=compiled, metric=look, validation=(X, NUMBERS))
    assert kinds == {(np.ndarray, np.ndarray)}


@MODES
def test_partial_batches_count_by_their_rows(compiled):
    def mean(out, y):
        return y.mean()

    column = history(NUMBERS, compiled=compiled, metric=mean, batch_size=16)["mean"]
    assert column == pytest.approx([NUMBERS.mean()] * 2, rel=1e-5)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_metric_may_not_take_the_name_of_a_column(name):
    def function(out, y):
        return 0.0

    function.__name__ = name
    for metric in (function, functools.partial(function)):
        with pytest.raises(ArgumentError, match=f"a column of its own called '{name}'"):
            history(NUMBERS, metric=metric)


def test_a_metric_may_be_called_metric_or_accuracy():
    def metric(out, y):
        return 0.25

    def accuracy(out, y):
        return 0.75

    for function, value in ((metric, 0.25), (accuracy, 0.75)):
        found = history(NUMBERS, metric=function, validation=(X, NUMBERS))
        assert found[function.__name__] == [value] * 2
        assert found[f"validation_{function.__name__}"] == [value] * 2
        assert found["loss"] != [value] * 2


def test_a_metric_that_takes_the_targets_first_is_refused():
    def score(y_true, y_pred):
        return 0.0

    with pytest.raises(ArgumentError, match="takes the targets first"):
        history(NUMBERS, metric=score)
    assert history(NUMBERS, metric=lambda out, y: score(y, out))["<lambda>"] == [0.0, 0.0]


def test_a_metric_that_broadcasts_a_column_against_a_row_is_refused():
    def absolute(out, y):
        return np.abs(out - y).mean()

    def squares(out, y):
        return cr.squared_error(out[:, 0], y)

    with pytest.raises(ShapeError, match="the metric absolute"):
        history(NUMBERS[:, 0], loss=squares, metric=absolute)
    history(NUMBERS, metric=absolute)


def test_accuracy_needs_one_target_for_each_score():
    with pytest.raises(ArgumentError, match="accuracy needs a label for each row"):
        history(NUMBERS, 3, loss=lambda o, t: ((o - t) ** 2).mean(), metric="accuracy")
