"""Reading: how an estimator reads rows: frames as train.data prepares them, matrices as they are.

Imports train.data. The estimators learn it from the training rows and keep it as `table_`.
"""

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import UnfamiliarWarning, frames_of_ours
from chainrule.estimators.single_row import cells_of, is_mapping, read_cells
from chainrule.train.data import Fitted, Prepared, Preprocessing
from chainrule.train.data.columns import Categorical, Column, Moment, Role
from chainrule.train.data.fitted import fit_wanted
from chainrule.train.data.marks import numbers_among
from chainrule.train.data.tables import Columns, Table
from chainrule.train.data.wanted import Wanted

Array = np.ndarray[Any, np.dtype[Any]]
QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
WORD = re.compile(QUOTED)
# An option as the command line shows it, and behind it a sign, or words in quotes, or nothing.
OPTION = re.compile(
    rf"--(drop|categorical|numeric|missing|decimal)(=(?=\)))?(?: ([^\s()'\"]+)|((?: {QUOTED})+))?"
)


@dataclass(frozen=True)
class Reading:
    """What is done with each column; print it.

    Attributes
    ----------
    roles : tuple of Role
        Name, kind and reason of each column, in their order in training.
    preprocessing : Preprocessing or None
        Prepares frames; None for a matrix, whose columns are all numbers.
    notes : tuple of str
        What a reader should know, such as a column that gives the answer away.
    """

    roles: tuple[Role, ...]
    preprocessing: Preprocessing | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of_matrix(cls, columns: int) -> "Reading":
        """Of numbers without names."""
        return cls(tuple(Role(f"x{place}", "numeric", "numbers") for place in range(columns)))

    @classmethod
    def of(cls, preprocessing: Preprocessing, notes: tuple[str, ...] = ()) -> "Reading":
        """Of a frame; the roles are those of its inputs."""
        roles = tuple(
            replace(role, reason=_in_python(role.reason))
            for role in preprocessing.roles
            if role.kind != "target"
        )
        return cls(roles, preprocessing, tuple(map(_in_python, notes)))

    def sizes(self) -> tuple[int, ...]:
        """How many codes each column of categories has."""
        columns = self.preprocessing.columns if self.preprocessing else ()
        return tuple(column.size for column in columns if isinstance(column, Categorical))

    def read(self, x: Any, names: "list[Any] | None" = None) -> tuple[Array, Array]:
        """Numbers (N, K), NaN for gaps, and codes (N, C), -1 where no training row is alike.

        Parameters
        ----------
        x : frame, mapping or matrix
            A matrix has the columns of training, in their order; a mapping has cells or columns.
        names : list, optional
            Of a frame's columns, where they are known.

        Raises
        ------
        DataError
            If a column is missing or holds something else than in training.
        """
        if self.preprocessing is None:
            return x, np.empty((len(x), 0), np.int64)
        if not (is_frame(x) or is_table(x)):
            x = {role.name: x[:, place] for place, role in enumerate(self.roles)}
        elif not is_table(x) and (cells := cells_of(x, names)) is not None:
            found = read_cells(self.preprocessing.columns, cells)
            if found is not None and not numbers_among(self.preprocessing.marks):
                return found
            x = {name: [cell] for name, cell in cells.items()} if is_mapping(x) else x
        telling = replace(
            self.preprocessing, columns=tuple(map(_telling_gaps, self.preprocessing.columns))
        )
        prepared = telling.prepare(x)
        for warning in () if is_table(x) else prepared.warnings:  # who reads a file tells it
            warnings.warn(warning, UnfamiliarWarning, stacklevel=frames_of_ours())
        return _with_gaps(telling.columns, prepared)

    def noting(self, notes: tuple[str, ...]) -> "Reading":
        """The same, with notes on the answers."""
        return replace(self, notes=(*self.notes, *map(_in_python, notes)))

    def __str__(self) -> str:
        width = max((len(role.name) for role in self.roles), default=0)
        lines = [f"{r.name:<{width}}  {r.kind:<13}  {r.reason}" for r in self.roles]
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def learned(
    frame: Any, used: Array, answers: Array, wanted: Wanted
) -> tuple[Reading, Array, Array]:
    """How each column of a frame is read; and numbers and codes of the rows that are used.

    Parameters
    ----------
    frame : frame, mapping or matrix
        The columns of a matrix are called x0, x1, ...
    used : ndarray of bool, (N,)
    answers : ndarray, (N,)
        Indices of classes, for the task "auto"; or numbers, for the task "numbers".

    Raises
    ------
    DataError
        Fewer than five rows, answers that are all the same, no column that can be learned from.
    """
    found = fit_wanted(
        frame, np.where(used, answers, np.nan), replace(wanted, are_answers_apart=True)
    )
    # Those about columns: the others speak of rows of weight 0, and of indices of classes.
    target = found.preprocessing.target.name
    names = tuple(repr(role.name) for role in found.preprocessing.roles if role.kind != "target")
    notes = [note for note in found.notes if note.startswith(names)]
    told = tuple(note.replace(f" {target!r} ", " the answers ") for note in notes)
    return Reading.of(found.preprocessing, told), *prepared_of(found)


def _in_python(note: str) -> str:
    """A note or a reason in which options of the command line are arguments.

    An option without a value speaks of the column whose name comes first.
    """
    name = WORD.match(note)

    def said(found: re.Match[str]) -> str:
        option, is_empty, sign, words = found.groups()
        given = WORD.findall(words or (name.group() if name else ""))
        if sign:
            given = [repr(sign) if option == "decimal" else sign]
        elif is_empty:
            given = ["''"]
        return f"{option}={given[0] if len(given) == 1 else '[' + ', '.join(given) + ']'}"

    return OPTION.sub(said, note)


def prepared_of(table: Fitted) -> tuple[Array, Array]:
    """Numbers, NaN for gaps, and codes of the rows that a table was learned from."""
    return _with_gaps(table.preprocessing.columns, table.prepared)


def _telling_gaps(column: Column) -> Column:
    """The same, but gaps are told where training had none too."""
    return column if isinstance(column, Categorical) else replace(column, has_gaps=True)


def _with_gaps(columns: tuple[Column, ...], prepared: Prepared) -> tuple[Array, Array]:
    """Numbers with NaN again where they were filled in: weighted rows have another median."""
    numbers = np.array(prepared.numbers, np.float64)
    gaps, place = iter(prepared.gaps.T), 0
    for column in columns:
        if isinstance(column, Categorical):
            continue
        width = len(column.parts) if isinstance(column, Moment) else 1
        if column.has_gaps:
            numbers[next(gaps), place : place + width] = np.nan
        place += width
    return numbers, prepared.codes


def is_frame(x: Any) -> bool:
    """Whether x has columns with names, as a dict and frames of pandas and polars have them."""
    if is_mapping(x):
        return True
    return hasattr(x, "columns") and hasattr(x, "__getitem__") and not isinstance(x, np.ndarray)


def is_table(x: Any) -> bool:
    """Whether x is a table whose columns train.data finds by their names."""
    return isinstance(x, Columns | Table)
