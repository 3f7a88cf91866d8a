"""Loops: along one axis after another, several neighbours in each round.

Imports values and spans. Pointwise and Row kernels are written through it.
"""

from collections.abc import Callable, Sequence

from chainrule.native.ir import Value, integer
from chainrule.native.loop_values import Values
from chainrule.native.spans import Span, Strand, grown

State = list[Value]  # what goes from round to round
Bounds = tuple[Value, Value]
Inside = Callable[[list[Strand], State], State]


class Loops:
    """The loops of one kernel, around its values.

    Attributes
    ----------
    ready : dict of int to sequence of int
        By axis: the nodes to compute where it is entered.
    """

    def __init__(self, values: Values) -> None:
        self.values, self.builder, self.spans = values, values.builder, values.spans
        self.ready: dict[int, Sequence[int]] = {}

    def walk(
        self,
        order: Sequence[int],
        strands: list[Strand],
        state: State,
        inside: Inside,
        bounds: Bounds | None = None,
    ) -> State:
        """Loops along axes, the outermost first; ``bounds`` are those of the first one.

        What can be computed where an axis is entered (``ready``) is.
        """
        if not order:
            return inside(strands, state)

        def within(strands: list[Strand], state: State) -> State:
            return self.walk(order[1:], strands, state, inside)

        return self.sweep(order[0], strands, state, within, bounds)

    def sweep(
        self,
        axis: int,
        strands: list[Strand],
        state: State,
        inside: Inside,
        bounds: Bounds | None = None,
        span: Span | None = None,
    ) -> State:
        """A loop along an axis (from bounds[0] to bounds[1], multiples of its span's step)."""
        span = span or self.spans[axis]
        if bounds:
            return self._part(axis, strands, state, inside, bounds)
        if span.rounds > 1:
            with self.builder.loop(integer(0), integer(span.main), span.step, state) as loop:
                loop.carried = self.piece(
                    axis, loop.index, strands, span.pieces, loop.carried, inside
                )
            state = loop.carried
        elif span.rounds == 1:
            state = self.piece(axis, integer(0), strands, span.pieces, state, inside)
        if span.tail:
            state = self.piece(axis, integer(span.main), strands, span.tail, state, inside)
        return state

    def _part(
        self, axis: int, strands: list[Strand], state: State, inside: Inside, bounds: Bounds
    ) -> State:
        span, b = self.spans[axis], self.builder
        beyond = b.compare("sgt", bounds[1], integer(span.main))
        end = b.select(beyond, integer(span.main), bounds[1])
        with b.loop(bounds[0], end, span.step, state) as loop:
            loop.carried = self.piece(axis, loop.index, strands, span.pieces, loop.carried, inside)
        if span.tail:
            with b.when(beyond):
                self.piece(axis, integer(span.main), strands, span.tail, state, inside)
        return loop.carried

    def piece(
        self,
        axis: int,
        index: Value,
        strands: list[Strand],
        pieces: Sequence[tuple[int, int]],
        state: State,
        inside: Inside,
    ) -> State:
        """One round of a loop."""
        with self.values.at(axis, index, len(pieces)):
            strands = grown(strands, axis, pieces, axis == self.values.axis)
            self.values.evaluate(self.ready.get(axis, ()), strands)
            return inside(strands, state)
