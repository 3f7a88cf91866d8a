"""stop_gradient, custom_gradient and checkpoint."""

import gc
import itertools
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import BackwardRuleError, UnsupportedError
from chainrule.ops import random

A = np.array([0.3, 1.2, -0.7])
V = np.array([0.1, 0.2, -0.3])


def test_stop_gradient_stops_every_mode_and_order():
    f = lambda x: (cr.stop_gradient(x) * x).sum()  # noqa: E731
    assert_array_equal(cr.grad(f)(A), A)
    assert_allclose(cr.jvp(f, (A,), (V,))[1], A @ V)
    assert_array_equal(cr.hvp(f, (A,), (V,))[0], np.zeros(3))
    x = cr.tensor(A)
    f(x).backward()
    assert_array_equal(x.grad, A)


def test_stop_gradient_inside_stops_the_outer_derivative_too():
    f = lambda x: cr.grad(lambda y: y * cr.stop_gradient(x) * x)(x)  # noqa: E731
    assert cr.grad(f)(3.0) == 3
    assert cr.jvp(f, (3.0,), (1.0,))[1] == 3


def test_stop_gradient_takes_containers_and_arrays():
    found = cr.stop_gradient({"a": A, "b": (2.0,)})
    assert_array_equal(found["a"], A)
    assert found["b"] == (2.0,)


@cr.custom_gradient
def scaled(x, y):
    weight = np.exp(x)
    return np.log(1 + weight) * y, lambda u: (
        u * y * (1 - 1 / (1 + weight)),
        u * np.log(1 + weight),
    )


def plain(x, y):
    return np.log(1 + np.exp(x)) * y


@pytest.mark.parametrize(
    "derive",
    [
        lambda f: cr.grad(lambda x: f(x, x * x).sum())(A),
        lambda f: cr.jvp(lambda x: f(x, V), (A,), (V,))[1],
        lambda f: cr.hvp(lambda x: f(x, x).sum(), (A,), (V,))[0],
        lambda f: cr.grad(lambda x: (cr.grad(lambda x: f(x, x).sum())(x) * V).sum())(A),
        lambda f: cr.grad(lambda x: cr.jvp(lambda y: f(y, y), (x,), (V,))[1].sum())(A),
        lambda f: cr.jvp(lambda x: cr.jvp(lambda y: f(y, y), (x,), (V,))[1], (A,), (V,))[1],
        lambda f: cr.linearize(lambda x: f(x, x), A)[1](V),
    ],
)
def test_a_custom_gradient_is_read_by_every_mode(derive):
    assert_allclose(derive(scaled), derive(plain), rtol=1e-12)


def test_a_custom_gradient_replaces_the_true_one():
    @cr.custom_gradient
    def straight_through(x):
        return np.floor(x), lambda upstream: upstream

    assert_array_equal(straight_through(A), np.floor(A))
    assert_array_equal(cr.grad(lambda x: straight_through(x).sum())(A), np.ones(3))
    assert_array_equal(cr.jvp(straight_through, (A,), (V,))[1], V)


def test_a_custom_gradient_takes_and_gives_containers():
    @cr.custom_gradient
    def f(p, s):
        out = {"a": p["x"] * s, "b": p["x"] + p["y"]}
        return out, lambda u: ({"x": u["a"] * s + u["b"], "y": u["b"]}, np.sum(u["a"] * p["x"]))

    found, slope = cr.grad(lambda p, s: (f(p, s)["a"] * f(p, s)["b"]).sum(), argnums=(0, 1))(
        {"x": A, "y": V}, 2.0
    )
    assert_allclose(found["x"], 2 * (A + V) + 2 * A)
    assert_allclose(found["y"], 2 * A)
    assert_allclose(slope, (A * (A + V)).sum())


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * 2, "must return"),
        (lambda x: (x * 2, lambda u: (u, u)), "2 gradients for 1 argument"),
        (lambda x: (x * 2, lambda u: {"a": u}), "container"),
    ],
)
def test_a_custom_gradient_that_breaks_its_contract_says_how(function, words):
    with pytest.raises(BackwardRuleError, match=words):
        cr.grad(lambda x: cr.custom_gradient(function)(x).sum())(A)


def block(x):
    return np.tanh(np.sin(x) * x)


@pytest.mark.parametrize(
    "derive",
    [
        lambda f: cr.grad(lambda x: f(x).sum())(A),
        lambda f: cr.grad(lambda x: f(f(x)).sum())(A),
        lambda f: cr.jvp(f, (A,), (V,))[1],
        lambda f: cr.hvp(lambda x: f(x).sum(), (A,), (V,))[0],
        lambda f: cr.grad(lambda x: (cr.grad(lambda y: f(y).sum())(x) * V).sum())(A),
        lambda f: cr.linearize(f, A)[1](V),
    ],
)
def test_checkpoint_changes_no_derivative(derive):
    assert_allclose(derive(cr.checkpoint(block)), derive(block), rtol=1e-13)


def test_checkpoint_runs_the_function_again_in_the_backward_pass():
    runs = []
    f = cr.checkpoint(lambda x: (runs.append(1), x * x)[1])
    out = f(cr.tensor(A)).sum()
    assert len(runs) == 1
    out.backward()
    assert len(runs) == 2


def test_checkpoint_keeps_nothing_of_the_inside():
    seen = []

    def inside(x):
        hidden = np.sin(x)
        seen.append(weakref.ref(hidden))
        return np.cos(hidden)

    gc.disable()
    try:
        out = cr.checkpoint(inside)(cr.tensor(A))
        assert seen[0]() is None
    finally:
        gc.enable()
    assert out.op.name == "checkpoint"


def test_what_a_checkpoint_closes_over_receives_its_gradient():
    w, b = cr.parameter(np.eye(3) * 0.5, name="w"), cr.tensor(A)
    x = cr.tensor(V)

    def layer(x):
        return np.tanh(x @ w) * b

    layer(layer(x)).sum().backward()
    wanted = [leaf.grad.copy() for leaf in (w, b, x)]
    f = cr.checkpoint(layer)
    f(f(x)).sum().backward()
    for leaf, expected in zip((w, b, x), wanted, strict=True):
        assert_allclose(leaf.grad, expected, rtol=1e-13)


def test_checkpoint_of_containers_with_a_derivative_inside():
    def inside(p):
        slope = cr.grad(lambda y: (y * p["a"]).sum() ** 2)(p["b"])
        return {"out": slope * p["a"], "rest": [p["b"]]}

    f = lambda g: cr.grad(lambda p: (g(p)["out"] * g(p)["rest"][0]).sum())  # noqa: E731
    p = {"a": A, "b": V}
    found, wanted = f(cr.checkpoint(inside))(p), f(inside)(p)
    assert_allclose(found["a"], wanted["a"], rtol=1e-13)
    assert_allclose(found["b"], wanted["b"], rtol=1e-13)


def test_checkpoint_of_arrays_is_the_function():
    out = cr.checkpoint(block)(A)
    assert type(out) is np.ndarray
    assert_array_equal(out, block(A))


def test_checkpoint_inside_a_gradient_sees_the_variables_around_it():
    f = cr.grad(lambda x: cr.checkpoint(lambda y: y * x * x)(A).sum())
    assert_allclose(f(V), 2 * A * V)


GENERATOR = np.random.default_rng(0)
DRAWS = {
    "a generator": lambda: GENERATOR.normal(size=3),
    "np.random": lambda: np.random.normal(size=3),  # noqa: NPY002  users call it
    "a counter": itertools.count(1).__next__,
}
READERS = {
    "grad": lambda f: cr.grad(f)(A),
    "backward": lambda f: f(cr.tensor(A)).backward(),
    "hessian": lambda f: cr.hessian(f)(A),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", DRAWS)
def test_a_function_that_gives_another_result_in_the_second_pass_is_refused(kind, reader):
    draw = DRAWS[kind]

    @cr.custom_gradient
    def custom(x):
        scale = draw()
        return (x * x * scale).sum(), lambda upstream: upstream * 2 * x * scale

    for function in (cr.checkpoint(lambda x: (x * x * draw()).sum()), custom):
        with pytest.raises(UnsupportedError, match="another result"):
            READERS[reader](function)


def test_a_function_that_draws_from_a_key_may_be_run_again():
    mask = cr.checkpoint(lambda x, key: cr.dropout(x, key, 0.5).sum())
    plain = lambda x, key: cr.dropout(x, key, 0.5).sum()  # noqa: E731
    assert_array_equal(cr.grad(mask)(A, random.key(0)), cr.grad(plain)(A, random.key(0)))
