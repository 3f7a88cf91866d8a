"""Amounts: a column of texts that are numbers but for a unit beside them, or a word in a gap.

Imports texts.py, thousands.py and unit_signs.py. roles.py and inference.py ask what a column
holds; later.py reads further rows the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.columns import Written
from chainrule.train.data.marks import without_words
from chainrule.train.data.tables import Columns, Text, Values
from chainrule.train.data.texts import all_numbers_in, are_mostly, numbers_in, spread
from chainrule.train.data.thousands import decimal_of, refuse_two_signs
from chainrule.train.data.unit_signs import SCALING, is_known, is_same, parted, without_unit
from chainrule.train.data.wording import counted, listing

# A column of numbers with so few other cells is one with a typing error.
LARGEST_SHARE_OF_TYPOS, FEWEST_NUMBERS_PER_TYPO = 0.01, 9
# Words in so few cells are gaps, unless the numbers beside them are few and names themselves.
LARGEST_SHARE_OF_WORDS, MOST_WORDS, FEWEST_AMOUNTS = 0.2, 2, 20
FEWEST_NUMBERS_PER_OTHER, MOST_LISTED = 2, 4  # where others are named, and how many


@dataclass(frozen=True, eq=False)
class Amounts:
    """What the texts of a column are as numbers, NaN where they are none.

    Parameters
    ----------
    of_values : ndarray, float64
        Of each different value.
    written : Written
        The unit beside the numbers, and the words that stand for a gap.
    notes : tuple of str
        What a reader should know.
    """

    of_values: NDArray[np.float64]
    written: Written
    notes: tuple[str, ...] = ()


def amounts_in(columns: Columns, name: str, text: Text, is_asked: bool = False) -> Amounts | None:
    """The numbers of a column in which hardly a cell is none; that cell is an error.

    Parameters
    ----------
    is_asked : bool
        Whether a user says that they are numbers: then words are gaps however many they are, and
        a unit may stand in few cells.

    Returns
    -------
    Amounts or None
        None if it is no column of numbers.
    """
    counts = counts_of(text)
    found = _with_unit(columns, text, counts, is_asked)
    if found is None:
        return None
    of_values, unit, decimal = found
    is_bad = np.isnan(of_values) & (counts > 0)
    bare = _bare(text, unit, ~is_bad) if unit else np.zeros(len(is_bad), bool)
    notes = tuple[str, ...]()
    if bare.any():
        if unit in SCALING:  # 50 % beside 0.5: nobody knows what the plain number means
            is_bad, of_values = is_bad | bare, np.where(bare, np.nan, of_values)
        else:
            cells = counted(int(counts[bare].sum()), "cell")
            notes = (f"{name!r}: {cells} without {unit!r} are taken for numbers in it",)
    words = words_among(text, counts, is_bad, is_asked)
    if words:
        notes += (told_words(name, text, counts, words),)
        is_bad &= ~_are(text, words)
    if not is_bad.any():
        lower = tuple(dict.fromkeys(word.lower() for word in words))
        if not columns.said:
            refuse_two_signs(columns, name, text, unit)
        return Amounts(of_values, Written(unit, lower, decimal), notes)
    bad, good = int(counts[is_bad].sum()), int(counts[~is_bad].sum())
    most = max(1, LARGEST_SHARE_OF_TYPOS * good)
    if not is_asked and (bad > most or good < FEWEST_NUMBERS_PER_TYPO * bad):
        return None
    raise _typo(columns, name, text, is_bad, unit)


def as_numbers(
    columns: Columns, name: str, values: Values, written: Written | None = None
) -> NDArray[np.float64]:
    """A column as numbers, with or without its unit; a DataError names the first other cell."""
    if not isinstance(values, Text):
        if values.dtype.kind != "M":
            return values
        raise DataError(
            f"column {name!r} of {columns.source} holds dates where numbers belong.",
            do="Write the column as it was in the training data, or leave it out.",
        )
    known = Written() if written is None else written
    values = without_words(values, known.words) if known.words else values
    given = without_unit(values.values, known.unit)
    of_values = all_numbers_in(given, decimal_of(columns, given, known.decimal))
    bad = unread(values, of_values)
    if bad is not None:
        unit = known.unit
        do = f"The net learned it in {unit}: write it so, or without a unit." if unit else ""
        raise not_a_number(columns, name, values.values[values.codes[bad]], bad, do)
    return spread(values, of_values)


def not_a_number(columns: Columns, name: str, cell: str, row: int, do: str = "") -> DataError:
    """Say which cell of a column of numbers is none."""
    return DataError(
        f"column {name!r} of {columns.source} holds {cell!r} in {columns.places[row]} "
        "where a number belongs.",
        do=do or "Correct the cell: numbers are written like 12, -0.5 or 1e-3.",
    )


def unread(text: Text, of_values: NDArray[Any], is_nothing: Callable[..., Any] = np.isnan) -> Any:
    """The first row whose value could not be read; None if there is none."""
    unread = np.append(is_nothing(of_values), False)  # a gap is not unread
    words = np.array([value.lower() in ("nan", "+nan", "-nan") for value in text.values], bool)
    unread[:-1] &= ~words
    if not unread.any():
        return None
    return int(np.argmax(unread[text.codes]))


def counts_of(text: Text) -> NDArray[np.int64]:
    """In how many cells each value stands."""
    return np.bincount(text.codes[text.codes >= 0], minlength=len(text.values))


def words_among(
    text: Text, counts: NDArray[np.int64], is_bad: NDArray[np.bool_], is_asked: bool = False
) -> tuple[str, ...]:
    """The words that stand for a gap among numbers or dates; () if others may be meant.

    One or two words that repeat, in a fifth of the cells at most, beside more different amounts
    than a code has. Nothing is lost: a gap is seen by the net as well.
    """
    words = [text.values[place] for place in np.flatnonzero(is_bad)]
    of_words, of_others = counts[is_bad], counts[~is_bad]
    if not words or any(map(_has_digit, words)) or not len(of_others):
        return ()
    bad, good = int(of_words.sum()), int(of_others.sum())
    repeats = int(of_words.min()) > 1
    is_few = bad <= LARGEST_SHARE_OF_WORDS * (bad + good)
    names = {word.lower() for word in words}
    if is_asked:
        return tuple(words) if repeats and bad <= good else ()
    is_code = np.count_nonzero(of_others) <= FEWEST_AMOUNTS
    return tuple(words) if repeats and is_few and len(names) <= MOST_WORDS and not is_code else ()


def told_words(name: str, text: Text, counts: NDArray[np.int64], words: Sequence[str]) -> str:
    """What is said of words that are read as gaps."""
    cells = _counted(text, counts, _are(text, words))
    return (
        f"{name!r}: {cells} is read as a gap; if it says more, take the column for categories "
        f"(--categorical {name!r})"
    )


def told_code(
    name: str, text: Text, counts: NDArray[np.int64], is_bad: NDArray[np.bool_]
) -> tuple[str, ...]:
    """A note on words among so few numbers that they may be names: 0, 1, 2, 3 and k.A."""
    good, bad = int(counts[~is_bad].sum()), int(counts[is_bad].sum())
    words = [text.values[place] for place in _frequent(counts, is_bad)]
    is_rare = 0 < bad <= LARGEST_SHARE_OF_WORDS * (good + bad)
    if not is_rare or len(words) > MOST_WORDS or any(map(_has_digit, words)):
        return ()
    named = listing([repr(word) for word in words], " ")
    return (
        f"{name!r}: {_counted(text, counts, is_bad)} among few different numbers makes categories "
        f"of them all; if it is a gap, name it (--missing {named})",
    )


def told_others(
    columns: Columns, text: Text, is_bad: NDArray[np.bool_], counts: NDArray[np.int64], noun: str
) -> str:
    """Why a column that holds numbers or dates for the most part is none of them; or ""."""
    good, bad = int(counts[~is_bad].sum()), int(counts[is_bad].sum())
    if (
        bad == 0
        or good < FEWEST_NUMBERS_PER_OTHER * bad
        or np.count_nonzero(counts[~is_bad]) <= FEWEST_AMOUNTS
    ):
        return ""
    words = [text.values[place] for place in _frequent(counts, is_bad)]
    told = f"{_counted(text, counts, is_bad)} among {good:,} {noun}"
    if any(map(_has_digit, words)) or len(words) > MOST_LISTED:
        row = int(np.argmax(np.append(is_bad, False)[text.codes]))
        return f"{told}, first in {columns.places[row]}"
    return f"{told}; if it is a gap: --missing {listing([repr(word) for word in words], ' ')}"


def mixture(columns: Columns, name: str, text: Text) -> tuple[str, str] | None:
    """The units of a column that holds several, in short and with the place of each; or None."""
    if not are_mostly(text.values, parted):
        return None
    found = dict[str, list[int]]()
    for code, value in enumerate(text.values):
        if each := parted(value):
            found.setdefault(each[1], []).append(code)
    if len(found) < 2 or not all(map(is_known, found)):
        return None
    rows = sorted(int(np.argmax(np.isin(text.codes, codes))) for codes in found.values())
    firsts = [f"{text.values[int(text.codes[row])]!r} in {columns.places[row]}" for row in rows]
    units = listing(list(found))
    return (
        f"numbers in several units ({units})",
        f"{name!r} holds numbers in several units: {listing(firsts)}; it is taken for text until "
        "they are written in one",
    )


def _with_unit(
    columns: Columns, text: Text, counts: NDArray[np.int64], is_asked: bool
) -> tuple[NDArray[np.float64], str, str] | None:
    """The values as numbers; the unit that most of them have; and their decimal sign."""
    given = without_unit(text.values, "")
    decimal = decimal_of(columns, given)
    plain = numbers_in(given, decimal)
    if plain is not None and not np.isnan(plain[counts > 0]).any():
        return plain, "", decimal
    unit = _most_frequent_unit(text, counts, plain, is_asked)
    if not unit:
        return None if plain is None else (plain, "", decimal)
    given = without_unit(text.values, unit)
    decimal = decimal_of(columns, given)
    found = numbers_in(given, decimal)
    return None if found is None else (found, unit, decimal)


def _most_frequent_unit(
    text: Text, counts: NDArray[np.int64], plain: NDArray[np.float64] | None, is_asked: bool
) -> str:
    """The unit in most of the cells that hold a number with one; "" if plain numbers prevail."""
    others = range(len(text.values)) if plain is None else np.flatnonzero(np.isnan(plain)).tolist()
    if not are_mostly([text.values[place] for place in others], parted):
        return ""
    often = dict[str, int]()
    for place in others:
        if each := parted(text.values[place]):
            often[each[1]] = often.get(each[1], 0) + int(counts[place])
    unit = max(often, key=often.__getitem__, default="")
    numbers = 0 if plain is None else int(counts[~np.isnan(plain)].sum())
    return unit if is_asked or (unit and often[unit] > numbers) else ""


def _bare(text: Text, unit: str, is_good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the numbers have no unit beside them."""
    return is_good & np.array([parted(value) is None for value in text.values], bool)


def _typo(
    columns: Columns, name: str, text: Text, is_bad: NDArray[np.bool_], unit: str
) -> DataError:
    row = int(np.argmax(np.append(is_bad, False)[text.codes]))
    cell = text.values[int(text.codes[row])]
    other, is_last = parted(cell), row == len(text) - 1
    if unit and other is not None and not is_same(other[1], unit):
        return not_a_number(columns, name, cell, row, do=f"The others are in {unit}: write it so.")
    if unit in SCALING and other is None and not np.isnan(_one(cell)):
        return not_a_number(
            columns, name, cell, row, do=f"The others are in {unit}: write this one so, too."
        )
    total = (
        "Delete the line if it is a total of the others. Else correct" if is_last else "Correct"
    )
    return not_a_number(
        columns,
        name,
        cell,
        row,
        do=f"{total} the cell; or tell what it means: missing=... if it is a gap, "
        "categorical=... if the column holds categories\n"
        f"(on the command line: --missing {cell!r}, --categorical {name!r}).",
    )


def _one(cell: str) -> float:
    return float(all_numbers_in(without_unit([cell], ""))[0])


def _are(text: Text, words: Sequence[str]) -> NDArray[np.bool_]:
    known = frozenset(words)
    return np.array([value in known for value in text.values], bool)


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _frequent(counts: NDArray[np.int64], which: NDArray[np.bool_]) -> list[int]:
    """Places of the chosen values, those in most cells first."""
    places = np.flatnonzero(which)
    return places[np.argsort(-counts[places], kind="stable")].tolist()


def _counted(text: Text, counts: NDArray[np.int64], which: NDArray[np.bool_]) -> str:
    """Say "'k.A.' in 12 cells, 'tbd' in 8"."""
    places = _frequent(counts, which)
    told = [f"{text.values[place]!r} in {int(counts[place]):,}" for place in places[:MOST_LISTED]]
    told[0] += " cell" if counts[places[0]] == 1 else " cells"
    more = f" and {len(places) - MOST_LISTED:,} more" if len(places) > MOST_LISTED else ""
    return listing(told) + more
