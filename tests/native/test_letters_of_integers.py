"""Letters of integers and booleans, and casts: NumPy's results, also where arithmetic wraps."""

import numpy as np
import pytest

from tests.native.letter_code import WIDTHS, compiled
from tests.thorough import crossed

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
FLOATS = ["float32", "float64"]
LETTERS_1 = [
    "negative",
    "abs",
    "sign",
    "logical_not",
]
LETTERS_2 = [
    "add",
    "subtract",
    "multiply",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "mod",
    "fmod",
    "floor_divide",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "equal",
    "not_equal",
    "logical_and",
    "logical_or",
]
OF_BOOLEANS = [
    "add",
    "multiply",
    "maximum",
    "minimum",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "equal",
    "not_equal",
    "logical_and",
    "logical_or",
]


def integers(dtype):
    limits = np.iinfo(dtype)
    some = [0, 1, 2, 3, 7, 100, limits.max, limits.max - 1, limits.max // 2, limits.max // 3]
    if limits.min:
        some += [-1, -2, -3, -7, limits.min, limits.min + 1, limits.min // 2]
    return np.array(some, dtype)


def pairs(dtype):
    return [each.ravel() for each in np.meshgrid(integers(dtype), integers(dtype))]


def check(letter, operands, want):
    dtypes = tuple(x.dtype.name for x in operands)
    for lanes in (1, 3, 8):
        got = compiled(letter, dtypes, want.dtype.name, lanes)(*operands)
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_letters_of_one_integer_are_those_of_numpy(dtype):
    x = integers(dtype)
    for letter in LETTERS_1:
        check(letter, (x,), getattr(np, letter)(x))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_letters_of_two_integers_are_those_of_numpy(dtype):
    x, y = pairs(dtype)
    for letter in LETTERS_2:
        with np.errstate(all="ignore"):
            want = getattr(np, letter)(x, y)
        check(letter, (x, y), want)


def test_booleans_add_as_or_and_multiply_as_and():
    x, y = np.array([False, False, True, True]), np.array([False, True, False, True])
    for letter in OF_BOOLEANS:
        check(letter, (x, y), getattr(np, letter)(x, y))
    check("logical_not", (x,), ~x)
    check("abs", (x,), x)


def in_range(source, target):
    """Numbers of one dtype that the other has a place for."""
    if source == "bool":
        return np.array([True, False])
    if source in INTEGERS:
        return integers(source)
    few = np.array([0, -0.0, 1, 0.5, 0.99, 100.7, np.nan, np.inf, -1, -1.5, -100.2], source)
    if target in FLOATS or target == "bool":
        return few
    few = few[np.isfinite(few) & ((few > -1) | (np.iinfo(target).min < 0))]
    largest = np.nextafter(np.array(2.0 ** np.iinfo(target).bits / 2, source), 0)
    return np.concatenate([few, [min(largest, np.array(np.iinfo(target).max // 2, source))]])


@crossed("source, target", ["bool", *INTEGERS, *FLOATS], ["bool", *INTEGERS, *FLOATS])
def test_casts_are_those_of_numpy(source, target):
    x = in_range(source, target)
    check("cast", (x,), x.astype(target))


@pytest.mark.parametrize("target", INTEGERS)
def test_casts_of_what_has_no_place_are_the_same_at_every_width(target):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 3e9, -3e9, 300, -300, 7e4, 1e19, -1])
    scalar, *vectors = (compiled("cast", ("float64",), target, lanes)(x) for lanes in WIDTHS)
    for vector in vectors:
        np.testing.assert_array_equal(vector, scalar)


def test_operands_of_another_dtype_are_cast_to_that_of_the_result():
    x, y = np.array([1, 2, 3], "int32"), np.array([2, 4, 7], "int32")
    got = compiled("divide", ("int32", "int32"), "float64", 4)(x, y)
    np.testing.assert_array_equal(got, x / y)
