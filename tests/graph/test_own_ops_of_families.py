"""An op of one's own in a family needs no backward."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.extend import Bilinear, Movement, Reduction

X = np.array([0.7, -1.3, 2.0])


class MeanSquare(Reduction):
    def forward(self, x):
        return np.mean(x * x, axis=self.axis, keepdims=self.keepdims)


class Reversed(Movement):
    def forward(self, x):
        return np.flip(x, 0)


class Product(Bilinear):
    def forward(self, x, y):
        return x * y


class ByHand(Reduction):
    """What an old library computes, and beside it a formula that says the same."""

    def forward(self, x):
        return np.array(sum(float(v) ** 2 for v in x) / len(x))

    def formula(self, x):
        return np.mean(x * x)


@pytest.mark.parametrize(
    ("op", "xs", "expected"),
    [
        (MeanSquare(axis=0), (X,), 2 * X / 3),
        (ByHand(), (X,), 2 * X / 3),
        (Reversed(), (X,), np.ones(3)),
        (Product(), (X, 2 * X), 2 * X),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_an_op_of_a_family_without_a_backward_is_differentiated_by_its_formula(op, xs, expected):
    assert_allclose(cr.grad(lambda *xs: cr.sum(op(*xs)))(*xs), expected)
    tensor = cr.tensor(xs[0])
    cr.sum(op(tensor, *xs[1:])).backward()
    assert_allclose(tensor.grad, expected)
    tangents = (np.ones(3), *(np.zeros(3) for _ in xs[1:]))
    assert_allclose(np.sum(cr.jvp(op, xs, tangents)[1]), np.sum(expected))
