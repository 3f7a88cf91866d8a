"""Two recordings of a function are compared step by step, constant by constant."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.record import record
from chainrule.plan.same_flow import same_flow
from chainrule.spec import Spec

SPECS = [Spec((3, 4), np.dtype("f")), Spec((4, 4), np.dtype("f"))]
NUMBERS = np.arange(4, dtype="f")


def flow(function, **changes):
    return record(function, SPECS, **changes)


def loss(x, w):
    return cr.mean(cr.softmax(cr.tanh(x @ w) + NUMBERS) ** 2)


FUNCTIONS = {
    "a gradient": lambda x, w: [*cr.grad(loss, argnums=(0, 1))(x, w)],
    "another argument": lambda x, w: [cr.grad(loss)(x, w), x],
    "a constant": lambda x, w: [x + NUMBERS],
    "another constant": lambda x, w: [x + np.array([0, 1, 2, -3], "f")],
    "a constant of the other sign": lambda x, w: [x * 0.0],
    "minus zero": lambda x, w: [x * -0.0],
    "not a number": lambda x, w: [x * float("nan")],
    "an op": lambda x, w: [cr.sin(x)],
    "another op": lambda x, w: [cr.cos(x)],
    "a product of one": lambda x, w: [w @ w],
    "a product of two": lambda x, w: [w @ (w + 1)],
    "two results": lambda x, w: [cr.sin(x), cr.sin(x)],
    "another order": lambda x, w: [cr.sin(w), cr.sin(x)],
    "an axis": lambda x, w: [cr.sum(w, axis=0)],
    "another axis": lambda x, w: [cr.sum(w, axis=1)],
    "a view": lambda x, w: [w[1:3] * 2],
    "another view": lambda x, w: [w[0:2] * 2],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_recording_is_the_same_as_itself_recorded_again_and_as_no_other(name):
    found = {other: same_flow(flow(FUNCTIONS[name]), flow(f)) for other, f in FUNCTIONS.items()}
    assert found == {other: other == name for other in FUNCTIONS}


def test_what_is_written_over_counts():
    def function(x, w):
        return [x * 2]

    assert same_flow(flow(function, donate={0: 0}), flow(function, donate={0: 0}))
    assert not same_flow(flow(function), flow(function, donate={0: 0}))


class Scaled(cr.Op):
    factor: object

    def forward(self, x):
        return np.array(x) * self.factor

    def backward(self, upstream, x, out):
        return (upstream * self.factor,)


def test_a_value_of_a_recording_that_an_op_keeps_is_not_asked_after_its_end():
    def function(x, w):
        return [cr.grad(lambda x: Scaled(factor=cr.stop_gradient(x) * 2)(x).sum())(x)]

    one = flow(function)
    assert same_flow(one, one)
    assert not same_flow(one, flow(function))


class Silent:
    """Raises where it is compared."""

    def __init__(self):
        self.factor = 3.0

    def __eq__(self, other):
        raise TypeError("is not compared")

    __hash__ = None


class Hidden(cr.Op):
    kept: object

    def forward(self, x):
        factor = self.kept["factor"] if isinstance(self.kept, dict) else self.kept.factor
        return np.array(x.tolist(), x.dtype) * factor  # asks for values: Python computes it

    def backward(self, upstream, x, out):
        return (upstream * 3,)


@pytest.mark.parametrize("kept", [Silent, lambda: {"factor": np.full(3, 3.0)}])
def test_what_an_op_keeps_need_not_be_comparable(kept):
    def function(x):
        return Hidden(kept=kept())(x) + 1

    x = np.arange(3.0)
    np.testing.assert_array_equal(cr.compile(function)(x), 3 * x + 1)
