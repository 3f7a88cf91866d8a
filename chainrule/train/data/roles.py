"""Which part a column of inputs plays, and why: the rules by which columns are used or left out.

Imports the data model and texts.py. inference.py asks for each column.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.amounts import (
    Amounts,
    amounts_in,
    as_numbers,
    counts_of,
    mixture,
    told_code,
    told_others,
    told_words,
    words_among,
)
from chainrule.train.data.columns import Role, Written
from chainrule.train.data.delimited import are_codes
from chainrule.train.data.marks import without_marks
from chainrule.train.data.objects import as_text, text_of_numbers
from chainrule.train.data.tables import Columns, Text, Values
from chainrule.train.data.texts import numbers_in, order_of, spread, times_in
from chainrule.train.data.thousands import decimal_of
from chainrule.train.data.unit_signs import without_unit
from chainrule.train.data.variants import mixed_orders
from chainrule.train.data.wanted import Wanted
from chainrule.train.data.wording import figure

Array = NDArray[Any]
MOST_CATEGORIES = 1000  # a one-hot column each: more would be the data set's main cost
FEW_CATEGORIES = 20  # a column with so few is a category even if half its rows differ
# "id", "customer_id", "Unnamed: 0", "row number": names of rows, not quantities.
NAMES_ROWS = re.compile(
    r"(.*[\W_])?(id|ids|uid|uuid|guid)|index|idx|nr|#|unnamed: \d+|__index_level_\d+__"
    r"|row|rownum|(row|record|line)[\W_]?(no|nr|num|number|index)",
    re.I,
)
# So they are called, too, if they are one after the other: order no, lfd. Nr., Kundennummer.
COUNTS_ROWS = re.compile(r".*(\b|_)(no|nr|num|number|numero|número)\.?|.*nummer", re.I)
FEWEST_COUNTED = 10
NUMBERS, NAMES = "row-number-like", "name-like"  # how a column that tells rows apart is called
CASED_ID = re.compile(r".*[a-z]I[dD]")  # "PassengerId"; but not "paid"
PLAIN = Written()
ASKED = "as was asked"
SINGLES = 5  # rows from which a column that never says the same thing twice is one of names
TRUTH_WORDS = ({"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}, {"off", "on"}, {"0", "1"})


@dataclass(frozen=True)
class Cast:
    """A column with its part.

    Values are None if it is left out, `order` is that of its dates, `written` how its cells are
    written; `notes` say what a reader should know.
    """

    role: Role
    values: Values | None
    order: str = ""
    written: Written = PLAIN
    notes: tuple[str, ...] = ()


def cast(columns: Columns, name: str, wanted: Wanted) -> Cast:
    """The part of one column of inputs."""
    values = columns.values[name]
    if name in wanted.drop:
        return _left_out(name, ASKED)
    values = without_marks(values, wanted.marks)
    if name in wanted.categorical:
        text = values if isinstance(values, Text) else as_text(values)
        return _categories(name, text, "as was asked: ")
    if name in wanted.numeric:
        return _asked_numbers(columns, name, values)
    if wanted.split == f"group:{name}":
        return _left_out(name, f"{NAMES}: the split keeps its rows together")
    if name in columns.nested:
        return _left_out(name, "each cell holds a list or a record")
    if not isinstance(values, Text):
        return _moments(name, values) if values.dtype.kind == "M" else _plain(name, values)
    return _text(columns, name, values)


def tells_rows_apart(role: Role) -> bool:
    """Whether a column is left out because it names or numbers the rows."""
    is_asked = role.kind == "left out" and role.reason == ASKED and _names_rows(role.name)
    return is_asked or (role.kind == "left out" and role.reason.startswith((NUMBERS, NAMES)))


def _text(columns: Columns, name: str, text: Text) -> Cast:
    """Numbers or dates that came as text; else categories, unless they name the rows."""
    if not text.values:
        return _left_out(name, "no cell holds anything")
    if are_codes(text.values):
        return _told(_categories(name, text, ""), ("zeros in front make it a code", ""))
    found = amounts_in(columns, name, text)
    if found is not None:
        return _of_amounts(name, text, found, _plain)
    order = order_of(text.values)
    times, counts = times_in(text.values, order), counts_of(text)
    if times is None:
        numbers = numbers_in(without_unit(text.values, ""))
        part = _told(_categories(name, text, ""), why_no_numbers(columns, name, text, counts))
        if numbers is None or part.notes or ";" in part.role.reason:
            return part
        told = told_code(name, text, counts, np.isnan(numbers))
        return replace(part, notes=told) if part.role.kind == "categorical" else part
    is_bad = np.isnat(times)
    words = words_among(text, counts, is_bad)
    if words or not is_bad.any():
        notes = (told_words(name, text, counts, words),) if words else ()
        written = Written(words=tuple(dict.fromkeys(map(str.lower, words))))
        part = _moments(name, spread(text, times), order)
        return replace(part, written=written, notes=notes)
    mixed = mixed_orders(columns, name, text)
    why = mixed or (told_others(columns, text, is_bad, counts, "dates"), "")
    return _told(_categories(name, text, ""), why)


def _asked_numbers(columns: Columns, name: str, values: Values) -> Cast:
    def asked(name: str, numbers: Array) -> Cast:
        return _numbers(name, numbers, "as was asked: ")

    found = amounts_in(columns, name, values, is_asked=True) if isinstance(values, Text) else None
    if found is None or not isinstance(values, Text):
        return asked(name, as_numbers(columns, name, values))
    return _of_amounts(name, values, found, asked)


def _of_amounts(
    name: str, text: Text, found: Amounts, cast_numbers: Callable[[str, Array], Cast]
) -> Cast:
    """Numbers that came as text, with their unit in the reason."""
    part = cast_numbers(name, spread(text, found.of_values))
    role, unit = part.role, found.written.unit
    if unit:
        reason = role.reason.replace("numbers", f"numbers in {unit}", 1)
        part = replace(part, role=replace(role, reason=reason))
    return replace(part, written=found.written, notes=found.notes)


def why_no_numbers(
    columns: Columns, name: str, text: Text, counts: NDArray[np.int64]
) -> tuple[str, str]:
    """A few words for the reason and a note, where a column holds numbers for the most part."""
    if mixed := mixture(columns, name, text) or mixed_orders(columns, name, text):
        return mixed
    given = without_unit(text.values, "")
    of_values = numbers_in(given, decimal_of(columns, given))
    if of_values is None:
        return "", ""
    return told_others(columns, text, np.isnan(of_values), counts, "numbers"), ""


def _told(part: Cast, why: tuple[str, str]) -> Cast:
    """The same, with what hindered it from being numbers or dates."""
    words, note = why
    role = part.role
    if words:
        role = replace(role, reason=f"{role.reason}; {words}")
    return replace(part, role=role, notes=(*part.notes, note) if note else part.notes)


def _plain(name: str, numbers: NDArray[np.float64]) -> Cast:
    """Numbers, unless they say nothing or name the rows."""
    gaps = int(np.count_nonzero(np.isnan(numbers)))
    if gaps == len(numbers):
        return _left_out(name, "no cell holds anything")
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    if low == high and not gaps:
        return _left_out(name, f"constant: always {figure(low)}")
    if _names_rows(name) and not gaps and _are_whole(numbers):
        return _identifiers(name, numbers)
    if len(numbers) < FEWEST_COUNTED or gaps or not (np.diff(numbers) == 1).all():
        return _numbers(name, numbers, "")
    span = f"{low:,.0f} to {high:,.0f}"
    if COUNTS_ROWS.fullmatch(name):
        return _left_out(name, f"{NUMBERS}: {span}, one after the other")
    part = _numbers(name, numbers, "")
    told = f"{part.role.reason}, one after the other from row to row"
    return replace(part, role=replace(part.role, reason=told))


def _names_rows(name: str) -> bool:
    return bool(NAMES_ROWS.fullmatch(name) or CASED_ID.fullmatch(name))


def _are_whole(numbers: NDArray[np.float64]) -> bool:
    return bool((np.isfinite(numbers) & (numbers == np.rint(numbers))).all())


def _identifiers(name: str, numbers: NDArray[np.float64]) -> Cast:
    """Whole numbers that name rows, or things that several rows belong to."""
    text = text_of_numbers(numbers)
    different, rows = len(text.values), len(numbers)
    if 2 * different > rows:
        return _left_out(name, f"{NUMBERS}: {different:,} whole numbers in {rows:,} rows")
    if different > MOST_CATEGORIES:
        return _left_out(name, f"{NAMES}: {different:,} identifiers")
    return _categories(name, text, "identifiers, no quantities: ")


def _numbers(name: str, numbers: NDArray[np.float64], why: str) -> Cast:
    gaps = int(np.count_nonzero(np.isnan(numbers)))
    known = numbers[~np.isnan(numbers)] if gaps else numbers
    is_truth = bool(known.size) and bool(((known == 0) | (known == 1)).all())
    told = "0 and 1" if is_truth else "numbers"
    role = Role(name, "boolean" if is_truth else "numeric", f"{why}{told}{_of_gaps(gaps)}")
    return Cast(role, numbers)


def _moments(name: str, times: NDArray[Any], order: str = "ymd") -> Cast:
    gaps = int(np.count_nonzero(np.isnat(times)))
    known = times[~np.isnat(times)]
    if not known.size:
        return _left_out(name, "no cell holds anything")
    if known.min() == known.max() and not gaps:
        return _left_out(name, f"constant: always {known[0]}")
    way = {"ymd": "dates", "dmy": "dates, the day first", "mdy": "dates, the month first"}[order]
    span = f"{known.min().astype('M8[D]')} to {known.max().astype('M8[D]')}"
    role = Role(name, "date and time", f"{way}: {span}{_of_gaps(gaps)}")
    return Cast(role, times, order)


def _categories(name: str, text: Text, why: str) -> Cast:
    different, rows = len(text.values), len(text)
    gaps = int(np.count_nonzero(text.codes < 0))
    if not why:
        if different == 1 and not gaps:
            return _left_out(name, f"constant: always {_short(text.values[0])!r}")
        few = different <= FEW_CATEGORIES and not (different == rows - gaps > SINGLES)
        if not few and 2 * different > rows - gaps:
            return _left_out(
                name, f"{NAMES}: {different:,} different texts in {rows - gaps:,} rows"
            )
        if different > MOST_CATEGORIES:
            return _left_out(name, f"text with {different:,} different values")
    if {value.lower() for value in text.values} in TRUTH_WORDS:
        return Cast(
            Role(name, "boolean", f"{why}{' and '.join(text.values)}{_of_gaps(gaps)}"), text
        )
    noun = "category" if different == 1 else "categories"
    return Cast(Role(name, "categorical", f"{why}{different:,} {noun}{_of_gaps(gaps)}"), text)


def _left_out(name: str, reason: str) -> Cast:
    return Cast(Role(name, "left out", reason), None)


def _of_gaps(gaps: int) -> str:
    return f", {gaps:,} {'gap' if gaps == 1 else 'gaps'}" if gaps else ""


def _short(text: str) -> str:
    return text if len(text) <= FEW_CATEGORIES else f"{text[:FEW_CATEGORIES]}..."
