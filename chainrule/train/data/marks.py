"""What stands for "nothing is known here" in a cell, whatever the column holds.

Imports the data model. door.py hands the marks to the table engine, texts.py looks for the rest.
"""

from collections.abc import Iterable
from contextlib import suppress

import numpy as np

from chainrule.train.data.tables import Text, Values

# Lower case. The last row is what spreadsheets show for a formula that failed.
MARKS = (
    *("", "na", "n/a", "n.a.", "<na>", "nan", "nat", "null", "nil", "none", "?", "-", "--", "."),
    *("#n/a", "#na", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!"),
)


def chosen_marks(given: Iterable[str]) -> tuple[str, ...]:
    """The marks that a user named, and the usual ones; only an empty cell if "" was named."""
    named = tuple(mark.strip().lower() for mark in given)
    usual = ("",) if "" in named else MARKS
    return tuple(dict.fromkeys((*usual, *named)))


def spellings(marks: Iterable[str]) -> list[str]:
    """The ways in which the marks are usually written, for a reader that tells A from a."""
    written = (
        (mark, mark.upper(), mark.capitalize(), mark.title(), mark.replace("nan", "NaN"))
        for mark in marks
    )
    return list(dict.fromkeys(each for ways in written for each in (*ways, "NaT")))


def without_marks(values: Values, marks: tuple[str, ...]) -> Values:
    """The column with a gap in place of each mark; texts that nobody holds any more are gone."""
    if isinstance(values, Text):
        return without_words(values, marks)
    codes = numbers_among(marks) if values.dtype.kind == "f" else []
    return np.where(np.isin(values, codes), np.nan, values) if codes else values


def numbers_among(marks: Iterable[str]) -> list[float]:
    """The marks that are numbers, such as -999."""
    found = list[float]()
    for mark in marks:
        with suppress(ValueError):
            found.append(float(mark))
    return [number for number in found if number == number]


def without_words(text: Text, marks: tuple[str, ...]) -> Text:
    """The same of a column of texts."""
    known = frozenset(marks)
    keeps = np.array([value.lower() not in known for value in text.values], bool)
    if keeps.all():
        return text
    place = np.where(keeps, np.cumsum(keeps) - 1, -1)
    codes = np.append(place, -1)[text.codes]  # -1 stays -1
    values = tuple(value for value, kept in zip(text.values, keeps, strict=True) if kept)
    return Text(values, codes)
