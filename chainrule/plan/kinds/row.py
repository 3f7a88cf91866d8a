"""Row: several passes over a row, for every row.

Imports kernel, pointwise, partial_sums, costs, traffic and wording.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import numpy as np

from chainrule.ops.sums import accurate_sum
from chainrule.plan.costs import instructions
from chainrule.plan.kernel import Axes, Kernel
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.loops_as_text import chain, lengths, letters_of
from chainrule.plan.numpy_memory import AnyArray, Memory
from chainrule.plan.partial_sums import added, completed, wide_dtype
from chainrule.plan.scalar import Access, Body, Store, counted, other_length
from chainrule.plan.traffic import Touch, loads, stored


@dataclass(frozen=True)
class Reduction:
    """All values of an instruction along the inner axes become one.

    Kinds: "sum", "product", "max", "min" (both pass NaN on), "any", "all" (of booleans),
    "argmax", "argmin" (int64, the first one; the place counted along the inner axes in C order).
    Sums of floats are pairwise or wider inside: 2**24 + 1000 ones in float32 are counted right.
    """

    kind: str
    value: int
    dtype: str


@dataclass(frozen=True)
class Pass:
    """One run over the inner axes of a row, and what follows once for the row.

    ``body`` runs for every element: its accesses and coordinates have the outer axes first, then
    the inner ones. ``Given(i)`` is what is known of the row so far: the results of all reductions
    of earlier passes and the ``kept`` values of their ``after``, in that order, pass by pass.
    ``after`` runs once per row when the reductions are done: its accesses have the outer axes
    only, and ``Given`` counts this pass's reductions too.
    """

    body: Body = ()
    stores: tuple[Store, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    after: Body = ()
    after_stores: tuple[Store, ...] = ()
    kept: tuple[int, ...] = ()  # instructions of ``after`` that later passes read


@dataclass(frozen=True)
class Row(Kernel):
    """Several passes over a row, for every row: softmax, normalization, losses, sums.

    Rows do not depend on each other. What a pass stores, later passes of the same row may load.
    ``scratch`` are the buffers that nobody reads afterwards: a kernel that can do without storing
    there need not.
    """

    outer: tuple[int, ...]
    inner: tuple[int, ...]
    passes: tuple[Pass, ...]
    scratch: tuple[int, ...] = ()

    def reads(self) -> Iterator[Touch]:
        """The loads of all passes."""
        shape = (*self.outer, *self.inner)
        for number, each in enumerate(self.passes):
            yield from loads(each.body, shape, 2 * number)
            yield from loads(each.after, self.outer, 2 * number + 1)

    def writes(self) -> Iterator[Touch]:
        """The stores of all passes."""
        shape = (*self.outer, *self.inner)
        for number, each in enumerate(self.passes):
            yield from stored(each.stores, each.body, shape, 2 * number)
            yield from stored(each.after_stores, each.after, self.outer, 2 * number + 1)

    def run(self, memory: Memory) -> None:
        """One pass after the other, over all rows at once."""
        shape = (*self.outer, *self.inner)
        known: list[AnyArray] = []
        for each in self.passes:
            spread = [self._spread(x) for x in known]
            values = memory.evaluate(each.body, shape, spread)
            known += [self._reduced(r, values[r.value]) for r in each.reductions]
            memory.store(each.stores, values, shape)
            after = memory.evaluate(each.after, self.outer, known)
            known += [np.array(after[place]) for place in each.kept]
            memory.store(each.after_stores, after, self.outer)

    def _spread(self, known: AnyArray) -> AnyArray:
        """What is known of each row, as it is met along the row."""
        whole = np.broadcast_to(known, self.outer)
        return whole.reshape((*self.outer, *(1 for _ in self.inner)))

    def _reduced(self, reduction: Reduction, value: AnyArray) -> AnyArray:
        """The inner axes as one number per row; NumPy's sums are pairwise along a last axis."""
        whole = np.broadcast_to(value, (*self.outer, *self.inner))
        flat = np.ascontiguousarray(whole).reshape((*self.outer, -1))
        if reduction.kind == "sum" and flat.dtype.kind == "f":
            return np.asarray(accurate_sum(flat, (flat.ndim - 1,)), reduction.dtype)
        reduce: Any = _PRODUCT if reduction.kind == "product" else getattr(np, reduction.kind)
        found = reduce(flat, axis=-1)
        return np.asarray(found).astype(reduction.dtype, copy=False)

    def flops(self) -> int:
        """Those of all bodies, and one per element of a reduction."""
        each = sum(instructions(p.body) + len(p.reductions) for p in self.passes)
        after = sum(instructions(p.after) for p in self.passes)
        return prod(self.outer) * (prod(self.inner) * each + after)

    def code_key(self) -> Any:
        """Scratch is named by what could be an access."""
        return self.outer, self.inner, self.passes, self._spare()

    def moved(self, change: Callable[[Access], Access]) -> Self:
        """With other scratch too."""
        other = super().moved(change)
        return replace(other, scratch=tuple(change(each).buffer for each in self._spare()))

    def _spare(self) -> tuple[Access, ...]:
        return tuple(Access(buffer, ()) for buffer in self.scratch)

    def loops(self) -> str:
        """The rows, and what is reduced of each."""
        return f"{lengths(self.outer)} x [{lengths(self.inner)}]"

    def what(self) -> str:
        """The letters of all passes; a reduction stands where its loop ends."""
        found: list[str] = []
        for each in self.passes:
            found += [*letters_of(each.body), *(r.kind.upper() for r in each.reductions)]
            found += letters_of(each.after)
        return chain(found)

    def row_axes(self) -> Axes:
        """The outer ones, where it does not count along them."""
        known = self._counted()
        return [pair for pair in enumerate(self.outer) if pair[0] not in known]

    def cut(self, axis: int, length: int) -> Self:
        """Fewer rows."""
        return replace(self, outer=other_length(self.outer, axis, length))

    def sum_axes(self) -> Axes:
        """The inner ones of a single pass that makes sums."""
        sums = all(r.kind == "sum" for r in self.passes[0].reductions)
        if len(self.passes) > 1 or not sums:
            return ()
        start, known = len(self.outer), self._counted()
        return [(i, n) for i, n in enumerate(self.inner) if start + i not in known]

    def sums(self) -> tuple[tuple[int, str], ...]:
        """One per row and reduction, in a wider dtype: there may be many parts."""
        rows = prod(self.outer)
        return tuple((rows, wide_dtype(r.dtype)) for r in self.passes[0].reductions)

    def adding(self, axis: int, length: int, sums: Sequence[int]) -> Self:
        """Shorter rows."""
        body, stores = added(sums, *self._dtypes(), self.outer)
        only = replace(self.passes[0], after=body, after_stores=stores, kept=())
        inner = other_length(self.inner, axis, length)
        return replace(self, inner=inner, passes=(only,))

    def ending(self, sums: Sequence[int]) -> Pointwise:
        """What follows once for a row."""
        only = self.passes[0]
        body, stores = completed(sums, *self._dtypes(), self.outer, only.after, only.after_stores)
        return Pointwise(self.outer, body, stores)

    def _dtypes(self) -> tuple[list[str], list[str]]:
        """Of the reductions, and of the sums of their parts."""
        found = [r.dtype for r in self.passes[0].reductions]
        return found, [wide_dtype(dtype) for dtype in found]

    def _counted(self) -> set[int]:
        return {
            axis
            for each in self.passes
            for body in (each.body, each.after)
            for axis in counted(body)
        }


_PRODUCT: Any = np.multiply.reduce
