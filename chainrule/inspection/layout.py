"""Where the boxes of a picture stand and how its wires run: layers from left to right.

Imports columns and heights: boxes and numbers only. picture.py draws what is laid out here.

The steps are Sugiyama's: columns by the longest path to the end; a waypoint wherever a wire passes
a column; the order within a column by barycentres; the heights by least squares, with the order
and the distances kept (isotonic regression). Nothing is random: one graph has one picture.

Source: Sugiyama, Tagawa, Toda 1981, "Methods for visual understanding of hierarchical systems".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.inspection.heights import heights_of, ports_of
from chainrule.inspection.layered import Arrangement, Box, reduce_crossings

COLUMN_GAP = 30.0  # px between two columns whose wires run straight
WIDEST_GAP = 120.0  # px
STEEPNESS = 0.22  # px of gap for every px that a wire climbs


@dataclass(frozen=True)
class Wire:
    """The way from a box to the operand of another one.

    ``points`` are (x, y) in px. From the first to the second point, from the third to the fourth
    and so on it runs straight; in between it may climb.
    """

    source: int
    target: int
    operand: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """Left edges and middles of the boxes, in their order, the wires, and the whole size in px."""

    lefts: tuple[float, ...]
    middles: tuple[float, ...]
    wires: tuple[Wire, ...]
    width: float
    height: float


def lay_out(boxes: Sequence[Box]) -> Layout:
    """Place boxes, given in an order in which inputs stand before their readers."""
    plan = Arrangement(boxes)
    reduce_crossings(plan)
    ports = ports_of(plan)
    middles = heights_of(plan, ports)
    edges = _edges(plan, ports, middles)
    lefts = [
        edges[plan.column[i]][1] - box.width if box.is_leaf else edges[plan.column[i]][0]
        for i, box in enumerate(boxes)
    ]
    wires = tuple(
        Wire(way[0], way[-1], operand, _points(plan, way, dy, lefts, edges, middles))
        for (way, operand), dy in zip(plan.ways, ports, strict=True)
    )
    heights = [y + plan.below(i) for i, y in enumerate(middles)]
    width = edges[-1][1] if edges else 0.0
    return Layout(
        tuple(lefts), tuple(middles[: len(boxes)]), wires, width, max(heights, default=0.0)
    )


def _edges(
    plan: Arrangement, ports: list[float], heights: list[float]
) -> list[tuple[float, float]]:
    """Left and right edge of every column; a gap is as wide as its steepest wire needs."""
    gaps = [COLUMN_GAP] * len(plan.columns)
    for (way, _), dy in zip(plan.ways, ports, strict=True):
        for a, b in pairwise(way):
            climb = abs(heights[b] + (dy if b == way[-1] else 0.0) - heights[a])
            wanted = min(COLUMN_GAP + STEEPNESS * climb, WIDEST_GAP)
            gaps[plan.column[a]] = max(gaps[plan.column[a]], wanted)
    edges: list[tuple[float, float]] = []
    x = 0.0
    for column, gap in zip(plan.columns, gaps, strict=True):
        width = max((plan.boxes[i].width for i in column if i < len(plan.boxes)), default=0.0)
        edges.append((x, x + width))
        x += width + gap
    return edges


def _points(
    plan: Arrangement,
    way: list[int],
    dy: float,
    lefts: list[float],
    edges: list[tuple[float, float]],
    heights: list[float],
) -> tuple[tuple[float, float], ...]:
    """Straight through every column, curved in the gaps between: so no wire meets a box."""
    source, target = way[0], way[-1]
    start = lefts[source] + plan.boxes[source].width
    points = [(start, heights[source]), (edges[plan.column[source]][1], heights[source])]
    for item in way[1:-1]:
        points += [(x, heights[item]) for x in edges[plan.column[item]]]
    end = heights[target] + dy
    points += [(edges[plan.column[target]][0], end), (lefts[target], end)]
    return tuple(points)
