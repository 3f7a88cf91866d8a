"""Rows: several passes over each row, with vectors along the row or across neighbouring rows.

Imports axes, layout, passes, folding and units. The engine calls ``emit_row``.
"""

from collections.abc import Iterable, Sequence

from chainrule.native.axes import fewer_row_axes
from chainrule.native.folding import Folding
from chainrule.native.frame import Frame
from chainrule.native.ir import INDEX, POINTER, Builder, Module, Value
from chainrule.native.layout import Layout, layout
from chainrule.native.loops import Loops, State, Strand
from chainrule.native.passes import Stage
from chainrule.native.target import Target
from chainrule.native.units import Units
from chainrule.plan.buffers import Buffer
from chainrule.plan.kernels import Row


def emit_row(
    module: Module, name: str, kernel: Row, buffers: Sequence[Buffer], target: Target
) -> int:
    """Write ``void @name(ptr %table, i64 %begin, i64 %end)``.

    Returns
    -------
    int
        Number of units.
    """
    b = Builder(module, name, [(POINTER, "table"), (INDEX, "begin"), (INDEX, "end")])
    table, begin, end = b.arguments
    units = 1
    if 0 not in kernel.outer:
        kernel = fewer_row_axes(kernel)
        rows = _Rows(Frame(b, table, buffers, kernel), layout(kernel, target))
        units = rows.write(begin, end)
    b.finish()
    return units


class _Rows:
    """Writes the code of one kernel."""

    def __init__(self, frame: Frame, plan: Layout) -> None:
        self.plan, self.script = plan, plan.script
        self.numbering = plan.script.numbering
        places = plan.script.loads() | plan.script.stores()
        self.loops = Loops(frame, self.numbering, places, plan.spans, plan.axis, plan.beside)

    def write(self, begin: Value, end: Value) -> int:
        """The loops over rows; returns the number of units."""
        plan, loops = self.plan, self.loops
        early = {n for stage in self.script.stages for n in self._needed(stage)}
        hoisted = [n for n in sorted(early) if not self.numbering.nodes[n].late]
        levels = self._levels(hoisted, plan.outer)
        loops.evaluate(levels[0], [loops.strand])
        loops.ready.update(zip(plan.outer, levels[1:], strict=True))
        units = Units(plan.outer, plan.spans, plan.work)
        units.write(loops, begin, end, self._row)
        return units.count

    def _needed(self, stage: Stage) -> list[int]:
        within = stage.within() if self.plan.elements else []
        return self.numbering.needed([*within, *stage.behind()])

    def _levels(self, numbers: Iterable[int], order: Sequence[int]) -> list[list[int]]:
        """By the deepest of these axes on which they depend; without those that need others."""
        levels: list[list[int]] = [[] for _ in range(len(order) + 1)]
        for number in numbers:
            axes = self.numbering.nodes[number].axes
            if all(axis in order for axis in axes):
                levels[max((order.index(axis) + 1 for axis in axes), default=0)].append(number)
        return levels

    def _row(self, strands: list[Strand], state: State) -> State:
        for stage in self.script.stages:
            self._stage(stage, strands)
        return state

    def _stage(self, stage: Stage, strands: list[Strand]) -> None:
        loops, plan, nodes = self.loops, self.plan, self.numbering.nodes
        needed = self.numbering.needed(stage.within()) if plan.elements else []
        outer, inner = set(plan.outer), plan.inner
        loops.evaluate([n for n in needed if outer.issuperset(nodes[n].axes)], strands)
        levels: dict[int, list[int]] = {axis: [] for axis in inner}
        for number in needed:
            deep = [inner.index(axis) for axis in nodes[number].axes if axis not in outer]
            if deep:
                levels[inner[max(deep)]].append(number)
        leaf = [number for axis in inner for number in levels[axis]]
        loops.ready.update({axis: levels[axis] for axis in inner[:-1]})
        results = Folding(loops, plan, stage, strands, leaf).run()
        self._after(stage, strands, results)

    def _after(
        self, stage: Stage, strands: list[Strand], results: Sequence[Sequence[Value]]
    ) -> None:
        loops = self.loops
        for strand, values in zip(strands, results, strict=True):
            at = strand.offsets[self.plan.axis] if 0 <= self.plan.axis < self.script.outer else 0
            for place, value in enumerate(values):
                loops.given[stage.first + place, at] = value
            for access, number in stage.after_stores:
                loops.store(access, number, strand)
            for place, number in enumerate(stage.kept):
                value = loops.lanes_of(number, strand)
                loops.given[stage.first + len(values) + place, at] = value
