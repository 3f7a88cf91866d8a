"""Forward over reverse over forward ...: every mix of modes gives the same derivatives."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr

A = np.array([0.3, 1.2, -0.7])


def backward(f):
    return cr.grad(f)


def forward(f):
    return lambda x: cr.jvp(f, (x,), (1.0,))[1]


def linear(f):
    return lambda x: cr.linearize(f, x)[1](1.0)


def pulled(f):
    return lambda x: cr.vjp(f, x)[1](1.0)[0]


WORDS = [
    *itertools.product((backward, forward), repeat=4),
    *itertools.product((backward, forward, linear, pulled), repeat=3),
]

WORDS_OF_TWO = [*itertools.product((backward, forward), repeat=2)]


def name(word):
    return "-".join(mode.__name__ for mode in word)


@pytest.mark.parametrize("word", WORDS, ids=name)
def test_every_mix_differentiates_to_the_same_order(word):
    f = lambda x: np.exp(2 * x) * x  # noqa: E731
    for mode in word:
        f = mode(f)
    n, x = len(word), 0.3
    assert_allclose(f(x), np.exp(2 * x) * (2**n * x + n * 2 ** (n - 1)), rtol=1e-12)


@pytest.mark.parametrize("word", [w for w in WORDS if len(w) == 3], ids=name)
def test_no_mix_confuses_the_variables_of_nested_functions(word):
    outer, middle, inner = word

    def f(x):
        def g(y):
            return inner(lambda z: x * y**2 * z**3)(y) * x  # 3 x**2 y**4

        return middle(g)(x) + x * middle(lambda y: x * 1.0 + y * 0.0)(x)  # 12 x**5 + 0

    assert_allclose(outer(f)(2.0), 60 * 2.0**4)


@pytest.mark.parametrize("modes", WORDS_OF_TWO, ids=name)
def test_the_classic_case_of_perturbation_confusion(modes):
    outer, inner = modes
    assert outer(lambda x: x * inner(lambda y: x + y)(2.0))(1.0) == 1.0


SCALARS = {
    "softmax": lambda x: cr.logsumexp(x * x) * cr.softmax(x)[0],
    "router": lambda x: (np.maximum(x, 0.1) * np.where(x > 0, np.sin(x), x**2)).sum(),
    "extremes": lambda x: np.max(x * x) * np.min(x) + np.sum(np.abs(x) ** 3),
    "matrices": lambda x: ((x[:, None] @ x[None, :]) @ np.tanh(x)).sum(),
    "several": lambda x: np.prod(cr.split(x * x, (1,))[1]) * x[0] ** 2,
    "moments": lambda x: np.var(x) * np.std(x) + cr.norm(x) * np.mean(x),
    "loss": lambda x: cr.softmax_cross_entropy(x[None] * x, np.array([1])),
    "derived": lambda x: cr.softplus(x).sum() * cr.gelu(x).mean() + cr.elu(x).sum() ** 2,
    "indexing": lambda x: (x[np.array([0, 2, 2])] ** 3 * x[::-1]).sum(),
}


@pytest.mark.parametrize("key", SCALARS)
def test_third_derivatives_of_every_kind_of_op_agree_between_modes(key):
    f = SCALARS[key]
    rng = np.random.default_rng(0)
    u, v, w = rng.normal(size=(3, 3))

    def along(g, d):
        return lambda x: cr.jvp(g, (x,), (d,))[1]

    def back(g, d):
        return lambda x: (cr.grad(g)(x) * d).sum()

    found = [
        third(second(first(f, u), v), w)(A)
        for third, second, first in itertools.product((along, back), repeat=3)
    ]
    assert_allclose(found, found[0], rtol=1e-9)


def test_a_forward_derivative_closes_over_tensors_as_grad_does():
    w, t = cr.parameter(np.array([2.0, 3.0, 5.0]), name="w"), cr.tensor(A + 1)
    tangent = cr.jvp(lambda x: (w * x * x).sum(), (A,), (np.ones(3),))[1]
    (tangent * tangent).backward()
    assert_allclose(w.grad, 2 * np.sum(2 * w.data * A) * 2 * A)
    tangent = cr.jvp(lambda x: (t * x * x).sum(), (A,), (np.ones(3),))[1]
    (tangent * tangent).backward()
    assert_allclose(t.grad, 2 * np.sum(2 * (A + 1) * A) * 2 * A)


class Inside(cr.Elementwise):
    """2 x**2, as the derivative of x y**2 in y at x."""

    def forward(self, x):
        return cr.elementwise_grad(lambda y: x * y * y)(x)


@pytest.mark.parametrize("modes", WORDS_OF_TWO, ids=name)
def test_a_formula_may_take_derivatives_itself(modes):
    outer, inner = modes
    inside = Inside()
    assert_allclose(inner(inside)(3.0), 12)
    assert_allclose(outer(inner(inside))(3.0), 4)
    x = cr.tensor(A)
    inside(x).sum().backward()
    assert_allclose(x.grad, 4 * A)


WHOLE = {
    "an index": lambda x: cr.sum(x * A[x.astype(int) % 3]),
    "np.take": lambda x: cr.sum(x * np.take(A, np.round(x).astype(int) % 3)),
    "its own index": lambda x: cr.sum(x[x.astype(int) % 3] ** 2),
    "a mask": lambda x: cr.sum(x[x > 0] ** 2),
    "argsort": lambda x: cr.sum(A[np.argsort(x)] * x),
    "a Python number": lambda x: [2.0, 3.0, 4.0][int(x.astype(int)[1])] * cr.sum(x**2),
}


@pytest.mark.parametrize("word", WORDS_OF_TWO, ids=name)
@pytest.mark.parametrize("kind", WHOLE)
def test_whole_numbers_made_of_a_variable_are_constants_in_every_mode(kind, word):
    f = WHOLE[kind]
    along = lambda t: f(A + t * A)  # noqa: E731
    (first, second), near = word, 1e-4
    values = [along(t) for t in (-near, 0.0, near)]
    assert_allclose(first(along)(0.0), (values[2] - values[0]) / (2 * near), rtol=1e-6)
    curvature = (values[2] - 2 * values[1] + values[0]) / near**2
    assert_allclose(second(first(along))(0.0), curvature, atol=1e-5)
