"""Trial: a loss tried on a few rows, before a fit, an evaluation or a program starts.

Imports nn, entering and loss_check. What it finds is said in the shapes that the user gave.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DataError,
    IndexRangeError,
    NoGradientError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    a_kind,
    describe,
)
from chainrule.graph.nodes.node import Node
from chainrule.nn import Module
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.entering import check_finite, converted, in_words
from chainrule.train.heads import (
    Head,
    check_weight_names,
    heads_of,
    loss_of_head,
    whole_loss,
)
from chainrule.train.loss_check import (
    check_label_type,
    check_meeting,
    check_value,
    facts_in,
    in_the_graph,
    name_of,
    table_error,
    traced_loss,
)
from chainrule.train.objective import losses_by_head, weights_of_head
from chainrule.train.streams import WEIGHTS, Form, Rows, outputs_of
from chainrule.train.unknown_streams import NotGivenError, answer, misnamed

Array = np.ndarray[Any, np.dtype[Any]]
SAMPLES = (7, 11, 13, 17, 19, 23)  # rows that a loss is tried on: primes, which few axes have


class Refused(Exception):
    """A net or a loss that fails on so few rows; ``error`` says how.

    ``surely`` tells that it would fail on any: it asks for a name that there is not.
    """

    def __init__(self, error: Exception, surely: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.surely = error, surely


@dataclass(frozen=True, eq=False)
class Trial:
    """What was found out about a loss.

    Attributes
    ----------
    rows : Rows
        All of them, with the targets and the weights converted.
    out, sample
        Outputs and targets of some rows, as the net and the user hold them.
    heads : tuple of Head
        Outputs and targets that belong together.
    """

    rows: Rows
    out: Any
    sample: Any
    heads: tuple[Head, ...]


def tried(model: Module, loss: Any, rows: Rows, part: str, size: int, trains: bool) -> Trial:
    """Try a loss on a few rows; where that fails, on a batch as training meets it.

    Parameters
    ----------
    part : str
        Names the data in messages.
    size : int
        Rows of a batch.
    trains : bool
        Whether the loss is to have a graph.
    """
    try:
        return tried_on_few(model, loss, rows, part, trains)
    except Refused:
        pass
    few = np.arange(min(size, rows.count))
    try:
        return _tried(model, loss, _outputs(model, rows, few, trains), rows, few, part, trains)
    except Refused as refused:
        raise refused.error from None


def tried_on_few(
    model: Module, loss: Any, rows: Rows, part: str, trains: bool, ranges: bool = True
) -> Trial:
    """Try a loss on as many rows as no other axis has, so that an axis of rows can be told.

    Raises
    ------
    Refused
        If the net or the loss does not take so few.
    """
    known = {size for array in rows.arrays for size in array.shape[1:]}
    for count in SAMPLES:
        if count not in known:
            few = np.arange(count) % rows.count
            out = _outputs(model, rows, few, trains)
            if all(count not in each.shape[1:] for each in outputs_of(out)[0]):
                return _tried(model, loss, out, rows, few, part, trains, ranges)
    raise Refused(ValueError("every number of rows is that of another axis"))


def _outputs(model: Module, rows: Rows, few: Array, trains: bool) -> Any:
    """What the net makes of some rows; where it trains, it may not leave the graph."""
    some = replace(rows, arrays=tuple([array[few] for array in rows.arrays]))
    try:
        with in_the_graph() if trains else no_grad(), np.errstate(all="ignore"):
            out = answer(model, some)
    except Exception as error:
        raise Refused(error, isinstance(error, UnknownNameError | NotGivenError)) from None
    found, container = outputs_of(out)
    values = [_checked_output(model, each, rows, few, trains) for each in found]
    if not values:
        raise ArgumentError(
            f"{type(model).__name__} returned an empty {type(out).__name__}.",
            do="Return an array of scores, or a tuple or a dict of some.",
        )
    return container.of(values)


def _checked_output(model: Module, out: Any, rows: Rows, few: Array, trains: bool) -> Array:
    """An array that the net returned, shown to have a row for each row."""
    name, is_tensor = type(model).__name__, isinstance(out, Tensor)
    if not is_tensor and not hasattr(out, "dtype"):
        raise ArgumentError(
            f"{name} returned {a_kind(out)}, but a net answers with an array.",
            do="Return the scores from forward; several outputs in a tuple or a dict.",
        )
    if trains and not is_tensor:
        raise NoGradientError(
            f"{name} returned an array that has left the graph: nothing can be learned from it.",
            found=[describe("outputs", out)],
            do="Return what NumPy's functions or chainrule's made of x, without .data.",
        )
    value: Array = np.asarray(out.value if is_tensor else out)
    if value.shape[:1] != few.shape:
        raise ShapeError(
            f"a net answers row by row, but {len(few)} rows gave {name}'s output of shape "
            f"{value.shape}.",
            found=[describe("X", rows.arrays[0]), describe("outputs", value)],
            do="Keep the first axis of the input through the net's forward.",
        )
    return value


def _tried(
    model: Module,
    loss: Any,
    out: Any,
    rows: Rows,
    few: Array,
    part: str,
    trains: bool,
    ranges: bool = True,
) -> Trial:
    form, arrays = rows.form, list(rows.arrays)
    heads = heads_of(loss, out, form, part, type(model).__name__)
    first, owners = outputs_of(out)[0][0], {head.place: head for head in heads}
    for place in range(form.inputs, form.targets):
        head, name = owners.get(place), f"{form.names[place]} of {part}"
        other, kind = (first, "") if head is None else (head.out, head.facts.targets)
        arrays[place] = _targets(arrays[place], other, name, kind)
    for place in range(form.targets, len(arrays)):
        arrays[place] = checked_weights(
            arrays[place], first.dtype, f"{form.names[place]} of {part}", ranges
        )
    check_weight_names(form.weights_of(arrays), losses_by_head(loss))
    given, rows = rows.arrays, replace(rows, arrays=tuple(arrays))
    some = [array[few] for array in arrays]
    found = tuple(
        _tried_head(loss, head, out, rows, some, given[head.place], part, trains, ranges)
        for head in heads
    )
    if len(found) != 1 or form.weights is not None:
        try:
            with np.errstate(all="ignore"):
                value = whole_loss(loss, out, form, some, trains)
        except Exception as error:
            raise _of_loss(loss, out, form, error) from None
        check_value(loss, value, len(few), trains)
    return Trial(rows, out, form.targets_of(some), found)


def _tried_head(
    loss: Any, head: Head, out: Any, rows: Rows, some: list[Array], given: Array,
    part: str, trains: bool, ranges: bool,
) -> Head:  # fmt: skip
    """An output and its targets, shown to meet; the head knows what the targets hold then."""
    facts, y, few = head.facts, rows.arrays[head.place], some[head.place]
    kind, shape = facts.targets, (len(y), *facts.answers(head.out.shape[1:]))
    if head.path:
        part = f"{rows.form.names[head.place]} of {part}"
    if kind:
        _check_shapes(y, shape, kind, part)
        check_label_type(facts, given, part)
    if ranges:
        _check_range(facts.known(y), head.out, kind, part)
    _check_weights(head, y, rows.form.weights_of(rows.arrays), part)
    own, is_all = loss_of_head(loss, head, out, rows.form, some)
    try:
        with np.errstate(all="ignore"):
            value, leaf = _valued(own, head.out, few, trains)
    except Exception as error:
        if isinstance(error, ChainruleError):  # the user has given all of them
            fuller = {describe("labels", few): describe("labels", given)}
            error.tell(fuller, error.what.replace(str(y.dtype), str(given.dtype)))
        raise _of_loss(loss, out, rows.form, error) from None
    check_value(own, value, len(few), trains and is_all)
    if leaf is not None:
        check_meeting(own, value, leaf, few, (shape, y.shape), part)
    if not kind:
        facts = facts_in(value)
        if head.facts.metric != "auto":  # it is stated
            facts = replace(facts, metric=head.facts.metric)
        if ranges:
            _check_range(facts.known(y), head.out, facts.targets, part)
    return replace(head, facts=facts)


def _of_loss(loss: Any, out: Any, form: Form, error: Exception) -> Refused:
    given = {"outputs": outputs_of(out)[1], "targets": form.y}
    found = misnamed(error, name_of(loss), given)
    return Refused(found or error, found is not None)


def _check_weights(head: Head, y: Array, weights: Any, part: str) -> None:
    """Raise unless there is a weight for each row, or one for each target."""
    own = weights_of_head(weights, head.path[0]) if head.path else weights
    if own is None or not head.facts.targets or own.ndim == 1 or own.shape == y.shape:
        return
    if own.shape[1:2] != (head.facts.members,):  # nor for each member of an ensemble
        raise ShapeError(
            f"{part}: sample_weight of shape {own.shape} fits neither {len(y)} rows nor targets "
            f"of {y.shape}.",
            found=[describe(WEIGHTS, own), describe("y", y)],
            do="Give one weight per row, (N,), or one per target.",
        )


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


def checked_weights(weights: Array, dtype: Any, name: str, are_all: bool = True) -> Array:
    """The weights of rows in the outputs' element type: finite, none negative.

    Those of one batch may be 0 in all, those of all rows may not.
    """
    weights = converted(weights, dtype, name)
    check_finite(weights, name)
    if not weights.size or weights.min() < 0 or (are_all and not weights.any()):
        what = "holds a negative number" if weights.size and weights.min() < 0 else "is 0 in all"
        raise DataError(
            f"{name} {what}.",
            found=[describe(WEIGHTS, weights)],
            do="A row counts as often as its weight says: 0 leaves it out.",
        )
    return np.ascontiguousarray(weights)


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
