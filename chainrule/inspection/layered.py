"""The columns of a layered picture: which box stands in which, and in what order.

Imports nothing of chainrule. layout.py places what is put in order here, heights.py levels it.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

WAYPOINT = 7.0  # px that a passing wire keeps free on either side
ORDER_SWEEPS = 12  # passes; crossings rarely fall after four
SMALL = 60  # boxes and waypoints; more would take seconds to improve one by one
TURN = 2  # crossings between columns that are better than one right before a box


@dataclass(frozen=True)
class Box:
    """What takes room: ``above`` and ``below`` are measured from the height of its wire, in px."""

    width: float
    above: float
    below: float
    inputs: tuple[int, ...] = ()  # positions of boxes, each before this one
    entrance: float = 0.0  # px above and below the middle within which wires may enter
    ordered: bool = False  # whether its first operand must enter above its second: x / y

    @property
    def is_leaf(self) -> bool:
        """Whether it reads nothing."""
        return not self.inputs


class Arrangement:
    """The boxes and the waypoints of their wires (numbered behind the boxes), column by column."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        ranks = _ranks(boxes)
        last = max(ranks, default=-1)
        self.column = [last - rank for rank in ranks]
        self.columns: list[list[int]] = [[] for _ in range(last + 1)]
        for i in _natural_order(boxes):
            self.columns[self.column[i]].append(i)
        # One way per operand: the source, a waypoint in every column it passes, the target.
        # Wires from one source share their waypoints: a fork is one line that splits late.
        self.ways: list[tuple[list[int], int]] = []
        waypoints: dict[tuple[int, int], int] = {}
        for target, box in enumerate(boxes):
            for operand, source in enumerate(box.inputs):
                way = [source]
                for c in range(self.column[source] + 1, self.column[target]):
                    if (source, c) not in waypoints:
                        waypoints[source, c] = len(self.column)
                        self.columns[c].append(len(self.column))
                        self.column.append(c)
                    way.append(waypoints[source, c])
                self.ways.append(([*way, target], operand))
        line = _main_line(boxes)
        # Its boxes and waypoints: one per column at most.
        self.main = set(line)
        for way, _ in self.ways:
            if (way[-1], way[0]) in pairwise(line):
                self.main |= set(way)

    def above(self, item: int) -> float:
        return self.boxes[item].above if item < len(self.boxes) else WAYPOINT

    def below(self, item: int) -> float:
        return self.boxes[item].below if item < len(self.boxes) else WAYPOINT

    def on_main_line(self, way: Sequence[int]) -> bool:
        """Whether a way is part of the main line."""
        return way[0] in self.main and way[-1] in self.main

    def neighbours(self) -> tuple[list[list[int]], list[list[int]]]:
        """For every item those it is linked to on its left, and on its right."""
        left: list[list[int]] = [[] for _ in self.column]
        right: list[list[int]] = [[] for _ in self.column]
        for way, _ in self.ways:
            for a, b in pairwise(way):
                left[b].append(a)
                right[a].append(b)
        return left, right


def _ranks(boxes: Sequence[Box]) -> list[int]:
    """Longest path from each box to the right end: an input stands close to its reader."""
    ranks = [0] * len(boxes)
    for target in reversed(range(len(boxes))):
        for source in boxes[target].inputs:
            ranks[source] = max(ranks[source], ranks[target] + 1)
    return ranks


def _main_line(boxes: Sequence[Box]) -> list[int]:
    """The longest path of computed boxes back from the last one: from a loss to the net's input.

    Where several are as long, the first operand's.
    """
    depths = _depths(boxes)
    line = [len(boxes) - 1] if boxes else []
    while line:
        computed = [i for i in boxes[line[-1]].inputs if not boxes[i].is_leaf]
        if not computed:
            break
        line.append(max(computed, key=lambda i: depths[i]))
    return line


def _depths(boxes: Sequence[Box]) -> list[int]:
    """Longest path from a leaf to each box."""
    depths = [0] * len(boxes)
    for i, box in enumerate(boxes):
        depths[i] = max((depths[x] + 1 for x in box.inputs), default=0)
    return depths


def _natural_order(boxes: Sequence[Box]) -> list[int]:
    """From top to bottom as a person would: first operands first, but leaves around the line."""
    read = {source for box in boxes for source in box.inputs}
    stack = [i for i in range(len(boxes)) if i not in read]
    order: dict[int, None] = {}
    while stack:
        i = stack.pop()
        if i in order:
            continue
        order[i] = None
        stack += reversed(_around_the_line(boxes, boxes[i].inputs))
    return list(order)


def _around_the_line(boxes: Sequence[Box], inputs: tuple[int, ...]) -> list[int]:
    """One computed input among leaves stands in the middle of them; else the operands' order."""
    line = [i for i in inputs if not boxes[i].is_leaf]
    leaves = [i for i in inputs if boxes[i].is_leaf]
    if len(line) != 1 or len(inputs) == 2:  # two may not commute: x / y has x above y
        return list(inputs)
    half = len(leaves) // 2
    return [*leaves[:half], *line, *leaves[half:]]


def reduce_crossings(plan: Arrangement) -> None:
    """Sweep to the right and back: every item moves to the mean place of its neighbours.

    Tried from the natural order in both directions, then improved by exchanging neighbours.
    """
    left, right = plan.neighbours()

    def price(columns: list[list[int]]) -> int:
        return _crossings(columns, right) + _turned(plan, columns)

    best, lowest = plan.columns, price(plan.columns)
    for first in (0, 1):
        columns = [list(column) for column in plan.columns]
        for sweep in range(first, first + ORDER_SWEEPS):
            if not lowest:
                break
            forth = sweep % 2 == 0
            for c in range(len(columns)) if forth else reversed(range(len(columns))):
                near = c - 1 if forth else c + 1
                if 0 <= near < len(columns):
                    columns[c] = _by_barycentre(
                        columns[c], columns[near], left if forth else right
                    )
            if price(columns) < lowest:
                best, lowest = [list(column) for column in columns], price(columns)
    if lowest and len(plan.column) <= SMALL:
        _exchange(best, price)
    plan.columns = best


def _exchange(columns: list[list[int]], price: Callable[[list[list[int]]], int]) -> None:
    """Exchange two of a column while that makes the picture better."""
    lowest, before = price(columns), -1
    while lowest != before:
        before = lowest
        for column in columns:
            for i, j in combinations(range(len(column)), 2):
                column[i], column[j] = column[j], column[i]
                if price(columns) < lowest:
                    lowest = price(columns)
                else:
                    column[i], column[j] = column[j], column[i]


def _by_barycentre(column: list[int], near: list[int], linked: list[list[int]]) -> list[int]:
    place = {item: i for i, item in enumerate(near)}
    own = {item: i for i, item in enumerate(column)}

    def barycentre(item: int) -> float:
        places = [place[x] for x in linked[item] if x in place]
        # Without a neighbour there: stay, in the proportion of the two columns.
        return sum(places) / len(places) if places else own[item] * len(near) / len(column)

    return sorted(column, key=barycentre)


def _crossings(columns: list[list[int]], right: list[list[int]]) -> int:
    """How many pairs of wires cross between neighbouring columns."""
    count = 0
    for column, following in pairwise(columns):
        place = {item: i for i, item in enumerate(following)}
        seen: list[int] = []
        for item in column:
            ends = sorted(place[x] for x in right[item] if x in place)
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _turned(plan: Arrangement, columns: list[list[int]]) -> int:
    """The price of boxes that must cross their own two wires to keep the order of operands."""
    place = {item: i for column in columns for i, item in enumerate(column)}
    arriving: dict[int, list[int]] = {}
    for way, _ in plan.ways:  # in the order of the operands
        if plan.boxes[way[-1]].ordered:
            arriving.setdefault(way[-1], []).append(place[way[-2]])
    return TURN * sum(places != sorted(places) for places in arriving.values())
