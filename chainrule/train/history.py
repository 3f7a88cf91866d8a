"""History: what training left behind, epoch by epoch; as numbers, a table, or a CSV file.

Imports errors and the file writer beside it. `fit` returns one; reports and notebooks read it.
"""

import csv
import importlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from chainrule.errors import MissingLibraryError, UnknownNameError
from chainrule.train.files import write_atomically
from chainrule.train.history_card import history_card
from chainrule.train.state import TrainingState

SHOWN = 20  # rows of the printed table; the middle of a longer one is left out


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch.

    Attributes
    ----------
    epoch : int
        Its number, from 1.
    loss, data_loss, regularization_loss : float
        Mean over the training rows, each row at the step that used it; the first is the sum of
        the other two.
    metric : float
        The training metric, over the same outputs; NaN if there is none.
    validation_loss, validation_metric : float
        After the epoch, without regularization; NaN without validation data.
    rate : float
        Learning rate of the last step.
    seconds : float
        The whole epoch, validation included.
    rows_per_second : float
        Training rows per second of training.
    gradient_norm, update_ratio : mapping of str to float
        Per parameter, at the last full batch of the epoch: the norm of its gradient (after
        clipping), and the norm of the update over the norm of the parameter before it. About
        1e-3 is healthy for weights. NaN for a parameter that was 0.
    metrics, validation_metrics : mapping of str to float
        All of them by name, where the net has several outputs; ``metric`` is the first one.
    """

    epoch: int
    loss: float
    data_loss: float
    regularization_loss: float
    metric: float
    validation_loss: float
    validation_metric: float
    rate: float
    seconds: float
    rows_per_second: float
    gradient_norm: Mapping[str, float] = field(default_factory=dict[str, float])
    update_ratio: Mapping[str, float] = field(default_factory=dict[str, float])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    validation_metrics: Mapping[str, float] = field(default_factory=dict[str, float])


NUMBERED = tuple(Epoch.__dataclass_fields__)
# Names of columns, which no metric may take: its column would hide theirs.
RESERVED = frozenset(NUMBERED) - {"metric", "metrics"} | {
    f"validation_{name}" for name in NUMBERED
}


@dataclass
class Timing:
    """Where the time of the training steps went, in seconds; validation apart.

    Attributes
    ----------
    native : float
        In machine code.
    python : float
        In Python: steps that ran eagerly, metrics, callbacks, the loop itself.
    data : float
        Drawing the order of the rows and cutting out batches.
    compiling : float
        Recording and compiling the step.
    waiting : float
        Of ``compiling``, what was left to do for LLVM, which works beside Python, when all was
        recorded and planned.
    """

    native: float = 0.0
    python: float = 0.0
    data: float = 0.0
    compiling: float = 0.0
    waiting: float = 0.0


class History:
    """All epochs of a fit.

    ``history["loss"]`` is a column; ``history.epochs`` are the rows.

    Attributes
    ----------
    epochs : list of Epoch
    metric : str
        Name of the metric: "accuracy", "r2", that of a function, or "" if there is none.
    metrics : tuple of str
        Names of all of them, where a net has several outputs; ``metric`` is the first one.
    stopped : str
        Why training ended: "epochs", "early stopping", "plateau",
        "interrupted", or a callback's reason.
    best_epoch : int or None
        The epoch whose weights early stopping kept.
    compiled : bool
        Whether the steps ran as machine code.
    eager_because : str
        Why they did not, in a sentence; "" if they did, or if eager steps were asked for.
    timing : Timing
        Of this fit alone.
    state : TrainingState or None
        Where training stood at the end, for ``fit(after=history)``: copies of the weights and of
        the optimiser's memory. None where an error ended it.
    """

    def __init__(self, metric: str | Sequence[str] = "", validated: bool = False) -> None:
        names = (metric,) if isinstance(metric, str) else metric
        self.metrics = tuple(name for name in names if name)
        self.metric = next(iter(self.metrics), "")
        self.validated = validated
        self.epochs: list[Epoch] = []
        self.stopped = ""
        self.best_epoch: int | None = None
        self.compiled = False
        self.eager_because = ""
        self.timing = Timing()
        self.state: TrainingState | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that hold something."""
        names = ["epoch", "loss", "data_loss", "regularization_loss", *self.metrics]
        if self.validated:
            names += ["validation_loss", *(f"validation_{name}" for name in self.metrics)]
        names += ["rate", "seconds", "rows_per_second"]
        watched = self.epochs[0].gradient_norm if self.epochs else ()
        names += [f"gradient_norm/{name}" for name in watched]
        names += [f"update_ratio/{name}" for name in watched]
        return tuple(names)

    def __getitem__(self, column: str) -> list[Any]:
        if column not in self.columns:
            raise UnknownNameError("column of the history", str(column), self.columns)
        return [self.cell(row, column) for row in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def take_over(self, earlier: "History") -> None:
        """Begin with the epochs of a fit that this one goes on from; one that was cut short is
        written anew.
        """
        state = earlier.state
        done = len(earlier.epochs) if state is None else state.epoch
        self.epochs = [row for row in earlier.epochs if row.epoch <= done]
        self.best_epoch = earlier.best_epoch

    def to_dict(self) -> dict[str, list[Any]]:
        """Column name to one value per epoch."""
        return {column: self[column] for column in self.columns}

    def to_pandas(self) -> Any:
        """A pandas DataFrame with one row per epoch, indexed by the epoch's number.

        Raises
        ------
        MissingLibraryError
            If pandas is not installed.
        """
        try:
            pandas: Any = importlib.import_module("pandas")
        except ImportError as error:
            raise MissingLibraryError(
                "History.to_pandas() needs pandas, which is not installed.",
                do="Install it (pip install pandas), or use to_dict() or write_csv(path).",
            ) from error
        return pandas.DataFrame(self.to_dict()).set_index("epoch")

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the table; a file that stood there is replaced in one step.

        Raises
        ------
        OutputError
            If the place cannot be written.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.epochs:
            cells = [self.cell(row, column) for column in self.columns]
            writer.writerow(["" if cell != cell else cell for cell in cells])  # NaN is not itself
        write_atomically(path, text.getvalue().encode())

    def _lines(self) -> list[list[str]]:
        """The headings and the rows of the printed table."""
        columns = [c for c in self.columns if "/" not in c and c not in HIDDEN]
        lines = [[c.replace("_", " ") for c in columns]]
        lines += [[_shown(c, self.cell(row, c)) for c in columns] for row in self.epochs]
        if len(lines) > SHOWN + 1:
            half = SHOWN // 2
            lines = [*lines[: half + 1], ["..."] * len(columns), *lines[-half:]]
        return lines

    def __str__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        table = "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        )
        return f"{table}\nstopped: {self.stopped}" if self.stopped else table

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        curves = {"loss": self["loss"]}
        if self.validated:
            curves["validation loss"] = self["validation_loss"]
        return history_card(self._lines(), curves, self.stopped)

    def cell(self, row: Epoch, column: str) -> Any:
        """The value that an epoch has in a column."""
        kind, _, name = column.partition("/")
        if name:
            return getattr(row, kind).get(name, nan)
        for name in self.metrics:
            if column == name:
                return row.metrics.get(name, row.metric)
            if column == f"validation_{name}":
                return row.validation_metrics.get(name, row.validation_metric)
        return getattr(row, column)


HIDDEN = ("data_loss", "regularization_loss")


def _shown(column: str, cell: Any) -> str:
    if column == "epoch":
        return str(cell)
    if column == "rows_per_second":
        return f"{cell:,.0f}"
    return f"{cell:.2f}" if column == "seconds" else f"{cell:.4g}"
