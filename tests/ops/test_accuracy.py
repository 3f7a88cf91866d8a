"""Values within 4 units in the last place, slopes within 1e-13, over 100,000 points of tails."""

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.readings.dual import Dual
from tests.ops.tail_references import REFERENCES, long, tail_points
from tests.thorough import crossed, parametrize

FUNCTIONS = {
    **{name: getattr(cr, name) for name in REFERENCES if " " not in name},
    "binary_cross_entropy of 1": lambda x: cr.binary_cross_entropy(
        x, np.ones(x.shape, x.dtype), reduction="none"
    ),
    "binary_cross_entropy of 0": lambda x: cr.binary_cross_entropy(
        x, np.zeros(x.shape, x.dtype), reduction="none"
    ),
}
ULPS = 4
SLOPE = {np.float64: 1e-13, np.float32: 4 * np.finfo(np.float32).eps}
everywhere = pytest.mark.parametrize("name", REFERENCES)
in_both = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def points(name, dtype):
    reference = REFERENCES[name]
    return tail_points(*(reference.reach if dtype == np.float64 else reference.single), dtype)


@crossed("name, dtype", REFERENCES, [np.float64, np.float32])
def test_a_value_is_within_4_units_in_the_last_place(name, dtype):
    x = points(name, dtype)
    truth = REFERENCES[name].value(long(x))
    found = FUNCTIONS[name](x)
    assert found.dtype == dtype
    normal = np.abs(truth) >= np.finfo(dtype).tiny
    off = np.abs(found - truth) / np.spacing(np.abs(truth).astype(dtype))
    wrong = normal & ~(off <= ULPS)
    assert not wrong.any(), f"{off[wrong].max()} units at {x[wrong][off[wrong].argmax()]!r}"


@crossed("name, dtype, mode", REFERENCES, [np.float64, np.float32], ["backward", "forward"])
def test_a_slope_keeps_its_relative_accuracy(name, dtype, mode):
    x, reference = points(name, dtype), REFERENCES[name]
    truth = reference.slope(long(x))
    found = slope(FUNCTIONS[name], x, mode)
    assert found.dtype == dtype
    scale = np.maximum(np.abs(truth), reference.terms(long(x)))
    normal = np.abs(truth) >= np.finfo(dtype).tiny
    off = np.abs(found - truth) / np.where(normal, scale, 1)
    wrong = normal & ~(off <= SLOPE[dtype])
    assert not wrong.any(), f"{off[wrong].max()} at {x[wrong][off[wrong].argmax()]!r}"


def slope(f, x, mode):
    if mode == "forward":
        return f(Dual(x, [np.ones_like(x)])).partials[0]
    t = cr.tensor(x)
    out = f(t)
    out.backward(upstream=np.ones(out.shape, x.dtype))
    return t.grad


# ---------------------------------------------------------- the references are right themselves


def _chance(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


EXACT = {
    "sigmoid": _sigmoid,
    "tanh": mpmath.tanh,
    "expm1": mpmath.expm1,
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "binary_cross_entropy of 1": lambda x: mpmath.log1p(mpmath.exp(-x)),
    "binary_cross_entropy of 0": lambda x: mpmath.log1p(mpmath.exp(x)),
    "gelu": lambda x: x * _chance(x),
    "silu": lambda x: x * _sigmoid(x),
}
EXACT_SLOPE = {
    "sigmoid": lambda x: _sigmoid(x) * _sigmoid(-x),
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "expm1": mpmath.exp,
    "elu": lambda x: mpmath.exp(min(x, 0)),
    "softplus": _sigmoid,
    "binary_cross_entropy of 1": lambda x: -_sigmoid(-x),
    "binary_cross_entropy of 0": _sigmoid,
    "gelu": lambda x: _chance(x) + x * mpmath.npdf(x),
    "silu": lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x)),
}
DIGITS = 4e-18  # a fiftieth of a unit in the last place of float64


@parametrize("count", (50, 300), few=1)
@everywhere
def test_the_reference_agrees_with_mpmath(name, count):
    reference = REFERENCES[name]
    x = np.random.default_rng(1).permutation(points(name, np.float64))[:count]
    with mpmath.workprec(2400):  # the smallest slopes are 1 - tanh(x)**2
        for found, exact in ((reference.value, EXACT), (reference.slope, EXACT_SLOPE)):
            terms = reference.terms(long(x))
            for each, answer, term in zip(x, found(long(x)), terms, strict=True):
                truth = exact[name](mpmath.mpf(float(each)))
                off = abs(_mpf(answer) - truth)
                assert off <= DIGITS * max(abs(truth), _mpf(term)), f"at {each!r}"


def _mpf(number):
    """An 80-bit number, exactly."""
    mantissa, exponent = np.frexp(number)
    high = float(mantissa)
    return mpmath.ldexp(mpmath.mpf(high) + float(mantissa - np.longdouble(high)), int(exponent))
