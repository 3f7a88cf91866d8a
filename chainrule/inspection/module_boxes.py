"""Modules as boxes in a picture, behind the nodes that they made.

Imports signs, the layout and svg. picture.py draws them first.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from chainrule.inspection.layered import Box
from chainrule.inspection.layout import Layout
from chainrule.inspection.sketch import Sign
from chainrule.inspection.svg import element, escaped, text_width

PAD = 5.0  # px around what a module holds
HEAD = 13.0  # px above it, for its name
NAME_SIZE = 10.0

Room = tuple[float, float, float, float]  # left, top, right, bottom


def module_boxes(
    signs: Sequence[Sign], boxes: Sequence[Box], plan: Layout, kinds: Mapping[str, str]
) -> Iterator[str]:
    """A box for every module, the outer ones first.

    Where a node of another module stands in between, the box leaves the parameters out; where
    that does not help, there is one around each of the nodes.
    """
    rooms = [
        (x, y - box.above, x + box.width, y + box.below)
        for x, y, box in zip(plan.lefts, plan.middles, boxes, strict=True)
    ]
    paths = {path for sign in signs for path in accumulate(sign.module.split("."), _joined)}
    for path in sorted(paths - {""}, key=lambda path: (path.count("."), path)):
        if path not in kinds and not any(sign.module == path for sign in signs):
            continue  # a list that holds modules, and no module itself
        inside = [_lies_in(sign.module, path) for sign in signs]
        members = [room for room, mine in zip(rooms, inside, strict=True) if mine]
        others = [room for room, mine in zip(rooms, inside, strict=True) if not mine]
        ops = [i for i, mine in enumerate(inside) if mine and not boxes[i].is_leaf]
        label = f"{path}: {kinds[path]}" if path in kinds else path
        leaves = [rooms[i] for i, mine in enumerate(inside) if mine and boxes[i].is_leaf]
        tries = [(members, others), ([rooms[i] for i in ops], others + leaves)]
        whole = next((_around(a) for a, b in tries if a and not _touches(_around(a), b)), None)
        for room in members if whole is None else [whole]:
            yield _box(room, label)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}"


def _lies_in(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}.")


def _touches(room: Room, others: Sequence[Room]) -> bool:
    return any(_meet(room, other) for other in others)


def _around(rooms: Sequence[Room]) -> Room:
    lefts, tops, rights, bottoms = zip(*rooms, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _meet(a: Room, b: Room) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _box(room: Room, label: str) -> str:
    left, top, right, bottom = room
    left, top, right, bottom = left - PAD, top - PAD - HEAD, right + PAD, bottom + PAD
    return element(
        "g",
        element("title", escaped(label)),
        element(
            "rect", class_="module", x=left, y=top, width=right - left, height=bottom - top, rx=8.0
        ),
        element("text", escaped(_fitting(label, right - left - 2 * PAD)), class_="quiet",
                x=left + PAD + 2, y=top + NAME_SIZE + 2),
    )  # fmt: skip


def _fitting(label: str, width: float) -> str:
    """As much of a label as there is room for."""
    while len(label) > 1 and text_width(label, NAME_SIZE) > width:
        label = label[:-2] + "…"
    return label
