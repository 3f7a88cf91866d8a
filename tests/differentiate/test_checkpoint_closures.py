"""What a checkpoint is given may be closed over as well: both paths carry the gradient."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from tests.together import together

X = np.array([1.0, 2.0, 3.0])

# Each is the sum of q * q in which one factor, or both, pass through a checkpoint.
WAYS = {
    "given twice": lambda q: cr.checkpoint(lambda a, b: cr.sum(a * b))(q, q),
    "given and closed over": lambda q: cr.checkpoint(lambda a: cr.sum(a * q))(q),
    "given and by keyword": lambda q: cr.checkpoint(lambda a, *, b: cr.sum(a * b))(q, b=q),
    "by keyword alone": lambda q: cr.checkpoint(lambda *, b: cr.sum(b["b"][0] ** 2))(b={"b": [q]}),
    "made of what is closed over": lambda q: cr.checkpoint(lambda a: cr.sum(a * q) / 2)(2 * q),
    "closed over and made of it": lambda q: one_of_two(q, 2 * q),
    "returned": lambda q: cr.sum(cr.checkpoint(lambda a: a)(q) * q),
    "both returned": lambda q: cr.sum(np.multiply(*cr.checkpoint(lambda a: (a, q))(q))),
    "in a checkpoint inside": lambda q: cr.checkpoint(
        lambda a: cr.checkpoint(lambda b: cr.sum(a * b) / 2 + cr.sum(q * b) / 2)(a)
    )(q),
}


def one_of_two(q, twice):
    return cr.checkpoint(lambda a: cr.sum(a * twice) / 4 + cr.sum(q * a) / 2)(q)


def by_tensor(f):
    t = cr.tensor(X)
    f(t).backward()
    return t.grad


def by_parameter(f):
    w = cr.parameter(X)
    f(w).backward()
    return w.grad


def by_second_order(f):
    return cr.grad(lambda x: cr.sum(cr.grad(f)(x) * X))(X)


MODES = {
    "grad": (lambda f: cr.grad(f)(X), 2 * X),
    "vjp": (lambda f: cr.vjp(f, X)[1](1.0)[0], 2 * X),
    "jvp": (lambda f: cr.jvp(f, (X,), (np.ones(3),))[1], 12.0),
    "tensor": (by_tensor, 2 * X),
    "parameter": (by_parameter, 2 * X),
    "compiled": (lambda f: cr.compile(cr.grad(f))(X), 2 * X),
    "second order": (by_second_order, 2 * X),
    "hvp": (lambda f: cr.hvp(f, (X,), (X,))[0], 2 * X),
}


@pytest.mark.parametrize("way", WAYS)
@together("mode", MODES)
def test_every_path_carries_the_gradient(way, mode):
    derive, expected = MODES[mode]
    assert_allclose(derive(WAYS[way]), expected)
