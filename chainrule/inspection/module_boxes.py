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
ROLE_ROOM = 18.0  # px below the body of an op, for its gate's role
NEST = 3.0  # px more around each level of modules within
NAME_SIZE = 10.0

Room = tuple[float, float, float, float]  # left, top, right, bottom


def module_boxes(
    signs: Sequence[Sign],
    shapes: Sequence[tuple[Box, float, float]],
    plan: Layout,
    kinds: Mapping[str, str],
) -> Iterator[str]:
    """A box for every module, the outer ones first.

    Where the body of another module's node would lie inside, the box leaves the parameters out;
    where that does not help, each node has one, and a module of modules none.

    Parameters
    ----------
    signs : sequence of Sign
    shapes : sequence of (Box, float, float)
        The room that each sign takes, where in it its body begins, and how wide that is.
    plan : Layout
    kinds : mapping of str to str
        What the module at a path is.
    """
    rooms: list[Room] = []
    bodies: list[Room] = []
    for x, y, (box, lead, body) in zip(plan.lefts, plan.middles, shapes, strict=True):
        low = min(box.below, box.above + ROLE_ROOM)  # what is said of a fork may stand out
        rooms.append((x, y - box.above, x + box.width, y + low))
        bodies.append((x + lead, y - box.above, x + lead + body, y + box.above))
    found = {path for sign in signs for path in accumulate(sign.module.split("."), _joined)}
    paths = {p for p in found if p in kinds or any(sign.module == p for sign in signs)} - {""}
    for path in sorted(paths, key=lambda path: (path.count("."), path)):
        inside = {i for i, sign in enumerate(signs) if _lies_in(sign.module, path)}
        ops = {i for i in inside if not shapes[i][0].is_leaf}
        label = f"{path}: {kinds[path]}" if path in kinds else path
        within = [p for p in paths if p != path and _lies_in(p, path)]
        levels = max((sum(_lies_in(p, q) for q in within) for p in within), default=0)
        for members in (inside, ops):
            whole = _around([rooms[i] for i in members]) if members else None
            others = [body for i, body in enumerate(bodies) if i not in members]
            if whole is not None and not any(_meet(whole, other) for other in others):
                yield _box(whole, label, levels)
                break
        else:
            for i in () if within else sorted(inside):
                yield _box(rooms[i], label, levels)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}"


def _lies_in(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}.")


def _around(rooms: Sequence[Room]) -> Room:
    lefts, tops, rights, bottoms = zip(*rooms, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _meet(a: Room, b: Room) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _box(room: Room, label: str, levels: int) -> str:
    """Around a room, and around the boxes of as many levels of modules within."""
    left, top, right, bottom = room
    pad, head = PAD + NEST * levels, HEAD * (1 + levels)
    left, top, right, bottom = left - pad, top - PAD - head, right + pad, bottom + pad
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
