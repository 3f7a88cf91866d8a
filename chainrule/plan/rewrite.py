"""Rewrite: the tools of every pass over a Flow: what steps read and make, and what stands instead.

Imports steps and views. simplify and its passes use it.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from operator import is_
from typing import Any

import numpy as np

from chainrule.plan.alone import Alone, is_guard
from chainrule.plan.steps import (
    Array,
    Assemble,
    Flow,
    Map,
    Number,
    Operand,
    Pick,
    Product,
    Reduce,
    Ref,
    Step,
    contiguous,
)
from chainrule.plan.views import broadcasted

Change = Callable[[Any], Any]


def reads(step: Step) -> Sequence[Ref]:
    """Every Ref that a step looks through."""
    if type(step) is Map:  # most of what there is, and this is asked ten times of each
        return [x for x in step.operands if type(x) is Ref]
    if isinstance(step, Alone):
        return step.sources()
    found: list[Ref] = []

    def see(x: Any) -> Any:
        if isinstance(x, Ref):
            found.append(x)
        return x

    with_operands(step, see, see)
    return found


def makes(step: Step) -> tuple[Array, ...]:
    """The arrays that a step fills."""
    if type(step) is Map:
        return (step.out,)
    return step.outs() if isinstance(step, Alone) else (step.out,)


def with_operands(step: Step, operand: Change, ref: Change) -> Step:
    """A step with every operand changed: by ``operand`` where a Number may stand, else ``ref``."""
    if isinstance(step, Map):
        operands = step.operands
        found = tuple([operand(x) for x in operands])
        return step if all(map(is_, found, operands)) else Map(step.letter, found, step.out)
    match step:
        case Reduce():
            x = ref(step.x)
            return step if x is step.x else replace(step, x=x)
        case Product(a, b, out):
            left, right = ref(a), ref(b)
            return step if left is a and right is b else Product(left, right, out)
        case Pick():
            seen = ref(_reached(step))
            source = Ref(seen.array, seen.shape[:-1], seen.strides[:-1], seen.offset)
            index = ref(step.index)
            return replace(step, source=source, stride=seen.strides[-1], index=index)
        case Assemble():
            parts = tuple(replace(part, operand=operand(part.operand)) for part in step.parts)
            return replace(step, parts=parts)
        case Alone():
            return step.changed(operand, ref)


def _reached(step: Pick) -> Ref:
    """All that a Pick may read: its index is one more axis."""
    x = step.source
    return Ref(x.array, (*x.shape, step.length), (*x.strides, step.stride), x.offset)


def drop_unused(flow: Flow) -> Flow:
    """Without the steps whose results nobody reads; checks stay."""
    used = {x.array for x in flow.outputs if isinstance(x, Ref)}
    kept: list[Step] = []
    for step in reversed(flow.steps):
        if step.out not in used if type(step) is Map else not _is_needed(step, used):
            continue
        step = step.without_unused(used) if isinstance(step, Alone) else step
        kept.append(step)
        used.update([x.array for x in reads(step)])
    return replace(flow, steps=tuple(reversed(kept)))


def _is_needed(step: Step, used: Set[Array]) -> bool:
    return is_guard(step) or any(out in used for out in makes(step))


class Rewriter:
    """Builds the new list of steps; an array that is replaced is seen through another one.

    The step that made a replaced array is kept aside: it is written after all, if somebody looks
    at the array in a way that has no strides in the other one.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._instead: dict[Array, tuple[Operand, Step]] = {}

    def replace(self, array: Array, by: Operand, step: Step) -> None:
        """From here on, look at ``by`` (of the array's shape) rather than at the array."""
        self._instead[array] = by, step

    def sees(self, x: Ref) -> bool:
        """Whether something else is to be read in the place of a Ref."""
        return x.array in self._instead

    def operand(self, x: Operand) -> Operand:
        """What to read in the place of an operand."""
        if isinstance(x, Number) or x.array not in self._instead:
            return x
        by, step = self._instead[x.array]
        if isinstance(by, Number):
            return by
        found = composed(x, by)
        if found is None:
            del self._instead[x.array]
            self.steps.append(step)
            return x
        return found

    def ref(self, x: Ref) -> Ref:
        """What to read in the place of a Ref; a Number becomes a constant."""
        found = self.operand(x)
        return found if isinstance(found, Ref) else as_ref(found, x.shape)

    def read(self, step: Step) -> Step:
        """A step that reads what stands in the place of its operands."""
        if type(step) is Map and self._instead.keys().isdisjoint([x.array for x in reads(step)]):
            return step
        return with_operands(step, self.operand, self.ref)

    def flow(self, old: Flow) -> Flow:
        """The new Flow."""
        outputs = tuple(self.ref(x) if isinstance(x, Ref) else x for x in old.outputs)
        return Flow(old.inputs, outputs, tuple(self.steps), old.updates)


def as_ref(x: Number, shape: tuple[int, ...]) -> Ref:
    """One number everywhere, as a constant of one element."""
    one = np.full((1,) * len(shape), x.value, x.dtype)
    return broadcasted(Array(one.shape, x.dtype, one).ref(), shape)


def composed(outer: Ref, inner: Ref) -> Ref | None:
    """A view of an array which is itself seen through a view of another one; None if it is none.

    Each step along an axis of ``outer`` is taken apart into steps along the axes of the array; it
    has strides in the other one if no step runs over the end of an axis.
    """
    shape = outer.array.shape
    steps = contiguous(shape)
    start = _digits(outer.offset, steps)
    low, high = list(start), list(start)
    strides: list[int] = []
    for n, stride in zip(outer.shape, outer.strides, strict=True):
        moves = [m if stride >= 0 else -m for m in _digits(abs(stride), steps)]
        if n > 1:
            for i, move in enumerate(moves):
                (high if move > 0 else low)[i] += move * (n - 1)
        strides.append(sum(m * s for m, s in zip(moves, inner.strides, strict=True)))
    if any(a < 0 or b >= n for a, b, n in zip(low, high, shape, strict=True)):
        return None
    offset = inner.offset + sum(i * s for i, s in zip(start, inner.strides, strict=True))
    return Ref(inner.array, outer.shape, tuple(strides), offset)


def _digits(place: int, steps: tuple[int, ...]) -> list[int]:
    """A place in an array as one index per axis."""
    found: list[int] = []
    for step in steps:
        found.append(place // step)
        place %= step
    return found
