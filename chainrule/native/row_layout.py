"""Layout: along which axis the vectors of a Row kernel lie, and how its loops are unrolled.

Imports costs, spans and passes. Rows and their foldings follow it.
"""

from dataclasses import dataclass
from math import prod

from chainrule.native import cycles as costs
from chainrule.native.row_passes import Script, script
from chainrule.native.spans import Span
from chainrule.native.target import Target
from chainrule.plan.kinds.row import Row
from chainrule.plan.scalar import Access

RESIDENT = 8  # vectors of a row, at most, whose values are kept from pass to pass
CODE = 256  # cycles that such a row takes, at most: it is written without a loop
TURNED = 24  # elements of a row, at most, that is turned so that lanes are rows
TURNING = 0.3  # cycles to load an element in this way
FEW = 4  # lanes of turned rows in short code
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
        The inner axis, if rows are turned: memory lies along it, vectors across it; else -1.
    staged : tuple of Access
        What is turned on the stack, before or behind the loops; the rest in registers.
    work : float
        Cycles of one row.
    """

    script: Script
    order: tuple[int, ...]
    axis: int
    beside: int
    staged: tuple[Access, ...]
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


@dataclass(frozen=True)
class _Facts:
    """What the choice depends on: ``work`` is in cycles of a vector, ``met`` is in memory."""

    script: Script
    work: float
    lanes: int
    reductions: int
    met: list[Access]
    widened: bool  # whether float32 is added in float64, four elements at a time

    @property
    def elements(self) -> int:
        """Elements of a row."""
        return prod(self.script.shape[self.script.outer :])

    def apart(self, axis: int) -> list[Access]:
        """Accesses of which vectors along an axis are not loaded or stored as they lie."""
        return [access for access in self.met if access.strides[axis] not in (0, 1)]

    def copies(self, most: int) -> int:
        """How many vectors a round may take: the shorter the work, the more."""
        return min(
            most, 8 if self.work <= 3 else 4 if self.work <= 6 else 2 if self.work <= 12 else 1
        )


def _layout(plan: Script, target: Target) -> Layout:
    facts, outer = _facts(plan, target), plan.outer
    axis = _vector_axis(facts)
    order = sorted(range(len(plan.shape)), key=lambda a: (a >= outer, a == axis, a))
    spans = [Span(length) for length in plan.shape]
    beside, staged = -1, ()
    if axis >= outer:
        strands = -(-facts.elements // facts.lanes)
        short = strands <= RESIDENT and strands * facts.work <= CODE and len(order) == outer + 1
        copies = RESIDENT if short else facts.copies(4)
        spans[axis] = Span.of(plan.shape[axis], facts.lanes, copies)
    elif axis >= 0 and facts.apart(axis) and _is_turned(facts):
        beside = outer
        short = facts.elements * facts.work <= CODE
        staged = () if short else _staged(facts, axis)
        lanes = min(facts.lanes, FEW) if target.brief else facts.lanes  # wide ones take shuffles
        spans[axis] = _across(plan.shape[axis], lanes, 1, target)
        copies = facts.elements if short else facts.copies(4)
        spans[beside] = Span.of(plan.shape[beside], 1, copies)
    elif axis >= 0:
        copies = facts.copies(8)
        most = copies // 2 if facts.widened else copies  # a wide state takes two registers
        most = min(max(most, 1), -(-plan.shape[axis] // facts.lanes))
        spans[axis] = _across(plan.shape[axis], facts.lanes, most, target)
        if outer < len(order):  # in short code too: the order of sums depends on it
            pieces = Span.of(plan.shape[axis], facts.lanes, most).pieces
            left = (2 * copies if facts.widened else copies) // len(pieces)
            spans[order[-1]] = Span.of(plan.shape[order[-1]], 1, max(left, 1))
    work = max(facts.work, 1) * facts.elements / facts.lanes
    return Layout(plan, tuple(order), axis, beside, staged, tuple(spans), work)


def _across(length: int, lanes: int, copies: int, target: Target) -> Span:
    """Along an axis of rows, in whose lanes the same is computed whatever their number."""
    return Span.brief(length, lanes) if target.brief else Span.of(length, lanes, copies)


def _facts(plan: Script, target: Target) -> _Facts:
    numbering = plan.numbering
    needed = numbering.needed(n for stage in plan.stages for n in stage.within())
    nodes = [numbering.nodes[number] for number in needed]
    within = [node for node in nodes if any(axis >= plan.outer for axis in node.axes)]
    stores = [store for stage in plan.stages for store in stage.stores]
    stored = [numbering.nodes[number].step.dtype for _, number in stores]
    reductions = sum(len(stage.reductions) for stage in plan.stages)
    return _Facts(
        plan,
        sum(costs.cycles(node.step) for node in within) + len(stores) + reductions / 2,
        costs.lanes(within or numbering.nodes, stored, target),
        reductions,
        [*(access for access, _ in stores), *numbering.accesses(needed)],
        any(
            reduction.kind == "sum" and numbering.nodes[number].step.dtype == "float32"
            for stage in plan.stages
            for reduction, number in stage.reductions
        ),
    )


def _vector_axis(facts: _Facts) -> int:
    """The axis with the least cycles for an element; the last one of equals."""
    shape, outer = facts.script.shape, facts.script.outer

    def cost(axis: int) -> float:
        apart = facts.apart(axis)
        total = len(apart) + (facts.work + 1) / min(facts.lanes, shape[axis])
        if axis >= outer:
            return total + HORIZONTAL * facts.reductions / max(facts.elements, 1)
        if _is_turned(facts) and shape[axis] >= 4:
            total -= sum(access.strides[outer] == 1 for access in apart) * (1 - TURNING)
        return total

    candidates = [axis for axis in range(len(shape)) if shape[axis] > 1]
    return min(reversed(candidates), key=cost, default=-1)


def _is_turned(facts: _Facts) -> bool:
    """Whether rows are short enough for that: of one axis, with few elements."""
    shape, outer = facts.script.shape, facts.script.outer
    return len(shape) == outer + 1 and shape[outer] <= TURNED


def _staged(facts: _Facts, axis: int) -> tuple[Access, ...]:
    """What lies along the rows, and is met in no other way if it is written."""
    plan, outer = facts.script, facts.script.outer
    written = {access.buffer for access in plan.stores()}
    everywhere = [*plan.loads(), *plan.stores()]
    staged: dict[Access, None] = {}
    for access in facts.apart(axis):
        others = any(a.buffer == access.buffer and a != access for a in everywhere)
        if access.strides[outer] == 1 and not (others and access.buffer in written):
            staged[access] = None
    return tuple(staged)
