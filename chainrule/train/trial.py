"""Trial: a loss tried on a few rows, before a fit, an evaluation or a program starts.

Imports nn, entering and loss_check. What it finds is said in the shapes that the user gave.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DataError,
    IndexRangeError,
    NoGradientError,
    ShapeError,
    UnsupportedError,
    describe,
)
from chainrule.graph.node import Node
from chainrule.nn import Module
from chainrule.ops.losses.loss import LossFacts, facts_of
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.entering import check_finite, converted, in_words
from chainrule.train.loss_check import (
    check_label_type,
    check_meeting,
    check_value,
    facts_in,
    in_the_graph,
    table_error,
    traced_loss,
)

Array = np.ndarray[Any, np.dtype[Any]]
SAMPLES = (7, 11, 13, 17, 19, 23)  # rows that a loss is tried on: primes, which few axes have


@dataclass(frozen=True, eq=False)
class Trial:
    """What was found out about a loss.

    Attributes
    ----------
    y : ndarray, (N, ...)
        All targets, converted.
    out, sample : ndarray
        Outputs and targets of some rows.
    facts : LossFacts
        What the loss says about itself, or those in its graph.
    """

    y: Array
    out: Array
    sample: Array
    facts: LossFacts


class Refused(Exception):
    """A net or a loss that fails on so few rows; ``error`` says how."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def tried(
    model: Module, loss: Any, x: Array, y: Array, part: str, rows: int, trains: bool
) -> Trial:
    """Try a loss on a few rows; where that fails, on a batch as training meets it.

    Parameters
    ----------
    part : str
        Names the data in messages.
    rows : int
        Of a batch.
    trains : bool
        Whether the loss is to have a graph.
    """
    try:
        return tried_on_few(model, loss, x, y, part, trains)
    except Refused:
        pass
    few = np.arange(min(rows, len(x)))
    try:
        return _tried(loss, _outputs(model, x, few, trains), y, few, part, trains)
    except Refused as refused:
        raise refused.error from None


def tried_on_few(
    model: Module, loss: Any, x: Array, y: Array, part: str, trains: bool, ranges: bool = True
) -> Trial:
    """Try a loss on as many rows as no other axis has, so that an axis of rows can be told.

    Raises
    ------
    Refused
        If the net or the loss does not take so few.
    """
    known = {*x.shape[1:], *y.shape[1:]}
    for count in SAMPLES:
        if count not in known:
            few = np.arange(count) % len(x)
            out = _outputs(model, x, few, trains)
            if count not in out.shape[1:]:
                return _tried(loss, out, y, few, part, trains, ranges)
    raise Refused(ValueError("every number of rows is that of another axis"))


def _outputs(model: Module, x: Array, rows: Array, trains: bool) -> Array:
    """What the net makes of some rows; where it trains, it may not leave the graph."""
    try:
        with in_the_graph() if trains else no_grad(), np.errstate(all="ignore"):
            out: Any = model(Tensor(x[rows]))
    except Exception as error:
        raise Refused(error) from None
    name, is_tensor = type(model).__name__, isinstance(out, Tensor)
    if not is_tensor and not hasattr(out, "dtype"):
        raise ArgumentError(
            f"{name} returned a {type(out).__name__}, but a net answers with one array.",
            do="Return the scores alone from forward; join several with chainrule.concatenate.",
        )
    if trains and not is_tensor:
        raise NoGradientError(
            f"{name} returned an array that has left the graph: nothing can be learned from it.",
            found=[describe("outputs", out)],
            do="Return what NumPy's functions or chainrule's made of x, without .data.",
        )
    value: Array = np.asarray(out.value if is_tensor else out)
    if value.shape[:1] != rows.shape:
        raise ShapeError(
            f"a net answers row by row, but {len(rows)} rows gave {name}'s output of shape "
            f"{value.shape}.",
            found=[describe("X", x), describe("outputs", value)],
            do="Keep the first axis of the input through the net's forward.",
        )
    return value


def _tried(
    loss: Any, out: Array, y: Array, few: Array, part: str, trains: bool, ranges: bool = True
) -> Trial:
    facts, shape = facts_of(loss), (len(y), *out.shape[1:])
    given, kind = y, facts.targets
    y = _targets(y, out, f"y of {part}", kind)
    if kind:
        _check_shapes(y, shape, kind, part)
        check_label_type(facts, given, part)
    if ranges:
        _check_range(y, out, kind, part)
    try:
        with np.errstate(all="ignore"):
            value, leaf = _valued(loss, out, y[few], trains)
    except Exception as error:
        if isinstance(error, ChainruleError):  # the user has given all of them
            fuller = {describe("labels", y[few]): describe("labels", given)}
            error.tell(fuller, error.what.replace(str(y.dtype), str(given.dtype)))
        raise Refused(error) from None
    check_value(loss, value, len(few), trains)
    if leaf is not None:
        check_meeting(loss, value, leaf, y[few], (shape, y.shape), part)
    if not kind:
        facts = facts_in(value)
        if ranges:
            _check_range(y, out, facts.targets, part)
    return Trial(y, out, y[few], facts)


def _valued(loss: Any, out: Array, y: Array, trains: bool) -> tuple[Any, Node | None]:
    """The loss of some rows with the leaf of its graph; one that never trains may have none."""
    try:
        return traced_loss(loss, out, y)
    except UnsupportedError:
        if trains:
            raise
        with no_grad():
            return loss(Tensor(out), y), None


def _targets(y: Array, out: Array, name: str, kind: str) -> Array:
    """Class labels as int64, numbers in the type of the outputs."""
    if y.dtype.kind in "biu" and (kind == "labels" or _are_labels(y, out)):
        return np.ascontiguousarray(y, np.int64)
    if y.dtype.kind == "f" or y.ndim == out.ndim or out.shape[-1:] == (1,):
        y = converted(y, out.dtype, name)
        check_finite(y, name)
    return np.ascontiguousarray(y)


def _are_labels(y: Array, out: Array) -> bool:
    """Whether these are the numbers of classes: a whole one for every row of several scores."""
    return y.dtype.kind in "biu" and y.ndim == out.ndim - 1 and out.shape[-1] > 1


def _check_shapes(y: Array, shape: tuple[int, ...], kind: str, part: str) -> None:
    """Raise unless the targets have the shape that a loss of this kind compares with."""
    if kind != "labels":
        if y.shape != shape:
            raise table_error(shape, y.shape, part)
        return
    do = ""
    if y.shape == shape:
        do = "These look like one-hot rows: y.argmax(axis=-1) makes labels of them."
    elif y.shape == (*shape[:-1], 1):
        do = "Make them flat: y.reshape(-1)."
    if do:
        raise ShapeError(
            f"{part}: the loss takes one label per row, {shape[:-1]}, but y is {y.shape}.",
            found=[f"outputs   {shape}", describe("y", y)],
            do=do,
        )


def _check_range(y: Array, out: Array, kind: str, part: str) -> None:
    """Every label has a score; every target of a binary cross-entropy is between 0 and 1."""
    if y.dtype.kind == "i" and (kind == "labels" or (not kind and _are_labels(y, out))):
        low, high, name, why = 0, out.shape[-1] - 1, "label", f"the {out.shape[-1]} classes"
        do = f"Labels run from 0 to {high}; give the last layer one unit per class."
    elif kind == "shares":
        low, high, name, why = 0, 1, "target", "0 to 1"
        do = "Give 0 and 1, or shares between them."
    else:
        return
    if y.min() >= low and y.max() <= high:
        return
    place = tuple(np.argwhere((y < low) | (y > high))[0].tolist())
    error = IndexRangeError if name == "label" else DataError
    raise error(
        f"{name} {y[place]:.4g} in {in_words(place)} of {part} is outside {why}.",
        found=[describe("y", y, f"values {y.min()} to {y.max()}")],
        do=do,
    )
