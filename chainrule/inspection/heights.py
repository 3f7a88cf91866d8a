"""The heights of a layered picture: least squares, with the order and distances kept.

Imports columns. layout.py asks for them.
"""

from itertools import pairwise

from chainrule.inspection.layered import Arrangement

ROW_GAP = 14.0  # px between two boxes of a column
SMALL_STEP = 8.0  # px
PORT_STEP = 12.0  # px between two wires that enter a box
HEIGHT_SWEEPS = 200  # passes; a long line straightens slowly

# How hard two neighbours pull each other to one height.
PULL_LONG, PULL_LINE, PULL_LEAF = 8.0, 4.0, 0.001
ANCHOR = 1e9  # the main line is straight, and everything else gives way

Link = tuple[int, float, float]  # the other item, how much higher it may stand, the pull


def ports_of(plan: Arrangement) -> list[float]:
    """How far from its target's middle each way enters: in the order of arrival or operands."""
    place = {item: i for column in plan.columns for i, item in enumerate(column)}
    entering: dict[int, list[int]] = {}
    for number, (way, _) in enumerate(plan.ways):
        entering.setdefault(way[-1], []).append(number)
    ports = [0.0] * len(plan.ways)
    for target, numbers in entering.items():
        if not plan.boxes[target].ordered:
            numbers.sort(key=lambda n: (place[plan.ways[n][0][-2]], plan.ways[n][1]))
        main = [i for i, n in enumerate(numbers) if plan.on_main_line(plan.ways[n][0])]
        middle = main[0] if main else (len(numbers) - 1) / 2
        most = max(middle, len(numbers) - 1 - middle) or 1
        step = min(PORT_STEP, plan.boxes[target].entrance / most)
        for i, n in enumerate(numbers):
            ports[n] = (i - middle) * step
    return ports


def heights_of(plan: Arrangement, ports: list[float]) -> list[float]:
    """Least squares: linked items at one height, the order and distances of a column kept."""
    links: list[list[Link]] = [[] for _ in plan.column]
    for (way, _), dy in zip(plan.ways, ports, strict=True):
        for a, b in pairwise(way):
            climb = dy if b == way[-1] else 0.0
            pull = _pull(plan, a, b)
            links[a].append((b, climb, pull))
            links[b].append((a, -climb, pull))
    heights = [0.0] * len(plan.column)
    for sweep in range(HEIGHT_SWEEPS):
        for column in plan.columns if sweep % 2 else reversed(plan.columns):
            weights = [sum(pull for _, _, pull in links[item]) for item in column]
            wishes = [
                sum((heights[x] + climb) * pull for x, climb, pull in links[item]) / weight
                if weight
                else heights[item]
                for item, weight in zip(column, weights, strict=True)
            ]
            weights = [weight or PULL_LEAF for weight in weights]
            _settle(plan, heights, column, wishes, weights)
    for column in plan.columns:
        _straighten(plan, heights, column, links)
    top = min((y - plan.above(i) for i, y in enumerate(heights)), default=0.0)
    return [y - top for y in heights]


def _pull(plan: Arrangement, left: int, right: int) -> float:
    """How much two linked items want one height: long wires most, leaves least."""
    count = len(plan.boxes)
    if left < count and plan.boxes[left].is_leaf:
        return PULL_LEAF
    return PULL_LONG if left >= count and right >= count else PULL_LINE


def _settle(
    plan: Arrangement,
    heights: list[float],
    column: list[int],
    wishes: list[float],
    weights: list[float],
) -> None:
    """Give a column the heights nearest to its wishes; the main line is at height 0."""
    distances = [plan.below(a) + plan.above(b) + ROW_GAP for a, b in pairwise(column)]
    for place, item in enumerate(column):
        if item in plan.main:
            wishes[place], weights[place] = 0.0, ANCHOR
    for item, y in zip(column, _apart(wishes, weights, distances), strict=True):
        heights[item] = y


def _straighten(
    plan: Arrangement, heights: list[float], column: list[int], links: list[list[Link]]
) -> None:
    """Level the wires that climb by a few px: a step that small looks like a mistake."""
    wishes: list[float] = []
    weights: list[float] = []
    for item in column:
        before = [
            heights[x] + climb
            for x, climb, pull in links[item]
            if plan.column[x] < plan.column[item] and pull > PULL_LEAF
        ]
        near = [y for y in before if abs(y - heights[item]) < SMALL_STEP]
        wishes.append(near[0] if near else heights[item])
        weights.append(PULL_LONG if near else PULL_LEAF)
    _settle(plan, heights, column, wishes, weights)


def _apart(wishes: list[float], weights: list[float], distances: list[float]) -> list[float]:
    """The nearest heights to the wishes that keep the distances: pool adjacent violators."""
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, weight, offset in zip(wishes, weights, offsets, strict=False):
        mean, total, members = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            before, other, count = pools.pop()
            mean = (mean * total + before * other) / (total + other)
            total, members = total + other, members + count
        pools.append((mean, total, members))
    flat = [mean for mean, _, members in pools for _ in range(members)]
    return [y + offset for y, offset in zip(flat, offsets, strict=False)]
