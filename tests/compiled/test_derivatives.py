"""Each derivative that is taken inside a compiled function is what it is outside."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr

RNG = np.random.default_rng(4)
X, DX = RNG.normal(size=(2, 3))
W, DW = RNG.normal(size=(2, 3, 3))
LABEL = np.array([1, 0, 2])


def value(w, x):
    hidden = np.tanh(x @ w + x)
    return (hidden**2).sum() + cr.softmax_cross_entropy(w * hidden, LABEL) + cr.gelu(w).mean()


def vector(w, x):
    return np.sin(x @ w) * np.maximum(x, 0.1)


def quietly(w, x):
    with cr.no_grad():
        return cr.grad(value)(w, x)


TAKEN = {
    "grad": cr.grad(value, argnums=(0, 1)),
    "value_and_grad": cr.value_and_grad(value),
    "vjp": lambda w, x: cr.vjp(vector, w, x)[1](DX),
    "jvp": lambda w, x: cr.jvp(vector, (w, x), (DW, DX)),
    "linearize": lambda w, x: cr.linearize(vector, w, x)[1](DW, DX),
    "jacobian": cr.jacobian(vector),
    "jacobian by rows": cr.jacobian(vector, mode="reverse"),
    "hessian": cr.hessian(value),
    "hvp": lambda w, x: cr.hvp(lambda w: value(w, x), (w,), (DW,)),
    "grad of grad": lambda w, x: cr.grad(lambda w: (cr.grad(value)(w, x) * DW).sum())(w),
    "grad of jvp": lambda w, x: cr.grad(lambda w: cr.jvp(lambda w: value(w, x), (w,), (DW,))[1])(
        w
    ),
    "jvp of grad": lambda w, x: cr.jvp(lambda w: cr.grad(value)(w, x), (w,), (DW,)),
    "elementwise": lambda w, x: cr.elementwise_grad(np.tanh)(x),
    "three deep": lambda w, x: cr.grad(
        lambda x: cr.grad(lambda x: (cr.grad(lambda x: value(w, x))(x) ** 2).sum())(x).sum()
    )(x),
    "inside a graph around": lambda w, x: cr.grad(
        lambda w: (cr.grad(lambda x: value(w, x))(x) ** 2).sum()
    )(w),
    "without a graph": quietly,
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_derivative_is_the_same_in_a_compiled_function(name):
    wanted, found = TAKEN[name](W, X), cr.compile(TAKEN[name])(W, X)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found = found if isinstance(found, tuple) else (found,)
    for one, other in zip(found, wanted, strict=True):
        for a, b in zip(*(x if isinstance(x, tuple) else (x,) for x in (one, other)), strict=True):
            assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-14)


def test_the_gradient_of_what_a_body_closes_over_is_the_same():
    w = cr.parameter(W, name="w")

    def closing(x):
        return cr.grad(lambda x: (value(w, x) ** 2).sum())(x)

    wanted = cr.grad(lambda x: (value(W, x) ** 2).sum())(X)
    assert_allclose(cr.compile(closing)(X), wanted, rtol=1e-12)
    w.data = 2 * W
    wanted = cr.grad(lambda x: (value(2 * W, x) ** 2).sum())(X)
    assert_allclose(cr.compile(closing)(X), wanted, rtol=1e-12)
