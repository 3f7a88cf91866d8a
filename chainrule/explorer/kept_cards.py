"""What a graph that leaves as one file can still be asked: its folds, and a close look at each.

Imports the errors' cards and the names of the folds. questions.py calls it with what answers the
questions.
"""

import json
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from chainrule.explorer.error_cards import error_card
from chainrule.explorer.folds import FOLDS
from chainrule.spec import is_dict

Card = dict[str, Any]
Pairs = list[tuple[Card, Card]]  # a question and its card

ROOM_FOR_FOLDS = 4_000_000  # characters of the cards of all folds
ROOM_FOR_LOOKS = 1_500_000  # of those of Jacobians, and of what an entry reaches
MOST_LOOKS = 400  # some milliseconds each
MOST_ENTRIES = 16  # of an array whose entries can all be lit up


def kept_card(question: Any, answer: Callable[[Card], Card]) -> Card:
    """The cards of a graph: as it is shown, other folds while there is room, and looks at them.

    Parameters
    ----------
    question : object
        That of the graph, as the page asks it.
    answer : callable
        From a question to its card.
    """
    if not is_dict(question) or question.get("ask") not in ("write", "subject"):
        return error_card("What is kept is a graph.")
    graphs = every_fold(question, answer)
    if graphs[0][1]["card"] != "graph":
        return graphs[0][1]
    folds = [fold for fold in FOLDS if any(q.get("fold", "ops") == fold for q, _ in graphs)]
    # Single gates are not folded: of every mixture of them the file would hold a graph.
    own: Card = {"folds": folds, "turns": {}}
    return {
        "card": "kept",
        "answers": [*((q, {**found, **own}) for q, found in graphs), *_looks(graphs, answer)],
    }


def every_fold(question: Card, answer: Callable[[Card], Card]) -> Pairs:
    """A graph as it is asked for, and in the other folds while there is room."""
    card = answer(question)
    graphs: Pairs = [(question, card)]
    room = ROOM_FOR_FOLDS - len(json.dumps(card))
    for fold in card.get("folds", ()):
        if fold != question.get("fold", "ops") and room > 0:
            other: Card = {**question, "fold": fold, "turned": []}
            found = answer(other)
            room -= len(json.dumps(found))
            if room > 0:
                graphs.append((other, found))
    return graphs


def _looks(graphs: Pairs, answer: Callable[[Card], Card]) -> Pairs:
    """What the page asks beside, while there is room."""
    found: Pairs = []
    room = ROOM_FOR_LOOKS
    for question, card in graphs:
        for look in _questions(question, card["flow"] or {"nodes": ()}):
            if len(found) == MOST_LOOKS or room <= 0:
                return found
            seen = answer(look)
            room -= len(json.dumps(seen))
            found.append((look, seen))
    return found


def _questions(graph: Card, flow: Card) -> Iterator[Card]:
    """Each gate's Jacobians, why its gradient is what it is, and each entry of a small array."""
    for node in flow["nodes"]:
        of = {**graph, "node": node["name"]}
        if node["kind"] not in ("module", "constant"):
            yield {**of, "ask": "why", "index": None}
        if node["kind"] == "op":
            for i, x in enumerate(node["inputs"]):
                if x["local"] is not None:
                    yield {**of, "ask": "jacobian", "input": i}
    for node in flow["nodes"]:
        if prod(node["shape"]) <= MOST_ENTRIES:
            for entry in _places(node["shape"]):
                yield {**graph, "node": node["name"], "ask": "reach", "entry": entry}


def _places(shape: list[int]) -> Iterator[list[int]]:
    if not shape:
        yield []
        return
    for i in range(shape[0]):
        for rest in _places(shape[1:]):
            yield [i, *rest]
