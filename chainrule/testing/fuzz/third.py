"""Third derivatives of a program along a line: three walks, three tangents, and differences.

Imports program and second. judge.py calls it for a share of the programs.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.differentiate import grad, jvp
from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.testing.fuzz.second import TRUST, apart
from chainrule.testing.fuzz.straight_line import Array, Program, pick

SAME = 1e-8  # three walks against three tangents, relative to the largest of the orders
STEP = 1e-3  # the narrowest of three central differences of the second derivative
ROUNDING = 1e-9  # of such a difference, relative to the largest of the orders
BARS = 10.0  # how many error bars make a mismatch
ALONG = {order: f"order {order} along a line: reverse is not forward" for order in (1, 2, 3)}
STEPPED = "third order is not the differences"
Function = Callable[[Any], Any]


def third_order(
    program: Program,
    weights: Sequence[Array],
    directions: Sequence[Array],
    kinked: bool,
    tally: Any,
    shrunk: bool = False,
) -> tuple[str, int, Any, Any] | None:
    """The first disagreement about the third derivative of the loss along the directions.

    Where the second derivative does not exist (it is NaN), behind a kink, or where a length is 0
    (``shrunk``), only the walks and the tangents are compared.
    """
    along = _along(program, weights, directions)
    pushed = [_forward(along, order) for order in (1, 2, 3)]
    pulled = [_reverse(along, order) for order in (1, 2, 3)]
    scale = max([1.0, *(abs(x) for x in pushed if np.isfinite(x))])
    tally.add("third order: reverse = forward", 1)
    for order, (x, y) in enumerate(zip(pulled, pushed, strict=True), start=1):
        if not apart(np.asarray(x), np.asarray(y), shrunk) <= SAME * scale:
            return ALONG[order], 0, x, y
    if kinked or shrunk or not np.isfinite(pushed[1:]).all():
        tally.add("third order = differences", 0, 1)
        return None
    try:
        runs = {k: _forward(along, 2, k * STEP) for k in (-4, -2, -1, 1, 2, 4)}
    except ChainruleError:  # the point lies at the edge of what an op takes
        return None
    central = [(runs[k] - runs[-k]) / (2 * k * STEP) for k in (4, 2, 1)]
    coarse, fine = (y + (y - x) / 3 for x, y in pairwise(central))  # Richardson's, of two widths
    noise = abs(pulled[1] - pushed[1]) / STEP
    bar = abs(fine - coarse) + noise + ROUNDING * scale
    is_judged = bool(bar <= TRUST * scale)
    tally.add("third order = differences", int(is_judged), int(not is_judged))
    if is_judged and not abs(pushed[2] - coarse) <= BARS * bar:
        return STEPPED, 0, pushed[2], coarse
    return None


def _along(program: Program, weights: Sequence[Array], directions: Sequence[Array]) -> Function:
    """The loss as a function of how far the leaves move along their directions."""
    total = CATALOGUE.function("sum")

    def loss(distance: Any) -> Any:
        moved = [x + distance * d for x, d in zip(program.leaves, directions, strict=True)]
        values = program.run(moved)
        return sum(
            (total(pick(e, values) * w) for e, w in zip(program.ends, weights, strict=True)),
            start=0.0 * distance,
        )

    return loss


def _forward(function: Function, order: int, where: float = 0.0) -> float:
    for _ in range(order):
        function = _pushed(function)
    return float(function(where))


def _pushed(function: Function) -> Function:
    return lambda x: jvp(function, (x,), (1.0,))[1]


def _reverse(function: Function, order: int) -> float:
    for _ in range(order):
        function = grad(function)
    return float(function(0.0))
