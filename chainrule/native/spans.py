"""Spans: how a loop runs along an axis, several neighbours in a round.

Imports nothing of chainrule. Loops, and what chooses them, speak of spans and strands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

MOST_ROUNDS = 64  # of narrow vectors that take no longer than the code for what they leave over


@dataclass(frozen=True)
class Strand:
    """So far from the loops' indices, along each axis, and so many lanes along the vector axis."""

    offsets: tuple[int, ...]
    lanes: int = 1


@dataclass(frozen=True)
class Span:
    """How a loop runs along an axis: rounds of several strands, and what is left at the end.

    Attributes
    ----------
    length : int
    pieces : tuple of (offset, lanes)
        What one round takes; lanes are 1 along any axis but the vector axis.
    step : int
        The elements of one round.
    """

    length: int
    pieces: tuple[tuple[int, int], ...] = ((0, 1),)
    step: int = 1

    @staticmethod
    def of(length: int, lanes: int, copies: int) -> "Span":
        """Rounds of ``copies`` vectors; all in one round where that takes the whole axis."""
        if length == 0:
            return Span(0)
        if length < lanes * (copies + 1):
            return Span(length, _cut(length, lanes), length)
        pieces = tuple((lanes * i, lanes) for i in range(copies))
        return Span(length, pieces, lanes * copies)

    @staticmethod
    def brief(length: int, lanes: int) -> "Span":
        """Rounds of one vector; narrower ones where none is left at the end, for short code."""
        even = length if length <= lanes else gcd(length, lanes)
        lanes = even if length <= MOST_ROUNDS * even else lanes
        return Span(length, ((0, lanes),), lanes)

    @property
    def main(self) -> int:
        """Where the whole rounds end."""
        return self.length // self.step * self.step

    @property
    def rounds(self) -> int:
        """Number of whole rounds."""
        return self.length // self.step

    @property
    def tail(self) -> tuple[tuple[int, int], ...]:
        """What is left after the whole rounds, counted from there."""
        return _cut(self.length - self.main, self.pieces[0][1])


def _cut(length: int, lanes: int) -> tuple[tuple[int, int], ...]:
    return tuple((at, min(lanes, length - at)) for at in range(0, length, lanes))


def grown(
    strands: Iterable[Strand], axis: int, pieces: Sequence[tuple[int, int]], lanes: bool
) -> list[Strand]:
    """Every strand, at every piece of a span; ``lanes``: along the vector axis."""
    return [
        Strand(
            tuple(offset if a == axis else o for a, o in enumerate(strand.offsets)),
            width if lanes else strand.lanes,
        )
        for strand in strands
        for offset, width in pieces
    ]
