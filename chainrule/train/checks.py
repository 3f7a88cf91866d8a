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
    DTypeError,
    IndexRangeError,
    NoGradientError,
    NotScalarError,
    ShapeError,
    describe,
)
from chainrule.nn import Module
from chainrule.settings import no_grad
from chainrule.spec import is_sequence
from chainrule.tensors import Parameter, Tensor
from chainrule.train.metrics import Metric, metric_maker

Array = np.ndarray[Any, np.dtype[Any]]


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
    """

    x: Array
    y: Array
    make_metric: Callable[[], Metric] | None

    @classmethod
    def of(cls, model: Module, data: Any, loss: Any, metric: Any, part: str) -> "Task":
        """Check and convert (X, y); ``part`` names them in messages."""
        if not callable(loss):
            raise ArgumentError(
                f"loss is a function of outputs and targets, but this is {loss!r}.",
                do="Pass for example loss=chainrule.softmax_cross_entropy.",
            )
        x, y = _pair(data, part)
        x = checked_inputs(model, x, f"X of {part}")
        y = numbers(y, f"y of {part}")
        check_rows(x, y, part)
        if not len(x):
            raise DataError(
                f"{part}: there are no rows.", found=[describe("X", x)], do="Give at least one."
            )
        with no_grad(), np.errstate(all="ignore"):
            out = model(Tensor(x[:1]))
            y = _targets(y, out, f"y of {part}")
            _check_loss(loss, loss(out, y[:1]))
        _check_range(y, out, loss, part)
        return cls(x, y, metric_maker(metric, loss, np.asarray(out.value), y[:1]))


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


def checked_inputs(model: Module, x: Any, name: str) -> Array:
    """Rows in the net's element type, finite and C-contiguous; ids stay whole numbers."""
    array = numbers(x, name)
    reads_ids = any(getattr(m, "takes_indices", False) for m in model.modules().values())
    if array.ndim < 2 and not (reads_ids and array.ndim == 1):
        raise ShapeError(
            f"{name} has {array.ndim} axes, but a net takes rows with columns.",
            found=[describe("X", array)],
            do="One feature: X.reshape(-1, 1). One row: X.reshape(1, -1).",
        )
    dtype = next((p.dtype for p in model.parameters().values()), np.dtype(np.float32))
    if array.dtype.kind == "f" or not reads_ids:
        array = _converted(array, dtype)
        check_finite(array, name)
    return np.ascontiguousarray(array)


def numbers(x: Any, name: str) -> Array:
    """An array of numbers, or an error that says what it holds."""
    value = x.value if isinstance(x, Tensor) else x
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise DataError(f"{name} is no array: {error}", do="Give rows of one length.") from error
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"{name} holds {array.dtype}, but a net takes numbers.",
            found=[describe(name, array)],
            do="Encode text as numbers first; np.unique(y, return_inverse=True) numbers classes.",
        )
    return array


def check_finite(array: Array, name: str) -> None:
    """Raise unless all are finite numbers; names the first place that is not."""
    # The extremes of an array with NaN are NaN: two passes, and no array of booleans.
    if not array.size or (np.isfinite(array.min()) and np.isfinite(array.max())):
        return
    place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    raise DataError(
        f"{name} holds {array[place]} in {_in_words(place)}.",
        found=[describe(name.split()[0], array, f"{wrong} of {array.size} not finite")],
        do="Fill missing numbers in or leave their rows out: X[np.isfinite(X).all(axis=1)].",
    )


def _in_words(place: tuple[int, ...]) -> str:
    """A place in an array: "row 4, column 1"."""
    words = ("row", "column") if len(place) <= 2 else ("row", *["position"] * (len(place) - 1))
    return ", ".join(f"{word} {i}" for word, i in zip(words, place, strict=False))


def _pair(data: Any, part: str) -> tuple[Any, Any]:
    pair: list[Any] = list(data) if is_sequence(data) else []
    if len(pair) != 2:
        kind = f"{len(pair)} arrays" if pair else type(data).__name__
        raise ArgumentError(
            f"{part} is given as (X, y), but this is {kind}.",
            do="Pass a tuple of two arrays; of a Dataset: (d.x_train, d.y_train).",
        )
    return pair[0], pair[1]


def _converted(array: Array, dtype: Any) -> Array:
    with np.errstate(all="ignore"):  # what overflows shows as inf, and is named then
        return array.astype(dtype, copy=False)


def _targets(y: Array, out: Any, name: str) -> Array:
    """Class labels as int64, numbers in the type of the outputs."""
    if y.dtype.kind in "biu" and y.ndim == len(out.shape) - 1:
        return np.ascontiguousarray(y, np.int64)
    y = _converted(y, out.dtype) if y.ndim == len(out.shape) else y
    if y.dtype.kind == "f":
        check_finite(y, name)
    return np.ascontiguousarray(y)


def _check_loss(loss: Any, value: Any) -> None:
    size = np.size(getattr(value, "value", value))
    if size != 1:
        name = getattr(loss, "__name__", "the loss")
        raise NotScalarError(
            f"a loss is one number, but {name} returned {size} for one row.",
            found=[describe("loss", value)],
            do='Return the mean over the rows; the library\'s losses do (reduction="mean").',
        )


def _check_range(y: Array, out: Any, loss: Any, part: str) -> None:
    """Every label has a score; every target of a binary cross-entropy is between 0 and 1."""
    name = getattr(loss, "__name__", "")
    if y.dtype.kind == "i" and y.ndim == len(out.shape) - 1:
        low, high, kind, why = 0, out.shape[-1] - 1, "label", f"the {out.shape[-1]} classes"
        do = f"Labels run from 0 to {high}; give the last layer one unit per class."
    elif name == "binary_cross_entropy":
        low, high, kind, why = 0, 1, "target", "0 to 1"
        do = "Give 0 and 1, or shares between them."
    else:
        return
    if y.min() >= low and y.max() <= high:
        return
    place = tuple(np.argwhere((y < low) | (y > high))[0].tolist())
    error = IndexRangeError if kind == "label" else DataError
    raise error(
        f"{kind} {y[place]:.4g} in {_in_words(place)} of {part} is outside {why}.",
        found=[describe("y", y, f"values {y.min()} to {y.max()}")],
        do=do,
    )
