"""load: from a name or a path to a Dataset.

Imports the other files of this package. The command line and users call it.
"""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError
from chainrule.train.data.dataset import Dataset
from chainrule.train.data.door import Progress
from chainrule.train.data.learning import learn
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.sources import open_source
from chainrule.train.data.split import keep_categories_known
from chainrule.train.data.split_keys import split_raw
from chainrule.train.data.tables import RawData
from chainrule.train.data.wanted import wanted_of


def load(
    source: Any,
    target: str | None = None,
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.2,
    folder: str | PathLike[str] | None = None,
    task: str = "auto",
    *,
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    missing: Sequence[str] = (),
    decimal: str | None = None,
    query: str | None = None,
    split: str = "random",
    progress: Progress | None = None,
) -> Dataset:
    """Read, split and standardise a data set.

    Parameters
    ----------
    source : str, path, frame or mapping of str to array_like
        A name from :func:`names`; or a table. That is the path of a file (text with a header row,
        Parquet, JSON lines, a workbook, a DuckDB or SQLite file; gzip and Zstandard are
        unpacked), a pattern such as ``sales-*.csv`` for files with the same columns, "-" for
        standard input, a pandas, polars or Arrow table, or ``{name: values}``. A name wins over
        a file of that name (write ``./iris`` for the file).
    target : str, optional
        The table's column to predict. Required for a table; a named set has its own.
    seed : int
        Seed of the split. The same seed gives the same Dataset, bit for bit.
    validation : float
        Share of the rows left after the test part, from 0 up to 1.
    test : float
        Share of all rows held out, from 0 up to 1. fashion-mnist ignores it: its own test
        files are the test part.
    folder : str or path, optional
        Where fashion-mnist's four IDX files are. Default: where Debian's package puts them.
    task : {"auto", "classes", "numbers"}
        What the table's target holds. "auto" decides by the values, see Notes. "classes" makes a
        class of each different value, "numbers" wants a number in every row.
    drop, categorical, numeric : sequence of str
        Columns of the table to leave out, to take for categories, and to take for numbers,
        whatever the rules in Notes say.
    missing : sequence of str
        What stands for a gap, besides an empty cell, NA, N/A, null, none, ?, -, NaN, #N/A and
        their like; with "" among them, besides an empty cell alone.
    decimal : {",", "."}, optional
        The sign before the decimals: "," makes 1.234 a thousand. Default: as the cells show.
    query : str, optional
        SQL that asks a DuckDB or SQLite file for the rows. Default: its only table.
    split : str
        "random"; "time:COLUMN" for the latest rows as the test part; "group:COLUMN" for parts that
        share no value of that column. COLUMN is one of the table.
    progress : callable, optional
        Is told the share of the file that is read, from 0 to 1, some times a second.

    Returns
    -------
    Dataset
        Split in proportion to the classes (classification) or at random (regression).

    Raises
    ------
    UnknownNameError
        A data set or target column that nobody knows.
    MissingDataError
        A file that is not there, or fashion-mnist when it is not installed.
    DataError
        A file that is malformed, or rows a net cannot learn from.
    ArgumentError
        A share, seed or target outside its legal values.

    Notes
    -----
    A column of a table is numeric if every cell is a number, a date if every cell is one, else
    categorical (one-hot). Left out are columns that are constant, that number or name the rows,
    and texts with more than 1,000 different values; ``Dataset.preprocessing.roles`` tells what
    was done with each, and why. A gap in a number is filled with the median and marked in a
    column of its own; gaps in a text are a category of their own; a row without a target is left
    out. The target makes it a classification if it is text, or if it holds at most 20 different
    numbers, all of them whole; otherwise it is a regression.

    A class always keeps a training row. A category that only held-out rows have
    lends its first row to the training part, so that every category is known.

    Examples
    --------
    >>> load("spiral", seed=1)
    Dataset('spiral', classification: 2 inputs -> 3 classes, 216 + 24 + 60 rows)
    """
    validation, test = checked_share("validation", validation), checked_share("test", test)
    seed = checked_seed(seed)
    wanted = wanted_of(drop, categorical, numeric, missing, task, split, decimal)
    raw = open_source(source, target, folder, wanted, query, progress)
    parts = split_raw(raw, validation, test, seed)
    if raw.keys is None:
        parts = keep_categories_known(parts, [text.codes for text in raw.table.texts.values()])
    preprocessing = learn(raw, parts.train)

    of = _whole(raw, preprocessing) if raw.roles else _each(raw, preprocessing)
    x_train, y_train = of(parts.train)
    x_validation, y_validation = of(parts.validation)
    x_test, y_test = of(parts.test)
    return Dataset(
        name=raw.name,
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
        x_test=x_test,
        y_test=y_test,
        preprocessing=preprocessing,
        image_shape=raw.image_shape,
        notes=raw.notes,
    )


Arrays = tuple[NDArray[np.float32], NDArray[Any]]


def _whole(raw: RawData, preprocessing: Preprocessing) -> Callable[[NDArray[np.int64]], Arrays]:
    """Inputs and targets of some rows, once all are prepared column by column."""
    x = preprocessing.apply(raw.table)
    y = preprocessing.labels(raw.target, raw.table.places)
    return lambda rows: (x[rows], y[rows])


def _each(raw: RawData, preprocessing: Preprocessing) -> Callable[[NDArray[np.int64]], Arrays]:
    """The same part by part: 70,000 pictures are held as bytes and once as inputs, not twice."""

    def part(rows: NDArray[np.int64]) -> Arrays:
        chosen = raw.take(rows)
        y = preprocessing.labels(chosen.target, chosen.table.places)
        return preprocessing.apply(chosen.table), y

    return part


def checked_share(name: str, value: float) -> float:
    """A share of the rows, shown to be one."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and 0 <= value < 1:  # also refuses NaN
        return float(value)
    raise ArgumentError(
        f"{name} is a share of the rows, from 0 up to but not including 1; found {value!r}.",
        do=f"Pass for example {name}=0.1 for a tenth of the rows, or 0 for none.",
    )


def checked_seed(value: int) -> int:
    """The seed of a split, shown to be one."""
    if isinstance(value, Integral) and not isinstance(value, bool) and value >= 0:
        return int(value)
    raise ArgumentError(
        f"seed is a whole number from 0 upwards; found {value!r}.", do="Pass for example seed=0."
    )
