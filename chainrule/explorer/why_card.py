"""Why a gradient of the graph on the page is what it is: the engine's answer, with its products.

Imports the inspection's why and explain, and the graphs that are shown. questions.py asks it.
"""

from contextlib import suppress
from typing import Any

from chainrule.errors import ArgumentError, NoGradientError
from chainrule.explorer.asked_values import Asked
from chainrule.explorer.graph_cards import Shown
from chainrule.graph.nodes.node import Node
from chainrule.inspection.chains import explain
from chainrule.inspection.why import UNASKED, why
from chainrule.spec import is_list

MOST_AXES = 16
PATHS = 6  # products that are told, the largest first
MOST_FACTORS = 300  # of all of them: nobody reads more


def why_card(shown: Shown, asked: Asked) -> dict[str, Any]:
    """The reason of a gradient, or of one entry of it; of an entry its chains of products too."""
    node, place = shown.node(asked.get("node"))[1], _place(asked.get("index"))
    loss = shown.given.ends[-1]
    reason = why(loss, node, place)
    told = {**reason.to_dict(), "sentence": reason.sentence.removesuffix(UNASKED)}
    return {"card": "why", "reason": told, "products": _products(loss, node, place)}


def _products(loss: Node, node: Node, place: tuple[int, ...] | None) -> dict[str, Any] | None:
    """The chains of products that make one entry; None for several, or where there are none."""
    if place is None and node.shape:
        return None
    with suppress(NoGradientError):  # the reason says why
        found = explain(loss, node, place or (), paths=PATHS)
        if sum(len(path.factors) for path in found.paths) <= MOST_FACTORS:
            told = found.to_dict()
            return {key: told[key] for key in ("gradient", "paths", "rest")}
    return None


def _place(index: Any) -> tuple[int, ...] | None:
    if index is None:
        return None
    if is_list(index) and len(index) <= MOST_AXES and all(type(each) is int for each in index):
        return tuple(index)
    raise ArgumentError("An index is a list of whole numbers, one for each axis.")
