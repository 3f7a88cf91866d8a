"""What `chainrule train` may be told, with defaults; and which values are refused at once.

Imports cyclopts, errors and train's choices. app.py reads it from the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from chainrule.errors import ArgumentError
from chainrule.train.choices import Choices

NET = Group("Net", sort_key=1)
LEARNING = Group("Learning", sort_key=2)
DATA = Group("Data", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
NAMES = Parameter(group=DATA, consume_multiple=True, negative="", show_default=False)
FLAG = Parameter(group=OUTPUT, negative="", show_default=False)


def _spaced(units: tuple[int, ...]) -> str:
    return " ".join(map(str, units))


@dataclass(frozen=True)
class TrainSettings:
    """Everything but the data's name.

    Parameters
    ----------
    hidden
        Hidden units. Several numbers make several layers (--hidden 128 64); 0 makes none, which
        is a linear classifier.
    activation
        relu, leaky_relu, elu, selu, gelu, silu, mish, sigmoid, tanh, softplus or identity.
    dropout
        Share of the hidden units left out at each step, from 0 up to 1.
    normalization
        batch or layer: between each hidden layer and its activation. Default: none.
    loss
        softmax_cross_entropy or hinge for classes; squared_error, absolute_error, huber or
        quantile (the median) for numbers; auto chooses the first of each.
    optimizer
        adam, adamw, sgd, rmsprop, adagrad or lbfgs.
    learning_rate
        Size of the steps at the start. Default: 0.003 for adam, and what suits the others.
    schedule
        How the learning rate falls: cosine, linear, step, inverse_sqrt or constant.
    l2
        Strength lambda of the regularization (lambda/2) * sum(W**2).
    clip
        Largest norm of the gradients of a step; longer ones are shortened. Default: no limit.
    epochs
        Passes over the training rows. Default: as many as make 2500 steps, but 10 at least and
        200 at most.
    batch_size
        Rows per step. Default: 32; all rows for lbfgs.
    patience
        Epochs without a lower validation loss before training stops early; the best weights are
        kept. 0 trains to the end and keeps the last ones.
    target
        The table's column to predict.
    task
        What the target holds: classes, or numbers. Default: auto, which takes text and up to 20
        different whole numbers for classes.
    drop
        Columns of the table to leave out.
    categorical
        Columns to take for categories, such as --categorical zip.
    numeric
        Columns to take for numbers.
    missing
        What stands for a gap, besides an empty cell. Default: NA, N/A, null, none, ?, -, NaN,
        #N/A and their like. A hyphen is written --missing=-
    query
        SQL that asks a DuckDB or SQLite file for the rows. Default: its only table.
    validation
        Share of the rows, after the test part is taken, on which training is watched.
    test
        Share of all rows that training never sees. fashion-mnist has its own test part.
    seed
        Seed of the split, the first weights and the order of the rows.
    folder
        Where fashion-mnist's four IDX files are. Default: where Debian's package puts them.
    out
        Folder for the results. Default: runs/NAME, or runs/NAME-2, ... if that is taken.
    overwrite
        Replace the results in the folder of --out.
    debug
        Show the traceback of an error.
    """

    hidden: Annotated[
        tuple[int, ...],
        Parameter(group=NET, consume_multiple=True, negative="", show_default=_spaced),
    ] = Choices.hidden
    activation: Annotated[str, Parameter(group=NET)] = Choices.activation
    dropout: Annotated[float, Parameter(group=NET)] = Choices.dropout
    normalization: Annotated[str | None, Parameter(group=NET)] = Choices.normalization
    loss: Annotated[str, Parameter(group=LEARNING)] = Choices.loss
    optimizer: Annotated[str, Parameter(group=LEARNING)] = Choices.optimizer
    learning_rate: Annotated[float | None, Parameter(group=LEARNING)] = Choices.learning_rate
    schedule: Annotated[str, Parameter(group=LEARNING)] = Choices.schedule
    l2: Annotated[float, Parameter(group=LEARNING)] = Choices.l2
    clip: Annotated[float | None, Parameter(group=LEARNING)] = Choices.clip
    epochs: Annotated[int | None, Parameter(group=LEARNING)] = Choices.epochs
    batch_size: Annotated[int | None, Parameter(group=LEARNING)] = Choices.batch_size
    patience: Annotated[int, Parameter(group=LEARNING)] = Choices.patience
    target: Annotated[str | None, Parameter(group=DATA)] = None
    task: Annotated[Literal["auto", "classes", "numbers"], Parameter(group=DATA)] = "auto"
    drop: Annotated[tuple[str, ...], NAMES] = ()
    categorical: Annotated[tuple[str, ...], NAMES] = ()
    numeric: Annotated[tuple[str, ...], NAMES] = ()
    missing: Annotated[tuple[str, ...], NAMES] = ()
    query: Annotated[str | None, Parameter(group=DATA)] = None
    validation: Annotated[float, Parameter(group=DATA)] = 0.1
    test: Annotated[float, Parameter(group=DATA)] = 0.2
    seed: Annotated[int, Parameter(group=DATA)] = Choices.seed
    folder: Annotated[Path | None, Parameter(group=DATA)] = None
    out: Annotated[Path | None, Parameter(group=OUTPUT)] = None
    overwrite: Annotated[bool, FLAG] = False
    debug: Annotated[bool, FLAG] = False

    def choices(self) -> Choices:
        """What is chosen about the net and its learning."""
        names = [each.name for each in fields(Choices)]
        chosen = Choices(**{name: getattr(self, name) for name in names})
        return replace(chosen, hidden=()) if self.hidden == (0,) else chosen


def refuse_impossible(settings: TrainSettings) -> None:
    """Raise an ArgumentError that names the option, before anything is read."""
    for name, (is_legal, legal) in RULES.items():
        value = getattr(settings, name)
        if value is not None and not is_legal(value):
            option, shown = f"--{name.replace('_', '-')}", value
            if name == "hidden":
                shown = _spaced(value) or "nothing"
            raise ArgumentError(f"{option} is {legal}; found {shown}.")
    if settings.overwrite and settings.out is None:
        raise ArgumentError(
            "--overwrite replaces the results in the folder of --out, but there is no --out.",
            do="Name the folder: --out FOLDER",
        )


def _from(least: float, below: float = inf) -> Callable[[Any], bool]:
    return lambda value: least <= value < below  # False for NaN


def _above_zero(value: float) -> bool:
    return 0 < value < inf


def _is_hidden(units: tuple[int, ...]) -> bool:
    return units == (0,) or (len(units) > 0 and min(units) > 0)


SHARE = "a share of the rows, from 0 up to but not including 1"

RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "hidden": (_is_hidden, "one whole number above 0 per hidden layer, or 0 for none"),
    "dropout": (_from(0, 1), "a share of the units, from 0 up to but not including 1"),
    "learning_rate": (_above_zero, "a number above 0"),
    "l2": (_from(0), "a number from 0 upwards"),
    "clip": (_above_zero, "a number above 0"),
    "epochs": (_from(1), "a whole number from 1 upwards"),
    "batch_size": (_from(1), "a whole number of rows from 1 upwards"),
    "patience": (_from(0), "a whole number of epochs from 0 upwards"),
    "validation": (_from(0, 1), SHARE),
    "test": (_from(0, 1), SHARE),
    "seed": (_from(0), "a whole number from 0 upwards"),
}
