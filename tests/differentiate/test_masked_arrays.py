"""A mask is seen or refused: no derivative and no machine code computes with what it hides."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DTypeError

HIDDEN = np.ma.masked_array([1.0, 1e6, 3.0], [False, True, False])
PLAIN = np.ones(3)


def squares(x):
    return (x * x).sum()


DERIVATIVES = {
    "grad": cr.grad(squares),
    "value and grad": cr.value_and_grad(squares),
    "vjp": lambda x: cr.vjp(squares, x),
    "upstream": cr.vjp(lambda y: y * 2, PLAIN)[1],
    "jvp": lambda x: cr.jvp(squares, (x,), (PLAIN,)),
    "tangent": lambda x: cr.jvp(squares, (PLAIN,), (x,)),
    "jacobian": cr.jacobian(lambda y: y * 2),
    "hessian": cr.hessian(squares),
    "hvp": lambda x: cr.hvp(squares, (x,), (PLAIN,)),
    "elementwise": cr.elementwise_grad(lambda y: y * y),
    "backward": lambda x: (cr.parameter(PLAIN) * 2).backward(upstream=x),
    "carry of a scan": lambda x: cr.scan(lambda c, y: (c + y, c), x, np.ones((2, 3))),
    "rows of a scan": lambda x: cr.scan(lambda c, y: (c + y, c), 0.0, x),
    "compiled grad": cr.compile(cr.grad(squares)),
}


@pytest.mark.parametrize("way", DERIVATIVES)
def test_no_derivative_is_taken_by_what_a_mask_hides(way):
    with pytest.raises(DTypeError, match="no masked elements"):
        DERIVATIVES[way](HIDDEN)


def test_a_compiled_function_of_a_masked_array_says_what_the_plain_one_says():
    compiled = cr.compile(lambda x: x.sum())
    assert compiled(PLAIN) == 3.0
    assert compiled(HIDDEN) == HIDDEN.sum() == 4.0
