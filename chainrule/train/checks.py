"""What fit and evaluate were given, checked before the first step and brought into one form.

Imports nn, metrics and errors. Loops below it may rely on finite, C-contiguous arrays that fit
the net and the loss.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    DataError,
    NoGradientError,
    ShapeError,
    describe,
)
from chainrule.nn import BatchNorm, Module
from chainrule.ops.random import key
from chainrule.settings import no_grad
from chainrule.spec import is_sequence
from chainrule.tensors import Parameter, Tensor
from chainrule.train.entering import (
    check_finite,
    columns_of,
    converted,
    numbers,
    refuse_other_columns,
)
from chainrule.train.metrics import Metric, metric_maker
from chainrule.train.trial import tried

Array = np.ndarray[Any, np.dtype[Any]]
COLUMNS = "_columns"  # where a net keeps the names of the columns that it was trained on


@dataclass(frozen=True, eq=False)
class Task:
    """Data that fit the net and the loss, and how to measure them.

    Attributes
    ----------
    x : ndarray, (N, ...)
        Inputs in the net's element type, C-contiguous.
    y : ndarray, (N, ...)
        Class labels as int64, or numbers in the type of the net's outputs.
    make_metric : callable or None
        Makes a fresh metric.
    columns : tuple of str or None
        The names of the columns of X, if it is a frame.
    """

    x: Array
    y: Array
    make_metric: Callable[[], Metric] | None
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        model: Module,
        data: Any,
        loss: Any,
        metric: Any,
        part: str,
        rows: int = 1,
        trains: bool = False,
        columns: tuple[str, ...] | None = None,
    ) -> "Task":
        """Check and convert (X, y).

        Parameters
        ----------
        part : str
            Names the data in messages.
        rows : int
            Of a batch, as the loss will meet it.
        trains : bool
            Whether the loss is to have a graph.
        columns : tuple of str, optional
            The names that the columns of a frame must have.
        """
        if not callable(loss):
            raise ArgumentError(
                f"loss is a function of outputs and targets, but this is {loss!r}.",
                do="Pass for example loss=chainrule.softmax_cross_entropy.",
            )
        given, y = _pair(data, part)
        x = checked_inputs(model, given, f"X of {part}", columns)
        y = numbers(y, f"y of {part}")
        check_rows(x, y, part)
        if not len(x):
            raise DataError(
                f"{part}: there are no rows.", found=[describe("X", x)], do="Give at least one."
            )
        trial = tried(model, loss, x, y, part, rows, trains)
        maker = metric_maker(metric, trial.facts, trial.out, trial.sample)
        return cls(x, trial.y, maker, columns_of(given))


def columns_known(model: Module) -> tuple[str, ...] | None:
    """The names of the columns of the frame that a net was trained on, if it was one."""
    return vars(model).get(COLUMNS)


def note_columns(model: Module, columns: tuple[str, ...] | None) -> None:
    """Remember the names of the columns that a net is trained on, for `predict`."""
    vars(model).pop(COLUMNS, None)
    if columns is not None:
        vars(model)[COLUMNS] = columns


def check_rows(x: Array, y: Array, part: str) -> None:
    """Raise unless there is one target for every row."""
    if x.ndim and y.ndim and len(x) == len(y):
        return
    counts = [len(array) if array.ndim else "none" for array in (x, y)]
    raise ShapeError(
        f"{part}: X has {counts[0]} rows and y has {counts[1]}.",
        found=[describe("X", x), describe("y", y)],
        do="Give one target per row.",
    )


def check_model(model: Any) -> None:
    """Raise unless this is a net."""
    if not isinstance(model, Module):
        kind = model.__name__ if isinstance(model, type) else type(model).__name__
        raise ArgumentError(
            f"the model is a chainrule.nn.Module, but this is {kind}.",
            do="Build one: chainrule.nn.MLP([64, 32, 10]); inherit from nn.Module for your own.",
        )


def check_single_rows(model: Module, x: Any, size: int) -> None:
    """Raise where every batch of a BatchNorm is one value, which it can learn nothing from.

    ``x`` are the inputs of the net, of which a batch takes ``size``.
    """
    if size > 1 or not len(x):
        return
    norms = [(path, m) for path, m in model.modules().items() if isinstance(m, BatchNorm)]
    if not norms:
        return
    with no_grad(), np.errstate(all="ignore"):
        _, updates = model.run(Tensor(x[:1]), training=key(0))
    for path, norm in norms:
        if updates.get(f"{path}.running_variance".lstrip(".")) is norm.running_variance:
            raise ShapeError(
                f"BatchNorm cannot train on batches of one row: {path or 'the net'} would answer "
                "with its shift, whatever the rows hold.",
                found=[describe("X", x, f"batch_size={size}")],
                do="Choose a batch_size of 2 or more, or LayerNorm.",
            )


def trained_parameters(model: Module) -> dict[str, Parameter]:
    """The parameters that want a gradient, by name."""
    parameters = model.parameters()
    found = {name: p for name, p in parameters.items() if p.wants_gradient}
    if parameters and not found:
        raise NoGradientError(
            f"every parameter of {type(model).__name__} is frozen: there is nothing to train.",
            do="Call unfreeze() on the model or on the layers that shall learn.",
        )
    if not found:
        raise NoGradientError(
            f"{type(model).__name__} has no parameters to train.",
            do="Assign layers or chainrule.parameter(...) to attributes of the module.",
        )
    return found


def checked_inputs(
    model: Module, x: Any, name: str, columns: tuple[str, ...] | None = None
) -> Array:
    """Rows in the net's element type, finite and C-contiguous; ids stay whole numbers."""
    array = numbers(x, name)
    refuse_other_columns(columns_of(x), columns, name)
    reads_ids = any(getattr(m, "takes_indices", False) for m in model.modules().values())
    if array.ndim < 2 and not (reads_ids and array.ndim == 1):
        raise ShapeError(
            f"{name} has {array.ndim} axes, but a net takes rows with columns.",
            found=[describe("X", array)],
            do="One feature: X.reshape(-1, 1). One row: X.reshape(1, -1).",
        )
    if array.ndim > 1 and len(array) and not array.size:
        raise DataError(
            f"{name} has no columns.", found=[describe("X", array)], do="Give at least one."
        )
    dtype = next((p.dtype for p in model.parameters().values()), np.dtype(np.float32))
    if array.dtype.kind == "f" or not reads_ids:
        array = converted(array, dtype, name)
        check_finite(array, name)
    return np.ascontiguousarray(array)


def _pair(data: Any, part: str) -> tuple[Any, Any]:
    pair: list[Any] = list(data) if is_sequence(data) else []
    if len(pair) != 2:
        kind = f"{len(pair)} arrays" if pair else type(data).__name__
        raise ArgumentError(
            f"{part} is given as (X, y), but this is {kind}.",
            do="Pass a tuple of two arrays; of a Dataset: (d.x_train, d.y_train).",
        )
    return pair[0], pair[1]
