"""Folding: one pass over the inner axes of rows, and the reductions that it gathers.

Imports loops, layout, passes and reductions. Rows run one Folding for each of their passes.
"""

from collections.abc import Sequence
from math import prod

from chainrule.native.ir import Value, integer, vector
from chainrule.native.loops import Loops, State
from chainrule.native.reducers import reducer
from chainrule.native.row_layout import Layout
from chainrule.native.row_passes import Stage
from chainrule.native.spans import Strand, grown

CHAIN = 16  # additions one after another before their sum goes into a wider one, as in NumPy


class Folding:
    """The inner loops of a pass.

    A group of accumulators belongs to every strand of rows; along a row there is one.

    Parameters
    ----------
    rows : list of Strand
        The rows that are walked together.
    leaf : sequence of int
        The nodes to compute for every element.
    """

    def __init__(
        self, loops: Loops, plan: Layout, stage: Stage, rows: list[Strand], leaf: Sequence[int]
    ) -> None:
        self.loops, self.values, self.builder = loops, loops.values, loops.builder
        self.plan, self.stage, self.rows, self.leaf = plan, stage, rows, leaf
        nodes = self.values.numbering.nodes
        self.reducers = [
            reducer(self.builder, reduction, nodes[number].step.dtype, plan.elements)
            for reduction, number in stage.reductions
        ]
        self.lanes = [plan.lanes if plan.along else strand.lanes for strand in rows]
        rounds = self._rounds(plan.inner)
        self.wide = rounds > CHAIN and any(r.blocked for r in self.reducers)

    def run(self) -> list[list[Value]]:
        """Write the loops; for every strand of rows, what each reduction gave."""
        plan = self.plan
        if plan.elements == 0:
            return [[r.nothing(lanes) for r in self.reducers] for lanes in self.lanes]
        if plan.resident:
            strands = self.rows
            for axis in plan.inner:
                strands = grown(strands, axis, plan.spans[axis].pieces, axis == plan.axis)
            state = self._element(strands, [])
        elif self.wide:
            state = self._blocks(plan.inner, self.rows, self._start(True))
        else:
            state = self.loops.walk(plan.inner, self.rows, self._start(False), self._element)
        return [[self._result(*pair) for pair in group] for group in self._groups(state)]

    def _result(self, place: int, state: State) -> Value:
        reducer = self.reducers[place]
        if self.plan.along:
            state = reducer.wide_across(state) if self.wide else reducer.across(state)
        return reducer.result(state)

    # Blocks: narrow sums of at most CHAIN rounds, added to wide ones.
    def _blocks(self, order: Sequence[int], strands: list[Strand], state: State) -> State:
        axis, rest = order[0], order[1:]
        inside = self._rounds(rest)
        if inside > CHAIN:
            return self.loops.sweep(
                axis, strands, state, lambda s, wide: self._blocks(rest, s, wide)
            )
        loops, b, span = self.loops, self.builder, self.plan.spans[axis]
        length = max(1, CHAIN // inside) * span.step

        def within(strands: list[Strand], state: State) -> State:
            return loops.walk(rest, strands, state, self._element)

        with b.loop(integer(0), integer(span.main), length, state) as block:
            end = b.add(block.index, integer(length))
            past = b.compare("sgt", end, integer(span.main))
            end = b.select(past, integer(span.main), end)
            with b.loop(block.index, end, span.step, self._start(False)) as loop:
                loop.carried = loops.piece(
                    axis, loop.index, strands, span.pieces, loop.carried, within
                )
            block.carried = self._absorb(block.carried, loop.carried)
        state = block.carried
        if span.tail:
            start = self._start(False)
            last = loops.piece(axis, integer(span.main), strands, span.tail, start, within)
            state = self._absorb(state, last)
        return state

    def _absorb(self, wide: State, narrow: State) -> State:
        after: State = []
        for group, block in zip(self._groups(wide), self._groups(narrow, False), strict=True):
            for (place, total), (_, part) in zip(group, block, strict=True):
                after += self.reducers[place].absorb(total, part)
        return after

    def _rounds(self, axes: Sequence[int]) -> int:
        spans = [self.plan.spans[axis] for axis in axes]
        return prod(span.rounds + bool(span.tail) for span in spans)

    def _start(self, wide: bool) -> State:
        return [
            part
            for lanes in self.lanes
            for r in self.reducers
            for part in (r.wide(lanes) if wide else r.identity(lanes))
        ]

    def _groups(self, state: State, wide: bool | None = None) -> list[list[tuple[int, State]]]:
        """The states of every group, each with the number of its reducer."""
        sizes = [
            r.wide_size if (self.wide if wide is None else wide) else r.size for r in self.reducers
        ]
        parts = iter(state)
        return [
            [(place, [next(parts) for _ in range(size)]) for place, size in enumerate(sizes)]
            for _ in self.lanes
        ]

    # Elements
    def _element(self, strands: list[Strand], state: State) -> State:
        values, after = self.values, State()
        for strand in strands:
            values.evaluate(self.leaf, [strand])
            for access, number in self.stage.stores:
                values.store(access, number, strand)
        groups = self._groups(state, False) if state else [None] * len(self.rows)
        for row, lanes, group in zip(self.rows, self.lanes, groups, strict=True):
            mine = strands if self.plan.along else [s for s in strands if self._in(s, row)]
            for place, _ in enumerate(self.reducers):
                found = [self._lifted(place, strand, lanes) for strand in mine]
                found = self.reducers[place].gather(found)
                after += self.reducers[place].join(group[place][1], found) if group else found
        return after

    def _in(self, strand: Strand, row: Strand) -> bool:
        return all(strand.offsets[a] == row.offsets[a] for a in self.plan.outer)

    def _lifted(self, place: int, strand: Strand, lanes: int) -> State:
        reducer, (reduction, number) = self.reducers[place], self.stage.reductions[place]
        value = self.values.lanes_of(number, strand)
        position = None
        if reduction.kind.startswith("arg"):
            position = self._position(strand, reducer.position)
        return reducer.padded(reducer.lift(value, position), lanes)

    def _position(self, strand: Strand, kind: str) -> Value:
        """The place along the inner axes in C order, in every lane."""
        b, place, stride = self.builder, integer(0), 1
        steps = 0
        for axis in reversed(range(self.plan.script.outer, len(self.plan.spans))):
            index = b.add(self.values.indices[axis], integer(strand.offsets[axis]))
            place = b.add(place, b.mul(index, integer(stride)))
            steps = stride if axis == self.plan.axis else steps
            stride *= self.plan.spans[axis].length
        place = b.convert("trunc", place, kind) if kind != place.type else place
        lanes = b.splat(place, strand.lanes)
        if steps == 0 or strand.lanes == 1:
            return lanes
        offsets = ", ".join(f"{kind} {lane * steps}" for lane in range(strand.lanes))
        return b.add(lanes, Value(f"<{offsets}>", vector(kind, strand.lanes)))
