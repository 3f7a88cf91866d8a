"""What a user says of a table: of its columns before any rule is asked, and of its file.

Imports marks.py and objects.py. Everything that opens a table takes its options through
`wanted_of`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.data.door import Progress
from chainrule.train.data.marks import MARKS, chosen_marks
from chainrule.train.data.objects import NUMBERS, written

TASKS = ("auto", "classes", "numbers")
DECIMALS = (",", ".")


@dataclass(frozen=True)
class Wanted:
    """What a user says of the columns.

    Parameters
    ----------
    drop, categorical, numeric : tuple of str
        Columns left out, taken for categories, taken for numbers.
    missing : tuple of str
        What stands for a gap besides the usual marks; with "", besides an empty cell alone.
    task : str
        "auto", "classes" or "numbers".
    split : str
        "random", "time:COLUMN" or "group:COLUMN".
    decimal : str
        "," or "."; "" where the cells tell.
    are_answers_apart : bool
        Whether the answers are no cells of the table, so that no mark named here is among them.
    """

    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    task: str = "auto"
    split: str = "random"
    decimal: str = ""
    are_answers_apart: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        return chosen_marks(self.missing)

    @property
    def speaks_of_columns(self) -> bool:
        return bool(self.drop or self.categorical or self.numeric or self.missing)

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


def wanted_of(
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    missing: Sequence[str] = (),
    task: str = "auto",
    split: str = "random",
    decimal: str | None = None,
) -> Wanted:
    """What a user says, one name or several of each; a number stands for its digits.

    Raises
    ------
    UnknownNameError
        A task that nobody knows.
    ArgumentError
        A decimal sign, or a name, that is none.
    """
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    if decimal is not None and decimal not in DECIMALS:
        raise ArgumentError(
            f"decimal is the sign before the decimals, a comma or a point; found {decimal!r}.",
            do='Pass decimal="," if 1.234 is a thousand, decimal="." if it is little more than 1.',
        )
    return Wanted(
        _words_in("drop", drop),
        _words_in("categorical", categorical),
        _words_in("numeric", numeric),
        _words_in("missing", missing),
        *(task, split, decimal or ""),
    )


def _words_in(option: str, given: Any) -> tuple[str, ...]:
    """Names of columns, or marks, as texts."""
    if given is None:
        return ()
    words: Any = given
    if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__iter__"):
        words = (given,)
    return tuple(_word(option, each) for each in words)


def _word(option: str, given: Any) -> str:
    if isinstance(given, str):
        return str(given)  # NumPy has texts of its own
    number: Any = given
    if isinstance(given, NUMBERS) and not isinstance(given, bool):
        return written(float(number))
    what = "what stands for a gap" if option == "missing" else "columns by their names"
    raise ArgumentError(
        f"{option} lists {what}, but this is no text: {given!r:.80}.",
        do=f'Pass {option}=["one", "another"].',
    )


@dataclass(frozen=True)
class Wish:
    """What is asked of a file.

    Parameters
    ----------
    as_text : frozenset of str
        Columns that stay text although every cell is a number.
    marks : tuple of str
        What stands for a gap, in lower case.
    query : str or None
        SQL for a database.
    progress : callable or None
        Is told the share of the file that is read.
    proven : frozenset of str
        Decimal signs that cells elsewhere prove.
    signs : mapping of str to str
        The decimal sign of columns that are known: their cells stay text if the file has another.
    decimal : str
        The decimal sign whatever the cells show; "" where they tell.
    """

    as_text: frozenset[str] = field(default_factory=frozenset[str])
    marks: tuple[str, ...] = MARKS
    query: str | None = None
    progress: Progress | None = None
    proven: frozenset[str] = frozenset()
    signs: Mapping[str, str] = field(default_factory=dict[str, str])
    decimal: str = ""

    def texts(self, decimal: str) -> frozenset[str]:
        """Columns that stay text in a file with this decimal sign."""
        others = (name for name, sign in self.signs.items() if sign != decimal)
        return self.as_text.union(others)


def wish_of(wanted: Wanted, query: str | None, progress: Progress | None = None) -> Wish:
    """What the columns' parts ask of a file."""
    columns = frozenset(wanted.categorical)
    return Wish(columns, wanted.marks, query, progress, decimal=wanted.decimal)
