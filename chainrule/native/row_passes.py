"""Passes: what a Row kernel computes, with its instructions numbered and shared between passes.

Imports axes and numbering. Rows are written from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.native.numbering import Numbering
from chainrule.plan.kinds.row import Reduction, Row
from chainrule.plan.scalar import Access, Apply, Store

Stores = list[tuple[Access, int]]


@dataclass(frozen=True)
class Stage:
    """A pass, in numbers of nodes.

    Attributes
    ----------
    first : int
        The place (of Given) of its first reduction.
    held : list of int
        What later passes read and nobody stores. It is computed in this pass all the same: what
        it is made of may lie where a store of this pass writes.
    """

    stores: Stores
    reductions: list[tuple[Reduction, int]]
    after_stores: Stores
    kept: list[int]
    first: int
    held: list[int] = field(default_factory=list[int])

    def within(self) -> list[int]:
        """What is computed for every element."""
        return [*(number for _, number in [*self.stores, *self.reductions]), *self.held]

    def behind(self) -> list[int]:
        """What is computed once, when the reductions are done."""
        return [*(number for _, number in self.after_stores), *self.kept]


@dataclass(frozen=True)
class Script:
    """All passes of a row over ``shape``, of which the first ``outer`` axes are the rows'.

    ``scratch`` is that of the kernel.
    """

    shape: tuple[int, ...]
    outer: int
    numbering: Numbering
    stages: list[Stage]
    scratch: tuple[int, ...]

    def loads(self) -> dict[Access, str]:
        """Where it loads, at full rank, and the dtype there."""
        roots = [n for stage in self.stages for n in (*stage.within(), *stage.behind())]
        return self.numbering.accesses(self.numbering.needed(roots))

    def reads(self, access: Access) -> bool:
        """Whether a row's elements are loaded there before any are stored there."""
        for stage in self.stages:
            if access in self.numbering.accesses(self.numbering.needed(stage.within())):
                return True
            if any(access == stored for stored, _ in stage.stores):
                return False
        return False

    def stores(self) -> dict[Access, str]:
        """Where it stores."""
        nodes = self.numbering.nodes
        stores = [s for stage in self.stages for s in (*stage.stores, *stage.after_stores)]
        return {access: nodes[number].step.dtype for access, number in stores}


def script(kernel: Row, forward: bool) -> Script:
    """Number a kernel's instructions; ``forward``: what is stored goes on to later passes."""
    shape, outer = (*kernel.outer, *kernel.inner), len(kernel.outer)
    written = {s.access.buffer for p in kernel.passes for s in (*p.stores, *p.after_stores)}
    numbering = Numbering(shape, outer, written)
    stages: list[Stage] = []
    known = 0
    for each in kernel.passes:
        numbers = numbering.add(each.body)
        stores = _stores(numbering, each.stores, numbers)
        reductions = [(r, _source(numbering, r, numbers[r.value])) for r in each.reductions]
        for access, number in stores:
            numbering.stored(access, number, forward)
        numbers = numbering.add(each.after)
        after = _stores(numbering, each.after_stores, numbers)
        for access, number in after:
            numbering.stored(access, number, True)
        stages.append(Stage(stores, reductions, after, [numbers[i] for i in each.kept], known))
        known += len(reductions) + len(each.kept)
    plan = Script(shape, outer, numbering, stages, kernel.scratch)
    spare = set(kernel.scratch) - {access.buffer for access in plan.loads()}
    for stage in stages:
        stage.held[:] = [number for access, number in stage.stores if access.buffer in spare]
        stage.stores[:] = [each for each in stage.stores if each[0].buffer not in spare]
    return plan


def _stores(numbering: Numbering, stores: Sequence[Store], numbers: Sequence[int]) -> Stores:
    return [(numbering.widen(store.access), numbers[store.value]) for store in stores]


def _source(numbering: Numbering, reduction: Reduction, number: int) -> int:
    """What is reduced, in the dtype of the result."""
    dtype = numbering.nodes[number].step.dtype
    if reduction.kind.startswith("arg") or dtype == reduction.dtype:
        return number
    return numbering.number(Apply("cast", (number,), reduction.dtype))
