"""Bad input: what is said of a scan that cannot be run.

Imports errors. scanning.py and flat_step.py ask it.
"""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, DTypeError, ShapeError, a_kind, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operands import NUMBERS, unmasked
from chainrule.settings import met
from chainrule.spec import Spec, is_tuple


def check_function(f: Any) -> None:
    """Raise unless the body can be called."""
    if not callable(f):
        raise ArgumentError(
            f"the body of a scan is a function, but this is {a_kind(f)}.",
            do="Pass f first: cr.scan(f, carry, xs), cr.fori(lower, upper, f, carry).",
        )


def check_reverse(reverse: Any) -> None:
    """Raise unless reverse is yes or no."""
    if not isinstance(reverse, bool | np.bool_):
        raise ArgumentError(
            f"reverse is True or False, not {reverse!r}.",
            do="reverse=True goes from the last entry to the first.",
        )


def tensor(x: Any, which: str) -> Any:
    """A leaf as a tensor or an array of numbers.

    Raises
    ------
    DTypeError
        If it holds something else.
    """
    x = met(x)
    if not isinstance(x, Symbol):
        try:
            x = np.asarray(unmasked(x))
        except ValueError:  # lists of different lengths
            x = np.empty((), object)
        x = x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    if x.dtype.kind not in NUMBERS:
        raise DTypeError(
            f"a scan carries numbers, but {which} holds {x.dtype}.",
            found=[describe("found", x)],
            do="Give arrays of numbers; the body may close over what is the same at every step.",
        )
    return x


def whole(x: Any, name: str) -> int:
    """A whole number.

    Raises
    ------
    ArgumentError
        If it is something else, or only known when the loop runs.
    """
    if not isinstance(x, bool | np.bool_ | Symbol):
        try:
            return index(x)
        except TypeError:
            pass
    raise ArgumentError(
        f"{name} is a whole number that is known before the first step, not {x!r}.",
        do="The number of steps belongs to the loop, as a shape does to an array. Where it hangs "
        "on values, run to the longest and keep the carry by where(i < count, after, before).",
    )


def steps_of(streams: Sequence[Any], length: Any) -> int:
    """The number of steps.

    Raises
    ------
    ShapeError
        If the sequences differ in length, or one has no axis to go along.
    ArgumentError
        If nothing tells it, or ``length`` is no number of steps.
    """
    for x in streams:
        if not x.shape:
            raise ShapeError(
                "xs are sequences along their first axis, but this one has no axes.",
                found=[describe("x", x)],
                do="Stack the entries of all steps, or let the body close over what is the same.",
            )
    count = None if length is None else whole(length, "length")
    if count is not None and count < 0:
        raise ArgumentError(
            f"a scan cannot have {count} steps.", do="length=0 gives the carry back as it is."
        )
    counts: set[int] = {x.shape[0] for x in streams}
    if count is not None:
        counts.add(count)
    if len(counts) > 1:
        raise ShapeError(
            "the sequences of a scan have one length, the number of steps.",
            found=[
                *(describe(f"xs {i}", x) for i, x in enumerate(streams)),
                *([] if count is None else [f"length    {count}"]),
            ],
            do="Cut or pad them to one length; leave length away where there are xs.",
        )
    if not counts:
        raise ArgumentError(
            "nothing tells how many steps this scan has: there are no xs, and no length.",
            do="Pass sequences, cr.scan(f, carry, xs), or cr.scan(f, carry, length=100).",
        )
    return counts.pop()


def segment_of(checkpoint: Any) -> int | None:
    """The number of steps of a segment.

    Raises
    ------
    ArgumentError
        If it is not at least 1.
    """
    if checkpoint is None:
        return None
    count = whole(checkpoint, "checkpoint")
    if count < 1:
        raise ArgumentError(
            f"checkpoint is a number of steps, at least 1, not {count}.",
            do="Leave it out to keep the values of all steps.",
        )
    return count


def no_pair(answer: Any) -> ArgumentError:
    """The error for a body that does not return two things."""
    kind = type(answer).__name__
    size = f" of {len(answer)}" if is_tuple(answer) else ""
    return ArgumentError(
        "the body of a scan returns (carry, y).",
        found=[f"returned  {kind}{size}"],
        do="Where there is nothing to be gathered from the steps: return carry, None.",
    )


def other_container(before: Any, after: Any) -> ArgumentError:
    """The error for a carry that comes back in another container."""
    return ArgumentError(
        "the carry of a scan stays in its containers: each step takes what the last one gave.",
        found=[f"taken     {before}", f"given     {after}"],
        do="Return (carry, y) with the keys, lists and tuples of the carry that was passed in.",
    )


def check_carry(name: str, before: Spec, after: Spec) -> None:
    """Raise where a part of the carry comes back in another shape or dtype."""
    found = [describe("taken", before), describe("given", after)]
    which = f" at {name}" if name else ""
    if before.shape != after.shape:
        raise ShapeError(
            f"the carry{which} has another shape after a step: each takes what the last one gave.",
            found=found,
            do="Begin with an array of the shape that the body returns; gather what grows as y.",
        )
    if before.dtype != after.dtype:
        raise DTypeError(
            f"the carry{which} has another dtype after a step: each takes what the last one gave.",
            found=found,
            do=f"Begin with {after.dtype}, or return carry.astype(np.{before.dtype}).",
        )
