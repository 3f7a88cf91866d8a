"""Constant exponents: never pow where a product, a quotient or a root is as good."""

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.ops.letters.powers import SPELLED_OUT
from chainrule.plan.steps import Map
from tests.plan.recordings import recorded
from tests.thorough import crossed

SIZE = 6
KINDS = {
    "number": lambda n: n,
    "float64": np.float64,
    "float32": np.float32,
    "no axes": lambda n: np.asarray(float(n)),
    "one axis": lambda n: np.array([float(n)]),
    "of every element": lambda n: np.full(SIZE, float(n)),
    "whole": np.asarray,
    "tensor": lambda n: cr.stop_gradient(cr.tensor(float(n))),
}
each_exponent = pytest.mark.parametrize("exponent", SPELLED_OUT)
each_kind = pytest.mark.parametrize("kind", KINDS)


def without_pow(monkeypatch):
    def pow_was_called(*operands):
        raise AssertionError(f"pow of {operands}")

    monkeypatch.setattr(np, "power", pow_was_called)


@each_exponent
@each_kind
def test_a_constant_exponent_calls_no_pow(monkeypatch, kind, exponent):
    x, p = np.linspace(0.5, 2.0, SIZE), KINDS[kind](exponent)
    value, first = x ** float(exponent), exponent * x ** (exponent - 1.0)
    without_pow(monkeypatch)
    np.testing.assert_allclose(cr.power(x, p), value, rtol=1e-14)
    if exponent - 1 in SPELLED_OUT or exponent == 2:
        found, gradient = cr.value_and_grad(lambda x: (x**p).sum())(x)
        np.testing.assert_allclose(found, value.sum(), rtol=1e-14)
        np.testing.assert_allclose(gradient, first, rtol=1e-14)


@pytest.mark.parametrize("exponent", [2, 3, 4])
@each_kind
def test_no_derivative_of_a_small_whole_exponent_calls_pow(monkeypatch, kind, exponent):
    x, p = np.linspace(0.5, 2.0, SIZE), KINDS[kind](exponent)
    second = exponent * (exponent - 1) * x ** max(exponent - 2, 0)
    without_pow(monkeypatch)

    def f(x):
        return (x**p).sum()

    (product,) = cr.hvp(f, (x,), (np.ones(SIZE),))
    np.testing.assert_allclose(product, second, rtol=1e-14)
    leaf = cr.tensor(x)
    first = f(leaf).backward(create_graph=True)[leaf]
    first.sum().backward()
    np.testing.assert_allclose(leaf.grad, second, rtol=1e-14)


@pytest.mark.parametrize("exponent", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "tensor"])
def test_a_recorded_gradient_holds_no_pow(kind, exponent):
    p = KINDS[kind](exponent)
    flow, _ = recorded(cr.grad(lambda x: (x**p).sum()), [np.linspace(0.5, 2.0, SIZE)])
    assert not [s for s in flow.steps if isinstance(s, Map) and s.letter == "power"]


@each_exponent
@crossed("mode, dtype", ["eager", "compiled"], [np.float32, np.float64])
def test_a_spelled_out_power_is_within_3_units(mode, dtype, exponent):
    x = np.exp(np.random.default_rng(3).uniform(-20, 20, 2000)).astype(dtype)
    f = lambda x: cr.power(x, exponent)  # noqa: E731
    found = (cr.compile(f) if mode == "compiled" else f)(x)
    assert found.dtype == dtype
    with mpmath.workprec(200):
        truth = [mpmath.mpf(float(each)) ** exponent for each in x]
        units = np.spacing(np.array([float(each) for each in truth], dtype))
        pairs = zip(found, truth, units, strict=True)
        assert max(abs(mpmath.mpf(float(y)) - t) / float(u) for y, t, u in pairs) <= 3


@each_exponent
def test_the_ends_of_the_scale_are_those_of_pow(exponent):
    x = np.array([np.inf, np.nan, 0.0, 1e200, 1e-200, 1e155])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(cr.power(x, exponent), np.power(x, float(exponent)), rtol=1e-15)
        if exponent == int(exponent):
            np.testing.assert_array_equal(
                np.signbit(cr.power(-x[2:], exponent)),
                np.signbit(np.power(-x[2:], exponent * 1.0)),
            )
        assert cr.power(np.array(-0.0), -0.5) == np.inf


def test_an_exponent_gives_its_shape_and_its_dtype():
    x = np.array([1.0, 2.0], np.float32)
    for p in (2, 2.0, np.float64(2), np.full((3, 1), 2.0), np.array([2], np.int8), [2, 2], 5.0):
        for f in (
            cr.power,
            cr.compile(
                lambda x, p=p: cr.power(x, p),
            ),
        ):
            found = f(x, p) if f is cr.power else f(x)
            expected = np.power(x, p)
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_wider_exponent_keeps_the_slope_from_overflowing():
    x = np.array([1e20], np.float32)
    gradient = cr.grad(lambda x: (x ** np.asarray(3.0) * 1e-10).sum())(x)
    np.testing.assert_allclose(gradient, [3e30], rtol=1e-6)
