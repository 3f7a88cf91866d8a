"""Errors as cards: in words, and with the place in the lines where that is known.

Imports errors and the grammar. Every answer of the explorer that fails is one of these.
"""

from typing import Any

from chainrule.errors import ChainruleError
from chainrule.explorer.closed_grammar import GrammarError

LONGEST_WORDS = 2_000  # characters of an error

Card = dict[str, Any]


def error_card(what: str, do: str = "") -> Card:
    """An error in words."""
    return {"card": "error", "error": in_words(what, do)}


def of_error(error: ChainruleError) -> Card:
    """One of our own errors."""
    if isinstance(error, GrammarError):
        return {"card": "error", "error": placed(error)}
    return error_card(error.what, "\n".join([*error.found, error.do]).strip())


def in_words(what: str, do: str) -> dict[str, str]:
    """What is wrong and what to do, neither too long for a page."""
    return {"what": what[:LONGEST_WORDS], "do": do[:LONGEST_WORDS]}


def placed(error: GrammarError) -> dict[str, Any]:
    """An error of the lines, with where it is."""
    place = error.place
    return {
        **in_words(error.what, error.do),
        "line": place.line,
        "column": place.column,
        "end": place.end,
    }
