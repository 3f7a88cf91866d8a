"""The third and fourth order: a kink hidden in a smooth function is found, named and placed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import KINDS
from chainrule.doctor.draw import operands_of
from chainrule.graph.catalogue import CATALOGUE
from chainrule.testing import assert_gradient
from tests.doctor.test_right_ops import BENT

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


def test_orders_are_from_1_to_4():
    with pytest.raises(cr.errors.ArgumentError, match="order is 1, 2, 3 or 4"):
        cr.check(cr.tanh, AT_0, order=5)
    assert {"hidden_kink", "higher_order"} <= set(KINDS)


CHANGES = {"samples": np.copy, "zeros": np.zeros_like, "integers": np.round}
NAMES = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_right_op_of_the_catalogue_has_no_findings_to_the_fourth_order(name, change):
    op = CATALOGUE[name]
    if name in BENT and change == "zeros":
        pytest.skip("there is no derivative here, and the op says so")
    operands, values = operands_of(op)
    moved = [CHANGES[change](x) if _is_float(x) else x for x in operands]
    try:
        with np.errstate(all="ignore"):
            op.of(*values).forward(*moved)
    except Exception:
        pytest.skip("outside the domain of this op")
    report = cr.check(op.of(*values), *moved, order=4)
    assert report.passed, str(report)


def _is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
