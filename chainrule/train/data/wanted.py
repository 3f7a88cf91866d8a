"""What a user says of a table: of its columns before any rule is asked, and of its file.

Imports marks.py. Everything that opens a table takes its options through `wanted_of`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.data.door import Progress
from chainrule.train.data.marks import MARKS, chosen_marks

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
    """

    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    task: str = "auto"
    split: str = "random"
    decimal: str = ""

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


def wanted_of(
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    missing: Sequence[str] = (),
    task: str = "auto",
    split: str = "random",
    decimal: str | None = None,
) -> Wanted:
    """What a user says, one name or several of each.

    Raises
    ------
    UnknownNameError
        A task that nobody knows.
    ArgumentError
        A decimal sign that is none.
    """
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    if decimal is not None and decimal not in DECIMALS:
        raise ArgumentError(
            f"decimal is the sign before the decimals, a comma or a point; found {decimal!r}.",
            do='Pass decimal="," if 1.234 is a thousand, decimal="." if it is little more than 1.',
        )
    return Wanted(
        *(_names_in(drop), _names_in(categorical), _names_in(numeric), _names_in(missing)),
        *(task, split, decimal or ""),
    )


def _names_in(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


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
