"""Derivatives of plain functions of arrays and nested containers.

Floor 5: imports the graph and tensors. The rest of the family stands on the same Traced leaves.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import optree

from chainrule.errors import DTypeError, NotScalarError, UnsupportedError, describe
from chainrule.graph.dual import Dual
from chainrule.graph.node import Node
from chainrule.graph.symbol import Symbol
from chainrule.graph.walk import ALIAS, alias, on_the_way, walk
from chainrule.settings import RECORDING
from chainrule.tensors import Parameter, Tensor

Argnums = int | Sequence[int]


class Traced(Tensor):
    """What flows through a function while it is differentiated.

    Its value may itself be a symbol, so that derivatives nest. Leaving the graph unnoticed
    (``np.asarray(x)``, ``float(x)``) raises: the gradient would silently miss that path.
    """

    __slots__ = ()
    rank: ClassVar[int] = 12
    traced: ClassVar[bool] = True

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise _leaves_the_graph("np.asarray(x)", self)

    def __float__(self) -> float:
        raise _leaves_the_graph("float(x)", self)

    def __int__(self) -> int:
        raise _leaves_the_graph("int(x)", self)

    def item(self) -> float | int | bool:
        """Raise: a Python number would leave the graph."""
        raise _leaves_the_graph("x.item()", self)


def value_and_grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the value of ``function`` and its gradient.

    Parameters
    ----------
    function : callable
        Takes arrays, Python floats, or nested lists, tuples and dicts of them; returns one number.
        Written with ops, operators or NumPy's functions.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate; a sequence gives a tuple of gradients.
    has_aux : bool, default False
        Whether ``function`` returns (number, auxiliary); then the value is such a pair too.

    Returns
    -------
    callable
        With the arguments of ``function``; returns (value, gradient). A gradient has the structure
        of its argument; an argument that was not used has the gradient 0.

    Raises
    ------
    NotScalarError
        If the result holds more than one number.
    DTypeError
        If a differentiated argument holds integers.
    """
    several = not isinstance(argnums, int)
    chosen = tuple(argnums) if several else (argnums,)

    @functools.wraps(function)
    def value_and_gradient(*args: Any, **keywords: Any) -> Any:
        traced = list(args)
        leaves: list[list[Traced]] = []
        structures: list[Any] = []
        for i in chosen:
            flat, structure = _flatten(args[i])
            nodes = [_leaf(x, i) for x in flat]
            leaves.append(nodes)
            structures.append(structure)
            traced[i] = optree.tree_unflatten(structure, nodes)
        token = RECORDING.set(True)
        try:
            result = function(*traced, **keywords)
            out, aux = result if has_aux else (result, ())
            own = [x for nodes in leaves for x in nodes]
            gradients, outer = _gradients(out, own)
        finally:
            RECORDING.reset(token)
        rest = iter(gradients)
        trees = tuple(
            optree.tree_unflatten(structure, [next(rest) for _ in nodes])
            for structure, nodes in zip(structures, leaves, strict=True)
        )
        value = _outside(out, own) if outer else _value(out)
        if has_aux:
            flat, structure = _flatten(aux)
            value = value, optree.tree_unflatten(structure, [_outside(x, own) for x in flat])
        return value, trees if several else trees[0]

    return value_and_gradient


def grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of ``function``.

    See :func:`value_and_grad` for the parameters; with ``has_aux`` it returns (gradient, aux).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> f = lambda w, x: np.tanh(x @ w).sum()
    >>> cr.grad(f)(np.zeros(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    >>> cr.grad(cr.grad(lambda x: x ** 3))(2.0)
    12.0
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def gradient(*args: Any, **keywords: Any) -> Any:
        value, found = both(*args, **keywords)
        return (found, value[1]) if has_aux else found

    return gradient


def _flatten(tree: Any) -> tuple[list[Any], Any]:
    """Arrays of a nested container, and the container itself."""
    flatten: Any = optree.tree_flatten
    flat, structure = flatten(tree)
    return list(flat), structure


def _leaf(x: Any, argument: int) -> Traced:
    """A fresh leaf, so that nested derivatives never mistake one another's variables."""
    if isinstance(x, Symbol):
        if isinstance(x, Node):
            node = alias(x)
            return node if isinstance(node, Traced) else _as_traced(node)
        return Traced(x, wants_gradient=True)
    array = np.asarray(x)
    if array.dtype.kind != "f":
        raise DTypeError(
            f"a gradient needs floating-point numbers, but argument {argument} holds "
            f"{array.dtype}.",
            found=[describe("argument", array)],
            do="Pass floats: np.asarray(x, dtype=np.float64), or leave it out of argnums.",
        )
    native = array.astype(array.dtype.newbyteorder("="))
    node = Traced(native, wants_gradient=True)
    node.label = PYTHON_FLOAT if isinstance(x, float) else ""
    return node


PYTHON_FLOAT = "float"


def _as_traced(node: Node) -> Traced:
    return Traced(node.value, node.op, node.inputs, True)


def _gradients(out: Any, leaves: list[Traced]) -> tuple[list[Any], bool]:
    """Gradients of the leaves, and whether they belong to an outer derivative."""
    if not isinstance(out, Node):
        if not isinstance(out, Dual) and np.size(out) != 1:
            raise _not_scalar(out)
        return [_zero(x) for x in leaves], False
    if out.size != 1:
        raise _not_scalar(out)
    outer = _has_outer(out, leaves)
    one: Any = np.ones(out.shape, out.dtype)
    with np.errstate(all="ignore"):
        found = walk([out], [Traced(one) if outer else one], targets=set(leaves), graph=outer)
    if outer:
        found = {x: _outside(gradient, leaves) for x, gradient in found.items()}
    return [_gradient(found.get(x), x) for x in leaves], outer


def _has_outer(out: Node, leaves: list[Traced]) -> bool:
    """Whether the result also depends on variables of a graph around this derivative."""
    if any(isinstance(x.value, Symbol) or x.inputs for x in leaves):
        return True
    return bool(_foreign(out, leaves))


def _foreign(out: Node, leaves: list[Traced]) -> list[Node]:
    """The variables behind a result that are not our own; parameters are constants here."""
    own = set(leaves)
    return [
        x
        for x in on_the_way([out])
        if not x.inputs and x not in own and not isinstance(x, Parameter)
    ]


def _gradient(found: Any, x: Traced) -> Any:
    if found is None:
        return _zero(x)
    if isinstance(found, Symbol):
        return found
    gradient = np.array(found, x.dtype, order="C")
    return float(gradient) if x.label == PYTHON_FLOAT else gradient


def _zero(x: Traced) -> Any:
    return 0.0 if x.label == PYTHON_FLOAT else np.zeros(x.shape, x.dtype)


def _outside(x: Any, leaves: list[Traced]) -> Any:
    """A result without the graph of this derivative, unless a graph around it needs it."""
    if not isinstance(x, Node) or isinstance(x.value, Symbol):
        return x
    foreign = _foreign(x, leaves)
    if not foreign:
        return _value(x)
    if any(isinstance(each, Traced) for each in foreign):
        return x
    return Tensor(x.value, ALIAS, (x,), True)  # the graph around it is one that the user holds


def _value(x: Any) -> Any:
    if not isinstance(x, Node):
        return x
    return x.value.copy() if x.value.ndim else x.value[()]


def _not_scalar(out: Any) -> NotScalarError:
    return NotScalarError(
        f"grad needs a function that returns one number, but this one returned {np.size(out)}.",
        found=[describe("result", out)],
        do="Return mean(...) or sum(...) of it.",
    )


def _leaves_the_graph(call: str, x: Traced) -> UnsupportedError:
    return UnsupportedError(
        f"{call} would leave the graph, and the gradient would miss this path.",
        found=[describe("x", x, x.origin)],
        do="Stay with ops and NumPy's functions on x, or take x.data where no gradient is meant.",
    )
