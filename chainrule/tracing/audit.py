"""audit_precision: where a function loses its digits in float32, forward and backward.

Imports the graph, tensors, differentiate's trees, settings and errors. It runs the function twice
and compares the two graphs node by node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.differentiate.tree import flatten, tree_map
from chainrule.errors import (
    CODE_COLUMN,
    ArgumentError,
    NoGradientError,
    describe,
    user_place,
)
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.nodes.walk import walk
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import compute
from chainrule.markup import text_card
from chainrule.settings import RECORDING, Watch
from chainrule.spec import is_array, is_tuple
from chainrule.tensors import Tensor

NARROW, WIDE = np.dtype(np.float32), np.dtype(np.float64)
EPS = float(np.finfo(NARROW).eps)
SHOWN = 20  # rows of the printed page


@dataclass(frozen=True)
class PrecisionRow:
    """One node of the graph in float32, beside the same node in float64.

    Errors are relative: the largest difference, divided by the largest element in float64.

    Attributes
    ----------
    op : str
        The op that made the value; "input" for an input of the function.
    line : str
        The user's line and its place, where an op was called there.
    shape : tuple of int
    dtype : dtype
        What the float32 run computed in: float64 where a float64 array of the program joined.
    forward, backward : float
        Error of the value, and of the gradient that reaches it; NaN where there is no gradient.
    own : float
        The error that this op alone makes of rounded float64 inputs: it rounds, and it enlarges
        the rounding of what it reads, as a subtraction of near numbers does. The rest of
        ``forward`` was inherited.
    """

    op: str
    line: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    forward: float
    backward: float
    own: float

    @property
    def error(self) -> float:
        """The larger of the two errors."""
        return max(self.forward, self.backward if self.backward == self.backward else 0.0)


@dataclass(frozen=True)
class PrecisionReport:
    """The nodes of a function, the least accurate first; print it."""

    rows: tuple[PrecisionRow, ...] = field(repr=False)

    @property
    def worst(self) -> PrecisionRow:
        """The least accurate node."""
        return self.rows[0]

    @property
    def origin(self) -> PrecisionRow:
        """The node that makes the largest error of its own: where to look first."""
        return max(self.rows, key=lambda row: row.own)

    def __str__(self) -> str:
        head = (
            "float32 against float64: largest relative error of each node, the worst first.\n"
            f"One rounding in float32 is {EPS / 2:.1e}. own: made by this op from rounded inputs."
        )
        columns = f"{'op':<16} {'shape':<14} {'forward':>9} {'own':>9} {'backward':>9}  line"
        lines = [_line(row) for row in self.rows[:SHOWN]]
        more = len(self.rows) - SHOWN
        tail = [f"... and {more} more, all of them more accurate"] if more > 0 else []
        origin = self.origin
        at = f" at {origin.line}" if origin.line else ""
        found = f"The largest error of one op's own is {origin.own:.1e}: {origin.op}{at}."
        return "\n".join([head, "", columns, *lines, *tail, "", found])

    def _repr_html_(self) -> str:
        return text_card("", self)


def audit_precision(function: Callable[..., Any], *inputs: Any) -> PrecisionReport:
    """Run a function once in float32 and once in float64, and rank its nodes by their error.

    Parameters
    ----------
    function : callable
        Of the inputs, written with ops or NumPy's functions. A result that is not one number is
        summed for the backward pass; of several results, the sum of all.
    *inputs : array, number, or nested container of them
        Floating-point arrays are given in either type; others as they are.

    Returns
    -------
    PrecisionReport
        ``rows`` (the least accurate first), ``worst``, ``origin``; printed, it is a table.

    Raises
    ------
    ArgumentError
        If the two runs took different paths: a branch of the program depends on the precision.
    NoGradientError
        If no input reaches a result.

    Notes
    -----
    The float64 run stands for the truth, so the inputs' own rounding counts as an error. What the
    function closes over keeps its type: a float64 array inside it widens the float32 run, which
    the column ``dtype`` of a row tells.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.array([2000.0, 2000.001, 1999.999])
    >>> report = cr.audit_precision(lambda x: np.mean(x * x) - np.mean(x) ** 2, x)
    >>> report.origin.op
    'subtract'
    """
    narrow, wide = _Run(function, inputs, NARROW), _Run(function, inputs, WIDE)
    _same_program(narrow.nodes, wide.nodes)
    gradients = narrow.gradients(), wide.gradients()
    rows = [
        PrecisionRow(
            op=_name(a),
            line=narrow.lines.get(id(a.value), ""),
            shape=a.shape,
            dtype=a.dtype,
            forward=_error(a.value, b.value),
            backward=_gradient_error(gradients[0].get(a), gradients[1].get(b)),
            own=_own(b),
        )
        for a, b in zip(narrow.nodes, wide.nodes, strict=True)
        if not is_tuple(a.value) and b.dtype.kind == "f"
    ]
    return PrecisionReport(tuple(sorted(rows, key=lambda row: -row.error)))


class _Run:
    """One run of the function: its graph, oldest node first, and the lines of its ops."""

    def __init__(self, function: Callable[..., Any], inputs: Any, dtype: np.dtype[Any]) -> None:
        watch = _Lines()
        token = RECORDING.set(watch)
        try:
            with np.errstate(all="ignore"):
                result: Any = function(*tree_map(lambda x: _leaf(x, dtype), inputs))
        finally:
            RECORDING.reset(token)
        ends = [x for x in flatten(result)[0] if isinstance(x, Node) and x.wants_gradient]
        if not ends:
            raise NoGradientError(
                "there is nothing to audit: no floating-point input reaches a result.",
                do="Return what the function computes from its inputs, with ops or NumPy.",
            )
        self.ends = ends
        self.nodes = Graph.of(*ends).nodes
        self.lines = watch.lines

    def gradients(self) -> dict[Node, Any]:
        """The gradient of the sum of all results, for every node."""
        with np.errstate(all="ignore"):
            ones = [np.ones(end.shape, end.dtype) for end in self.ends]
            return walk(self.ends, ones, zeros=True)


class _Lines(Watch):
    """Keeps the user's line for every value; the graph keeps the values."""

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self._kept: list[Any] = []

    def recorded(self, op: Any, operands: Sequence[Any], value: Any) -> None:
        code, place = user_place()
        for part in value if is_tuple(value) else (value,):
            self.lines[id(part)] = f"{code:<{CODE_COLUMN}} {place}".strip()
            self._kept.append(part)  # so that no later value has its id


def _leaf(x: Any, dtype: np.dtype[Any]) -> Any:
    """An input in the type of this run; integers, masks and settings as they are."""
    array: Any = x.value if isinstance(x, Node) else x
    if isinstance(array, int | str) or np.asarray(array).dtype.kind != "f":
        return x
    with np.errstate(over="ignore"):
        leaf = Tensor(np.array(unmasked(array), dtype), wants_gradient=True)
    leaf.label = "input"
    return leaf


def _own(wide: Node) -> float:
    """The error of the op alone: in float32, on float64 inputs that were rounded."""
    if wide.op is None or type(wide.op) is Output:
        return _error(_rounded(wide.value), wide.value)
    values = [None if x is None else _rounded(x.value) for x in wide.inputs]
    with np.errstate(all="ignore"):
        return _error(compute(wide.op, values), wide.value)


def _rounded(value: Any) -> Any:
    if is_tuple(value):
        return tuple(map(_rounded, value))
    if not is_array(value) or value.dtype != WIDE:  # a Python number stays weak
        return value
    with np.errstate(over="ignore"):
        return value.astype(NARROW)


def _gradient_error(narrow: Any, wide: Any) -> float:
    return float("nan") if narrow is None or wide is None else _error(narrow, wide)


def _error(narrow: Any, wide: Any) -> float:
    """Largest difference over the largest element; infinite where only one of them is finite."""
    x, y = (np.asarray(v, WIDE) for v in (narrow, wide))
    finite = np.isfinite(x) & np.isfinite(y)
    alike = finite | (x == y) | (np.isnan(x) & np.isnan(y))
    if not alike.all():
        return float("inf")
    apart = float(np.max(np.abs(x - y), where=finite, initial=0))
    return apart / (float(np.max(np.abs(y), where=finite, initial=0)) or 1.0)


def _same_program(narrow: Sequence[Node], wide: Sequence[Node]) -> None:
    for step, (a, b) in enumerate(zip(narrow, wide, strict=False)):
        if type(a.op) is not type(b.op) or a.shape != b.shape:
            raise _apart(step, a, b)
    if len(narrow) != len(wide):
        step = min(len(narrow), len(wide))
        raise _apart(
            step, *(nodes[step] if step < len(nodes) else None for nodes in (narrow, wide))
        )


def _apart(step: int, narrow: Node | None, wide: Node | None) -> ArgumentError:
    return ArgumentError(
        f"the function takes another path in float32 than in float64, from node {step} on.",
        found=[
            describe(str(dtype), node, "the end" if node is None else _name(node))
            for dtype, node in ((NARROW, narrow), (WIDE, wide))
        ],
        do="A branch or a loop of it depends on the precision. Audit the parts between branches.",
    )


def _name(node: Node) -> str:
    if node.op is None:
        return node.label or "constant"
    inside = node.inputs[0]
    if type(node.op) is Output and inside is not None and inside.op is not None:
        return f"{inside.op.name}[{node.op.position}]"
    return node.op.name


def _line(row: PrecisionRow) -> str:
    backward = "" if row.backward != row.backward else f"{row.backward:.1e}"
    shape = str(row.shape) + ("" if row.dtype == NARROW else f" {row.dtype}")
    return (
        f"{row.op:<16} {shape:<14} {row.forward:>9.1e} {row.own:>9.1e} {backward:>9}  {row.line}"
    ).rstrip()
