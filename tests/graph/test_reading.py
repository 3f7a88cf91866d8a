"""A reading is written from its base and an op's facts, no more."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.extend import Composite, Elementwise, Reduction
from chainrule.graph.readings.dual import Dual
from chainrule.graph.readings.reading import Reading, Valued, inside
from chainrule.graph.readings.specs import SpecSymbol
from chainrule.plan.recorder import Recorded


class Batched(Valued, Reading):
    """Every row of an array at once, where the function speaks of one row."""

    __slots__ = ("depth", "value")

    def __init__(self, value, depth):
        self.value, self.depth = value, depth

    @property
    def shape(self):
        return np.shape(self.value)[1:]

    def follow(self, op, operands):
        if isinstance(op, Composite):
            return op.forward(*operands)
        if isinstance(op, Reduction):
            (x,) = operands
            axes = range(x.ndim) if op.axis is None else np.atleast_1d(op.axis) % x.ndim
            return Batched(type(op)(tuple(a + 1 for a in axes), op.keepdims)(x.value), self.depth)
        assert isinstance(op, Elementwise), op
        most = max(np.ndim(x) if not isinstance(x, Batched) else x.ndim for x in operands)
        return Batched(op(*map(partial(lifted, axes=most), operands)), self.depth)


def lifted(x, axes):
    if not isinstance(x, Batched):
        return x
    missing = axes - x.ndim
    return cr.reshape(x.value, (np.shape(x.value)[0], *(1,) * missing, *x.shape))


def batched(function):
    def run(x):
        with inside() as depth:
            out = function(Batched(x, depth))
        return out.value

    return run


ROWS = np.random.default_rng(0).normal(size=(5, 4))
FUNCTIONS = {
    "elementwise": lambda x: np.tanh(x) * x + 1,
    "a reduction": lambda x: (x**2).sum(),
    "a composite": cr.softmax,
    "several": lambda x: (x - x.mean()) / np.sqrt(x.var() + 1e-5),
    "with an array": lambda x: cr.sigmoid(x * np.arange(4.0)),
    "a derivative inside": cr.grad(lambda x: np.sum(np.sin(x) ** 2)),
    "a forward derivative inside": lambda x: cr.jvp(np.sin, (x,), (x,))[1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_new_reading_goes_through_every_formula(name):
    function = FUNCTIONS[name]
    assert_allclose(batched(function)(ROWS), [function(row) for row in ROWS], rtol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_derivative_around_a_new_reading_is_that_of_the_rows(name):
    function = FUNCTIONS[name]

    def loss(run):
        return lambda x: np.sum(np.cos(run(x)))

    one_by_one = [cr.grad(loss(function))(row) for row in ROWS]
    assert_allclose(cr.grad(loss(batched(function)))(ROWS), one_by_one, rtol=1e-9, atol=1e-12)


def test_readings_with_a_depth_are_told_apart_by_it_and_read_in_one_way():
    for kind in (Dual, SpecSymbol, Recorded, Batched):
        assert issubclass(kind, Reading)
        assert kind.read is Reading.read
        assert kind.rank is Reading.rank


def test_a_reading_that_does_not_say_what_an_op_means_says_so():
    class Silent(Batched):
        follow = Reading.follow

    with inside() as depth, pytest.raises(NotImplementedError, match="Silent does not say"):
        np.sin(Silent(ROWS, depth))
