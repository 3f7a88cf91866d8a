"""What the page asks becomes a card: a graph, what is asked of one, or an error as data.

Imports the parts beside it, each of which makes cards of a kind. The socket passes every question
on; nothing that is asked here changes anything.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.explorer.digit_templates import templates_card
from chainrule.explorer.error_cards import error_card, of_error
from chainrule.explorer.graph_cards import Graphs
from chainrule.explorer.jacobian_cells import jacobian_card
from chainrule.explorer.kept_cards import kept_card
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.op_words import op_words
from chainrule.explorer.plane_panels import panels_card
from chainrule.explorer.playground.play_questions import ASKED, play_card
from chainrule.explorer.reach_card import entries_card, reach_card
from chainrule.explorer.subjects import Subject
from chainrule.explorer.why_card import why_card
from chainrule.spec import is_dict

Card = dict[str, Any]
FIGURES = MappingProxyType({"panels": panels_card, "templates": templates_card})


def answered(question: Any, subjects: Mapping[str, Subject], graphs: Graphs | None = None) -> Card:
    """The card for a question; an error is a card as well.

    Parameters
    ----------
    question : object
        As JSON read it.
    subjects : mapping of str to Subject
    graphs : Graphs, optional
        The graphs that were shown last: what is asked of one of them need not make it anew.
    """
    if not is_dict(question):
        return error_card("A question is an object.")
    asked: dict[str, Any] = question
    number = asked.get("id")
    try:
        card = _card(asked, subjects, graphs or Graphs(subjects))
    except ChainruleError as error:
        card = of_error(error)
    except RecursionError:
        card = error_card("This is nested too deeply.")
    except Exception as error:  # a user's function may raise anything, and the page shows it
        card = error_card(f"{type(error).__name__}: {error}")
    return {"id": number if isinstance(number, int) else None, **card}


def _card(asked: dict[str, Any], subjects: Mapping[str, Subject], graphs: Graphs) -> Card:
    kind = asked.get("ask")
    if kind == "start":
        return {
            "card": "start",
            "examples": [each.to_dict() for each in EXAMPLES],
            "subjects": [
                {"name": each.name, "says": each.says, "checks": each.checked is not None}
                for each in subjects.values()
            ],
            "ops": list(op_words()),
        }
    if kind in ("write", "subject"):
        return graphs.card(asked)
    if kind == "reach":
        return reach_card(graphs.shown(asked), asked)
    if kind == "entries":
        return entries_card(graphs.shown(asked), asked)
    if kind == "jacobian":
        return jacobian_card(graphs.shown(asked), asked)
    if kind == "checkup":
        return _checkup(asked, subjects)
    if kind == "why":
        return why_card(graphs.shown(asked), asked)
    if isinstance(kind, str) and kind in FIGURES:
        return FIGURES[kind](asked)
    if kind == "keep":
        return kept_card(asked.get("of"), partial(answered, subjects=subjects, graphs=graphs))
    if kind in ASKED:
        return play_card(asked)
    return error_card("This question is not known.")


def _checkup(asked: Mapping[str, Any], subjects: Mapping[str, Subject]) -> Card:
    name = asked.get("name")
    subject = subjects.get(name) if isinstance(name, str) else None
    if subject is None or subject.checked is None:
        return error_card("There is no net of this name to check up on.")
    return {"card": "checkup", "report": subject.checked().to_dict()}
