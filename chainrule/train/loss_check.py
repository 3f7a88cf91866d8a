"""What a loss is: one number with a graph, of outputs and targets that meet row by row.

Imports the graph and errors. The checks before a fit, `evaluate` and Program run it once on a few
rows; no step does.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import (
    IndexRangeError,
    NoGradientError,
    NotScalarError,
    ShapeError,
    a_kind,
    describe,
)
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.unwrapping import unwrapped
from chainrule.ops.losses.loss import Loss, LossFacts, common_facts, inside
from chainrule.ops.movement import reshape
from chainrule.settings import ON, RECORDING, TRIAL, no_grad
from chainrule.spec import is_sequence
from chainrule.tensors import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Any, Any], Any]
CLOSE = 1e-4  # relative: two losses that are the same formula


def name_of(loss: Any) -> str:
    """What messages call a loss."""
    loss = inside(loss)
    name = loss.name if isinstance(loss, Loss) else getattr(loss, "__name__", "")
    return "the loss" if name in ("", "<lambda>") else name


def traced_loss(loss: Function, out: Array, y: Array) -> tuple[Any, Node]:
    """The loss of some rows with its graph, and the leaf that stands for the outputs."""
    leaf = Tensor(out, wants_gradient=True)
    with in_the_graph():
        return loss(leaf, y), leaf


@contextmanager
def in_the_graph() -> Generator[None, None, None]:
    """Here what would leave the graph in training raises, and so does float(x)."""
    recording, trial = RECORDING.set(ON), TRIAL.set(True)
    try:
        with unwrapped():
            yield
    finally:
        RECORDING.reset(recording)
        TRIAL.reset(trial)


def facts_in(value: Any) -> LossFacts:
    """What the losses in a graph agree about: a function that calls one says nothing itself."""
    nodes = Graph.of(value).nodes if isinstance(value, Node) else ()
    return common_facts(node.op for node in nodes if isinstance(node.op, Loss))


def check_value(loss: Any, value: Any, rows: int, trains: bool) -> None:
    """Raise unless this is one number, and one that training can descend from."""
    name, found = name_of(loss), value.value if isinstance(value, Node) else value
    if isinstance(value, Node):
        several = prod(value.shape)  # the value of a recorded one is a symbol
    else:
        several = len(found) if is_sequence(found) else int(np.size(found))
    if several != 1 or found is None or is_sequence(found):
        what = "None" if found is None else str(several)
        raise NotScalarError(
            f"a loss is one number, but {name} returned {what} for {rows} rows.",
            found=[] if found is None else [describe("loss", found)],
            do='Return the mean over the rows; the library\'s losses do (reduction="mean").',
        )
    if trains and not (isinstance(value, Node) and value.wants_gradient):
        raise NoGradientError(
            f"{name} returned a number that does not come from the net: nothing can be learned "
            "from it.",
            found=[describe("loss", value, f"{a_kind(value)} without a graph")],
            do="Compute it from the outputs with NumPy's functions or chainrule's; .data, "
            "float() and np.asarray() leave the graph.",
        )


def check_label_type(facts: LossFacts, y: Array, part: str) -> None:
    """Raise where a loss takes class labels and these are numbers with a fraction."""
    if facts.targets == "labels" and y.dtype.kind == "f":
        raise IndexRangeError(
            f"{part}: class labels are integers, but these are {y.dtype}.",
            found=[describe("y", y)],
            do="Convert them: y.astype(np.int64), or use squared_error for a regression.",
        )


def one_number(loss: Any, value: Any, rows: int) -> Any:
    """The loss of a step without axes, once it is shown to be one number with a graph."""
    check_value(loss, value, rows, True)
    return reshape(value, ()) if value.shape else value


def check_meeting(
    loss: Function, value: Any, leaf: Node, y: Array, shapes: tuple[Any, Any], part: str
) -> None:
    """Raise where a column of outputs meets a row of targets, and they make a table.

    (N, 1) against (N,) broadcasts to (N, N): every row is compared with every other one. Tables
    that a loss makes of outputs alone, or of targets alone, are its own affair.

    Parameters
    ----------
    value, leaf
        What `traced_loss` returned.
    shapes : (tuple, tuple)
        Of all outputs and all targets, for the message.
    """
    out: Array = leaf.value
    if out.shape == y.shape or not len(y):
        return
    if _meets(loss, value, leaf, y) or tells_apart(loss, out, y):
        raise table_error(shapes[0], shapes[1], part)


def table_error(out: tuple[int, ...], y: tuple[int, ...], part: str) -> ShapeError:
    """The error for outputs and targets of shapes that do not meet row by row."""
    found = [f"outputs   {out}", f"y         {y}"]
    if len(out) == len(y) + 1 and out[-1] == 1:
        do, so = "y.reshape(-1, 1)" if len(y) == 1 else f"y.reshape({out})", "a column"
    elif len(y) == len(out) + 1 and y[-1] == 1:
        do, so = "y.reshape(-1)" if len(out) == 1 else f"y.reshape({out})", "flat"
    else:
        return ShapeError(
            f"{part}: a target of shape {y[1:]} does not fit an output of {out[1:]}.",
            found=found,
            do="Give one target per output; class labels go with softmax_cross_entropy.",
        )
    return ShapeError(
        f"{part}: the outputs are {out} and the targets {y}: compared, they make a table of "
        f"({out[0]}, {out[0]}), every row against every other.",
        found=found,
        do=f"Make the targets {so}: {do}.",
    )


def tells_apart(
    function: Function, out: Array, y: Array, kind: Callable[[Array], Any] = Tensor
) -> bool:
    """Whether a function compares every row with every other where a column meets a row.

    A function that is the same for two columns as for two rows compares place by place; if a
    column and a row make a difference, and which row meets which does not, it is because they
    broadcast. One that indexes or reshapes fails, or tells the rows apart, and is left alone.
    """
    if out.size != y.size or abs(out.ndim - y.ndim) != 1:
        return False
    # Outputs and targets that differ from row to row: equal ones would show nothing.
    far = out + _spread(out)
    targets: Array = 0.5 * y + 0.5 * _spread(y) if y.dtype.kind == "f" else y
    try:
        with no_grad(), np.errstate(all="ignore"):
            given = _number(function(kind(far), targets))
            moved = _number(function(kind(far), np.roll(targets, 1, 0)))
            rows = _number(function(kind(far.reshape(y.shape)), targets))
            columns = _number(function(kind(far), targets.reshape(out.shape)))
            other = _number(function(kind(far), np.roll(targets, 1, 0).reshape(out.shape)))
    except Exception:
        return False
    broadcasts = _near(rows, columns) and not _near(given, rows)
    return broadcasts and _near(given, moved) and not _near(columns, other)


def _spread(x: Array) -> Array:
    """Numbers from 0 to 1, another one for each row."""
    return np.linspace(0, 1, len(x), dtype=x.dtype).reshape(-1, *[1] * (x.ndim - 1))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _number(value: Any) -> float:
    return float(value.value if isinstance(value, Node) else value)


def _meets(loss: Function, value: Any, leaf: Node, y: Array) -> bool:
    """Whether an op of the graph broadcasts outputs and targets into a table of rows by rows."""
    if not isinstance(value, Node):
        return False
    nodes = Graph.of(value).nodes
    tables = [
        (one, other)
        for node in nodes
        if node.op is not None and len(node.inputs) > 1
        for one in node.inputs
        for other in node.inputs
        if one is not None and other is not None and _makes_table(one, other, node, leaf)
    ]
    if not tables:
        return False
    outputs, targets = _behind(nodes, {leaf}), _behind(nodes, _of_targets(loss, nodes, leaf, y))
    return any(
        (one in outputs and other in targets) or (one in targets and other in outputs)
        for one, other in tables
    )


def _makes_table(column: Node, row: Node, node: Node, leaf: Node) -> bool:
    """Whether the rows of one operand lie along the second axis of the other one."""
    high, low, out, rows = column.shape, row.shape, node.shape, leaf.shape[0]
    if not low or len(high) != len(low) + 1 or len(high) != len(out):
        return False
    if (high[0], low[0]) != (rows, rows):
        return False
    wide = leaf.shape[1:2] == (rows,)  # as many outputs as rows: no table of the loss's own
    return out[:2] == (rows, rows) and (high[1] == 1 or wide)


def _of_targets(loss: Function, nodes: tuple[Node, ...], leaf: Node, y: Array) -> set[Node]:
    """The constants of a graph that change when the targets do."""
    constants = {node for node in nodes if node.op is None and node is not leaf}
    found: set[Node] = set()
    for other in _others(y):
        try:
            value, _ = traced_loss(loss, leaf.value, other)
            again = Graph.of(value).nodes
        except Exception:
            return constants
        if len(again) != len(nodes):
            return constants
        found |= {
            node
            for node, now in zip(nodes, again, strict=True)
            if node in constants and not np.array_equal(node.value, now.value)
        }
    return found


def _others(y: Array) -> tuple[Array, ...]:
    """Other targets: near these, and with other signs, which a condition may ask for."""
    if y.dtype.kind == "f":
        return 0.5 * y + 0.125, -y
    other = np.roll(y, 1, 0)
    return (np.where(y > 0, 0, 1).astype(y.dtype) if np.array_equal(other, y) else other,)


def _behind(nodes: tuple[Node, ...], found: set[Node]) -> set[Node]:
    """Some nodes and all that is made from them."""
    reached = set(found)
    for node in nodes:  # in order of creation
        if any(x in reached for x in node.inputs if x is not None):
            reached.add(node)
    return reached
