"""Layout: along which axis the vectors of a Row kernel lie, and how its loops are unrolled.

Imports costs, spans and passes. Rows and their foldings follow it.
"""

from dataclasses import dataclass
from math import prod

from chainrule.native import costs
from chainrule.native.passes import Script, script
from chainrule.native.spans import Span
from chainrule.native.target import Target
from chainrule.plan.kernels import Row

RESIDENT = 8  # strands of a row whose values are kept from pass to pass
SHORT = 16  # elements of rows that are turned in registers, so that lanes are rows
TURNED = 0.3  # cycles to load an element in this way
HORIZONTAL = 8  # cycles to join the lanes of one vector


@dataclass(frozen=True)
class Layout:
    """What was chosen for a kernel.

    Attributes
    ----------
    order : tuple of int
        All axes, the outermost loop first; the outer ones come first.
    axis : int
        The vector axis, or -1.
    beside : int
        An inner axis along which memory lies, all of which is taken at once, or -1.
    work : float
        Cycles of one row.
    """

    script: Script
    order: tuple[int, ...]
    axis: int
    beside: int
    spans: tuple[Span, ...]
    work: float

    @property
    def outer(self) -> tuple[int, ...]:
        """The axes of rows, the outermost loop first."""
        return self.order[: self.script.outer]

    @property
    def inner(self) -> tuple[int, ...]:
        """The axes of a row's elements, the outermost loop first."""
        return self.order[self.script.outer :]

    @property
    def along(self) -> bool:
        """Whether vectors lie along the rows; else, if anywhere, across them."""
        return self.axis >= self.script.outer

    @property
    def lanes(self) -> int:
        """Lanes of a whole vector."""
        return self.spans[self.axis].pieces[0][1] if self.axis >= 0 else 1

    @property
    def elements(self) -> int:
        """Elements of a row."""
        return prod(self.spans[axis].length for axis in self.inner)

    @property
    def resident(self) -> bool:
        """Whether one round takes a whole row: its values stay known from pass to pass."""
        return self.elements > 0 and all(
            self.spans[axis].step >= self.spans[axis].length for axis in self.inner
        )


def layout(kernel: Row, target: Target) -> Layout:
    """Choose how to walk over a kernel's rows."""
    chosen = _layout(script(kernel, True), target)
    return chosen if chosen.resident else _layout(script(kernel, False), target)


def _layout(plan: Script, target: Target) -> Layout:
    numbering, shape, outer = plan.numbering, plan.shape, plan.outer
    needed = numbering.needed(n for stage in plan.stages for n in stage.within())
    within = [numbering.nodes[n] for n in needed]
    within = [node for node in within if any(axis >= outer for axis in node.axes)]
    met = [access for stage in plan.stages for access, _ in stage.stores]
    stored = [numbering.nodes[n].step.dtype for s in plan.stages for _, n in s.stores]
    lanes = costs.lanes(within or numbering.nodes, stored, target)
    loads = list(numbering.accesses(needed))
    reductions = sum(len(stage.reductions) for stage in plan.stages)
    work = sum(map(costs.cycles, within)) + len(met) + reductions / 2
    elements = prod(shape[outer:])

    def cost(axis: int) -> float:
        wide = min(lanes, shape[axis])
        everywhere = [*met, *loads]
        apart = [access for access in everywhere if access.strides[axis] not in (0, 1)]
        scattered = float(len(apart))
        if axis < outer and short and shape[axis] >= 4:
            turned = sum(access.strides[outer] == 1 for access in apart)
            scattered -= turned * (1 - TURNED)
        total = scattered + (work + 1) / wide
        return total + HORIZONTAL * reductions / max(elements, 1) if axis >= outer else total

    short = len(shape) == outer + 1 and shape[outer] <= SHORT
    candidates = [axis for axis in range(len(shape)) if shape[axis] > 1]
    axis = min(reversed(candidates), key=cost, default=-1)
    order = [a for a in range(outer) if a != axis]
    order += [axis] if 0 <= axis < outer else []
    order += [a for a in range(outer, len(shape)) if a != axis]
    order += [axis] if axis >= outer else []
    spans = [Span(length) for length in shape]
    beside = -1
    copies = 8 if work <= 3 else 4 if work <= 6 else 2 if work <= 12 else 1
    if axis >= outer:
        short = elements <= RESIDENT * lanes and len(shape) == outer + 1
        spans[axis] = Span.of(shape[axis], lanes, RESIDENT if short else min(copies, 4))
    elif axis >= 0:
        spans[axis] = Span.of(shape[axis], lanes, min(copies, -(-shape[axis] // lanes)))
        copies //= len(spans[axis].pieces)
        if short and any(access.strides[axis] not in (0, 1) for access in [*met, *loads]):
            spans[outer] = Span.of(shape[outer], 1, SHORT)
            spans[axis] = Span.of(shape[axis], lanes, 1)
            beside = outer
        elif outer < len(shape):
            spans[order[-1]] = Span.of(shape[order[-1]], 1, max(copies, 1))
    return Layout(plan, tuple(order), axis, beside, tuple(spans), max(work, 1) * elements / lanes)
