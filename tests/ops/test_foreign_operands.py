"""What people put beside a tensor: Python's numbers and NumPy's scalars mean what NumPy means.

Every op of the catalogue, every operand place, every reading: the value and the element type of
the same call on arrays, or an error of ours.
"""

import enum
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import ChainruleError, DTypeError, UnsupportedError
from chainrule.graph.op.catalogue import CATALOGUE
from tests.thorough import crossed
from tests.together import together


class Level(enum.IntEnum):
    ONE = 1


class Ratio(float):
    """A float of the user's own."""


STRANGERS = {
    "bool": True,
    "false": False,
    "int": 1,
    "float": 0.5,
    "bool_": np.bool_(True),
    "int8": np.int8(1),
    "int64": np.int64(1),
    "uint8": np.uint8(1),
    "float16": np.float16(0.5),
    "float32": np.float32(0.5),
    "float64": np.float64(0.5),
    "0-d": np.asarray(0.5),
    "enum": Level.ONE,
    "float of his own": Ratio(0.5),
    "list": [0.5],
    "tuple": (True,),
    "range": range(1, 2),
    "memory": memoryview(np.array([0.5])),
}
NUMBERS = bool | int | float | np.generic | list | tuple
# Halves of other ops' rules, whose operands are never a user's.
HELPERS = {"put_rows", "put_along_axis", "radial", "softmax_residual"}
NOT_NUMBERS = {
    "None": None,
    "fraction": Fraction(1, 2),
    "decimal": Decimal("0.5"),
    "complex": 1j,
    "text": "0.5",
    "dict": {},
    "set": {1.0},
    "object": object(),
    "texts": ["a", "b"],
}


def places():
    """Every call of two operands or more, with the place of the tensor and of the stranger."""
    for name in CATALOGUE.names():
        op = CATALOGUE[name]
        if op.samples is None or "bind" in vars(op) or name in HELPERS:
            continue
        arguments = op.samples(np.random.default_rng(1))
        if op.variadic:
            operands = arguments[0]
        else:
            first, last = op.places
            operands = [*arguments[:first], *arguments[last:]]
        floats = [i for i, x in enumerate(operands) if getattr(x, "dtype", None) == np.float64]
        for own in floats:
            for other in range(len(operands)):
                if other != own:
                    yield name, own, other


def call_of(name, own, other, stranger, dtype):
    """The op as a function of one operand, with a stranger in the place of another.

    It reads nothing of this module: a compiled function watches all that it reads, and the whole
    catalogue would be looked through at every call.
    """
    op, function = CATALOGUE[name], CATALOGUE.function(name)
    arguments = list(op.samples(np.random.default_rng(1)))
    variadic, (first, last) = op.variadic, op.places
    given = list(arguments[0] if variadic else [*arguments[:first], *arguments[last:]])
    beside = [_of_type(each, dtype) for each in given]

    def call(x):
        operands = list(beside)
        operands[own], operands[other] = x, stranger
        if variadic:
            return function(operands, *arguments[1:])
        return function(*operands[:first], *arguments[first:last], *operands[first:])

    return call, np.asarray(given[own], dtype)


def _of_type(x, dtype):
    return x.astype(dtype) if getattr(x, "dtype", None) == np.float64 else x


def values(result):
    """The results of a call as plain arrays."""
    results = result if isinstance(result, tuple | list) else (result,)
    return [np.asarray(getattr(each, "data", each)) for each in results]


def total(result):
    results = result if isinstance(result, tuple | list) else (result,)
    return sum(each.sum() for each in results if each.dtype.kind == "f")


def backward(call, x):
    seen = []

    def function(z):
        out = call(z)
        seen.append(values(out))
        return total(out)

    cr.grad(function)(x)
    return tuple(seen[0])


def second(call, x):
    """The value that flows through a Hessian-vector product."""
    seen = []

    def function(z):
        out = call(z)
        seen.append(values(out))
        return total(out)

    cr.hvp(function, (x,), (np.ones_like(x),))
    return tuple(seen[0])


READINGS = {
    "eager": lambda call, x: call(cr.tensor(x)),
    "backward": backward,
    "forward": lambda call, x: cr.jvp(call, (x,), (np.ones_like(x),))[0],
    "second": second,
    "compiled": lambda call, x: cr.compile(call)(x),
}


@crossed("place, dtype", places(), [np.float32, np.float64], ids=str)
def test_a_number_beside_a_tensor_means_what_it_means_beside_an_array(place, dtype):
    name, own, other = place
    failures = []
    for title, stranger in STRANGERS.items():
        call, x = call_of(name, own, other, stranger, dtype)
        with np.errstate(all="ignore"):
            try:
                plain = stranger if isinstance(stranger, NUMBERS) else np.asarray(stranger)
                expected = values(call_of(name, own, other, plain, dtype)[0](x))
            except Exception as error:
                expected = error
            for reading, read in READINGS.items():
                try:
                    found = values(read(call, x))
                except ChainruleError:
                    continue
                except Exception as error:
                    legal = (ValueError, IndexError) if isinstance(expected, Exception) else ()
                    if not isinstance(error, (type(expected), *legal)):
                        failures.append(f"{title} {reading}: {error!r}")
                    continue
                if type(expected) is AttributeError:  # a number where only arrays are known
                    continue
                if isinstance(expected, Exception):
                    failures.append(f"{title} {reading}: a value for {type(expected).__name__}")
                    continue
                for ours, numpys in zip(found, expected, strict=True):
                    if ours.dtype != numpys.dtype or ours.shape != numpys.shape:
                        failures.append(f"{title} {reading}: {ours.dtype} for {numpys.dtype}")
                    elif not np.allclose(ours, numpys, rtol=1e-5, equal_nan=True):
                        failures.append(f"{title} {reading}: other values")
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("side", ["left", "right"])
@together("title", NOT_NUMBERS)
def test_what_is_no_number_raises_and_is_named(title, reading, side):
    stranger, x = NOT_NUMBERS[title], np.array([1.0, 2.0])
    product = {"left": lambda x: stranger * x, "right": lambda x: x * stranger}[side]
    with pytest.raises(DTypeError, match="number"):
        READINGS[reading](product, x)


@pytest.mark.parametrize("reading", READINGS)
def test_a_truth_value_of_python_is_a_number_beside_a_tensor(reading):
    i, j, x = 1, 1, np.array([1.0, 2.0, 3.0])
    for call, expected in (
        (lambda x: x * True, x),
        (lambda x: x * (i == j), x),
        (lambda x: x * (i != j), 0 * x),
        (lambda x: True * x, x),
        (lambda x: x**True, x),
        (lambda x: x + True, x + 1),
        (lambda x: True - x, 1 - x),
        (lambda x: np.where(True, x, -x), x),
        (lambda x: np.where(False, x, -x), -x),
        (lambda x: np.where(1, x, -x), x),
    ):
        assert_allclose(values(READINGS[reading](call, x))[0], expected)


def test_the_gradient_beside_a_truth_value():
    x = np.array([1.0, 2.0, 3.0])
    for call, expected in (
        (lambda x: x**2 * True, 2 * x),
        (lambda x: True * x**2, 2 * x),
        (lambda x: (x**2) ** True, 2 * x),
        (lambda x: x**2 * False, 0 * x),
        (lambda x: np.where(True, x**2, x), 2 * x),
        (lambda x: np.maximum(x, True), [0.5, 1, 1]),
    ):
        summed = lambda x, call=call: call(x).sum()  # noqa: E731
        assert_allclose(cr.grad(summed)(x), expected)
        assert_allclose(cr.jvp(call, (x,), (np.ones(3),))[1], expected)
        assert_allclose(cr.compile(cr.grad(summed))(x), expected)
        second = cr.hvp(summed, (x,), (np.ones(3),))[0]
        slope = cr.elementwise_grad(cr.elementwise_grad(call))(x)
        assert_allclose(second, slope)


@pytest.mark.parametrize("reading", READINGS)
def test_nothing_and_a_text_equal_no_number(reading):
    x = np.array([1.0, np.nan])
    for stranger in (None, "a"):
        assert not values(READINGS[reading](lambda x, s=stranger: (x == s) * x, x))[0][0]
        assert values(READINGS[reading](lambda x, s=stranger: (x != s) * x, x))[0][0] == 1


@pytest.mark.parametrize("reading", READINGS)
def test_masks_join_truth_values_from_both_sides(reading):
    x = np.array([1.0, 2.0, 3.0])
    for call in (
        lambda x: x * ((x > 1) & True),
        lambda x: x * (True & (x > 1)),
        lambda x: x * ((x > 1) | (False | (x > 2))),
        lambda x: x * ((x > 1) ^ True),
        lambda x: x * (True ^ (x > 1)),
        lambda x: x * ~(x > 1),
        lambda x: x * ((x > 1) & [True, True, False]),
    ):
        assert_allclose(values(READINGS[reading](call, x))[0], call(x))


def test_the_bits_of_numbers_have_no_op():
    whole = cr.tensor(np.array([1, 2, 3]))
    for call in (lambda i: i & 1, lambda i: 1 | i, lambda i: i ^ i, lambda i: ~i):
        with pytest.raises(UnsupportedError, match="no op"):
            call(whole)
    with pytest.raises(UnsupportedError, match="no op"):
        cr.tensor(1.5) & True


def test_a_list_of_tensors_beside_a_tensor_is_stacked():
    def function(x):
        return (x * [x[0], 2.0, x[1] ** 2]).sum()

    x = np.array([1.0, 2.0, 3.0])
    expected = [2 * x[0], 2 + 2 * x[1] * x[2], x[1] ** 2]  # of x0**2 + 2 x1 + x1**2 x2
    assert_allclose(cr.grad(function)(x), expected)
    assert_allclose(cr.compile(cr.grad(function))(x), expected)
    leaf = cr.tensor(x)
    function(leaf).backward()
    assert_allclose(leaf.grad, expected)


def test_a_tensor_contains_what_it_holds():
    x = cr.tensor(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert 2.0 in x
    assert 5 not in x
