"""What a playground asks besides its training: a table read, a net as code.

Imports the parts beside it. questions.py passes these questions on; nothing here changes anything.
"""

from collections.abc import Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.explorer.playground.play_script import script_of
from chainrule.explorer.playground.play_settings import read_settings, whole_number
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.point_set import points_for
from chainrule.explorer.playground.point_table import read_table

ASKED = ("table", "code")
MOST_EPOCHS = 1_000_000


def play_card(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The card for one of these questions.

    Raises
    ------
    ChainruleError
        In words for the page.
    """
    if asked["ask"] == "table":
        text = asked.get("text")
        if not isinstance(text, str):
            raise ArgumentError("A table is a text.", where="")
        return {"card": "table", "points": read_table(text).to_dict()}
    settings = read_settings(asked.get("settings"))
    points = points_for(settings, asked.get("points"))
    PlayTask.of(points, settings)  # which says what cannot be trained
    epochs = whole_number(asked.get("epochs", 0), "The number of epochs", 0, MOST_EPOCHS)
    return {"card": "code", "text": script_of(settings, points, epochs)}
