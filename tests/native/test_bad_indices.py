"""An index or a label out of range raises everywhere, before anything is read or written by it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compiled import compile as compiled
from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from tests.thorough import crossed

X = np.arange(12.0).reshape(3, 4)
CALLS = {
    "take": (lambda x, i: cr.take(x, i, 0), [0, 2, -3], [0, 3, -3], [-4, 0, 0]),
    "take of all": (cr.take, [0, 11, -12], [12, 0, 0], [0, 0, -13]),
    "getitem": (lambda x, i: x[:, i], [0, 3, -4], [0, 0, 4], [0, -5, 0]),
    "take_along_axis": (
        lambda x, i: cr.take_along_axis(x, cr.expand_dims(i, 1), 1),
        [0, 3, -4], [0, 4, 0], [-5, 0, 0],
    ),
    "softmax_cross_entropy": (
        cr.softmax_cross_entropy, [0, 3, 1], [0, 4, 0], [-1, 0, 0],
    ),
    "hinge": (cr.hinge, [0, 3, 1], [4, 0, 0], [0, 0, -1]),
    "put_rows": (
        lambda x, i: CATALOGUE.function("put_rows")(x, i, 5), [0, 4, -5], [0, 5, 0], [-6, 0, 0],
    ),
    "one_hot": (lambda x, i: x[0, 0] * cr.one_hot(i, 4), [0, 3, 1], [0, 0, 4], [-1, 0, 0]),
}  # fmt: skip


def runs(function, x, index):
    """Eagerly, as an interpreted plan and as machine code: the value and the gradient."""

    def both(x, index):
        out, pull = cr.vjp(lambda x: function(x, index), x)
        return [out, *pull(np.ones(out.shape))]

    yield lambda: both(x, index)
    plan = make(record(both, [spec_of(x), spec_of(index)]))
    yield lambda: interpret(plan, [x, index])
    yield lambda: compiled(both)(x, index)


@crossed("dtype, name", [np.int64, np.int32, np.int8], CALLS)
def test_indices_within_their_range_are_read_alike(name, dtype):
    function, index, *_ = CALLS[name]
    eager, *others = runs(function, X, np.array(index, dtype))
    wanted = eager()
    for run in others:
        for x, y in zip(run(), wanted, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15)


@crossed("which, dtype, name", [1, 2], [np.int64, np.int8], CALLS)
def test_an_index_out_of_range_raises_in_every_mode(name, dtype, which):
    function, *indices = CALLS[name]
    for run in runs(function, X, np.array(indices[which], dtype)):
        with pytest.raises(ChainruleError):
            run()


def test_a_compiled_function_runs_on_after_an_index_was_out_of_range():
    step = compiled(lambda x, i: cr.take(x, i, 0))
    with pytest.raises(ChainruleError):
        step(X, np.array([7]))
    assert np.array_equal(step(X, np.array([2])), X[[2]])
