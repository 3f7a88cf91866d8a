"""How far the letters are from the truth, in units of the last place: docs/accuracy.md.

python -m tests.native.accuracy    measures and writes the page (a minute)
"""

import functools
import pathlib
import platform

import mpmath
import numpy as np
from scipy import special

from tests.native.letter_code import of_floats

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "accuracy.md"
WORST = 4  # what we allow
PLAIN = "x86-64"  # neither AVX nor fused multiply-add
STEP, POINTS = 331, 30_000  # for the page; a test takes every so-many-th of its points
SOURCES = {
    "exp": "own fit, reduction of Cody & Waite",
    "expm1": "own fit, reduction of Cody & Waite",
    "tanh": "t / (t + 2) with t = expm1(2 abs(x))",
    "log": "fdlibm, `e_log.c`; float32: musl, `logf.c`",
    "log1p": "as log, with the rounding of 1 + x given back",
    "erf": "own fit near 0, beyond 1 - erfc",
    "erfc": "own fit in the variable of Schonfelder (1978)",
    "sin": "fdlibm, `k_sin.c`; float32: FreeBSD, `k_sinf.c`, in double",
    "cos": "fdlibm, `k_cos.c`; float32: FreeBSD, `k_cosf.c`, in double",
    "power": "float32: exp(y log(x)) in double; float64: C's library",
}
DENSE = {  # where the curve bends, for float64
    "exp": (-746, 710),
    "expm1": (-40, 40),
    "tanh": (-20, 20),
    "log": (0.3, 3),
    "log1p": (-1, 3),
    "erf": (-6, 6),
    "erfc": (-6, 27.3),
    "sin": (-1e4, 1e4),
    "cos": (-1e4, 1e4),
}


def worst(letter, dtype, cpu="", every=1):
    """The largest error over all numbers of float32, or over a sample of float64."""
    inputs, truth = (_singles if dtype == "float32" else _doubles)(letter, every)
    got = of_floats(letter, dtype, cpu=cpu, inputs=len(inputs))(*inputs)
    return float(np.max(_ulps(got, *truth)))


def _ulps(got, high, low):
    """The distance from high + low, in steps between neighbours of the rounded truth."""
    with np.errstate(over="ignore"):
        nearest = high.astype(got.dtype)
    agreed = (got == nearest) | (np.isnan(got) & np.isnan(nearest))
    ordinary = np.isfinite(got) & np.isfinite(nearest)
    with np.errstate(invalid="ignore", over="ignore"):
        step = np.spacing(np.abs(np.where(ordinary, nearest, 1)))
        apart = np.abs((np.where(ordinary, got, 0).astype(float) - high + -low) / step)
    return np.where(ordinary, apart, np.where(agreed, 0, np.inf))


@functools.lru_cache(maxsize=4)
def _singles(letter, every):
    """Every so-many-th bit pattern; in float64 the truth is beyond doubt."""
    bits = np.arange(0, 2**32, STEP * every, dtype=np.uint64)
    x = bits.astype(np.uint32).view(np.float32)
    inputs = (x,)
    if letter == "power":
        logarithms = np.random.default_rng(5).uniform(-150, 130, x.size)
        with np.errstate(all="ignore"):
            base = np.where(x > 0, x, np.abs(1 + x % 1)).astype(float)
            inputs = (base.astype("f"), (logarithms / np.log2(base)).astype("f"))
    function = getattr(special, letter) if letter in ("erf", "erfc") else getattr(np, letter)
    with np.errstate(all="ignore"):
        high = function(*(each.astype(float) for each in inputs))
    return inputs, (high, np.zeros_like(high))


@functools.lru_cache(maxsize=4)
def _doubles(letter, every):
    """Points of all sizes and points where the curve bends; the truth is mpmath's."""
    rng = np.random.default_rng(7)
    if letter == "power":
        x = np.exp2(rng.uniform(-300, 300, POINTS))[::every]
        inputs = (x, (rng.uniform(-1000, 1000, POINTS)[::every] / np.log2(x)))
    else:
        sizes = np.exp2(rng.uniform(-1074, 20, POINTS // 3)) * rng.choice([-1, 1], POINTS // 3)
        near = np.exp2(rng.uniform(-30, 5, POINTS // 3)) * rng.choice([-1, 1], POINTS // 3)
        x = np.concatenate([sizes, near, rng.uniform(*DENSE[letter], POINTS // 3)])[::every]
        inputs = (np.abs(x) if letter == "log" else np.maximum(x, -1) if letter == "log1p" else x,)
    with mpmath.workprec(100):
        exact = [_exactly(letter, *map(mpmath.mpf, each)) for each in zip(*inputs, strict=True)]
        high = np.array([float(value) for value in exact])
        low = [_beyond(value, float(value)) for value in exact]
    return inputs, (high, np.array(low))


def _beyond(value, high):
    return float(value - mpmath.mpf(high)) if np.isfinite(high) else 0.0


def _exactly(letter, *operands):
    if letter == "log1p" and operands[0] == -1:
        return mpmath.mpf("-inf")
    function = {"power": mpmath.power}.get(letter) or getattr(mpmath, letter)
    return function(*operands)


def published():
    """The page's figures: for each letter those of float32 and of float64."""
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return {
        row[1].strip(): {"float32": float(row[2]), "float64": float(row[3])}
        for row in rows
        if len(row) > 4 and row[1].strip() in SOURCES
    }


def _figure(letter, dtype):
    """The worst over the host and a plain CPU, rounded up to a tenth."""
    cpus = ("", PLAIN) if platform.machine() in ("x86_64", "AMD64") else ("",)
    return np.ceil(max(worst(letter, dtype, cpu) for cpu in cpus) * 10) / 10


def page():
    """The page as Markdown."""
    rows = [
        f"| {letter} | {_figure(letter, 'float32'):.1f} | {_figure(letter, 'float64'):.1f} "
        f"| {source} |"
        for letter, source in SOURCES.items()
    ]
    return HEAD + "\n".join(rows) + "\n" + TAIL


HEAD = """# How exact native code is

Native code writes its own exponentials, logarithms and error functions, in vectors. The table
gives the largest distance from the true value that was found, in units of the last place (ulp);
0.5 is the best that any function can do. For float32 one bit pattern in 331 was tried, over all
numbers there are, against float64; for float64 thirty thousand points of all sizes, against mpmath
with 100 bits. Each figure is the worse of two: in code for the CPU at hand, and in code for one
without fused multiply-add.

| letter | float32, ulp | float64, ulp | source of the formula |
|---|---|---|---|
"""
TAIL = """
Subnormal numbers, overflow, infinities, NaN and the sign of zero are right everywhere. A letter
gives the same bits in a scalar and in a vector of any width.

Exact as in NumPy (rounded once, or not at all): add, subtract, multiply, divide, sqrt, square,
abs, negative, sign, copysign, floor, ceil, trunc, rint, maximum, minimum, fmax, fmin, clip, where,
comparisons, logic, remainders, and all arithmetic of integers.

A power with a constant exponent of 2, 3, 4, -1, -2, 0.5 or -0.5 is made of products, a quotient or
a root, in eager mode and in native code alike: within 3 ulp.

Words such as arctan2 or gammaln call the function of C's library or of SciPy, in float64.

The polynomials of our own are made by `scripts/fit_letters`; the page by
`python -m tests.native.accuracy`, and a test keeps it true.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
