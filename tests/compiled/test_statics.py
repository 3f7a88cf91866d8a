"""Python values of a compiled function's arguments: which of them are the same."""

import dataclasses
import decimal
import enum
import fractions

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import RecordingWarning

pytestmark = pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
X = np.array([1.0, 2.0, 3.0])


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass(frozen=True)
class Frozen:
    rate: float


@dataclasses.dataclass
class Loose:
    rate: float


class Plain:
    def __init__(self, rate):
        self.rate = rate


# Values that compare equal and are not the same.
LOOK_ALIKES = [
    (0.0, -0.0),
    (1, True),
    (1, 1.0),
    (True, 1.0),
    (0, False),
    (complex(0.0, 0.0), complex(0.0, -0.0)),
    (decimal.Decimal("0.0"), decimal.Decimal("-0.0")),
    (Frozen(0.0), Frozen(-0.0)),
    (Loose(1), Loose(True)),
    ((1,), (1.0,)),
    ([0.0], [-0.0]),
    ({"a": 1}, {"a": True}),
    (2**70, float(2**70)),
    (slice(0, 1), slice(False, True)),
    (fractions.Fraction(1), 1),
]


@pytest.mark.parametrize("pair", LOOK_ALIKES, ids=repr)
def test_values_that_compare_equal_and_are_not_the_same_have_their_own_answers(pair):
    assert pair[0] == pair[1]

    def written(x, static):
        return x * len(repr(static)), repr(static)

    function = cr.compile(written)
    for _ in range(2):
        for value in pair:
            found = function(X, value)
            assert_array_equal(found[0], X * len(repr(value)))
            assert found[1] == repr(value)


def test_a_negative_zero_divides_to_negative_infinity():
    quotient = cr.compile(lambda q, s: q / s)
    with np.errstate(divide="ignore"):
        for s in (0.0, -0.0, 0.0, np.float64(-0.0), -0.0):
            assert_array_equal(quotient(X, s), X / np.float64(s))


# Values that are the same, though they may be other objects or compare unequal.
SAME = {
    "nan": lambda: float("nan"),
    "text": lambda: "".join(["su", "m"]),
    "large": lambda: 10**30 + 1,
    "dtype": lambda: np.dtype([("a", "f8")]),
    "frozen": lambda: Frozen(0.5),
    "loose": lambda: Loose(0.5),
    "decimal": lambda: decimal.Decimal("0.5"),
    "enum": lambda: Colour(2),
    "slice": lambda: slice(None, 2),
    "range": lambda: range(3),
    "tuple": lambda: (1, ("a", None)),
    "set": lambda: {1, 2},
    "function": lambda: lambda x: x + 1,
    "ellipsis": lambda: ...,
}


@pytest.mark.parametrize("kind", SAME)
def test_values_that_are_the_same_share_a_recording(kind):
    function = cr.compile(lambda x, static: 2 * x)
    for _ in range(5):
        assert_array_equal(function(X, SAME[kind]()), 2 * X)
    assert repr(function).endswith("1 recordings>")


@pytest.mark.parametrize(
    "kind", [Loose, Plain, lambda rate: {"rate": [rate]}, lambda rate: {rate}]
)
def test_a_mutable_argument_that_changes_is_noticed(kind):
    def read(x, static):
        if isinstance(static, set):
            return x * next(iter(static))
        return x * (static["rate"][0] if isinstance(static, dict) else static.rate)

    function, static = cr.compile(read), kind(2.0)
    assert_array_equal(function(X, static), 2 * X)
    if isinstance(static, dict):
        static["rate"][0] = 3.0
    elif isinstance(static, set):
        static.clear()
        static.add(3.0)
    else:
        static.rate = 3.0
    assert_array_equal(function(X, static), 3 * X)


def test_an_attribute_that_no_code_reads_is_no_reason_to_record():
    function, static = cr.compile(lambda x, static: x * static.rate), Plain(2.0)
    for i in range(9):
        static.counter = i
        function(X, static)
    assert repr(function).endswith("1 recordings>")


def test_an_object_that_cannot_be_hashed_is_told_by_itself():
    class Unhashable:
        __hash__ = None

        def __init__(self, rate):
            self.rate = rate

    function = cr.compile(lambda x, static: x * static.rate)
    one, two = Unhashable(2.0), Unhashable(3.0)
    for _ in range(2):
        assert_array_equal(function(X, one), 2 * X)
        assert_array_equal(function(X, two), 3 * X)


def test_a_function_as_argument_is_told_by_its_code_and_what_it_closes_over():
    apply = cr.compile(lambda f, x: f(x))
    made = [lambda x, by=by: x * by for by in (2.0, 3.0)]
    for _ in range(2):
        for by, f in zip((2.0, 3.0), made, strict=True):
            assert_allclose(apply(f, X), by * X)
    assert_allclose(apply(np.tanh, X), np.tanh(X))
    assert_allclose(apply(cr.grad(lambda x: (x**2).sum()), X), 2 * X)


def test_many_values_are_said():
    function = cr.compile(lambda x, power: x**power)
    for power in range(2, 5):
        function(X, power)
    with pytest.warns(RecordingWarning, match="recorded and compiled 4 times"):
        function(X, 9)
