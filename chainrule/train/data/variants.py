"""Variants: the same word or date written in several ways in one column, which is told.

Imports texts.py and the data model. roles.py and inference.py ask.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from chainrule.train.data.tables import Columns, Text
from chainrule.train.data.texts import DATE, are_mostly
from chainrule.train.data.wording import listing

MOST_TOLD = 3  # words whose ways are told


def told_variants(name: str, text: Text) -> tuple[str, ...]:
    """A note where words differ only in capitals or blanks: ja, Ja, JA."""
    ways = defaultdict[str, list[int]](list)
    for code, value in enumerate(text.values):
        ways[" ".join(value.casefold().split())].append(code)
    several = [codes for codes in ways.values() if len(codes) > 1]
    if not several:
        return ()
    counts = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values))
    told = [
        " and ".join(f"{text.values[code]!r} ({counts[code]:,})" for code in codes)
        for codes in several[:MOST_TOLD]
    ]
    more = f" and {len(several) - MOST_TOLD} more words" if len(several) > MOST_TOLD else ""
    return (
        f"{name!r} writes the same in several ways, {listing(told, '; ')}{more}: each counts for "
        "itself until they are written alike",
    )


def mixed_orders(columns: Columns, name: str, text: Text) -> tuple[str, str] | None:
    """In short, and with a witness of each: dates with the day first and with the month first."""
    if not are_mostly(text.values, DATE.fullmatch):
        return None
    first, second = _proving(text.values, 1, 3), _proving(text.values, 3, 1)
    if first is None or second is None:
        return None
    day, month = (_place(columns, text, code) for code in (first, second))
    return (
        "dates in two orders",
        f"{name!r} of {columns.source} holds dates in two orders: {day} starts with the day, "
        f"{month} with the month; it is taken for text until they are written alike",
    )


def _proving(values: Sequence[str], day: int, month: int) -> int | None:
    """The first value whose day stands in the one place, and cannot stand in the other."""
    for code, value in enumerate(values):
        match = DATE.fullmatch(value)
        if match and len(match[1]) < 3 and int(match[day]) > 12 >= int(match[month]):
            return code
    return None


def _place(columns: Columns, text: Text, code: int) -> str:
    row = int(np.argmax(text.codes == code))
    return f"{text.values[code]!r} in {columns.places[row]}"
