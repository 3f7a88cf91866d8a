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

TABLE = Group("Tables", sort_key=0)
NET = Group("Net: one plain net", sort_key=1)
LEARNING = Group("Learning: of one plain net", sort_key=2)
DATA = Group("Data", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
VALIDATION, TEST = 0.1, 0.2  # shares of the rows
NAMES = Parameter(group=DATA, consume_multiple=True, negative="", show_default=False)
FLAG = Parameter(group=OUTPUT, negative="", show_default=False)


def _spaced(units: tuple[int, ...]) -> str:
    return " ".join(map(str, units))


def _usual_units(_: object) -> str:
    return _spaced(Choices.hidden)


def _of_a_net(group: Group, usual: object) -> Parameter:
    """An option that is None unless it is given; the help tells what that means."""
    return Parameter(group=group, show_default=lambda _: str(usual))


@dataclass(frozen=True)
class TrainSettings:
    """Everything but the data's name.

    Parameters
    ----------
    preset
        How a table is learned: strong trains eight nets, each of which leaves out another eighth
        of the rows, and averages their answers; fast trains one; realmlp is the published recipe,
        to compare with. An option of the group Net or
        Learning trains one plain net instead, as data sets with a name do.
    time_limit
        Seconds that the trainings may take together. Default: no limit.
    folds
        Judge a table by so many trainings, each tested on another part of the rows; what is kept
        is trained on all rows.
    baseline
        Train scikit-learn's HistGradientBoosting on the same rows, and show it beside.
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
        softmax_cross_entropy, hinge or softmax_focal for classes; squared_error, absolute_error,
        huber, log_cosh or quantile (the median) for numbers; auto chooses the first of each.
    optimizer
        adam, adamw, nadam, radam, lion, sgd, rmsprop, adagrad or lbfgs.
    learning_rate
        Size of the steps at the start. Default: 0.003 for adam, and what suits the others.
    schedule
        How the learning rate falls: cosine, linear, one_cycle, restarts, exponential, polynomial,
        step, inverse_sqrt or constant.
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
        What stands for a gap, besides an empty cell, NA, N/A, null, none, ?, -, NaN, #N/A and
        their like, such as --missing=-999. With --missing= an empty cell alone and what else is
        named so.
    decimal
        The sign before the decimals: a comma makes 1.234 a thousand, a point little more than 1.
        Default: as the cells show.
    query
        SQL that asks a DuckDB or SQLite file for the rows. Default: its only table.
    stream
        Read a table block by block while one plain net is trained on it, in little memory. A
        table that does not fit into memory is read so without being asked.
    split
        Which rows are the test part: random; time:COLUMN takes the latest, group:COLUMN keeps
        the rows together that hold the same there.
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

    preset: Annotated[str | None, _of_a_net(TABLE, "strong")] = None
    time_limit: Annotated[float | None, Parameter(group=TABLE)] = None
    folds: Annotated[int | None, Parameter(group=TABLE)] = None
    baseline: Annotated[bool, Parameter(group=TABLE, negative="", show_default=False)] = False
    hidden: Annotated[
        tuple[int, ...] | None,
        Parameter(group=NET, consume_multiple=True, negative="", show_default=_usual_units),
    ] = None
    activation: Annotated[str | None, _of_a_net(NET, Choices.activation)] = None
    dropout: Annotated[float | None, _of_a_net(NET, Choices.dropout)] = None
    normalization: Annotated[str | None, Parameter(group=NET)] = None
    loss: Annotated[str | None, _of_a_net(LEARNING, Choices.loss)] = None
    optimizer: Annotated[str | None, _of_a_net(LEARNING, Choices.optimizer)] = None
    learning_rate: Annotated[float | None, Parameter(group=LEARNING)] = None
    schedule: Annotated[str | None, _of_a_net(LEARNING, Choices.schedule)] = None
    l2: Annotated[float | None, _of_a_net(LEARNING, Choices.l2)] = None
    clip: Annotated[float | None, Parameter(group=LEARNING)] = None
    epochs: Annotated[int | None, Parameter(group=LEARNING)] = None
    batch_size: Annotated[int | None, Parameter(group=LEARNING)] = None
    patience: Annotated[int | None, _of_a_net(LEARNING, Choices.patience)] = None
    target: Annotated[str | None, Parameter(group=DATA)] = None
    task: Annotated[Literal["auto", "classes", "numbers"], Parameter(group=DATA)] = "auto"
    drop: Annotated[tuple[str, ...], NAMES] = ()
    categorical: Annotated[tuple[str, ...], NAMES] = ()
    numeric: Annotated[tuple[str, ...], NAMES] = ()
    missing: Annotated[tuple[str, ...], NAMES] = ()
    decimal: Annotated[Literal[",", "."] | None, Parameter(group=DATA)] = None
    query: Annotated[str | None, Parameter(group=DATA)] = None
    stream: Annotated[bool, Parameter(group=DATA, negative="", show_default=False)] = False
    split: Annotated[str, Parameter(group=DATA)] = "random"
    validation: Annotated[float | None, _of_a_net(NET, VALIDATION)] = None
    test: Annotated[float, Parameter(group=DATA)] = TEST
    seed: Annotated[int, Parameter(group=DATA)] = Choices.seed
    folder: Annotated[Path | None, Parameter(group=DATA)] = None
    out: Annotated[Path | None, Parameter(group=OUTPUT)] = None
    overwrite: Annotated[bool, FLAG] = False
    debug: Annotated[bool, FLAG] = False

    def choices(self) -> Choices:
        """What is chosen about the net and its learning."""
        names = [each.name for each in fields(Choices)]
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        chosen = Choices(**given)
        return replace(chosen, hidden=()) if self.hidden == (0,) else chosen

    def words(self) -> list[str]:
        """What was said of the data, the learning and the net: these words say it again."""
        names = [each.name for each in fields(self)]
        data = names.index("target")  # first: what a table needs
        found: list[str] = []
        for name in names[data:] + names[:data]:
            value = getattr(self, name)
            if name not in OF_ONE_RUN and value != getattr(UNTOLD, name):
                found += _words_of(name, value)
        return found

    @property
    def of_columns(self) -> dict[str, Any]:
        """What was said of a table's columns."""
        names = ("drop", "categorical", "numeric", "missing", "task", "decimal")
        return {name: getattr(self, name) for name in names}

    @property
    def watched(self) -> float:
        """The share of the rows on which the training of a plain net is watched."""
        return VALIDATION if self.validation is None else self.validation

    @property
    def of_a_net(self) -> list[str]:
        """The options that were given and describe one plain net."""
        names = [each.name for each in fields(Choices) if each.name != "seed"] + ["validation"]
        return [_option(name) for name in names if getattr(self, name) is not None]

    @property
    def of_an_estimator(self) -> list[str]:
        """The options that were given and describe the learning of a table."""
        names = ("preset", "time_limit", "folds", "baseline")
        return [_option(name) for name in names if getattr(self, name) not in (None, False)]


UNTOLD = TrainSettings()
OF_ONE_RUN = ("out", "overwrite", "debug")


def _words_of(name: str, value: Any) -> list[str]:
    option = _option(name)
    if value is True:
        return [option]
    if name == "hidden":
        return [option, *map(str, value)]
    if isinstance(value, tuple):
        each: tuple[str, ...] = value  # pyright: ignore[reportUnknownVariableType] of any
        return [f"{option}={word}" for word in each]
    text = str(value)
    # A sign alone reads better joined, and a hyphen must be.
    return [option, text] if text[:1].isalnum() else [f"{option}={text}"]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def refuse_impossible(settings: TrainSettings) -> None:
    """Raise an ArgumentError that names the option, before anything is read."""
    for name, (is_legal, legal) in RULES.items():
        value = getattr(settings, name)
        if value is not None and not is_legal(value):
            option, shown = _option(name), value
            if name == "hidden":
                shown = _spaced(value) or "nothing"
            raise ArgumentError(f"{option} is {legal}; found {shown}.")
    if settings.of_a_net and settings.of_an_estimator:
        nets, tables = settings.of_a_net[0], settings.of_an_estimator[0]
        raise ArgumentError(
            f"{tables} speaks of how a table is learned, {nets} of one plain net.",
            do=f"Leave one of them out: {tables} or {nets}.",
        )
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


def _is_split(value: str) -> bool:
    kind, _, column = value.partition(":")
    return value == "random" or (kind in ("time", "group") and bool(column))


PRESETS = ("strong", "fast", "realmlp")
SHARE = "a share of the rows, from 0 up to but not including 1"

RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "preset": (PRESETS.__contains__, " or ".join(PRESETS)),
    "time_limit": (_above_zero, "a number of seconds above 0"),
    "folds": (_from(2), "a whole number from 2 upwards"),
    "split": (_is_split, "random, time:COLUMN or group:COLUMN"),
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


def _takes_several_words(kind: Any) -> bool:
    return any(each.consume_multiple for each in getattr(kind, "__metadata__", ()))


SEVERAL_WORDS = tuple(
    f"--{each.name}" for each in fields(TrainSettings) if _takes_several_words(each.type)
)
