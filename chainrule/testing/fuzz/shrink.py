"""Shrinking: the smallest program in which the same two sides still disagree.

Imports program and judge. A step drops lines, values, shapes or digits, and is kept if the program
still fails in the same way.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.spec import is_list, is_tuple
from chainrule.testing.fuzz.closing import BEHIND, COMPILED
from chainrule.testing.fuzz.compiled import COMPILING, KINDS
from chainrule.testing.fuzz.straight_line import (
    Array,
    Line,
    Program,
    Ref,
    is_array,
    parts_of,
    pick,
)
from chainrule.testing.fuzz.third import ALONG, STEPPED
from chainrule.testing.fuzz.verdict import Looks, Mismatch, Tally, judge

MOST_TRIALS = 600
Change = Callable[[Array], Array]


def shrink(program: Program, mismatch: Mismatch) -> tuple[Program, Mismatch]:
    """A program that fails as this one does, and from which no single step can be taken."""
    best, found, trials = program, mismatch, 0
    progress = True
    while progress and trials < MOST_TRIALS:
        progress = False
        for candidate in _candidates(best):
            trials += 1
            if _cost(candidate) >= _cost(best):
                continue
            still = _fails(candidate, mismatch)
            if still is not None:
                best, found, progress = candidate, still, True
                break
            if trials >= MOST_TRIALS:
                break
    return best, found


def _fails(program: Program, mismatch: Mismatch) -> Mismatch | None:
    try:
        found = judge(program, Tally(), _looks(mismatch.kind))
    except Exception:  # the remains of a program may be no program at all
        return None
    if found is None or found.kind != mismatch.kind:
        return None
    if (
        found.kind in ("an error", COMPILING)
        and found.found.split(":")[0] != mismatch.found.split(":")[0]
    ):
        return None
    return found


def _looks(kind: str) -> Looks:
    """Where a mismatch of this kind is seen; the float32 run costs little."""
    looks = Looks.SINGLE
    if kind.startswith("second"):
        looks |= Looks.SECOND
    elif kind in (*ALONG.values(), STEPPED):
        looks |= Looks.THIRD
    elif kind in BEHIND.values():
        looks |= Looks.CLOSED
    elif kind == COMPILED:
        looks |= Looks.CLOSED_COMPILED
    elif kind in KINDS.values():
        looks |= Looks.COMPILED
    elif kind == COMPILING:
        looks |= Looks.COMPILED | Looks.CLOSED_COMPILED
    return looks


def _cost(program: Program) -> tuple[Any, ...]:
    arrays = [*program.leaves, *(x for line in program.lines for x in line.constants())]
    digits = sum(len(str(x.tolist())) for x in arrays)
    refs = sum(len(line.refs()) for line in program.lines)
    return (
        len(program.lines),
        len(program.ends),
        refs,
        sum(x.size for x in arrays),
        sum(x.ndim for x in arrays),
        not program.plain,
        digits,
    )


def _candidates(program: Program) -> Iterator[Program]:
    with np.errstate(all="ignore"):
        values = program.run(program.leaves)
    yield from _earlier_ends(program, values)
    yield from _lines_as_leaves(program, values)
    yield from _bypassed(program, values)
    yield from _leaves_as_constants(program)
    if not program.plain:
        yield replace(program, plain=True)
    cuts = (_whole, _first_of_last_axis, _first_of_first_axis)
    for of_leaves, of_constants in ((_first, _first), *itertools.product(cuts, cuts)):
        yield _changed(program, of_leaves, of_constants)
    for change in (_first, *cuts):
        for i in range(len(program.leaves)):
            yield _changed_leaf(program, i, change)
    for digits in (0, 1, 3):
        rounded = functools.partial(_rounded, digits=digits)
        yield _changed(program, rounded, rounded)


def _earlier_ends(program: Program, values: Sequence[Any]) -> Iterator[Program]:
    """The program cut off at an earlier value; or with one of its ends alone."""
    for place in range(len(program.leaves), len(values)):
        for ref in parts_of(place, values[place]):
            if pick(ref, values).dtype.kind == "f":
                yield replace(program, ends=(ref,)).pruned()


def _lines_as_leaves(program: Program, values: Sequence[Any]) -> Iterator[Program]:
    """Each line replaced by a leaf that holds its value."""
    count = len(program.leaves)
    for place in reversed(range(count, len(values))):
        new = None if is_tuple(values[place]) else np.asarray(values[place])
        if new is None or new.dtype.kind not in "fb":
            continue
        if new.dtype.kind == "b":
            yield _with_values(program, {Ref(place): new}).pruned()
        elif np.isfinite(new).all():
            yield _with_leaf(program, place, new).pruned()
            yield _with_values(program, {Ref(place): new}).pruned()


def _with_leaf(program: Program, place: int, value: Array) -> Program:
    count = len(program.leaves)

    def moved(ref: Ref) -> Ref:
        if ref.place == place:
            return Ref(count)
        return Ref(ref.place + (ref.place >= count), ref.part)

    return replace(
        program,
        leaves=(*program.leaves, value),
        lines=tuple(e.rewritten({r: moved(r) for r in e.refs()}) for e in program.lines),
        ends=tuple(map(moved, program.ends)),
    )


def _with_values(program: Program, new: dict[Ref, Any]) -> Program:
    """References replaced by constants or by other references."""
    return replace(program, lines=tuple(line.rewritten(new) for line in program.lines))


def _bypassed(program: Program, values: Sequence[Any]) -> Iterator[Program]:
    """Each line left out: whoever read it reads one of its operands of the same shape."""
    for i, line in enumerate(program.lines):
        place = len(program.leaves) + i
        if not is_array(values[place]):
            continue
        for ref in line.refs():
            operand = pick(ref, values)
            if np.shape(operand) == np.shape(values[place]):
                new = {Ref(place): ref}
                ends = tuple(new.get(end, end) for end in program.ends)
                yield replace(_with_values(program, new), ends=ends).pruned()


def _leaves_as_constants(program: Program) -> Iterator[Program]:
    if len(program.leaves) > 1:
        for i, leaf in enumerate(program.leaves):
            yield _with_values(program, {Ref(i): leaf}).pruned()
    for k, line in enumerate(program.lines):  # one of several uses of the same value
        for ref in line.refs() if len(line.refs()) > 1 else ():
            if ref.place < len(program.leaves):
                lines = list(program.lines)
                lines[k] = line.rewritten({ref: program.leaves[ref.place]})
                yield replace(program, lines=tuple(lines)).pruned()


def _changed(program: Program, of_leaves: Change, of_constants: Change) -> Program:
    lines = [replace(e, args=_changed_args(e.args, of_constants)) for e in program.lines]
    leaves = tuple(np.asarray(of_leaves(x)) for x in program.leaves)
    return replace(program, leaves=leaves, lines=tuple(lines))


def _changed_args(args: Any, change: Change) -> tuple[Any, ...]:
    return tuple(
        list(_changed_args(x, change)) if is_list(x) else _changed_array(x, change) for x in args
    )


def _changed_array(x: Any, change: Change) -> Any:
    return np.asarray(change(x)) if is_array(x) and x.dtype.kind in "fbi" else x


def _changed_leaf(program: Program, i: int, change: Change) -> Program:
    leaves = list(program.leaves)
    leaves[i] = np.asarray(change(leaves[i]))
    return replace(program, leaves=tuple(leaves))


def _rounded(x: Array, digits: int) -> Array:
    return np.round(x, digits) + 0.0 if x.dtype.kind == "f" else x  # -0.0 + 0.0 is 0.0


def _whole(x: Array) -> Array:
    return x


def _first(x: Array) -> Array:
    return x.reshape(-1)[0] if x.size else x


def _first_of_last_axis(x: Array) -> Array:
    return x[..., :1] if x.ndim else x


def _first_of_first_axis(x: Array) -> Array:
    return x[:1] if x.ndim else x


__all__ = ["Line", "shrink"]
