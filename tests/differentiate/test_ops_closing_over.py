"""An op of one's own that computes with a value it was not given: an error in every derivative."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import UnsupportedError

V = np.array([1.0, 2.0])


class Scaled(cr.Op):
    """Multiplies by a field, which no gradient of its operands speaks of."""

    factor: object = None

    def forward(self, x):
        return self.factor * x

    def backward(self, upstream, x, out):
        return (upstream * self.factor,)


class ScaledTwice(cr.Op):
    """The same with two results."""

    factor: object = None

    def forward(self, x):
        return 2 * x, self.factor * x

    def backward(self, upstream, x, out):
        return (upstream[0] * 2 + upstream[1] * self.factor,)


def by_field(x):
    return Scaled(factor=x * 2)(x)


def by_field_of_two(x):
    return ScaledTwice(factor=x * 2)(x)[1]


def by_closure(x):
    class Closing(cr.Op):
        def forward(self, y):
            return x * y

        def backward(self, upstream, y, out):
            return (upstream * x,)

    return Closing()(x * 3)


WAYS = {
    "grad": lambda f: cr.grad(lambda x: f(x).sum())(V),
    "value_and_grad": lambda f: cr.value_and_grad(lambda x: f(x).sum())(V),
    "elementwise_grad": lambda f: cr.elementwise_grad(f)(V),
    "vjp": lambda f: cr.vjp(f, V),
    "jvp": lambda f: cr.jvp(f, (V,), (V,)),
    "linearize": lambda f: cr.linearize(f, V),
    "jacobian": lambda f: cr.jacobian(f)(V),
    "hessian": lambda f: cr.hessian(lambda x: f(x).sum())(V),
    "hvp": lambda f: cr.hvp(lambda x: f(x).sum(), (V,), (V,)),
    "grad of grad": lambda f: cr.grad(lambda x: cr.grad(lambda y: f(y).sum())(x).sum())(V),
    "compiled": lambda f: cr.compile(cr.grad(lambda x: f(x).sum()))(V),
    "backward": lambda f: f(cr.tensor(V)).sum().backward(),
}


@pytest.mark.parametrize("function", [by_field, by_field_of_two, by_closure])
@pytest.mark.parametrize("way", WAYS)
def test_an_op_that_computes_with_what_it_was_not_given_raises(way, function):
    with pytest.raises(UnsupportedError, match=r"computes with a tensor that it was not given"):
        WAYS[way](function)


@pytest.mark.parametrize("way", WAYS)
def test_a_value_that_wants_no_gradient_may_be_a_field(way):
    WAYS[way](lambda x: Scaled(factor=cr.stop_gradient(x) * 2)(x))


def test_the_other_argument_as_a_field_raises_too():
    with pytest.raises(UnsupportedError, match="was not given"):
        cr.grad(lambda x, k: Scaled(factor=k)(x).sum(), argnums=(0, 1))(V, V * 3)


def test_a_checkpoint_may_close_over_its_own_argument():
    cases = {
        "skip": (lambda x: cr.checkpoint(lambda h: np.sin(h) + x)(x), np.cos(V) + 1),
        "product": (lambda x: cr.checkpoint(lambda h: h * x)(x), 2 * V),
        "only": (lambda x: cr.checkpoint(lambda h: x * 1.0)(x), np.ones(2)),
        "twice": (lambda x: cr.checkpoint(lambda a, b: a * b + x)(x, x), 2 * V + 1),
    }
    for name, (function, wanted) in cases.items():
        np.testing.assert_allclose(cr.grad(lambda x: function(x).sum())(V), wanted, err_msg=name)  # noqa: B023
        for leaf in (cr.tensor(V), cr.parameter(V)):
            function(leaf).sum().backward()
            np.testing.assert_allclose(leaf.grad, wanted, err_msg=name)


def test_one_result_of_a_checkpoint_given_twice_receives_both_gradients():
    def loss(x):
        def block(z):
            y = z * z
            return y, y

        first, second = cr.checkpoint(block)(x)
        return (first + 3 * second).sum()

    np.testing.assert_allclose(cr.grad(loss)(V), 8 * V)
