"""Ties: at a kink all inputs are moved together, for what no single entry can show.

Imports evidence and truth. judge.py asks it where the point lies on a kink.

max(x, y) at x = y has slopes from 0 to 1 in each of its inputs, so 1 is a legal slope for both;
but moved together they raise the result by 1, and shares that add up to 2 are wrong.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.evidence import BARS, Evidence
from chainrule.doctor.finding import Finding
from chainrule.doctor.subject import Array, copies, like
from chainrule.doctor.truth import Truth

AROUND = 8  # points next to a kink
NEXT = 1e-4  # how far they are, relative to the largest entry
ROUGH = 1e-3  # relative: the slope changes on the way


def together(e: Evidence) -> Finding | None:
    """A gradient that is legal entry by entry and gives too much, or too little, in all.

    Several inputs are asked only for too much: clip at a bound gives 0 to x and to the bound, the
    smallest slope of each.
    """
    if not any(bool(true.kinked.any()) for true in e.expected.values()):
        return None
    moving = [i for i in e.subject.moving if e.shaped(i) is not None]
    for i in moving:
        finding = _shares(e, (i,), e.upstreams, e.found, both=True)
        if finding is not None:
            return finding
    if len(moving) < 2 or e.subject.of_sum:
        return None
    ones = tuple(np.ones_like(u) for u in e.upstreams)
    return _shares(e, tuple(moving), ones, e.another(ones), both=False)


def _shares(
    e: Evidence,
    chosen: tuple[int, ...],
    upstreams: tuple[Array, ...],
    gradients: tuple[Array | None, ...],
    both: bool,
) -> Finding | None:
    parts = [gradients[i] for i in chosen]
    found = sum(float(np.sum(part)) for part in parts if part is not None)
    legal = _slopes(e, chosen, upstreams)
    if legal is None or not np.isfinite(found):
        return None
    low, high, slack = legal
    if low - slack <= found <= high + slack:
        return None
    if not both and abs(found) <= max(abs(low), abs(high)) + slack:
        return None
    names = ", ".join(e.subject.names[i] for i in chosen)
    return Finding(
        "wrong_at_kink",
        f"at this tie the shares of {names} add up to {found:.6g}, but moved together they "
        f"change the result by {high:.6g}.",
        "Shares at a tie add up to the upstream gradient: split it evenly, or give all to one.",
        input=names,
        found=found,
        expected=high,
        error_bar=slack,
    )


def _slopes(
    e: Evidence, chosen: tuple[int, ...], upstreams: tuple[Array, ...]
) -> tuple[float, float, float] | None:
    """The slopes that a legal gradient may have along the ones: on both sides, and all around."""
    along = _along(e, chosen, upstreams, e.truth.wide)
    if along is None or not along.known.all():
        return None
    low, high = float(along.low), float(along.high)
    slack = ROUGH * max(float(along.size), abs(low), abs(high)) + BARS * float(along.bar)
    rng = np.random.default_rng(17)
    for _ in range(AROUND):
        there = copies(e.truth.wide)
        for i in e.subject.moving:
            reach = NEXT * (float(np.abs(there[i]).max(initial=0.0)) or 1.0)
            there[i] = like(there[i] + reach * rng.uniform(-1, 1, there[i].shape), there[i])
        other = _along(e, chosen, upstreams, tuple(there))
        if other is not None and other.known.all():
            low, high = min(low, float(other.low)), max(high, float(other.high))
    return low, high, slack


def _along(
    e: Evidence,
    chosen: tuple[int, ...],
    upstreams: tuple[Array, ...],
    operands: tuple[Any, ...],
) -> Any:
    """The slope of <upstream, result> as all entries of some inputs move by the same."""

    def run(step: Array) -> Any:
        moved = [x + step if i in chosen else x for i, x in enumerate(copies(operands))]
        return e.subject.run(*moved)

    subject = replace(
        e.subject, run=run, operands=(np.zeros(()),), names=("step",), op=None, formula=None
    )
    try:
        return Truth(subject).expected(0, upstreams)
    except Exception:  # outside the domain nothing is said
        return None
