"""What fit and evaluate were given, checked before the first step and brought into one form.

Imports nn, metrics and errors. Loops below it may rely on finite, C-contiguous arrays that fit
the net and the loss.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    DataError,
    NoGradientError,
    ShapeError,
    a_kind,
    describe,
)
from chainrule.nn import BatchNorm, Module
from chainrule.ops.random import key
from chainrule.settings import no_grad
from chainrule.spec import holds_streams, is_sequence
from chainrule.tensors import Parameter
from chainrule.train.entering import (
    check_finite,
    columns_of,
    converted,
    in_memory_order,
    numbers,
    refuse_other_columns,
)
from chainrule.train.head_metrics import maker_of
from chainrule.train.metrics import Metric
from chainrule.train.objective import losses_by_head
from chainrule.train.recipe import reads_indices
from chainrule.train.streams import PLAIN, Rows, streams
from chainrule.train.trial import checked_weights, tried

Array = np.ndarray[Any, np.dtype[Any]]
Columns = dict[str, tuple[str, ...]]  # of the frames among the inputs, by their names: "X['a']"
COLUMNS = "_columns"  # where a net keeps the names of the columns that it was trained on


@dataclass(frozen=True, eq=False)
class Task:
    """Data that fit the net and the loss, and how to measure them.

    Attributes
    ----------
    rows : Rows
        C-contiguous: inputs in the net's element type; class labels as int64, or numbers in the
        type of the net's outputs; the weights of the rows, if there are any.
    make_metric : callable or None
        Makes a fresh metric.
    columns : dict of str to tuple of str
        The names of the columns of X, or of each input, that is a frame.
    """

    rows: Rows
    make_metric: Callable[[], Metric] | None
    columns: Columns

    @classmethod
    def of(
        cls,
        model: Module,
        data: Any,
        loss: Any,
        metric: Any,
        part: str,
        size: int = 1,
        trains: bool = False,
        columns: Columns | None = None,
        weights: Any = None,
    ) -> "Task":
        """Check and convert (X, y) and the weights of the rows.

        Parameters
        ----------
        part : str
            Names the data in messages.
        size : int
            Rows of a batch, as the loss will meet it.
        trains : bool
            Whether the loss is to have a graph.
        columns : dict of str to tuple of str, optional
            The names that the columns of frames must have.
        """
        check_loss(loss)
        given, y = _pair(data, part)
        several = takes_several(model, given, f"X of {part}")
        found: Columns = {}

        def checked(x: Any, name: str) -> Array:
            own, names = name.removesuffix(f" of {part}"), columns_of(x)
            if names is not None:
                found[own] = names
            return checked_inputs(model, x, name, (columns or {}).get(own), several)

        rows = rows_of(given, y, weights, part, checked)
        if not rows.count:
            raise DataError(
                f"{part}: there are no rows.",
                found=[describe("X", rows.arrays[0])],
                do="Give at least one.",
            )
        trial = tried(model, loss, rows, part, size, trains)
        return cls(trial.rows, maker_of(metric, trial), found)


def columns_known(model: Module) -> Columns:
    """The names of the columns of the frames that a net was trained on, if there were some."""
    return vars(model).get(COLUMNS, {})


def note_columns(model: Module, columns: Columns) -> None:
    """Remember the names of the columns that a net is trained on, for `predict`."""
    vars(model).pop(COLUMNS, None)
    if columns:
        vars(model)[COLUMNS] = columns


def takes_several(model: Module, x: Any, name: str) -> bool:
    """Whether x is a container of inputs, and the net may take one.

    Raises
    ------
    DataError
        If it takes one array.
    """
    several = holds_streams(x)
    if several and model.takes_one_array():
        raise DataError(
            f"{name} is {a_kind(x)} of arrays, but {type(model).__name__} takes an array of "
            "numbers.",
            do="Give one array, np.stack(...) of rows in a tuple; several inputs go to a net "
            "whose own forward joins them.",
        )
    return several


def rows_of(x: Any, y: Any, weights: Any, part: str, convert: Callable[[Any, str], Array]) -> Rows:
    """The streams of some data, of one length each; ``convert`` is for the inputs."""

    def converting(array: Any, name: str) -> Array:
        name = f"{name.replace('x', 'X', 1)} of {part}"
        return convert(array, name) if name.startswith("X") else numbers(array, name)

    rows = streams(x, y, weights, converting)
    check_rows(rows, part)
    return rows


def arrays_of(x: Any, y: Any, weights: Any, part: str) -> Rows:
    """The streams; the weights are shown to be some, as no machine code asks.

    A head may weigh nothing in a batch, but not all of them.
    """
    rows = streams(x, y, weights, in_memory_order)
    if weights is not None:
        given, names = rows.arrays[rows.form.targets :], rows.form.names[rows.form.targets :]
        ends = [(each.min(initial=1), each.max(initial=0)) for each in given]  # of each array
        none = all(high == 0 for _, high in ends)
        for name, array, (low, high) in zip(names, given, ends, strict=True):
            if array.size and (none or not (low >= 0 and high < inf)):
                checked_weights(array, array.dtype, f"{name} of {part}", are_all=none)
    return rows


def check_rows(rows: Rows, part: str) -> None:
    """Raise unless all streams have the same number of rows."""
    first, *others = arrays = rows.arrays
    count = first.shape[:1]
    if count and all(x.shape[:1] == count for x in others):
        return
    counts = [len(array) if array.ndim else "none" for array in arrays]
    names = [name.replace("x", "X", 1) if name[0] == "x" else name for name in rows.form.names]
    padded = [name.ljust(max(map(len, names))) for name in names]
    wrong = next((i for i, n in enumerate(counts) if n != counts[0]), 0)
    do = "Give one target per row." if rows.form is PLAIN else "Give all of them the same rows."
    form = rows.form
    if {form.inputs, form.targets - form.inputs} - {1} & set(counts):  # as zip(*pairs) has them
        do = "A tuple of arrays is several streams; make one array of rows in it: np.stack(...)."
    raise ShapeError(
        f"{part}: {names[0]} has {counts[0]} rows and {names[wrong]} has {counts[wrong]}.",
        found=[describe(name, array) for name, array in zip(padded, arrays, strict=True)],
        do=do,
    )


def check_loss(loss: Any) -> None:
    """Raise unless this is a loss, or one for each head."""
    several = losses_by_head(loss)
    if several == {}:
        raise ArgumentError(
            f"loss is an empty {type(loss).__name__}.",
            do="Give a function of outputs and targets, or one for each head by its name.",
        )
    for head, each in ((None, loss),) if several is None else several.items():
        if not callable(each):
            what = "loss" if several is None else f"loss[{head!r}]"
            raise ArgumentError(
                f"{what} is a function of outputs and targets, but this is {each!r}.",
                do="Pass for example loss=chainrule.softmax_cross_entropy.",
            )


def check_model(model: Any) -> None:
    """Raise unless this is a net."""
    if not isinstance(model, Module):
        kind = model.__name__ if isinstance(model, type) else type(model).__name__
        raise ArgumentError(
            f"the model is a chainrule.nn.Module, but this is {kind}.",
            do="Build one: chainrule.nn.MLP([64, 32, 10]); inherit from nn.Module for your own.",
        )


def check_single_rows(model: Module, rows: Rows, size: int) -> None:
    """Raise where every batch of a BatchNorm is one value, which it can learn nothing from.

    ``rows`` have the inputs of the net, of which a batch takes ``size``.
    """
    if size > 1 or not rows.count:
        return
    norms = [(path, m) for path, m in model.modules().items() if isinstance(m, BatchNorm)]
    if not norms:
        return
    with no_grad(), np.errstate(all="ignore"):
        first = [x[:1] for x in rows.arrays]
        _, updates = model.run(rows.form.leaves_of(first), training=key(0))
    for path, norm in norms:
        if updates.get(f"{path}.running_variance".lstrip(".")) is norm.running_variance:
            raise ShapeError(
                f"BatchNorm cannot train on batches of one row: {path or 'the net'} would answer "
                "with its shift, whatever the rows hold.",
                found=[describe("X", rows.arrays[0], f"batch_size={size}")],
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
    model: Module,
    x: Any,
    name: str,
    columns: tuple[str, ...] | None = None,
    several: bool = False,
) -> Array:
    """Rows in the net's element type, finite and C-contiguous; ids stay whole numbers.

    One of several inputs may be a mask, or have a single number for each row.
    """
    array = numbers(x, name)
    if several and array.ndim and (array.dtype.kind == "b" or array.ndim == 1):
        return np.ascontiguousarray(_in_type_of(model, array, name))
    refuse_other_columns(columns_of(x), columns, name)
    if array.ndim < 2 and not (reads_indices(model) and array.ndim == 1):
        raise ShapeError(
            f"{name} has {array.ndim} axes, but a net takes rows with columns.",
            found=[describe("X", array)],
            do="One feature: X.reshape(-1, 1). One row: X.reshape(1, -1).",
        )
    if array.ndim > 1 and len(array) and not array.size:
        raise DataError(
            f"{name} has no columns.", found=[describe("X", array)], do="Give at least one."
        )
    return np.ascontiguousarray(_in_type_of(model, array, name, several))


def _in_type_of(model: Module, array: Array, name: str, several: bool = True) -> Array:
    """Inputs in the net's element type, but for ids, and for a mask among several."""
    kind = array.dtype.kind
    if (kind == "b" and several) or (kind != "f" and reads_indices(model)):
        return array
    dtype = next((p.dtype for p in model.parameters().values()), np.dtype(np.float32))
    array = converted(array, dtype, name)
    check_finite(array, name)
    return array


def _pair(data: Any, part: str) -> tuple[Any, Any]:
    pair: list[Any] = list(data) if is_sequence(data) else []
    if len(pair) != 2:
        kind = f"{len(pair)} arrays" if pair else type(data).__name__
        raise ArgumentError(
            f"{part} is given as (X, y), but this is {kind}.",
            do="Pass a tuple of two arrays; of a Dataset: (d.x_train, d.y_train).",
        )
    return pair[0], pair[1]
