"""Slopes at the point itself: what lies between the one-sided slopes is right, the rest is not."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right


class Leaky(cr.Op):
    def forward(self, x):
        return np.where(x > 0, x, 0.1 * x)

    def backward(self, upstream, x, out):
        return (upstream * np.where(x > 0, 1.0, 0.1),)


class LeakyOnBothSides(Leaky):
    """At 0 both comparisons hold, and the slopes add up to 1.1."""

    def backward(self, upstream, x, out):
        return (upstream * (np.where(x >= 0, 1.0, 0.0) + np.where(x <= 0, 0.1, 0.0)),)


class Elu(cr.Op):
    def forward(self, x):
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))

    def backward(self, upstream, x, out):
        return (upstream * np.where(x > 0, 1.0, np.exp(np.minimum(x, 0.0))),)


class EluOnBothSides(Elu):
    def backward(self, upstream, x, out):
        left = np.where(x <= 0, np.exp(np.minimum(x, 0.0)), 0.0)
        return (upstream * (np.where(x >= 0, 1.0, 0.0) + left),)


class Magnitude(cr.Op):
    def forward(self, x):
        return np.abs(x)

    def backward(self, upstream, x, out):
        return (upstream * np.sign(x),)


class MagnitudeAsARatio(Magnitude):
    def backward(self, upstream, x, out):
        return (upstream * x / np.abs(x),)


class MagnitudeOfTwoAtZero(Magnitude):
    """A smoothed sign whose guard against 0 went wrong."""

    def backward(self, upstream, x, out):
        return (upstream * np.where(x == 0, 2.0, np.sign(x)),)


class Larger(cr.Op):
    def forward(self, x, y):
        return np.maximum(x, y)

    def backward(self, upstream, x, y, out):
        share = np.where(x == y, 0.5, np.where(x > y, 1.0, 0.0))
        return upstream * share, upstream * (1 - share)


class LargerPaysBoth(Larger):
    def backward(self, upstream, x, y, out):
        return np.where(x >= y, upstream, 0.0), np.where(y >= x, upstream, 0.0)


class Clip(cr.Op):
    def forward(self, x):
        return np.clip(x, -1.0, 1.0)

    def backward(self, upstream, x, out):
        return (np.where((x > -1) & (x < 1), upstream, 0.0),)


class ClipPassesAtItsBounds(Clip):
    """1 is between the one-sided slopes 0 and 1: another convention, and no fault."""

    def backward(self, upstream, x, out):
        return (np.where((x >= -1) & (x <= 1), upstream, 0.0),)


class Median(cr.Op):
    """The median of three."""

    def forward(self, x):
        low, high = np.minimum(x[0], x[1]), np.maximum(x[0], x[1])
        return np.maximum(low, np.minimum(high, x[2]))

    def backward(self, upstream, x, out):
        middle = np.where(x == out, 1.0, 0.0)
        return (upstream * middle / np.sum(middle),)


class MedianPaysEveryMiddle(Median):
    def backward(self, upstream, x, out):
        return (np.where(x == out, upstream, 0.0),)


AT_0 = np.array([-1.5, 0.0, 0.7, 2.0])
PAIR = np.array([1.0, 2.0, -1.0]), np.array([1.0, 0.5, 3.0])

BUGS = [
    Bug(LeakyOnBothSides, (AT_0,), "wrong_at_kink"),
    # The two slopes meet at 1, so 0 is no kink of the function; it is one of the formula.
    Bug(EluOnBothSides, (AT_0,), "wrong_at_kink"),
    Bug(MagnitudeAsARatio, (AT_0,), "non_finite"),
    Bug(MagnitudeOfTwoAtZero, (AT_0,), "wrong_at_kink"),
    Bug(LargerPaysBoth, PAIR, "wrong_at_kink", (0, 1)),
    Bug(MedianPaysEveryMiddle, (np.array([2.0, 1.0, 2.0]),), "wrong_at_kink"),
]

RIGHT = [
    Right(Leaky, (AT_0,), "at its kink"),
    Right(Elu, (AT_0,), "at its joint"),
    Right(Magnitude, (AT_0,), "at its kink"),
    Right(Larger, PAIR, "at a tie"),
    Right(Clip, (np.array([-1.0, 0.0, 1.0, 3.0]),), "at its bounds"),
    Right(ClipPassesAtItsBounds, (np.array([-1.0, 0.0, 1.0, 3.0]),)),
    Right(Median, (np.array([2.0, 1.0, 2.0]),), "at a tie"),
]
