"""The properties catch what they are there for: broken ops, one fault each."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.domain import Domain
from chainrule.graph.op.families import Elementwise, Letter
from chainrule.testing import PROPERTIES, broadcast_cases, case_of, check_case, check_op
from chainrule.testing.differences import (
    complex_gradient,
    difference_gradient,
    one_sided_slope,
)

POSITIVE = (Domain(low=0.0, sample_low=0.3),)
KINK = (Domain(kinks=(0.0,)),)


class WrongFactor(Elementwise):
    def forward(self, x):
        return x * x

    def local_gradients(self, x, out):
        return (1.999999 * x,)


class WrongSign(cr.Op):
    def forward(self, x):
        return cr.cos(x)

    def backward(self, upstream, x, out):
        return (upstream * cr.sin(x),)


class ForgottenUpstream(cr.Op):
    def forward(self, x):
        return x**2

    def backward(self, upstream, x, out):
        return (2 * x,)


class DetachedSecondOrder(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * np.asarray(getattr(x, "value", x)) ** 2,)


class WrongForwardMode(Elementwise):
    def forward(self, x):
        return x * x

    def local_gradients(self, x, out):
        return (2 * x,)

    def jvp(self, tangents, inputs, out):
        return tangents[0] * inputs[0]


class NaNTail(Elementwise):
    def forward(self, x):
        return cr.exp(x) / (1 + cr.exp(x))


class NaNSlope(Elementwise):
    def forward(self, x):
        return cr.log(cr.exp(-abs(x)) + 1) + cr.maximum(x, 0)

    def local_gradients(self, x, out):
        return (cr.exp(x) / (1 + cr.exp(x)),)


class WrongKink(Elementwise):
    domains = KINK

    def forward(self, x):
        return abs(x)

    def local_gradients(self, x, out):
        return (cr.where(x > 0, 1.0, cr.where(x < 0, -1.0, 1.5)),)


class Doubles(cr.Op):
    def forward(self, x):
        return np.asarray(x, np.float64) * 2 if isinstance(x, np.ndarray) else x * 2

    def backward(self, upstream, x, out):
        return (upstream * 2,)


class WritesItsInput(cr.Op):
    def forward(self, x):
        if isinstance(x, np.ndarray):
            x += 1e-7
        return x * 2

    def backward(self, upstream, x, out):
        return (upstream * 2,)


class WritesUpstream(cr.Op):
    def forward(self, x):
        return x * 2

    def backward(self, upstream, x, out):
        if isinstance(upstream, np.ndarray):
            upstream *= 2
            return (upstream,)
        return (upstream * 2,)


class CountsInMemoryOrder(cr.Op):
    def forward(self, x):
        if isinstance(x, np.ndarray):
            return np.ravel(x, order="K").reshape(x.shape) * 2.0
        return x * 2.0

    def backward(self, upstream, x, out):
        return (upstream * 2,)


class ForgetsBroadcasting(cr.Op):
    def forward(self, x, y):
        return x * y

    def backward(self, upstream, x, y, out):
        return upstream * y, upstream * x


class FlatButNot(Letter):
    flat = True
    numpy = np.square

    def forward(self, x):
        return np.square(x)

    def local_gradients(self, x, out):
        return (2 * x,)


class WrongReference(Elementwise):
    numpy = np.sinh

    def forward(self, x):
        return (cr.exp(x) - cr.exp(-x)) * 0.5000001


class WrongShapeRule(cr.Op):
    def forward(self, x):
        return x * 2

    def spec(self, x):
        return type(x)((1, *x.shape), x.dtype)


BROKEN = [
    WrongFactor,
    WrongSign,
    ForgottenUpstream,
    DetachedSecondOrder,
    WrongForwardMode,
    NaNTail,
    NaNSlope,
    WrongKink,
    Doubles,
    WritesItsInput,
    WritesUpstream,
    CountsInMemoryOrder,
    FlatButNot,
    WrongReference,
    WrongShapeRule,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda op: op.__name__)
def test_every_fault_is_found(broken):
    with pytest.raises((AssertionError, cr.errors.ChainruleError, RuntimeWarning)):
        check_op(broken)


def test_forgotten_sums_over_broadcast_axes_are_found():
    check_op(ForgetsBroadcasting)
    cases = list(broadcast_cases(ForgetsBroadcasting, 0))
    with pytest.raises(cr.errors.BackwardRuleError):
        [check_case(case) for case in cases]


class Sound(Elementwise):
    domains = POSITIVE
    numpy = np.log

    def forward(self, x):
        return cr.log(x)


def test_a_sound_op_passes():
    check_op(Sound)


class NeedsArguments(cr.Op):
    size: int

    def forward(self, x):
        return x * self.size


class AnyNumber(cr.Op):
    def forward(self, *parts):
        return parts[0]


class OnlyIntegers(cr.Op):
    samples = staticmethod(lambda rng: (np.arange(3),))

    def forward(self, x):
        return x * 2


@pytest.mark.parametrize("op", [NeedsArguments, AnyNumber, OnlyIntegers])
def test_an_op_that_cannot_be_exercised_fails(op):
    with pytest.raises(AssertionError, match=r"exercised|no gradient flows"):
        case_of(op, 0)


def test_properties_have_names_and_explanations():
    assert len({keeps.__name__ for keeps in PROPERTIES}) == len(PROPERTIES) == 13
    assert all(keeps.__doc__ for keeps in PROPERTIES)


def test_differences_are_accurate():
    x = np.array([0.3, -1.2, 2.0])
    found = difference_gradient(lambda v: np.sum(np.exp(np.sin(v))), x)
    np.testing.assert_allclose(found, np.exp(np.sin(x)) * np.cos(x), rtol=1e-10)
    exact = complex_gradient(np.exp, x, np.ones(3))
    np.testing.assert_allclose(exact, np.exp(x), rtol=1e-15)
    assert abs(one_sided_slope(abs, 0.0, -1) + 1) < 1e-9
    assert abs(one_sided_slope(abs, 0.0, 1) - 1) < 1e-9
