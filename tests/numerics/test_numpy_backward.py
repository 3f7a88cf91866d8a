"""A backward in plain NumPy is right in the first order and refuses the second: never silence."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import BackwardRuleError, ChainruleError
from tests.numerics.rows import Row, row

# Python's own word, where float() meets a node that is no number.
REFUSALS = (ChainruleError, TypeError)

X, V = np.array([1.0, 3.0]), np.ones(2)


class Plain(cr.Op):
    """The arrays behind its tensors, however deeply they are traced."""

    def forward(self, x):
        return x * x

    def backward(self, upstream, x, out):
        return (2.0 * behind(upstream) * behind(x),)


class Filled(cr.Op):
    """An array filled number by number."""

    def forward(self, x):
        return x * x

    def backward(self, upstream, x, out):
        gradient = np.zeros(x.shape)
        for i in range(x.shape[0]):
            gradient[i] = 2 * float(upstream[i]) * float(x[i])
        return (gradient,)


def behind(x):
    while hasattr(x, "value"):
        x = x.value
    return x


OPS = pytest.mark.parametrize("op", [Plain(), Filled()], ids=["plain", "filled"])


@row(Row.NUMPY_BACKWARD)
@OPS
def test_the_first_order_is_right(op):
    leaf = cr.tensor(X)
    op(leaf).sum().backward()
    assert_array_equal(leaf.grad, 2 * X)
    assert_array_equal(cr.grad(lambda x: op(x).sum())(X), 2 * X)


@row(Row.NUMPY_BACKWARD)
@OPS
def test_a_double_backward_raises_and_says_why(op):
    leaf = cr.tensor(X)
    loss = op(leaf).sum()
    with pytest.raises(BackwardRuleError, match="second derivatives would miss it"):
        loss.backward(create_graph=True)


@row(Row.NUMPY_BACKWARD)
@OPS
@pytest.mark.parametrize(
    "ask",
    [
        lambda f: cr.grad(lambda x: cr.grad(f)(x).sum())(X),
        lambda f: cr.jvp(cr.grad(f), (X,), (V,)),
        lambda f: cr.grad(lambda x: cr.jvp(f, (x,), (V,))[1])(X),
        lambda f: cr.jvp(lambda x: cr.jvp(f, (x,), (V,))[1], (X,), (V,)),
        lambda f: cr.hvp(f, (X,), (V,)),
    ],
    ids=["grad of grad", "jvp of grad", "grad of jvp", "jvp of jvp", "hvp"],
)
def test_every_mix_of_the_second_order_raises(op, ask):
    with pytest.raises(REFUSALS):
        ask(lambda x: op(x).sum())


@row(Row.NUMPY_BACKWARD)
@OPS
def test_the_first_order_of_forward_mode_is_right_or_refused(op):
    """Forward mode transposes backward, which plain NumPy does not allow."""
    try:
        _, tangent = cr.jvp(op, (X,), (V,))
    except REFUSALS:
        return
    assert_array_equal(tangent, 2 * X)


@row(Row.NUMPY_BACKWARD)
@pytest.mark.parametrize(
    "ask",
    [
        lambda f: cr.grad(lambda x: cr.grad(f)(x).sum())(np.zeros(2)),
        lambda f: cr.jvp(cr.grad(f), (np.zeros(2),), (V,)),
        lambda f: cr.grad(lambda x: cr.jvp(f, (x,), (V,))[1])(np.zeros(2)),
        lambda f: cr.jvp(lambda x: cr.jvp(f, (x,), (V,))[1], (np.zeros(2),), (V,)),
    ],
    ids=["grad of grad", "jvp of grad", "grad of jvp", "jvp of jvp"],
)
def test_a_gradient_that_happens_to_be_0_is_refused_as_well(ask):
    """The slope of x * x is 0 at 0, and its second derivative is 2 there."""
    with pytest.raises(ChainruleError):
        ask(lambda x: Plain()(x).sum())
