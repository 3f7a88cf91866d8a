"""stream: a table larger than memory, read block by block while it is trained on.

Imports overview.py and row_spans.py. `fit` takes what it returns as its data.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError
from chainrule.train.data.dataset import Dataset
from chainrule.train.data.door import Door, Progress, opened, within_memory
from chainrule.train.data.inference import told_unanswered
from chainrule.train.data.later import answers_of, typed
from chainrule.train.data.loading import checked_seed, checked_share
from chainrule.train.data.overview import Overview, overview
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.row_spans import ENGINE_MEMORY, OnDisk, Span, on_disk
from chainrule.train.data.sources import resolve
from chainrule.train.data.tables import Text
from chainrule.train.data.wanted import wanted_of, wish_of

MOST_HELD = 100_000  # rows of the validation and of the test part: a loss to three digits
HELD_SPANS = 16  # spans that lend them

Arrays = tuple[NDArray[np.float32], NDArray[Any]]


@dataclass(frozen=True)
class Shares:
    """Of a span: rows that have a target, and how many of them are held out."""

    answered: int
    test: int
    validation: int

    @property
    def training(self) -> int:
        """The rest."""
        return self.answered - self.test - self.validation


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TableStream(Dataset):
    """Rows of a table on the disk: data for :func:`chainrule.fit`, a block at a time.

    It is a Dataset whose training part is read while it is trained on.

    Parameters
    ----------
    x_train, y_train : ndarray
        A sample of the training part, for figures: the rows of one block.
    x_validation, y_validation, x_test, y_test : ndarray
        The held-out rows, in memory.
    preprocessing : Preprocessing
        Learned from all rows of the table: of so many, none weighs anything.
    taught : int
        Rows of the training part.
    """

    taught: int
    table: OnDisk
    shares: tuple[Shares, ...]
    seed: int

    @property
    def rows(self) -> int:
        """How many rows the training part has."""
        return self.taught

    @property
    def training(self) -> Any:
        """The training part, as `fit` takes it."""
        return self

    def blocks(self, rng: np.random.Generator) -> Iterator[Arrays]:
        """The training rows, (X, y) of a span after the other; the next is read meanwhile.

        Raises
        ------
        DataError
            A cell that is not what its column holds; a file that changed.
        """
        self.table.refuse_changed()
        order: list[int] = rng.permutation(len(self.shares)).tolist()
        order = [i for i in order if self.shares[i].training]
        with opened(memory=ENGINE_MEMORY) as door, ThreadPoolExecutor(1) as reader:
            waiting = None
            for i in order:
                coming = reader.submit(self._training, door, i)
                if waiting is not None:
                    yield waiting.result()
                waiting = coming
            if waiting is not None:
                yield waiting.result()
        self.table.refuse_changed()

    def _training(self, door: Door, number: int) -> Arrays:
        parts = _parts(self.table, self.preprocessing, self.shares, self.seed, door, number)
        return parts[2]

    def __repr__(self) -> str:
        answer = f"{self.outputs} classes" if self.classes else "1 number"
        parts = f"{self.rows} + {len(self.x_validation)} + {len(self.x_test)} rows"
        return (
            f"TableStream({self.name!r}, {self.task}: {self.inputs} inputs -> {answer}, {parts})"
        )


def stream(
    source: str | PathLike[str],
    target: str | None = None,
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.2,
    task: str = "auto",
    *,
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    missing: Sequence[str] = (),
    decimal: str | None = None,
    query: str | None = None,
    progress: Progress | None = None,
) -> TableStream:
    """A table larger than memory, as data for :func:`chainrule.fit`.

    Parameters
    ----------
    source : str or path
        A Parquet file, or a pattern for several: read where it lies. Text tables, JSON lines and
        tables of DuckDB are copied into a Parquet file first, in the folder for temporary files.
    target, seed, task, drop, categorical, numeric, missing, decimal, query, progress
        As for :func:`load`.
    validation, test : float
        Shares of the rows, as for :func:`load`; at most 100,000 rows each, which say a loss to
        three digits.

    Returns
    -------
    TableStream

    Raises
    ------
    DataError, ArgumentError, UnknownNameError, MissingDataError
        As :func:`load`.

    Notes
    -----
    Columns get their roles and medians from a sample of about 131,072 rows; means, stds,
    categories and gaps are those of all rows. A column whose numbers came as text, and the parts
    of dates, are standardised as the sample was. Blocks of up to 262,144 rows are taken in
    another order in each epoch, and so are the rows within: rows that lie near each other stay
    near each other, so a table that is sorted by its target should be shuffled once.

    Examples
    --------
    >>> import chainrule as cr, numpy as np, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "points.csv"
    >>> x = np.random.default_rng(0).normal(size=(2000, 2)).round(3)
    >>> with file.open("w") as lines:
    ...     print("a,b,side", file=lines)
    ...     for a, b in x.tolist():
    ...         print(a, b, "above" if a > b else "below", sep=",", file=lines)
    >>> table = stream(file, "side")
    >>> table
    TableStream('points', classification: 2 inputs -> 2 classes, 1440 + 160 + 400 rows)
    >>> net = cr.nn.MLP([table.inputs, 16, table.outputs])
    >>> history = cr.fit(net, table, loss=cr.softmax_cross_entropy, epochs=20,
    ...     optimizer=cr.optim.Adam(0.01), validation=(table.x_validation, table.y_validation))
    >>> history["validation_accuracy"][-1] > 0.95
    True
    """
    validation, test = checked_share("validation", validation), checked_share("test", test)
    seed = checked_seed(seed)
    wanted = wanted_of(drop, categorical, numeric, missing, task, decimal=decimal)
    found = resolve(source, None)
    if isinstance(found, str) or not found.paths:
        raise ArgumentError(
            f"{source!r} is no table in files: only those are read block by block.",
            do="Pass the path of a table; load() takes names and standard input.",
        )
    with within_memory(found.name, "Close other programs, or take fewer columns."):
        table = on_disk(found.paths, wish_of(wanted, query, progress))
        with opened(progress, memory=ENGINE_MEMORY) as door:
            seen = overview(door, table, found.name, target, wanted)
            shares = _shares(seen.answered, validation, test)
            held = [
                _parts(table, seen.preprocessing, shares, seed, door, i)
                for i, share in enumerate(shares)
                if share.test or share.validation or i == 0
            ]
    tests, watched, training = zip(*held, strict=True)
    x_test, y_test = _joined(tests)
    x_validation, y_validation = _joined(watched)
    x_train, y_train = training[0]
    return TableStream(
        name=found.name,
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
        x_test=x_test,
        y_test=y_test,
        preprocessing=seen.preprocessing,
        notes=seen.notes + _of_left_out(table, seen),
        taught=sum(share.training for share in shares),
        table=table,
        shares=shares,
        seed=seed,
    )


def _joined(parts: Sequence[Arrays]) -> Arrays:
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _of_left_out(table: OnDisk, seen: Overview) -> tuple[str, ...]:
    left = table.rows - int(seen.answered.sum())
    if not left:
        return ()
    named = bool(seen.preprocessing.classes) and not seen.preprocessing.marks
    return (told_unanswered(left, table.rows, "the target", named),)


def _shares(answered: NDArray[np.int64], validation: float, test: float) -> tuple[Shares, ...]:
    """How many rows each span lends to the other parts; a span keeps one row at least."""
    rows = int(answered.sum())
    most = min(round(test * rows), MOST_HELD)
    watched = min(round(validation * (rows - most)), MOST_HELD)
    lending = np.unique(np.linspace(0, len(answered) - 1, HELD_SPANS).astype(int))
    own = answered[lending]
    tests = _split(most, own, own - 1)
    watches = _split(watched, own - tests, own - tests - 1)
    given = {
        place: pair
        for place, *pair in zip(lending.tolist(), tests.tolist(), watches.tolist(), strict=True)
    }
    return tuple(Shares(n, *given.get(i, (0, 0))) for i, n in enumerate(answered.tolist()))


def _split(whole: int, weights: NDArray[np.int64], limits: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many rows, in proportion to the weights: largest remainders."""
    exact = whole * weights / max(int(weights.sum()), 1)
    found = np.floor(exact).astype(np.int64)
    left = whole - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:left]] += 1
    return np.clip(found, 0, np.maximum(limits, 0))


def _parts(
    table: OnDisk,
    preprocessing: Preprocessing,
    shares: Sequence[Shares],
    seed: int,
    door: Door,
    number: int,
) -> tuple[Arrays, Arrays, Arrays]:
    """Test, validation and training rows of a span."""
    share, span = shares[number], table.spans[number]
    x, y = _rows(table, preprocessing, door, span, share.answered)
    order = np.random.default_rng((seed, number)).permutation(share.answered)
    cut = [share.test, share.test + share.validation]
    test, validation, training = np.split(order, cut)
    return (x[test], y[test]), (x[validation], y[validation]), (x[training], y[training])


def _rows(
    table: OnDisk, preprocessing: Preprocessing, door: Door, span: Span, expected: int
) -> Arrays:
    """Inputs and targets of the rows of a span that have a target."""
    target, marks = preprocessing.target, preprocessing.marks
    names = [column.name for column in preprocessing.columns]
    columns = preprocessing.as_written(table.read(door, span, [*names, target.name]))
    values = answers_of(columns, target, marks)
    has = values.codes >= 0 if isinstance(values, Text) else ~np.isnan(values)
    known = np.flatnonzero(has)
    if len(known) != expected:
        raise DataError(
            f"{table.source} changed while it was trained on.",
            do="Run it again when it is whole.",
        )
    read = typed(columns, preprocessing.columns, marks)
    some = values.take(known) if isinstance(values, Text) else values[known]
    x, y = preprocessing.apply(read), preprocessing.labels(some, read.take(known).places)
    return (x if len(known) == len(x) else x[known]), y
