"""Every reading of a formula computes the same bits; NaN, infinity and -0 are never simplified."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import FIRST, SECOND, everywhere
from tests.numerics.rows import Row, row

INF, NAN = np.inf, np.nan
SPECIAL = np.array([-INF, -2.0, -0.0, 0.0, 1e-310, 0.5, 700.0, INF, NAN])
FORMULAS = {
    "activations": lambda x: cr.gelu(x) + cr.silu(x) - cr.elu(x) * cr.sigmoid(x),
    "softmax": lambda x: cr.softmax(cr.reshape(x, (3, 3))) * cr.log_softmax(cr.reshape(x, (3, 3))),
    "reductions": lambda x: cr.logsumexp(x) + cr.mean(x) * cr.norm(x),
    "layer": lambda x: cr.layer_norm(cr.reshape(x, (3, 3))) @ np.ones((3, 2), x.dtype),
}


def _traced_value(f, x):
    return cr.value_and_grad(lambda x: (cr.sum(out := f(x)), out), has_aux=True)(x)[0][1]


READINGS = {
    "tensor": lambda f, x: f(cr.tensor(x)).data,
    "value of grad": _traced_value,
    "value of jvp": lambda f, x: cr.jvp(f, (x,), (np.ones_like(x),))[0],
    "value of vjp": lambda f, x: cr.vjp(f, x)[0],
    "value of linearize": lambda f, x: cr.linearize(f, x)[0],
}


@row(Row.READINGS)
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # inf - inf, on purpose
def test_a_reading_gives_the_bits_of_the_arrays(formula, reading, dtype):
    f = FORMULAS[formula]
    with np.errstate(all="ignore"):
        ordinary = np.random.default_rng(0).normal(size=9).astype(dtype)
        for x in (ordinary, SPECIAL.astype(dtype)):
            expected = f(x)
            found = np.asarray(READINGS[reading](f, x))
            assert found.dtype == expected.dtype == dtype
            assert found.tobytes() == expected.tobytes()


@row(Row.READINGS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("reading", READINGS)
def test_nothing_is_simplified_away(reading):
    read = READINGS[reading]
    assert_array_equal(read(lambda x: x - x, SPECIAL), SPECIAL - SPECIAL)
    assert_array_equal(read(lambda x: x * 0, SPECIAL), SPECIAL * 0)
    assert_array_equal(read(lambda x: x / x, SPECIAL), SPECIAL / SPECIAL)
    for f in (lambda x: x * 1, lambda x: x + 0.0, lambda x: x * 0, lambda x: -x, lambda x: x**1):
        found, expected = read(f, SPECIAL), f(SPECIAL)
        numbers = ~np.isnan(expected)
        assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


@row(Row.READINGS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_is_simplified_away_in_a_derivative():
    everywhere(lambda x: x * x * 0, INF, NAN)
    everywhere(lambda x: (x - x) * x, INF, NAN)


@row(Row.READINGS)
@pytest.mark.parametrize("mode", [*FIRST, *SECOND])
def test_the_same_bits_from_run_to_run(mode):
    x = np.random.default_rng(1).normal(size=9)
    f = lambda x: FORMULAS["activations"](x) + FORMULAS["reductions"](x)  # noqa: E731
    ways = FIRST if mode in FIRST else SECOND
    arguments = (f, x) if mode in FIRST else (f, x, np.ones(9))
    first = ways[mode](*arguments).tobytes()
    assert all(ways[mode](*arguments).tobytes() == first for _ in range(5))


PROGRAM = """
import numpy as np, chainrule as cr
x = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
f = lambda x: cr.sum(cr.softmax(cr.gelu(x)) * cr.layer_norm(x))
second = cr.jvp(cr.grad(f), (x,), (np.ones_like(x),))[1]
print((cr.grad(f)(x).tobytes() + second.tobytes()).hex()[:4000])
"""


@row(Row.READINGS)
def test_the_same_bits_from_process_to_process():
    runs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


@row(Row.READINGS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_float32_run_is_near_the_float64_run(formula):
    f = FORMULAS[formula]
    x = np.random.default_rng(2).normal(size=9).astype(np.float32)
    v = np.ones_like(x)
    for single, double in (
        (f(x), f(x.astype(float))),
        (FIRST["grad"](f, x), FIRST["grad"](f, x.astype(float))),
        (FIRST["jvp"](f, x), FIRST["jvp"](f, x.astype(float))),
        (
            SECOND["jvp of grad"](f, x, v),
            SECOND["jvp of grad"](f, x.astype(float), v.astype(float)),
        ),
    ):
        scale = max(1.0, float(np.max(np.abs(double))))
        assert np.max(np.abs(single - double)) < 64 * np.finfo(np.float32).eps * scale
