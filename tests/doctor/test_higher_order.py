"""The third and fourth order: a kink hidden in a smooth function is found, named and placed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import KINDS
from chainrule.doctor.draw import operands_of
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.testing import assert_gradient

AT_0 = np.array([-1.5, 0.7, 0.0, 2.0])


class Squashed(cr.Op):
    """tanh, whose slope 1 / cosh(x)**2 is written with a kink."""

    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        shrunk = np.exp(-2 * np.abs(x))
        return (upstream * 4 * shrunk / (1 + shrunk) ** 2,)


class SquashedSmoothly(Squashed):
    def backward(self, upstream, x, out):
        return (upstream * 4 * cr.sigmoid(2 * x) * cr.sigmoid(-2 * x),)


class Ramp(cr.Op):
    """softplus, whose slope is a sigmoid with a branch."""

    def forward(self, x):
        return np.logaddexp(x, 0)

    def backward(self, upstream, x, out):
        shrunk = np.exp(-np.abs(x))
        return (upstream * np.where(x >= 0, 1.0, shrunk) / (1 + shrunk),)


class Fourth(cr.Op):
    """x**4 by the slope 4 |x|**3 sign(x)."""

    def forward(self, x):
        return x**4

    def backward(self, upstream, x, out):
        return (upstream * 4 * np.maximum(x, -x) ** 3 * np.sign(x),)


class Square(cr.Op):
    """x**2 by the slope 2 |x| sign(x): the second derivative is wrong already."""

    def forward(self, x):
        return x**2

    def backward(self, upstream, x, out):
        return (upstream * 2 * np.abs(x) * np.sign(x),)


class Bump(cr.Op):
    """exp(-x*x), whose slope's slope lost a factor, everywhere."""

    def forward(self, x):
        return np.exp(-x * x)

    def backward(self, upstream, x, out):
        return (upstream * BumpSlope()(x),)


class BumpSlope(cr.Op):
    def forward(self, x):
        return -2 * x * np.exp(-x * x)

    def backward(self, upstream, x, out):
        return (upstream * BumpCurve()(x),)


class BumpCurve(cr.Op):
    def forward(self, x):
        return (4 * x * x - 2) * np.exp(-x * x)

    def backward(self, upstream, x, out):
        return (upstream * (12 - 8 * x * x) * x * np.exp(-x * x) * 1.5,)


HIDDEN = [(Squashed, 3), (Ramp, 2), (Fourth, 4), (Square, 2)]


@pytest.mark.parametrize(("op", "order"), HIDDEN)
def test_a_kink_inside_a_smooth_function_is_found_named_and_placed(op, order):
    assert order == 2 or cr.check(op, AT_0, order=order - 1).passed
    for highest in range(order, 5):
        (finding,) = cr.check(op, AT_0, order=highest).findings
        assert finding.kind == "hidden_kink"
        assert (finding.op, finding.input, finding.index) == (op.__name__.lower(), "x", (2,))
        assert finding.found != pytest.approx(finding.expected, abs=0.1)


@pytest.mark.parametrize("op", [op for op, order in HIDDEN if order > 2])
def test_away_from_it_nothing_is_found(op):
    report = cr.check(op, AT_0 + 0.25, order=4)
    assert report.passed, str(report)


def test_a_derivative_of_the_third_order_that_is_wrong_everywhere_has_another_name():
    assert cr.check(Bump, AT_0 + 0.1).passed
    (finding,) = cr.check(Bump, AT_0 + 0.1, order=3).findings
    assert finding.kind == "higher_order"


def test_a_smooth_slope_passes_to_the_fourth_order():
    report = cr.check(SquashedSmoothly, AT_0, order=4)
    assert report.passed, str(report)
    assert [c.compared for c in report.comparisons][-2:] == ["third order", "fourth order"]
    assert_gradient(SquashedSmoothly, AT_0, order=4)
    with pytest.raises(AssertionError, match="hidden_kink"):
        assert_gradient(Squashed, AT_0, order=4)


def test_a_function_is_checked_to_the_fourth_order():
    def net(x):
        return np.tanh(np.array([1.0, 2.0]) * x[:2]).sum() + cr.softplus(x).sum()

    assert cr.check(net, AT_0, order=4).passed
    (finding,) = cr.check(lambda x: Squashed()(x).sum(), AT_0, order=4).findings
    assert finding.kind == "hidden_kink"


class SineByParts(cr.Op):
    """sin, whose slope is a Taylor polynomial beyond a bound: its kink is in a later derivative.

    Written with where, whose two sides join smoothly to the order of the polynomial.
    """

    bound: float = 0.0
    degree: int = 1

    def forward(self, x):
        return np.sin(x)

    def backward(self, upstream, x, out):
        step = x - self.bound
        beyond = np.cos(self.bound) - np.sin(self.bound) * step
        if self.degree > 1:
            beyond = beyond - np.cos(self.bound) * step * step / 2
        return (upstream * np.where(x < self.bound, np.cos(x), beyond),)


class ExpByParts(cr.Op):
    def forward(self, x):
        return np.exp(x)

    def backward(self, upstream, x, out):
        return (upstream * np.where(x < 0, out, 1 + x),)


class SincNearZero(cr.Op):
    """sin(x) / x, whose slope is linear in a strip around 0."""

    def forward(self, x):
        return np.sinc(x / np.pi)

    def backward(self, upstream, x, out):
        safe = np.where(x == 0, 1.0, x)
        far = (safe * np.cos(safe) - np.sin(safe)) / safe**2
        return (upstream * np.where(np.abs(x) < 1e-2, -x / 3, far),)


BY_PARTS = [
    pytest.param(SineByParts(0.0), [0.0, -1.0], 3, id="sine at 0"),
    pytest.param(SineByParts(1.3), [1.3, 0.4], 3, id="sine at 1.3"),
    pytest.param(SineByParts(1.3, 2), [1.3, 0.4], 4, id="sine of the second order at 1.3"),
    pytest.param(SineByParts(1.3), [1.3001], 3, id="sine next to 1.3"),
    pytest.param(SineByParts(1.3, 2), [1.3001], 4, id="sine of the second order next to 1.3"),
    pytest.param(ExpByParts(), [0.0, -1.0], 3, id="exp at 0"),
    pytest.param(SincNearZero(), [0.0, 1.0], 4, id="sinc at 0"),
]


@pytest.mark.parametrize(("op", "x", "order"), BY_PARTS)
def test_a_kink_written_with_where_is_found_by_the_values_of_the_function(op, x, order):
    (finding,) = cr.check(op, np.array(x), order=order).findings
    assert finding.kind == "hidden_kink"
    assert finding.index == (0,)


@pytest.mark.parametrize("other", [1e-3, 100.0, 1e6])
def test_a_kink_is_found_beside_entries_of_any_size(other):
    (finding,) = cr.check(Squashed, np.array([0.0, other]), order=4).findings
    assert (finding.kind, finding.index) == ("hidden_kink", (0,))


def test_found_and_expected_are_those_of_the_guilty_entry():
    (finding,) = cr.check(SincNearZero, np.array([0.0, 1.0]), order=4).findings
    assert finding.found == pytest.approx(0, abs=1e-9)
    assert 0.5 < abs(finding.expected) / 0.2 < 1.5  # times the upstream gradient


def rows(report):
    return {c.compared: c.verdict for c in report.comparisons}


def test_an_order_that_cannot_be_judged_is_in_the_table():
    unjudged = {"third order": "not judged", "fourth order": "not judged"}
    x = np.array([0.0, 1.0])
    assert unjudged.items() <= rows(cr.check(cr.relu, x, order=4)).items()
    assert unjudged.items() <= rows(cr.check(lambda x: cr.relu(x) ** 3, x, order=4)).items()
    outside = cr.check(np.sin, x, order=4, gradient=np.cos)
    assert outside.passed
    assert (unjudged | {"second order": "not judged"}).items() <= rows(outside).items()

    class Leaves(cr.Op):
        def forward(self, x):
            return np.sin(x)

        def backward(self, upstream, x, out):
            return (np.asarray(getattr(upstream * x, "data", upstream)) * 0 + 1,)

    report = cr.check(Leaves, np.zeros(2), order=4)
    assert not report.passed or unjudged.items() <= rows(report).items()


@pytest.mark.parametrize("place", [0.0, 1e-5, 1e-3, 0.3])
def test_a_function_that_bends_within_a_short_way_is_no_hidden_kink(place):
    report = cr.check(lambda x: x + 1e-3 * np.tanh(1e4 * x), np.array([place, 1.0]), order=4)
    assert report.passed, str(report)


def test_a_function_with_kinks_of_a_higher_order_of_its_own_passes():
    x = np.array([0.0, 0.8, -0.5])
    for function in (
        lambda x: cr.relu(x) ** 3,
        lambda x: np.abs(x) ** 3,
        lambda x: x * abs(x) ** 3,
    ):
        report = cr.check(function, x, order=4)
        assert report.passed, str(report)


def test_a_wrong_slope_is_no_kink_where_the_function_has_none():
    (finding,) = cr.check(SineByParts(1.3), np.array([1.35])).findings
    assert finding.kind == "wrong_branch"


def test_orders_are_from_1_to_4():
    with pytest.raises(cr.errors.ArgumentError, match="order is 1, 2, 3 or 4"):
        cr.check(cr.tanh, AT_0, order=5)
    assert {"hidden_kink", "higher_order"} <= set(KINDS)


@pytest.mark.parametrize("change", [np.copy, np.zeros_like, np.round])
def test_numbers_of_python_beside_arrays_are_no_finding_to_the_fourth_order(change):
    for name in CATALOGUE.names():  # test_right_ops.py asks all ops, with arrays alone
        operands, values = operands_of(CATALOGUE[name])
        if CATALOGUE[name].flat or not any(isinstance(x, float) for x in operands):
            continue
        moved = [change(x) if _is_float(x) else x for x in operands]
        report = cr.check(CATALOGUE[name].of(*values), *moved, order=4)
        assert report.passed, str(report)


def _is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
