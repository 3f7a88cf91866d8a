"""What is seen leaves as one file: the built page with its answers inside, to hand to a class.

Imports the page's files and the questions. The page fetches the file while it is empty, under its
address of the fixed table, and fills it in; ``cr.show`` and the command line fill it in here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chainrule.errors import ArgumentError, MissingLibraryError
from chainrule.explorer.empty_file import EMPTY, SLOT
from chainrule.explorer.page_files import SAYS, page_files
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import Subject

VERSION = 1  # of what explorer/src/lib/kept.ts reads
Answers = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]  # a question and its card


def one_file(
    title: str, place: str, answers: Answers, states: Mapping[str, Any] | None = None
) -> str:
    """The text of the file.

    Parameters
    ----------
    title : str
    place : str
        What is shown first, as it stands behind the # of an address.
    answers : sequence of (question, card)
        The questions that the page can ask without Python.
    states : mapping, optional
        What views have left of themselves, by their names.

    Raises
    ------
    MissingLibraryError
        If the page is not built.
    """
    empty = page_files().get(EMPTY)
    if empty is None:
        raise MissingLibraryError(SAYS)
    kept = {
        "version": VERSION,
        "title": title,
        "place": place,
        "answers": [list(pair) for pair in answers],
        "states": dict(states or {}),
    }
    text = json.dumps(kept, ensure_ascii=True, allow_nan=False)
    # Enemy: a name that holds </script>. Without a < nothing inside of a script ends it.
    return empty.content.decode().replace(SLOT, SLOT.replace("null", _inert(text)), 1)


def file_of(subject: Subject) -> str:
    """A graph in every fold that has room.

    Raises
    ------
    ArgumentError
        If there is no graph; the message is the card's.
    """
    question: dict[str, Any] = {
        "ask": "subject",
        "name": subject.name,
        "fold": "ops",
        "values": {},
    }
    card = answered({"ask": "keep", "of": question}, {subject.name: subject})
    error = card["error"] if card["card"] == "error" else card["answers"][0][1]["error"]
    if error is not None:  # of a function that fails on its way there would be half a graph
        raise ArgumentError(error["what"], do=error["do"])
    place = f"view=graph&subject={quote(subject.name, safe='')}"
    return one_file(subject.name, place, card["answers"])


def _inert(text: str) -> str:
    return text.replace("<", "\\u003c")
