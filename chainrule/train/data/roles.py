"""Which part a column of inputs plays, and why: the rules by which columns are used or left out.

Imports the data model and texts.py. inference.py asks for each column.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data.columns import Role
from chainrule.train.data.marks import chosen_marks, without_marks
from chainrule.train.data.objects import as_text, text_of_numbers
from chainrule.train.data.tables import Columns, Text, Values
from chainrule.train.data.texts import numbers_in, order_of, spread, times_in

MOST_CATEGORIES = 1000  # a one-hot column each: more would be the data set's main cost
FEW_CATEGORIES = 20  # a column with so few is a category even if half its rows differ
# A column of numbers with so few other cells is one with a typing error.
LARGEST_SHARE_OF_TYPOS, FEWEST_NUMBERS_PER_TYPO = 0.01, 9
# "id", "customer_id", "Unnamed: 0", "row number": names of rows, not quantities.
NAMES_ROWS = re.compile(
    r"(.*[\W_])?(id|ids|uid|uuid|guid)|index|idx|nr|#|unnamed: \d+"
    r"|row|rownum|(row|record|line)[\W_]?(no|nr|num|number|index)",
    re.I,
)
NUMBERS, NAMES = "row-number-like", "name-like"  # how a column that tells rows apart is called
CASED_ID = re.compile(r".*[a-z]I[dD]")  # "PassengerId"; but not "paid"
ASKED = "as was asked"
SINGLES = 5  # rows from which a column that never says the same thing twice is one of names
TRUTH_WORDS = ({"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}, {"off", "on"}, {"0", "1"})


@dataclass(frozen=True)
class Wanted:
    """What a user says of the columns, before any rule is asked.

    Parameters
    ----------
    drop, categorical, numeric : tuple of str
        Columns left out, taken for categories, taken for numbers.
    missing : tuple of str
        What stands for a gap, in place of the usual marks; () for those.
    task : str
        "auto", "classes" or "numbers".
    split : str
        "random", "time:COLUMN" or "group:COLUMN".
    """

    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    task: str = "auto"
    split: str = "random"

    @property
    def marks(self) -> tuple[str, ...]:
        return chosen_marks(self.missing)

    def refuse_unknown(self, names: Sequence[str], target: str) -> None:
        """Raise if a column is not there, is asked for twice, or is the target."""
        asked = dict[str, str]()
        for option in ("drop", "categorical", "numeric"):
            for name in getattr(self, option):
                if name not in names:
                    raise UnknownNameError("column", name, names)
                if name == target and option != "categorical":
                    raise ArgumentError(
                        f"{name!r} is the target: {option} speaks of the columns it is "
                        "predicted from.",
                        do="Say what the target holds by task: classes or numbers.",
                    )
                if asked.setdefault(name, option) != option:
                    raise ArgumentError(
                        f"the column {name!r} is named by {asked[name]} and by {option}.",
                        do="Name it once.",
                    )


@dataclass(frozen=True)
class Cast:
    """A column with its part; values are None if it is left out, `order` is that of its dates."""

    role: Role
    values: Values | None
    order: str = ""


def cast(columns: Columns, name: str, wanted: Wanted) -> Cast:
    """The part of one column of inputs."""
    values = columns.values[name]
    if name in wanted.drop:
        return _left_out(name, ASKED)
    if isinstance(values, Text):
        values = without_marks(values, wanted.marks)
    if name in wanted.categorical:
        text = values if isinstance(values, Text) else as_text(values)
        return _categories(name, text, "as was asked: ")
    if name in wanted.numeric:
        return _numbers(name, as_numbers(columns, name, values), "as was asked: ")
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


def as_numbers(columns: Columns, name: str, values: Values) -> NDArray[np.float64]:
    """A column as numbers; a DataError names the first cell that is none."""
    if not isinstance(values, Text):
        if values.dtype.kind != "M":
            return values
        raise DataError(
            f"column {name!r} of {columns.source} holds dates where numbers belong.",
            do="Write the column as it was in the training data, or leave it out.",
        )
    of_values = numbers_in(values.values, columns.has_decimal_commas)
    if of_values is None:
        of_values = np.full(len(values.values), np.nan)
    bad = unread(values, of_values)
    if bad is not None:
        raise not_a_number(columns, name, values.values[values.codes[bad]], bad)
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


def _text(columns: Columns, name: str, text: Text) -> Cast:
    """Numbers or dates that came as text; else categories, unless they name the rows."""
    if not text.values:
        return _left_out(name, "no cell holds anything")
    found = numbers_of_most(columns, name, text)
    if found is not None:
        return _plain(name, found)
    order = order_of(text.values)
    times = times_in(text.values, order)
    if times is not None and unread(text, times, np.isnat) is None:
        return _moments(name, spread(text, times), order)
    return _categories(name, text, "")


def numbers_of_most(columns: Columns, name: str, text: Text) -> NDArray[np.float64] | None:
    """The numbers of a column in which hardly a cell is none; that cell is an error.

    Returns
    -------
    ndarray or None
        None if it is no column of numbers.
    """
    of_values = numbers_in(text.values, columns.has_decimal_commas)
    if of_values is None:
        return None
    is_bad = np.isnan(of_values)
    counts = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values))
    bad, good = int(counts[is_bad].sum()), int(counts[~is_bad].sum())
    if not bad:
        return spread(text, of_values)
    most = max(1, LARGEST_SHARE_OF_TYPOS * good)
    if bad > most or good < FEWEST_NUMBERS_PER_TYPO * bad:
        return None
    row = unread(text, of_values)
    raise not_a_number(
        columns,
        name,
        text.values[text.codes[row]],
        row,
        do="Correct the cell; or tell what it means: missing=... if it is a gap, "
        "categorical=... if the column holds categories\n"
        f"(on the command line: --missing {text.values[text.codes[row]]!r}, "
        f"--categorical {name!r}).",
    )


def _plain(name: str, numbers: NDArray[np.float64]) -> Cast:
    """Numbers, unless they say nothing or name the rows."""
    gaps = int(np.count_nonzero(np.isnan(numbers)))
    if gaps == len(numbers):
        return _left_out(name, "no cell holds anything")
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    if low == high and not gaps:
        return _left_out(name, f"constant: always {low:.7g}")
    if _names_rows(name) and not gaps and _are_whole(numbers):
        return _identifiers(name, numbers)
    return _numbers(name, numbers, "")


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
