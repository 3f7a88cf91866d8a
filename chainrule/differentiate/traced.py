"""Traced: what flows through a function whose gradient is taken, and how its results come out.

Imports the graph, tensors and tree. reverse.py, forward.py and push.py differentiate with it.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np

from chainrule.differentiate.tree import check_float, flatten, float_array, tree_map
from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.copying import lasting
from chainrule.graph.nodes.node import Node, Readings, next_serial, taped
from chainrule.graph.nodes.walk import ALIAS
from chainrule.graph.numpy.leaving import leaves_the_graph
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.readings.dual import Dual
from chainrule.settings import DEPTH, RECORDING, met
from chainrule.tensors import Tensor

PYTHON_FLOAT = "float"  # the label of a leaf whose gradient is a Python float again


class Traced(Tensor):
    """A leaf, or a result, of a function that is being differentiated backward.

    Its value may itself be a symbol, so that derivatives nest. Leaving the graph unnoticed
    (``np.asarray(x)``, ``float(x)``) raises: the gradient would silently miss that path.

    A leaf is ``over`` where its derivative is not being taken: nobody asks for it any more.
    """

    __slots__ = ("over",)
    rank: ClassVar[int] = 12
    traced: ClassVar[bool] = True

    over: bool

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> Any:
        return Symbol.__reduce__(self)  # raises

    def as_number(self, call: str) -> None:
        """Raise: a Python number would leave the derivative."""
        if self.leaves():
            raise leaves_the_graph(call, self, self.origin)

    def item(self, *place: Any) -> float | int | bool:
        """One element; raises where it would leave the derivative."""
        self.as_number("x.item()")
        return super().item(*place)


class Holder(IntEnum):
    """Who may ask for the gradient of a result: the higher one decides what it comes out as."""

    NOBODY = 0  # an array
    USER = 1  # the holder of a tensor or parameter: a Tensor in that graph
    DERIVATIVE = 2  # one that is being taken around: a node of its graph


Holders = dict[Node, Holder]


class Around:
    """What stands around a derivative when it begins, and what its results are there.

    Attributes
    ----------
    depth : int
        How many forward derivatives and recordings stand around it.
    begin : int
        The serial at which it began: what is older was made outside.
    recording : bool
        Whether results stay in the graphs around them; inside ``no_grad`` they are arrays.
    """

    __slots__ = ("begin", "depth", "recording")

    def __init__(self) -> None:
        self.depth = DEPTH.get()
        self.begin = next_serial()
        self.recording = _is_recording()

    def now(self) -> "Around":
        """The same for what is asked later, perhaps inside ``no_grad``."""
        if not self.recording or _is_recording():
            return self
        other = copy.copy(self)
        other.recording = False
        return other

    def leaf(self, x: Any, which: str) -> Traced:
        """A fresh variable, so that nested derivatives never mistake one another's."""
        x = met(x)
        kind: Any = taped(Traced, self.depth)
        if isinstance(x, Symbol):
            check_float(x, which)
        if isinstance(x, Node) and x.depth == self.depth:
            value = lasting(x)
            if x.wants_gradient and self.recording:  # in a graph around this derivative
                return kind(value, ALIAS, (x,), True)
            x = value
        if isinstance(x, Symbol):
            return kind(x, wants_gradient=True)
        node = kind(float_array(x, which), wants_gradient=True)
        node.label = PYTHON_FLOAT if isinstance(x, float) else ""
        return node

    def holder(self, ends: Iterable[Any], known: Holders | None = None) -> Holder:
        """Who may ask for the gradient of some results, besides this derivative itself.

        ``known`` holds those of nodes that were looked at before.
        """
        if not self.recording:
            return Holder.NOBODY
        return _holder([end for end in ends if self.is_traced(end)], self.begin, known)

    def is_traced(self, x: Any) -> bool:
        """Whether a result belongs to the graph of this depth, not to one around it."""
        return isinstance(x, Node) and x.depth == self.depth

    def outside(
        self,
        x: Any,
        least: Holder = Holder.NOBODY,
        most: Holder = Holder.DERIVATIVE,
        known: Holders | None = None,
    ) -> Any:
        """A result without the graph of this derivative, unless a graph around it needs it.

        ``least`` is who may ask for it in any case: for what was given after the beginning.
        ``most`` is who may ask for any result of the run, as far as that is known; ``known``
        serves all results of one run.
        """
        if not self.recording:
            return released(_bare(x))
        if not self.is_traced(x):
            return released(x)
        who = Holder.NOBODY
        if x.wants_gradient and (most or least):
            who = max(least, self.holder([x], known))
        if who is Holder.NOBODY:
            return released(x.value)
        if who is Holder.DERIVATIVE:
            return x
        kind: Any = taped(Tensor, self.depth) if self.depth else Tensor
        value = x.value if isinstance(x.value, Symbol) else np.array(x.value)
        return kind(value, ALIAS, (x,), True)


def _is_recording() -> bool:
    standing = RECORDING.get()
    return bool(standing) or (isinstance(standing, Readings) and standing.runs_again)


def aside(x: Any, around: Around, value: Callable[[Any], Any] = lambda x: x) -> Any:
    """What a function returned aside, without the graph of its derivative.

    ``value`` takes a value of that derivative from it. Dataclasses are containers here.

    Raises
    ------
    UnsupportedError
        If an object of another kind, or a set, holds values of a derivative.
    """
    held = {name: each for name, each in _attributes(x).items() if _holds_traced(each)}
    if not held:
        return around.outside(value(x))
    if not is_dataclass(x):
        raise UnsupportedError(
            f"the {type(x).__name__} that was returned aside holds values of this derivative.",
            found=[describe(name, each) for name, each in held.items()],
            do="Return them in a tuple, list, dict or dataclass.",
        )
    other = copy.copy(x)
    for name, each in held.items():
        object.__setattr__(other, name, tree_map(lambda x: aside(x, around, value), each))
    return other


def _holds_traced(x: Any) -> bool:
    """Whether values of a derivative stand in a container."""
    return any(
        isinstance(each, Traced | Dual)
        or (is_dataclass(each) and any(map(_holds_traced, _attributes(each).values())))
        for each in flatten(x)[0]
    )


def _attributes(x: Any) -> dict[str, Any]:
    """What an object that is no array holds."""
    if isinstance(x, Symbol | type):
        return {}
    if isinstance(x, set | frozenset):
        elements: Any = x  # pyright: ignore[reportUnknownVariableType]  elements of any type
        return {f"element {i}": each for i, each in enumerate(elements)}
    if is_dataclass(x):
        return {field.name: getattr(x, field.name) for field in fields(x)}
    return getattr(x, "__dict__", {})


def holder_of(given: Iterable[Any]) -> Holder:
    """Who may ask for the gradient of upstream gradients or tangents that a caller gives."""
    return _holder([x for x in given if isinstance(x, Node)], None)


def _holder(ends: Sequence[Node], begin: int | None, known: Holders | None = None) -> Holder:
    """What is younger than ``begin`` and has no inputs belongs to a derivative that has ended.

    Behind a tensor that is older stands a leaf that its user holds; behind an older node of a
    derivative, one of its leaves, unless that derivative is over.
    """
    known = {} if known is None else known
    ends = [end for end in ends if end.wants_gradient]
    stack = [*ends]
    while stack:
        node = stack[-1]
        if node not in known and (begin is None or node.serial < begin):
            if not isinstance(node, Traced):
                known[node] = Holder.USER
            elif not node.inputs and not getattr(node, "over", False):
                known[node] = Holder.DERIVATIVE
        if node in known:
            stack.pop()
            continue
        before = [x for x in node.inputs if x is not None and x.wants_gradient]
        waiting = [x for x in before if x not in known]
        if waiting:
            stack += waiting
        else:
            known[node] = max([known[x] for x in before], default=Holder.NOBODY)
    return max([known[end] for end in ends], default=Holder.NOBODY)


def lifted(x: Any, like: Node) -> Any:
    """An upstream gradient or a tangent for rules that are given nodes: a node, or deeper."""
    return x if isinstance(x, Symbol) and x.depth >= like.depth else type(like)(x)


def released(x: Any) -> Any:
    """An array that nobody else holds; a number where it has no axes; symbols as they are."""
    if not isinstance(x, np.ndarray):
        return x
    array: Any = x  # pyright: ignore[reportUnknownVariableType]  elements of any type
    return array.copy() if array.ndim else array[()]


def _bare(x: Any) -> Any:
    """A value without the derivatives around it."""
    while isinstance(x, Node | Dual):
        x = x.value
    return x


def gradient_of(x: Traced, found: Any) -> Any:
    """A gradient as the user gets it: of the leaf's shape and dtype, zeros where none arrived."""
    if isinstance(found, Symbol):
        return found
    python_float = x.label == PYTHON_FLOAT
    if found is None:
        return 0.0 if python_float else np.zeros(x.shape, x.dtype)
    gradient = np.array(found, x.dtype, order="C")
    return float(gradient) if python_float else gradient
