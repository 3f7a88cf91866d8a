"""Traced: what flows through a function whose gradient is taken, and how its results come out.

Imports the graph, tensors and tree. reverse.py and custom.py differentiate with it.
"""

from collections.abc import Sequence
from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.differentiate.tree import float_array
from chainrule.graph.dual import leaves_the_graph
from chainrule.graph.node import Node, taped
from chainrule.graph.symbol import Symbol
from chainrule.graph.walk import ALIAS, alias, on_the_way
from chainrule.settings import DEPTH
from chainrule.tensors import Parameter, Tensor

PYTHON_FLOAT = "float"  # the label of a leaf whose gradient is a Python float again


class Traced(Tensor):
    """A leaf, or a result, of a function that is being differentiated backward.

    Its value may itself be a symbol, so that derivatives nest. Leaving the graph unnoticed
    (``np.asarray(x)``, ``float(x)``) raises: the gradient would silently miss that path.
    """

    __slots__ = ()
    rank: ClassVar[int] = 12
    traced: ClassVar[bool] = True

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise leaves_the_graph("np.asarray(x)", self, self.origin)

    def __float__(self) -> float:
        raise leaves_the_graph("float(x)", self, self.origin)

    def __int__(self) -> int:
        raise leaves_the_graph("int(x)", self, self.origin)

    def item(self) -> float | int | bool:
        """Raise: a Python number would leave the graph."""
        raise leaves_the_graph("x.item()", self, self.origin)


def leaf(x: Any, which: str) -> Traced:
    """A fresh variable, so that nested derivatives never mistake one another's."""
    kind: Any = taped(Traced, DEPTH.get())
    if isinstance(x, Node) and x.depth == kind.depth:  # of a graph around this derivative
        node: Any = alias(x)
        return node if isinstance(node, kind) else kind(node.value, node.op, node.inputs, True)
    if isinstance(x, Symbol):
        return kind(x, wants_gradient=True)
    node = kind(float_array(x, which), wants_gradient=True)
    node.label = PYTHON_FLOAT if isinstance(x, float) else ""
    return node


def is_traced(x: Any, depth: int) -> bool:
    """Whether a result belongs to the graph of this depth, not to one around it."""
    return isinstance(x, Node) and x.depth == depth


def lifted(x: Any, like: Node) -> Any:
    """An upstream gradient or a tangent for rules that are given nodes: a node, or deeper."""
    return x if isinstance(x, Symbol) and x.depth >= like.depth else type(like)(x)


def has_outer(ends: Sequence[Node], leaves: Sequence[Traced]) -> bool:
    """Whether gradients must be graphs: an outer derivative sees these leaves or results."""
    if any(isinstance(x.value, Symbol) or x.inputs for x in leaves):
        return True
    if any(isinstance(end.value, Symbol) for end in ends):
        return True
    return bool(_foreign(ends, leaves))


def outside(x: Any, leaves: Sequence[Traced], depth: int) -> Any:
    """A result without the graph of this derivative, unless a graph around it needs it."""
    if not is_traced(x, depth):
        return released(x)
    foreign = _foreign([x], leaves)
    if not foreign:
        return released(x.value)
    if any(isinstance(each, Traced) for each in foreign):
        return x
    return Tensor(x.value, ALIAS, (x,), True)  # the graph around it is one that the user holds


def released(x: Any) -> Any:
    """An array that nobody else holds; a number where it has no axes; symbols as they are."""
    if not isinstance(x, np.ndarray):
        return x
    array: Any = x  # pyright: ignore[reportUnknownVariableType]  elements of any type
    return array.copy() if array.ndim else array[()]


def _foreign(ends: Sequence[Node], leaves: Sequence[Traced]) -> list[Node]:
    """The variables around our own behind some results; parameters are constants here.

    A variable that is younger than ours belongs to a derivative that ran inside and has ended.
    """
    own = set(leaves)
    oldest = min((x.serial for x in leaves), default=inf)
    return [
        x
        for x in on_the_way(ends)
        if not x.inputs and x not in own and x.serial < oldest and not isinstance(x, Parameter)
    ]


def gradient_of(x: Traced, found: Any) -> Any:
    """A gradient as the user gets it: of the leaf's shape and dtype, zeros where none arrived."""
    if isinstance(found, Symbol):
        return found
    python_float = x.label == PYTHON_FLOAT
    if found is None:
        return 0.0 if python_float else np.zeros(x.shape, x.dtype)
    gradient = np.array(found, x.dtype, order="C")
    return float(gradient) if python_float else gradient
