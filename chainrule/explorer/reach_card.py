"""What an entry of an array influences, and what influences it, counted and told in words.

Imports the inspection. questions.py asks it of a graph that is shown. What "influences" means is
said in chainrule/inspection/influence.py.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.graph_cards import Shown
from chainrule.graph.nodes.node import Node
from chainrule.inspection.amount import measured
from chainrule.inspection.influence import influence
from chainrule.inspection.observed import gradients_of
from chainrule.spec import is_list, is_tuple

Array = np.ndarray[Any, np.dtype[Any]]
MARKED = 256  # entries of an array whose marks are told one by one
MOST_LISTED = 6  # entries that words name
MOST_SAID = 6  # sentences of each way
PICTURED = 64  # rows and columns of a picture

Card = dict[str, Any]


def reach_card(shown: Shown, asked: dict[str, Any]) -> Card:
    """What one entry reaches.

    Parameters
    ----------
    shown : Shown
    asked : dict
        ``{"node": "x", "entry": [0, 2]}``.

    Raises
    ------
    ArgumentError
        If there is no such node or entry.
    """
    place, node = shown.node(asked.get("node"))
    entry = _entry(node, asked.get("entry"))
    name = _named(shown.flow.nodes[place].name, entry)
    found = influence(shown.given.graph, node, entry)
    marks: list[Card] = []
    onward: list[str] = []
    back: list[str] = []
    for each, behind in zip(shown.flow.nodes, shown.nodes, strict=True):
        for masks, way in ((found.onward, "onward"), (found.back, "back")):
            mask = masks.get(behind)
            if mask is None or behind is node:
                continue
            says = _says(name, each.name, mask, way, behind not in found.unsure)
            marks.append({"node": each.id, "way": way, **_counted(mask), "says": says})
            is_read = each.id in shown.flow.nodes[place].readers
            if way == "onward" and (each.is_end or each.named or is_read):
                onward.append(says)
            elif way == "back" and not each.op and each.kind != "constant":
                back.append(says)
    chosen = np.zeros(node.shape, bool)
    chosen[entry] = True
    marks.append({"node": place, "way": "chosen", **_counted(chosen), "says": name})
    if not onward and not back:
        onward = [f"{name} affects nothing here, and hangs on nothing."]
    return {
        "card": "reach",
        "node": place,
        "entry": list(entry),
        "name": name,
        "says": [*onward[:MOST_SAID], *back[:MOST_SAID]],
        "marks": marks,
    }


def entries_card(shown: Shown, asked: dict[str, Any]) -> Card:
    """All numbers of an array that is too large for a table, as rows of a picture.

    Parameters
    ----------
    shown : Shown
    asked : dict
        ``{"node": "x"}``, or ``{"node": "x", "tone": "gradient"}`` for what comes back to it.

    Raises
    ------
    ArgumentError
        If there is no such node, or it has more entries than a picture shows.
    """
    place, node = shown.node(asked.get("node"))
    if is_tuple(node.value):
        raise ArgumentError("Several results are no array.", do="Choose one of them.")
    rows, columns = flat_shape(node.shape)
    if max(rows, columns) > PICTURED:
        raise ArgumentError(
            f"{rows:,} rows of {columns:,} are too many for a picture.",
            do="Type the index of an entry.",
        )
    tone, numbers = "value", node.value
    if asked.get("tone") == "gradient":
        tone, numbers = "gradient", _gradient(shown, place, node)
    amount = measured(numbers)
    ends = [abs(x) for x in (amount.least, amount.most) if x is not None]
    return {
        "card": "entries",
        "node": place,
        "tone": tone,
        "shape": list(node.shape),
        "rows": rows,
        "columns": columns,
        "most": float(max(ends, default=0)),
        "cells": [in_json(x) for x in np.asarray(numbers).reshape(-1).tolist()],
    }


def _gradient(shown: Shown, place: int, node: Node) -> Any:
    """What comes back to a node, as the walk of the graph that is shown had it."""
    found = None
    if shown.flow.nodes[place].upstream is not None:
        gradients = gradients_of(shown.given.graph, shown.given.start)[0]
        found = gradients.get(node, node.gradient)
    if found is None:
        raise ArgumentError("No gradient comes back here.")
    return found


def flat_shape(shape: Sequence[int]) -> tuple[int, int]:
    """An array as a matrix: a vector is one row, more axes are stacked."""
    return (prod(shape[:-1]), shape[-1]) if shape else (1, 1)


def in_json(x: Any) -> Any:
    """A number with six digits; what JSON lacks as a text."""
    if isinstance(x, bool | int):
        return x
    return float(f"{x:.6g}") if np.isfinite(x) else str(x)


def _entry(node: Node, given: Any) -> tuple[int, ...]:
    whole = is_list(given) and all(type(k) is int for k in given)
    if is_tuple(node.value) or not whole or len(given) != len(node.shape):
        raise ArgumentError(
            "This names no entry of it.",
            do=f"Give one number for each of its {len(np.shape(node.value))} axes.",
        )
    if not all(0 <= k < n for k, n in zip(given, node.shape, strict=True)):
        raise ArgumentError(
            f"There is no entry {given} in an array of shape {node.shape}.",
            do="Count from 0.",
        )
    return tuple(given)


def _named(name: str, entry: Sequence[int]) -> str:
    return f"{name}[{', '.join(map(str, entry))}]" if entry else name


def _counted(mask: Array) -> Card:
    """How many entries are marked, and which where they are few enough."""
    bits = "".join("1" if x else "0" for x in mask.reshape(-1)) if mask.size <= MARKED else None
    return {"count": int(np.count_nonzero(mask)), "of": mask.size, "bits": bits}


def _says(name: str, other: str, mask: Array, way: str, surely: bool) -> str:
    """A sentence, such as "x[0, 2] affects 4 of 8 entries of y: row 0."."""
    count = int(np.count_nonzero(mask))
    verbs = {"onward": ("affects", "may affect"), "back": ("hangs on", "may hang on")}
    what = f"{_amount(count, mask.size)} of {other}" if mask.shape else other
    where = "" if count == mask.size else f": {where_marked(mask)}"
    return f"{name} {verbs[way][not surely]} {what}{where}."


def _amount(count: int, size: int) -> str:
    if count == size:
        return f"all {size:,} entries" if size > 1 else "the entry"
    return f"{count:,} of {size:,} entries"


def where_marked(mask: Array) -> str:
    """Which entries are marked, in words: a row, a column, a block, or one by one.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((2, 4), bool)
    >>> mask[0] = True
    >>> where_marked(mask)
    'row 0'
    >>> where_marked(np.eye(2, dtype=bool))
    '[0, 0] and [1, 1]'
    """
    if not mask.any():
        return "none"
    if mask.all():
        return "all of it"
    places = [np.flatnonzero(mask.any(axis=_others(mask.ndim, k))) for k in range(mask.ndim)]
    count = int(np.count_nonzero(mask))
    if count == prod(len(each) for each in places):  # a block: some of each axis, all together
        return _block(mask.shape, places)
    if count > MOST_LISTED:
        return "scattered over it"
    listed = [f"[{', '.join(map(str, index))}]" for index in np.argwhere(mask).tolist()]
    return _and(listed)


def _others(count: int, axis: int) -> tuple[int, ...]:
    return tuple(k for k in range(count) if k != axis)


def _block(shape: Sequence[int], places: Sequence[Array]) -> str:
    whole = [len(each) == n for each, n in zip(places, shape, strict=True)]
    if len(shape) == 1:
        return _few("entry", "entries", places[0])
    if len(shape) == 2:
        parts = [_few("row", "rows", places[0])] if not whole[0] else []
        parts += [_few("column", "columns", places[1])] if not whole[1] else []
        single = [len(each) == 1 for each in places]
        if all(single):
            return f"[{places[0][0]}, {places[1][0]}]"
        return ", ".join(parts)
    return f"[{', '.join(_slices(shape, places))}]"


def _slices(shape: Sequence[int], places: Sequence[Array]) -> Iterator[str]:
    for each, n in zip(places, shape, strict=True):
        first, last = int(each[0]), int(each[-1])
        if len(each) == n:
            yield ":"
        elif len(each) == 1:
            yield str(first)
        elif last - first + 1 == len(each):
            yield f"{first}:{last + 1}"
        else:
            yield f"{len(each)} of {n}"


def _few(one: str, several: str, places: Array) -> str:
    """Some of an axis: "row 0", "rows 2 to 5", "rows 0, 3 and 7"."""
    numbers: list[int] = places.tolist()
    if len(numbers) == 1:
        return f"{one} {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] + 1 == len(numbers):
        return f"{several} {numbers[0]} to {numbers[-1]}"
    if len(numbers) > MOST_LISTED:
        return f"{len(numbers)} {several}"
    return f"{several} {_and([str(k) for k in numbers])}"


def _and(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
