"""What ops remember of the shapes that they met is bounded."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BackwardRuleError
from chainrule.graph.op.contract import MOST_SHAPES


class First(cr.Op):
    """x, whatever y is."""

    def forward(self, x, y):
        return x * 1.0

    def backward(self, upstream, x, y, out):
        return upstream, None


class Sum(First):
    def forward(self, x, y):
        return x + y


def pulled(op, size):
    x, y = (cr.tensor(np.ones(size), wants_gradient=True) for _ in range(2))
    cr.sum(op(x, y)).backward()
    return x.grad


def test_an_op_forgets_shapes_that_it_has_met_long_ago():
    for size in range(1, 2 * MOST_SHAPES + 10):
        assert pulled(First(), size).shape == (size,)
        assert len(First.independent) <= MOST_SHAPES
    assert First.independent


def test_a_wrong_none_is_found_after_any_number_of_shapes():
    for size in (1, MOST_SHAPES + 1, 3):
        with pytest.raises(BackwardRuleError, match="None"):
            pulled(Sum(), size)
    assert not Sum.independent
