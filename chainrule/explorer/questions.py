"""What the page asks becomes a card: a graph with all its numbers, or an error as data.

Imports the inspection, whose flow is what a card carries, and the parts beside it. The socket
passes every question on; nothing that is asked here changes anything.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.explorer.closed_grammar import GrammarError
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.op_words import op_words
from chainrule.explorer.rewriting import rewritten
from chainrule.explorer.subjects import Subject
from chainrule.explorer.typed_graph import typed_graph
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.flow_record import FlowData
from chainrule.inspection.given_graph import Given
from chainrule.inspection.observed import observed
from chainrule.inspection.unfolding import opens, unfolded, with_modules_folded
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_dict

FOLDS = ("ops", "gates", "modules")
MOST_NODES_CLOSELY = 400  # beyond, local gradients are left out: they take a call for every wire
LONGEST_WORDS = 2_000  # characters of an error

Card = dict[str, Any]


def answered(question: Any, subjects: Mapping[str, Subject]) -> Card:
    """The card for a question; an error is a card as well."""
    if not is_dict(question):
        return error_card("A question is an object.")
    asked: dict[str, Any] = question
    number = asked.get("id")
    try:
        card = _card(asked, subjects)
    except ChainruleError as error:
        card = _of_error(error)
    except RecursionError:
        card = error_card("This is nested too deeply.")
    except Exception as error:  # a user's function may raise anything, and the page shows it
        card = error_card(f"{type(error).__name__}: {error}")
    return {"id": number if isinstance(number, int) else None, **card}


def error_card(what: str, do: str = "") -> Card:
    """An error in words."""
    return {"card": "error", "error": {"what": what[:LONGEST_WORDS], "do": do[:LONGEST_WORDS]}}


def _of_error(error: ChainruleError) -> Card:
    if isinstance(error, GrammarError):
        return {"card": "error", "error": _placed(error)}
    return error_card(error.what, "\n".join([*error.found, error.do]).strip())


def _placed(error: GrammarError) -> dict[str, Any]:
    place = error.place
    return {
        "what": error.what[:LONGEST_WORDS],
        "do": error.do[:LONGEST_WORDS],
        "line": place.line,
        "column": place.column,
        "end": place.end,
    }


def _card(asked: dict[str, Any], subjects: Mapping[str, Subject]) -> Card:
    kind = asked.get("ask")
    if kind == "start":
        return {
            "card": "start",
            "examples": [each.to_dict() for each in EXAMPLES],
            "subjects": [{"name": each.name, "says": each.says} for each in subjects.values()],
            "ops": list(op_words()),
        }
    fold = asked.get("fold", "ops")
    if fold not in FOLDS:
        return error_card(f"A graph is folded as one of {', '.join(FOLDS)}.")
    if kind == "write":
        return _written(asked, fold)
    if kind == "subject":
        return _of_subject(asked, fold, subjects)
    return error_card("This question is not known.")


def _written(asked: dict[str, Any], fold: str) -> Card:
    text = asked.get("text")
    if not isinstance(text, str):
        return error_card("Lines are a text.")
    if "set" in asked:
        text = rewritten(text, asked["set"])
    typed = typed_graph(text)
    card: Card = {
        "card": "graph",
        "text": text,
        "flow": None,
        "error": None if typed.error is None else _placed(typed.error),
    }
    if typed.given is not None:
        names = {leaf.node: name for name, leaf in typed.leaves.items()}
        card |= _shown(typed.given, fold, names)
    return card


def _of_subject(asked: dict[str, Any], fold: str, subjects: Mapping[str, Subject]) -> Card:
    name, values = asked.get("name"), asked.get("values", {})
    subject = subjects.get(name) if isinstance(name, str) else None
    if subject is None:
        return error_card("There is nothing of this name here.")
    if not is_dict(values):
        return error_card("Values are an object.")
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            given = subject.given(values)
    finally:
        RECORDING.reset(token)
    inputs = {node: node.label for node in given.graph.leaves if node.label in subject.inputs}
    return {"card": "graph", "text": None, "error": None, **_shown(given, fold, inputs)}


def _shown(given: Given, fold: str, inputs: Mapping[Any, str]) -> Card:
    """A graph with its flow, folded as asked, and which of its nodes can be set."""
    nodes = given.graph.nodes
    has_gates = any(node.op is not None and opens(node.op) for node in nodes)
    if fold == "gates":
        given = unfolded(given, lambda op: True)
    graph = given.graph
    closely = len(graph) <= MOST_NODES_CLOSELY
    whole = observed(given, closely=closely)
    flow: FlowData = with_modules_folded(whole, lambda path: path) if fold == "modules" else whole
    place = {
        whole.nodes[i].name: inputs[node] for i, node in enumerate(graph.nodes) if node in inputs
    }
    ops = {node.op for node in flow.nodes if node.op in CATALOGUE}
    return {
        "flow": flow.to_dict(),
        "inputs": [
            {"node": node.id, "name": place[node.name]}
            for node in flow.nodes
            if not node.op and node.name in place
        ],
        "summaries": {name: _summary(name) for name in sorted(ops)},
        "folds": [
            "ops",
            *(["gates"] if has_gates else []),
            *(["modules"] if flow.modules else []),
        ],
        "closely": closely,
    }


def _summary(name: str) -> str:
    """The first paragraph of an op's documentation, without its marks."""
    text = (CATALOGUE[name].__doc__ or "").strip().partition("\n\n")[0]
    plain = re.sub(r"``(.+?)``|(?<!\*)\*(\w+)\*|:\w+:`(.+?)`", _inside, text)
    return " ".join(plain.split())


def _inside(mark: re.Match[str]) -> str:
    return next(filter(None, mark.groups()), "")
