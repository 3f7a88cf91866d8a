"""A loss is tried on a few rows: one number, with a graph, of outputs that meet their targets."""

import functools

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    NoGradientError,
    NotScalarError,
    ShapeError,
)
from chainrule.train import Program, evaluate, fit
from tests.thorough import crossed

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)
ROWS = 40
X = RNG.normal(size=(ROWS, 3)).astype("f")
FLAT = X.sum(axis=1)
COLUMN = FLAT[:, None]
LABELS = RNG.integers(0, 3, ROWS)


class Flat(nn.Module):
    """A net whose output is one number per row, without an axis."""

    def __init__(self):
        self.layer = nn.Linear(3, 1)

    def forward(self, x):
        return self.layer(x)[:, 0]


class Backwards(cr.Op):
    """A user's op, whose NumPy code broadcasts where no graph can see it."""

    def forward(self, x, y):
        return np.mean((x - y) ** 2)

    def backward(self, upstream, x, y, out):
        return upstream * 2 * np.mean(x - y) * np.ones(x.shape, x.dtype), None


def each_column(out, y):
    difference = out - y
    return (difference * difference).mean(axis=0).mean()


MEETING = {
    "squares": lambda o, t: ((o - t) ** 2).mean(),
    "NumPy's mean": lambda o, t: np.mean((o - t) ** 2),
    "absolute": lambda o, t: cr.mean(abs(t - o)),
    "a sum": lambda o, t: cr.sum((o - t) ** 2) / len(t),
    "by column": each_column,
    "logistic": lambda o, t: (np.logaddexp(0, o) - t * o).mean(),
    "half of it": lambda o, t: 0.5 * np.square(o - t).mean(),
    "where": lambda o, t: np.where(o > t, o - t, t - o).mean(),
    "after exp": lambda o, t: ((np.exp(o) - np.tanh(t)) ** 2).mean(),
    "with a flat part": lambda o, t: (o * (o.reshape(-1) - t)).mean() ** 2,
    "by hand": lambda o, t: cr.mean((o - cr.tensor(t)) ** 2),
    "a partial": functools.partial(lambda k, o, t: (k * (o - t) ** 2).mean(), 2.0),
    "squared_error": cr.squared_error,
    "huber": functools.partial(cr.huber, delta=2.0),
    "within a lambda": lambda o, t: cr.squared_error(o, t) + 0,
}
WEIGHTS = np.array([0.1, 0.2, 0.7], "f")
LEVELS = np.linspace(0.1, 0.7, 7, dtype="f")  # as many as the rows that a loss is tried on
LEGAL = {  # name: outputs, targets, loss
    "reshaped outputs": (1, FLAT, lambda o, t: cr.squared_error(o[:, 0], t)),
    "flat outputs": (1, FLAT, lambda o, t: ((o.reshape(-1) - t) ** 2).mean()),
    "raveled both": (1, COLUMN, lambda o, t: ((o.ravel() - t.ravel()) ** 2).mean()),
    "a column of targets": (1, FLAT, lambda o, t: ((o - t[:, None]) ** 2).mean()),
    "columns": (1, COLUMN, lambda o, t: ((o - t) ** 2).mean()),
    "levels": (1, FLAT, lambda o, t: ((o - LEVELS) ** 2).mean() + ((o[:, 0] - t) ** 2).mean()),
    "pairs of outputs": (1, FLAT, lambda o, t: ((o - o[:, 0]) ** 2).mean() + o.sum() * t.mean()),
    "pairs of targets": (
        1, FLAT, lambda o, t: (((o - o.T) - (t[:, None] - t)) ** 2).mean(),
    ),
    "ranking": (
        1, FLAT, lambda o, t: (np.logaddexp(0, o.T - o) * (t[:, None] > t)).mean(),
    ),
    "contrastive": (
        3, LABELS, lambda o, t: (o @ o.T * ((t[:, None] == t) * 2.0 - 1.0)).mean(),
    ),
    "contrastive, flat": (
        1, FLAT, lambda o, t: (o * o[:, 0] * (t[:, None] > t)).mean(),
    ),
    "labels by one-hot": (
        3, LABELS, lambda o, t: -np.where(t[:, None] == np.arange(3), cr.log_softmax(o), 0).mean(),
    ),
    "class weights": (
        3, LABELS, lambda o, t: (cr.softmax_cross_entropy(o * WEIGHTS, t)),
    ),
    "correlation": (
        1, FLAT, lambda o, t: ((o[:, 0] - o.mean()) * (t - t.mean())).mean() * -1,
    ),
    "row weights of all rows": (
        1, COLUMN, lambda o, t: (np.ones((ROWS, 1), "f") * (o - t) ** 2).mean(),
    ),
}  # fmt: skip


def run(model, y, loss, compiled=False, **options):
    settings = {"optimizer": optim.SGD(1e-3), "epochs": 1, "batch_size": ROWS} | options
    return fit(model, (X, y), loss=loss, compiled=compiled, **settings)


@MODES
@pytest.mark.parametrize("name", MEETING)
def test_a_column_of_outputs_and_flat_targets_are_refused(name, compiled):
    model = nn.MLP([3, 1])
    before = model.state()
    with pytest.raises(ShapeError) as caught:
        run(model, FLAT, MEETING[name], compiled)
    if name != "within a lambda":  # which the library's loss refuses, in its own words
        assert caught.value.short() == (
            "the training data: the outputs are (40, 1) and the targets (40,): compared, they "
            "make a table of (40, 40), every row against every other.\n"
            "    outputs   (40, 1)\n    y         (40,)\n"
            "Make the targets a column: y.reshape(-1, 1)."
        )
    assert all(np.array_equal(before[key], array) for key, array in model.state().items())


def chosen_by_sign(out, y):
    return np.where(y > 0, out, -out).mean()


@MODES
@pytest.mark.parametrize(
    "loss", [chosen_by_sign, lambda out, y: (out * (y > 0)).mean()], ids=["where", "product"]
)
@pytest.mark.parametrize("kind", ["f", "i8"])
def test_a_condition_on_targets_that_are_all_of_one_sign_counts(loss, kind, compiled):
    y = np.arange(1, ROWS + 1).astype(kind)
    with pytest.raises(ShapeError, match="every row against every other"):
        run(nn.MLP([3, 1]), y, loss, compiled)


@MODES
@pytest.mark.parametrize("name", MEETING)
def test_flat_outputs_and_a_column_of_targets_are_refused(name, compiled):
    with pytest.raises(ShapeError) as caught:
        run(Flat(), COLUMN, MEETING[name], compiled)
    if name != "within a lambda":
        assert caught.value.do == "Make the targets flat: y.reshape(-1)."


@pytest.mark.parametrize("name", MEETING)
def test_evaluate_validation_data_and_programs_refuse_them_too(name):
    loss = MEETING[name]
    with pytest.raises(ShapeError):
        evaluate(nn.MLP([3, 1]), (X, FLAT), loss)
    with pytest.raises(ShapeError):
        run(nn.MLP([3, 1]), COLUMN, loss, validation=(X, FLAT))
    program = Program(nn.MLP([3, 1]), loss, optim.SGD())
    with pytest.raises(ShapeError):
        program.step(X, FLAT)
    with pytest.raises(ShapeError):
        program.epoch(X, FLAT)


def test_an_op_that_broadcasts_within_is_refused():
    with pytest.raises(ShapeError, match=r"y\.reshape\(-1, 1\)"):
        run(nn.MLP([3, 1]), FLAT, Backwards())


@crossed("compiled, name", [False, True], LEGAL)
def test_losses_that_know_what_they_do_train(name, compiled):
    outputs, y, loss = LEGAL[name]
    model = nn.MLP([3, outputs])
    before = model.state()
    assert len(run(model, y, loss, compiled)) == 1
    assert any(not np.array_equal(before[key], array) for key, array in model.state().items())
    evaluate(model, (X, y), loss)
    Program(nn.MLP([3, outputs]), loss, optim.SGD()).step(X, y)


@MODES
@pytest.mark.parametrize("batch_size", [1, 7, 32])
def test_as_many_outputs_as_rows_do_not_hide_it(batch_size, compiled):
    squares = MEETING["squares"]
    with pytest.raises((ShapeError, ValueError)):
        run(nn.MLP([3, 7]), FLAT, squares, compiled, batch_size=7)
    with pytest.raises(ShapeError):
        run(nn.MLP([3, 1]), FLAT, squares, compiled, batch_size=batch_size)


def test_two_rows_are_enough_to_see_it():
    with pytest.raises(ShapeError):
        fit(
            nn.MLP([3, 1]), (X[:1], FLAT[:1]), loss=MEETING["squares"], optimizer=optim.SGD(),
            epochs=1,
        )  # fmt: skip


SEVERAL = {
    "each row": lambda o, t: (o - t) ** 2,
    "each row, flat": lambda o, t: ((o - t) ** 2).mean(axis=1),
    "no reduction": functools.partial(cr.squared_error, reduction="none"),
    "a pair": lambda o, t: (cr.mean(o), cr.mean(t)),
    "nothing": lambda o, t: None,
}


@MODES
@pytest.mark.parametrize("rows", [1, 2, ROWS])
@pytest.mark.parametrize("name", SEVERAL)
def test_a_loss_of_several_numbers_is_refused(name, rows, compiled):
    with pytest.raises(NotScalarError, match="a loss is one number"):
        fit(
            nn.MLP([3, 1]), (X[:rows], COLUMN[:rows]), loss=SEVERAL[name], epochs=1,
            optimizer=optim.SGD(), compiled=compiled, batch_size=1 if rows == 2 else 32,
        )  # fmt: skip
    with pytest.raises(NotScalarError, match="a loss is one number"):
        evaluate(nn.MLP([3, 1]), (X, COLUMN), SEVERAL[name])
    with pytest.raises(NotScalarError, match="a loss is one number"):
        Program(nn.MLP([3, 1]), SEVERAL[name], optim.SGD()).step(X, COLUMN)


@MODES
@pytest.mark.parametrize("keepdims", [False, True])
def test_one_number_in_an_axis_of_its_own_is_one_number(keepdims, compiled):
    def axis(out, y):
        return ((out - y) ** 2).mean(axis=0, keepdims=keepdims)

    models = nn.MLP([3, 1]), nn.MLP([3, 1])
    run(models[0], COLUMN, axis, compiled, validation=(X, COLUMN))
    run(models[1], COLUMN, cr.squared_error, compiled)
    for name, array in models[0].state().items():
        np.testing.assert_allclose(array, models[1].state()[name], rtol=1e-6)


WITHOUT_GRAPH = {
    "a number": lambda o, t: 3.0,
    "an array": lambda o, t: np.mean((o.data - t) ** 2),
    "an item": lambda o, t: cr.mean((o - t) ** 2).item(),
    "a constant": lambda o, t: cr.tensor(1.0),
    "no gradient": lambda o, t: cr.mean((cr.stop_gradient(o) - t) ** 2),
}


@MODES
@pytest.mark.parametrize("name", WITHOUT_GRAPH)
def test_a_loss_without_a_graph_is_refused_before_the_first_step(name, compiled):
    with pytest.raises(NoGradientError, match=r"nothing can be learned|reaches none of the"):
        run(nn.MLP([3, 1]), COLUMN, WITHOUT_GRAPH[name], compiled)
    assert np.isfinite(evaluate(nn.MLP([3, 1]), (X, COLUMN), WITHOUT_GRAPH[name])[0])
    with pytest.raises(ChainruleError):
        Program(nn.MLP([3, 1]), WITHOUT_GRAPH[name], optim.SGD()).step(X, COLUMN)


@MODES
def test_a_loss_that_is_not_a_number_at_the_start_says_where_it_began(compiled):
    def log(out, y):
        return cr.mean(np.log(out * 0 - 1) - y)

    with pytest.raises(cr.errors.NonFiniteError, match="log is the first op"):
        run(nn.MLP([3, 1]), COLUMN, log, compiled)


def test_the_loss_receives_arrays_of_targets_when_it_is_tried():
    kinds = set()

    def squares(out, y):
        kinds.add((type(y), y.dtype, y.ndim))
        return ((out - y) ** 2).mean()

    run(nn.MLP([3, 1]), COLUMN, squares)
    assert kinds == {(np.ndarray, np.dtype("f"), 2)}


class Answering(nn.Linear):
    """A linear net that changes its answer."""

    def __init__(self, change):
        super().__init__(3, 1)
        self.change = change

    def forward(self, x, run=None):
        return self.change(super().forward(x))


@MODES
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda out: (out, out), ArgumentError, "Answering returned a tuple"),
        (lambda out: None, ArgumentError, "Answering returned a NoneType"),
        (lambda out: out.mean(axis=0), ShapeError, "a net answers row by row"),
        (lambda out: out.mean(), ShapeError, "a net answers row by row"),
    ],
)
def test_what_the_net_returns_is_looked_at_first(change, error, message, compiled):
    with pytest.raises(error, match=message):
        run(Answering(change), COLUMN, cr.squared_error, compiled)


def test_a_net_whose_answer_has_left_the_graph_is_refused():
    with pytest.raises(NoGradientError, match=r"has left the graph|reaches none of the net"):
        run(Answering(lambda out: out.data), COLUMN, cr.squared_error)


@MODES
def test_a_fit_without_recording_says_so(compiled):
    with cr.no_grad(), pytest.raises(NoGradientError, match=r"inside cr\.no_grad"):
        run(nn.MLP([3, 1]), COLUMN, cr.squared_error, compiled)


def test_an_error_of_the_loss_is_the_users_own():
    with pytest.raises(ZeroDivisionError):
        run(nn.MLP([3, 1]), COLUMN, lambda o, t: 1 / 0)
    with pytest.raises(TypeError, match="positional argument"):
        run(nn.MLP([3, 1]), COLUMN, lambda o: o)
