"""The conventions, row by row, and the mark that ties a test to its row.

``test_every_row`` asks that no row is without a test.
"""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])


class Row(Enum):
    """A point where libraries differ; the words are those of the conventions."""

    DEAD_BRANCHES = "where(c, f(x), g(x)) with f or its slope infinite/NaN where c is false"
    TIES = "ties in max, min, amax, maximum, minimum"
    SORTED_TIES = "sort, median, quantile ties"
    KINKS = "relu, leaky, abs, clip, sign at the kink"
    CLIP = "clip at a bound, also when the bound is x itself"
    ELU = "elu at 0"
    NORM = "norm, std, hypot at 0 / constant input"
    SMOOTH = "a smooth function written with abs, maximum or where"
    HUGE_NORM = "norm of 1e200 or 1e-200 entries"
    POWERS = "x**0, x**1, constant integer exponents, negative bases"
    XLOGY = "xlogy, entropy at 0"
    PRODUCTS = "prod, cumprod with zeros"
    INFINITIES = "logsumexp, softmax with infinities"
    TAILS = "tails: sigmoid'(40), tanh'(20), expm1'(-40), elu'(-40), softplus, BCE"
    GELU = "GELU tails; silu/gelu at -inf"
    FAR_OUT = "elu, silu, softplus at +-1000"
    NEARLY_CONSTANT = "variance, LayerNorm, BatchNorm of nearly constant input"
    SUMS = "sums in float32 (bias gradients, losses, means)"
    DUPLICATES = "duplicate indices in take/getitem/scatter"
    OUT_OF_RANGE = "out-of-range index or label"
    ALIASES = "one tensor used twice; x + x; x @ x.T; gradients of x + y"
    LAYOUTS = "size-1 and size-0 axes, 0-d arrays, strides, orders, byte-swapped, read-only"
    ZERO_UPSTREAM = "the zero upstream gradient"
    PERTURBATION = "perturbation confusion, nested jvp/grad"
    NUMPY_BACKWARD = "double backward of an op whose backward is plain NumPy"
    USERS_ARRAYS = "arrays belong to the user"
    DEPTH = "depth: a chain of 1,000,000 nodes"
    MEMORY = "memory: after del, 0 live nodes with the garbage collector off"
    THREADS = "threads: no global tape"
    READINGS = "every reading of a formula agrees; NaN, inf and -0 are kept"


def row(which: Row) -> Callable[[Test], Test]:
    """Mark a test as one of a row."""

    def mark(test: Test) -> Test:
        vars(test)["row"] = which
        return test

    return mark
