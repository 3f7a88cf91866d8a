"""A question that names a graph becomes that graph with all its numbers, and a card of it.

Imports the inspection, the folds and what has a graph: typed lines and subjects. questions.py
hands the cards on; what is asked of a graph that is shown already (reach_card.py,
jacobian_cells.py) finds it here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.error_cards import error_card, in_words, placed
from chainrule.explorer.folds import FOLDS, Folding, boxed, opened, turns
from chainrule.explorer.op_formulas import formulas_of
from chainrule.explorer.own_code import OwnCodeError
from chainrule.explorer.rewriting import rewritten
from chainrule.explorer.subjects import Subject
from chainrule.explorer.typed_graph import typed_graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.flow_record import FlowData
from chainrule.inspection.given_graph import Given
from chainrule.inspection.observed import observed
from chainrule.inspection.unfolding import opens
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_dict

MOST_NODES_CLOSELY = 400  # beyond, local gradients are left out: they take a call for every wire
MOST_NODES = 20_000  # that a page is given
HELD = 4  # graphs

Card = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A graph as it is shown.

    Attributes
    ----------
    given : Given
        The graph, its ops spelled out as asked.
    flow : FlowData
        What is drawn.
    nodes : tuple of Node
        Behind each node of the flow; behind a module its last op.
    card : dict
    """

    given: Given
    flow: FlowData
    nodes: tuple[Node, ...]
    card: Card

    def node(self, name: Any) -> tuple[int, Node]:
        """A node by the name that the page shows, with its id.

        Raises
        ------
        ArgumentError
            If there is none.
        """
        for each, node in zip(self.flow.nodes, self.nodes, strict=True):
            if each.name == name:
                return each.id, node
        raise ArgumentError("This graph has no such node.", do="Choose one of the picture.")


@dataclass
class Graphs:
    """The graphs that were shown last, by what they were asked with.

    Several threads may ask: whoever comes second makes a graph once more at worst.
    """

    subjects: Mapping[str, Subject] = field(default_factory=dict[str, Subject])
    held: dict[str, Shown] = field(default_factory=dict[str, Shown])
    lock: Lock = field(default_factory=Lock)

    def card(self, asked: dict[str, Any]) -> Card:
        """The card of a graph, or of what is wrong with the question."""
        found = self._made(asked)
        return found.card if isinstance(found, Shown) else found

    def shown(self, asked: dict[str, Any]) -> Shown:
        """The graph itself, which may have been shown already.

        Raises
        ------
        ArgumentError
            If the question names no graph.
        """
        with self.lock:
            found = self.held.get(_key(asked))
        found = found or self._made(asked)
        if not isinstance(found, Shown):
            raise ArgumentError("There is no such graph.", do="Ask for the graph first.")
        return found

    def _made(self, asked: dict[str, Any]) -> Shown | Card:
        folding = Folding.asked(asked)
        if folding is None:
            return error_card(f"A graph is folded as one of {', '.join(FOLDS)}.")
        if "text" in asked or asked.get("ask") == "write":
            found = _written(asked, folding)
        else:
            found = _of_subject(asked, folding, self.subjects)
        if isinstance(found, Shown):
            with self.lock:
                self.held[_key({**asked, "text": found.card["text"]})] = found
                while len(self.held) > HELD:
                    del self.held[next(iter(self.held))]
        return found


def _key(asked: Mapping[str, Any]) -> str:
    """What makes a graph another one."""
    return json.dumps([asked.get(name) for name in ("text", "name", "values", "fold", "turned")])


def _written(asked: dict[str, Any], folding: Folding) -> Shown | Card:
    text = asked.get("text")
    if not isinstance(text, str):
        return error_card("Lines are a text.")
    if "set" in asked:
        text = rewritten(text, asked["set"])
    typed = typed_graph(text)
    error = None if typed.error is None else placed(typed.error)
    base: Card = {"card": "graph", "text": text, "flow": None, "error": error}
    if typed.given is None:
        return base
    names = {leaf.node: name for name, leaf in typed.leaves.items()}
    return _shown(typed.given, folding, names, base)


def _of_subject(
    asked: dict[str, Any], folding: Folding, subjects: Mapping[str, Subject]
) -> Shown | Card:
    name, values = asked.get("name"), asked.get("values", {})
    subject = subjects.get(name) if isinstance(name, str) else None
    if subject is None:
        return error_card("There is nothing of this name here.")
    if not is_dict(values):
        return error_card("Values are an object.")
    base: Card = {"card": "graph", "text": None, "error": None}
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            given = subject.given(values)
    except OwnCodeError as error:
        if error.given is None:
            raise
        base["error"] = in_words(error.what, error.do)
        given = error.given
    finally:
        RECORDING.reset(token)
    inputs = {node: node.label for node in given.graph.leaves if node.label in subject.inputs}
    return _shown(given, folding, inputs, base)


def _shown(given: Given, folding: Folding, inputs: Mapping[Any, str], base: Card) -> Shown:
    """A graph with its flow, folded as asked, and which of its nodes can be set."""
    found = opened(given, folding)
    nodes = found.given.graph.nodes
    if len(nodes) > MOST_NODES:
        raise ArgumentError(
            f"This graph has {len(nodes):,} nodes; a page shows up to {MOST_NODES:,}.",
            do="Explore a smaller example of the same.",
        )
    closely = len(nodes) <= MOST_NODES_CLOSELY
    # What failed on its way has no end at which a gradient would begin.
    whole = observed(found.given, closely=closely, walks=base["error"] is None)
    flow, origin = boxed(whole, folding)
    behind = tuple(nodes[at] for at in origin)
    ops = {node.op for node in flow.nodes if node.op in CATALOGUE}
    has_gates = any(node.op is not None and opens(node.op) for node in given.graph.nodes)
    card = {
        **base,
        "flow": flow.to_dict(),
        "inputs": [
            {"node": node.id, "name": inputs[each]}
            for node, each in zip(flow.nodes, behind, strict=True)
            if not node.op and each in inputs
        ],
        "summaries": {name: _summary(name) for name in sorted(ops)},
        "formulas": formulas_of(ops),
        "folds": [
            "ops",
            *(["gates"] if has_gates else []),
            *(["modules"] if flow.modules else []),
        ],
        "turns": turns(flow, whole, origin, nodes, found, folding),
        "closely": closely,
    }
    return Shown(found.given, flow, behind, card)


def _summary(name: str) -> str:
    """The first paragraph of an op's documentation, without its marks."""
    text = (CATALOGUE[name].__doc__ or "").strip().partition("\n\n")[0]
    plain = re.sub(r"``(.+?)``|(?<!\*)\*(\w+)\*|:\w+:`(.+?)`", _inside, text)
    return " ".join(plain.split())


def _inside(mark: re.Match[str]) -> str:
    return next(filter(None, mark.groups()), "")
