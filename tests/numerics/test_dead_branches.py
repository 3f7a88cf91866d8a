"""A branch that was not selected contributes exactly 0, in every mode and to the second order."""

import numpy as np
import pytest

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

# The branches themselves are evaluated where they have no value.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

INF = np.inf
BRANCHES = {  # the branch, its first and its second derivative at 4
    "sqrt": (cr.sqrt, 0.25, -1 / 32),
    "log": (cr.log, 0.25, -1 / 16),
    "quotient": (lambda x: 1 / x, -1 / 16, 1 / 32),
    "power": (lambda x: x**0.5, 0.25, -1 / 32),
    "sqrt of a negative number": (lambda x: cr.sqrt(x - 1), 0.5 * 3**-0.5, -0.25 * 3**-1.5),
    "xlogx": (lambda x: x * cr.log(x), np.log(4.0) + 1, 0.25),
    "0 times infinity": (lambda x: x * (1 / x), 0.0, 0.0),
    "arcsin": (lambda x: np.arcsin(x / 8 - 1), 1 / np.sqrt(48.0), -4 * 48.0**-1.5),
}
ROUTERS = {
    "where": lambda x, f: cr.where(x > 1, f(x), 0.0),
    "np.where": lambda x, f: np.where(x > 1, f(x), 0.0),
    "where the other way": lambda x, f: cr.where(x <= 1, 7.0, f(x)),
    "where of two branches": lambda x, f: cr.where(x > 1, f(x), x * 0 + 1),
    "index": lambda x, f: f(x)[1:],
    "boolean index": lambda x, f: f(x)[np.array([False, True])],
    "take": lambda x, f: cr.take(f(x), np.array([1])),
    "nested": lambda x, f: cr.where(x > 1, cr.where(x > 0.5, f(x), 5.0), 0.0),
    "through a sum": lambda x, f: cr.where(x > 1, cr.sum(cr.stack([f(x), x]), axis=0) - x, 0.0),
}


@row(Row.DEAD_BRANCHES)
@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("router", ROUTERS)
def test_a_dead_branch_is_exactly_0(router, branch):
    f, first, second = BRANCHES[branch]
    route = ROUTERS[router]
    everywhere(lambda x: route(x, f), [0.0, 4.0], [0.0, first], [0.0, second], rtol=1e-13)


@row(Row.DEAD_BRANCHES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_dead_branch_is_exactly_0_in_either_dtype(dtype):
    f = lambda x: cr.where(x > 1, cr.sqrt(x), 0.0)  # noqa: E731
    everywhere(f, [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32], rtol=1e-6, dtype=dtype)


@row(Row.DEAD_BRANCHES)
def test_a_maximum_a_clip_and_a_relu_route_as_well():
    root = cr.sqrt
    everywhere(lambda x: cr.maximum(root(x), 1.0), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32])
    everywhere(lambda x: cr.clip(root(x), 1.0, 9.0), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32])
    everywhere(lambda x: cr.relu(root(x) - 1.0), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32])
    everywhere(lambda x: cr.max(root(x)), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32])
    everywhere(lambda x: cr.sort(root(x))[1], [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32])


@row(Row.DEAD_BRANCHES)
def test_an_infinite_slope_that_was_selected_stays_visible():
    everywhere(cr.sqrt, 0.0, INF)
    everywhere(lambda x: cr.where(x >= 0, cr.sqrt(x), 0.0), 0.0, INF)


@row(Row.DEAD_BRANCHES)
def test_the_square_of_a_root_at_0_does_not_silently_answer_0():
    everywhere(lambda x: cr.sqrt(x) ** 2, 0.0, np.nan)
