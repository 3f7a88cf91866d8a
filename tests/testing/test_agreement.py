"""How far other results of a function may be from the eager ones."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.record import record
from chainrule.spec import spec_of
from chainrule.testing.agreement import ULPS, disagreement, expected

X = np.array([1.0, 0.5, 0.25], "f")
EPS = {name: float(np.finfo(name).eps) for name in ULPS}


def wanted(function, *arrays):
    flow = record(function, [spec_of(x) for x in arrays])
    return expected(function, flow, arrays)


def summed_then_cast(x):
    """Eager makes no error here, by chance: another order of adding may make one."""
    return [cr.cast(cr.sum(x * x), np.float64)]


def cast_then_summed(x):
    x = cr.cast(x, np.float64)
    return [cr.sum(x * x)]


@pytest.mark.parametrize(
    ("function", "dtype"), [(summed_then_cast, "float32"), (cast_then_summed, "float64")]
)
def test_a_result_is_as_exact_as_the_coarsest_type_in_which_something_was_computed(
    function, dtype
):
    """A float32 graph that ends in float64 has the errors of float32; a float32 leaf has none."""
    found = wanted(function, X)
    (exact,) = found.eager
    assert exact.dtype == "float64"
    assert not found.errors[0].any()
    largest, room = float(exact), ULPS[dtype] * EPS[dtype]
    assert not disagreement([exact + 0.9 * room * largest], found)
    assert disagreement([exact + 1.1 * room * largest], found)


def test_results_are_judged_one_by_one():
    """What another result was computed in is no excuse."""
    found = wanted(lambda x, y: [cr.exp(x), y + y], X, X.astype(np.float64))
    rough, fine = found.eager
    assert not disagreement([rough * np.float32(1 + 2 * EPS["float32"]), fine], found)
    assert disagreement([rough, fine * (1 + 2 * EPS["float32"])], found)


def test_a_result_that_is_an_argument_is_judged_by_the_units_of_its_own_type():
    found = wanted(lambda x: [x], X)
    assert not disagreement([X], found)
    assert disagreement([X * np.float32(1.01)], found)
