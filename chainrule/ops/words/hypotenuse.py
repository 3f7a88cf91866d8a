"""hypot: the length of a vector of two numbers, and the legs that are its slopes.

Imports the families and letters. As with ``norm``, the slopes at the origin are 0 and the second
derivative there is NaN, but 0 along a direction of zeros.
"""

from collections.abc import Sequence
from math import inf, nan
from typing import Any

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import Elementwise, Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import equal, logical_and, where

FAR = Domain(sample_low=0.3)  # from the origin, where a length has its kink


@op("hypot", numpy=np.hypot, domains=(FAR, FAR))
class Hypot(Word):
    """sqrt(x**2 + y**2), the length of the vector (x, y), without overflow of the squares.

    Notes
    -----
    Both slopes at the origin are 0, the subgradient of least norm. Second derivatives do not
    exist there: they are NaN, and 0 along the direction (0, 0).
    """

    c = "hypot"

    def forward(self, x: Any, y: Any) -> Any:
        return np.hypot(x, y)

    def backward(self, upstream: Any, x: Any, y: Any, out: Any) -> Any:
        if any(isinstance(each, Symbol) for each in (upstream, x, y)):
            return lambda: leg(upstream, x, y), lambda: leg(upstream, y, x)
        return lambda: upstream * _share(x, out), lambda: upstream * _share(y, out)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The part of each tangent that points along the vector."""
        (dx, dy), (x, y) = tangents, inputs
        one = None if dx is None else moved_leg(dx, x, y)
        other = None if dy is None else moved_leg(dy, y, x)
        return _added(one, other)


class _Leg(Elementwise):
    """w * x / hypot(x, y); 0 at the origin."""

    def forward(self, w: Any, x: Any, y: Any) -> Any:
        return w * _share(x, hypot(x, y))

    def turned(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Slopes of x / hypot(x, y) in x and y, NaN at the origin."""
        r = hypot(x, y)
        safe = where(equal(r, 0), nan, r)
        far = equal(r, inf)  # flat, and inf / inf would be NaN
        across = where(far, 0, y / safe)
        along = where(far, 0, x / safe)
        return across * across / safe, -(along * across / safe)


@op("leg", domains=(REAL, FAR, FAR))
class Leg(_Leg):
    """w * x / hypot(x, y), where w is the gradient of the length; 0 at the origin."""

    def backward(self, upstream: Any, w: Any, x: Any, y: Any, out: Any) -> Any:
        def turned(which: int) -> Any:
            slope = w * (upstream * self.turned(x, y)[which])
            return where(_rests(x, y, upstream), 0, slope)

        return lambda: moved_leg(upstream, x, y), lambda: turned(0), lambda: turned(1)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The product rule."""
        (dw, *moves), (w, x, y) = tangents, inputs
        one = None if dw is None else leg(dw, x, y)
        return _added(one, _times(w, _moved(self, moves, x, y)))


@op("moved_leg", domains=(REAL, FAR, FAR))
class MovedLeg(_Leg):
    """w * x / hypot(x, y), where w is how far x moves: the length moves by it; 0 at the origin."""

    def backward(self, upstream: Any, w: Any, x: Any, y: Any, out: Any) -> Any:
        def turned(which: int) -> Any:
            slope = upstream * (w * self.turned(x, y)[which])
            return where(_rests(x, y, w), 0, slope)

        return lambda: leg(upstream, x, y), lambda: turned(0), lambda: turned(1)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The product rule."""
        (dw, *moves), (w, x, y) = tangents, inputs
        one = None if dw is None else moved_leg(dw, x, y)
        other = _times(w, _moved(self, moves, x, y))
        return _added(one, None if other is None else where(_rests(x, y, w), 0, other))


def _rests(x: Any, y: Any, *directions: Any) -> Any:
    """Whether nothing moves at the origin."""
    still = equal(hypot(x, y), 0)
    for direction in directions:
        still = logical_and(still, equal(direction, 0))
    return still


def _moved(pair: _Leg, moves: Sequence[Any], x: Any, y: Any) -> Any:
    """How x / hypot(x, y) moves with x and y; 0 at the origin where neither moves."""
    terms = [
        None if move is None else slope * move
        for slope, move in zip(pair.turned(x, y), moves, strict=True)
    ]
    given = [term for term in terms if term is not None]
    if not given:
        return None
    moving = [move for move in moves if move is not None]
    return where(_rests(x, y, *moving), 0, given[0] if len(given) == 1 else given[0] + given[1])


def _times(w: Any, moved: Any) -> Any:
    return None if moved is None else w * moved


def _added(one: Any, other: Any) -> Any:
    """The sum of two tangents, either of which may be missing."""
    return other if one is None else one if other is None else one + other


def _share(x: Any, length: Any) -> Any:
    """The share of the length that points along x."""
    share = where(equal(length, 0), 0, x / where(equal(length, 0), 1, length))
    return where(equal(x, inf), 1, where(equal(x, -inf), -1, share))  # inf / inf would be NaN


hypot, leg, moved_leg = Hypot.function, Leg.function, MovedLeg.function
