"""Units: how a kernel's outer loops are cut into pieces that threads can share.

Imports loops and spans. Pointwise and Row kernels are written inside.
"""

from collections.abc import Sequence
from math import prod

from chainrule.native.ir import Value, integer
from chainrule.native.loops import Inside, Loops, State
from chainrule.native.spans import Span, Strand

UNIT = 60_000  # cycles of a unit: some 20 microseconds


class Units:
    """Blocks along one axis, for every index of the axes outside it.

    Parameters
    ----------
    order : sequence of int
        The axes that may be cut, outermost first.
    spans : sequence of Span
    work : float
        Cycles for one element of all these axes.
    """

    def __init__(self, order: Sequence[int], spans: Sequence[Span], work: float) -> None:
        self.order, self.spans = order, spans
        inside = prod((spans[axis].length for axis in order), start=1) * max(work, 1e-3)
        self.outside: list[int] = []
        self.cut, self.block, self.blocks = -1, 1, 1
        for axis in order:
            span = spans[axis]
            inside /= max(span.length, 1)
            if inside < UNIT or span.step > 1:
                rounds = max(1, round(UNIT / inside / span.step))
                self.cut, self.block = axis, rounds * span.step
                self.blocks = max(1, -(-span.length // self.block))
                break
            self.outside.append(axis)

    @property
    def count(self) -> int:
        """Number of units."""
        return prod(self.spans[axis].length for axis in self.outside) * self.blocks

    def write(self, loops: Loops, begin: Value, end: Value, inside: Inside) -> None:
        """The loop over units [begin, end)."""
        with loops.builder.loop(begin, end) as unit, loops.values.apart():
            if self.count == 1:
                loops.walk(self.order, [loops.values.strand], [], inside)
            else:
                self._one(loops, unit.index, inside)

    def _one(self, loops: Loops, unit: Value, inside: Inside) -> None:
        b = loops.builder
        found: list[Value] = []
        for count in (self.blocks, *(self.spans[a].length for a in reversed(self.outside))):
            found.append(b.binary("urem", unit, integer(count)))
            unit = b.binary("udiv", unit, integer(count))
        low = b.mul(found[0], integer(self.block))
        bounds = low, b.add(low, integer(self.block))
        rest = self.order[len(self.outside) :]
        places = list(zip(self.outside, reversed(found[1:]), strict=True))

        def enter(strands: list[Strand], state: State) -> State:
            if not places:
                return loops.walk(rest, strands, state, inside, bounds)
            axis, index = places.pop(0)
            return loops.piece(axis, index, strands, [(0, 1)], state, enter)

        enter([loops.values.strand], [])
