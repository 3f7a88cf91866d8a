"""Rows: several passes over each row, with vectors along the row or across neighbouring rows.

Imports axes, layout, passes, values, folding and units.
"""

from collections.abc import Callable, Sequence
from math import prod

from chainrule.native import cycles as costs
from chainrule.native.axes import fewer_row_axes
from chainrule.native.crossing import chunk
from chainrule.native.folding import Folding
from chainrule.native.frame import Frame
from chainrule.native.ir import Value
from chainrule.native.kernel_function import Function
from chainrule.native.loop_values import Values
from chainrule.native.loops import Loops, State
from chainrule.native.row_layout import Layout, layout
from chainrule.native.row_passes import Stage
from chainrule.native.spans import Span, Strand
from chainrule.native.units import Units
from chainrule.plan.kinds.row import Row
from chainrule.plan.scalar import Access

Move = Callable[[Access, list[Strand]], None]


def emit(kernel: Row, function: Function) -> int:
    """Write it; the number of units."""
    if 0 in kernel.outer:
        return 1
    rows = _Rows(function.frame, layout(fewer_row_axes(kernel), function.target))
    return rows.write(function.begin, function.end)


def microseconds(kernel: Row) -> float:
    """Estimated time on one core."""
    inner = sum(costs.microseconds(each.body) for each in kernel.passes) * prod(kernel.inner)
    outer = sum(costs.microseconds(each.after) for each in kernel.passes)
    return prod(kernel.outer) * (inner + outer)


class _Rows:
    """Writes the code of one kernel."""

    def __init__(self, frame: Frame, plan: Layout) -> None:
        self.plan, self.numbering = plan, plan.script.numbering
        places = plan.script.loads() | plan.script.stores()
        self.values = Values(frame, self.numbering, places, plan.spans, plan.axis, plan.beside)
        self.loops = Loops(self.values)
        for access in plan.staged:
            self.values.stage(access)

    def write(self, begin: Value, end: Value) -> int:
        """The loops over rows; returns the number of units."""
        plan, values = self.plan, self.values
        needed = {n for stage in plan.script.stages for n in self._needed(stage)}
        early = [n for n in sorted(needed) if not self.numbering.nodes[n].late]
        levels = self.numbering.levels(early, plan.outer)
        values.evaluate(levels[0], [values.strand])
        self.loops.ready.update(zip(plan.outer, levels[1:], strict=True))
        units = Units(plan.outer, plan.spans, plan.work)
        units.write(self.loops, begin, end, self._row)
        return units.count

    def _needed(self, stage: Stage) -> list[int]:
        return [*self._within(stage), *self.numbering.needed(stage.behind())]

    def _within(self, stage: Stage) -> list[int]:
        """What a pass computes for its elements; nothing where there are none."""
        return self.numbering.needed(stage.within()) if self.plan.elements else []

    def _row(self, strands: list[Strand], state: State) -> State:
        for access in self.plan.staged:
            if self.plan.script.reads(access):
                self._turn(access, strands, self.values.fill)
        for stage in self.plan.script.stages:
            self._stage(stage, strands)
            for access, _ in stage.stores:
                if access in self.plan.staged and access.buffer not in self.plan.script.scratch:
                    self._turn(access, strands, self.values.flush)
        return state

    def _turn(self, access: Access, strands: list[Strand], move: Move) -> None:
        """Blocks of a row, between memory and the stage."""

        def block(columns: list[Strand], state: State) -> State:
            move(access, columns)
            return state

        axis = self.plan.beside
        span = Span.of(self.plan.spans[axis].length, 1, chunk(self.values.dtype(access)))
        for strand in strands:
            self.loops.sweep(axis, [strand], [], block, span=span)

    def _stage(self, stage: Stage, strands: list[Strand]) -> None:
        """One pass, from what is the same for a whole row to what is known at its end."""
        needed, nodes = self._within(stage), self.numbering.nodes
        outer, inner = set(self.plan.outer), self.plan.inner
        self.values.evaluate([n for n in needed if outer.issuperset(nodes[n].axes)], strands)
        levels: dict[int, list[int]] = {axis: [] for axis in inner}
        for number in needed:
            deep = [inner.index(axis) for axis in nodes[number].axes if axis not in outer]
            if deep:
                levels[inner[max(deep)]].append(number)
        self.loops.ready.update({axis: levels[axis] for axis in inner[:-1]})
        leaf = [number for axis in inner for number in levels[axis]]
        results = Folding(self.loops, self.plan, stage, strands, leaf).run()
        for strand, found in zip(strands, results, strict=True):
            self._behind(stage, strand, found)

    def _behind(self, stage: Stage, strand: Strand, found: Sequence[Value]) -> None:
        """What follows once for a row, or for the rows in the lanes of a strand."""
        values, axis = self.values, self.plan.axis
        at = 0 if self.plan.along or axis < 0 else strand.offsets[axis]
        for place, value in enumerate(found, stage.first):
            values.given[place, at] = value
        values.evaluate(self.numbering.needed(stage.behind()), [strand])
        for access, number in stage.after_stores:
            values.store(access, number, strand)
        for place, number in enumerate(stage.kept, stage.first + len(found)):
            values.given[place, at] = values.lanes_of(number, strand)
