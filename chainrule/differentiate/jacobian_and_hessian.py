"""The derivative of many numbers by many numbers: jacobian, and hessian, that of the gradient.

Imports reverse, structured and tree. The result knows its structure and what it saves.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.reverse import Recording, grad
from chainrule.differentiate.structured import DENSE_BYTES, Path, structured, unstructured
from chainrule.differentiate.traced import Traced
from chainrule.differentiate.transform import transform
from chainrule.differentiate.tree import Argnums, chosen_arguments, flatten, is_one, unflatten
from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.jacobians import Zero
from chainrule.jacobians.sizes import size_text

MODES = ("auto", "forward", "reverse")
LAYOUTS = ("numerator", "denominator")


def jacobian(
    function: Callable[..., Any],
    argnums: Argnums = 0,
    mode: str = "auto",
    layout: str = "numerator",
    has_aux: bool = False,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``function``, as an object that knows its structure.

    Parameters
    ----------
    function : callable
        Takes arrays, Python floats, or nested lists, tuples and dicts of them; returns an array of
        any shape or a container of arrays. Written with ops, operators or NumPy's functions.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate by; a sequence gives a tuple of Jacobians.
    mode : {"auto", "forward", "reverse"}, default "auto"
        Whether columns are found by tangents or rows by upstream gradients: the fewer of the two,
        unless it is said here. Where the structure is sparse, a few products find all of them.
    layout : {"numerator", "denominator"}, default "numerator"
        Whether the axes of the result stand first, or those of the argument.
    has_aux : bool, default False
        Whether ``function`` returns (result, auxiliary); then the answer is such a pair too.

    Returns
    -------
    callable
        With the arguments of ``function``; returns a Jacobian for each array of the result, and
        within it for each array of the arguments, in their containers. ``np.asarray`` of one, or
        its ``dense()``, gives the array. One that cannot be shown to be sparse and would take
        more than 1 GiB only multiplies.

    Notes
    -----
    The function is traced once at the point. Moves and matrix products alone close to a Selection,
    a Broadcast or a Kronecker product; else the pattern of what depends on what is colored, so
    that one product finds many columns; else the array is filled row by row or column by column.
    Inside another derivative, or where the function closes over or is given a parameter or tensor
    that wants a gradient, the answer is a dense Tensor in that graph, found by rows: its structure
    is not looked for. Inside :func:`no_grad` it is an object that knows its structure again.

    Source
    ------
    Curtis, Powell, Reid 1974, "On the estimation of sparse Jacobian matrices".

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.linspace(0.0, 1.0, 1000)
    >>> slopes = cr.jacobian(np.tanh)(x)
    >>> slopes
    Diagonal jacobian (1000, 1000) float64: 7.6 MiB dense, 7.8 KiB here
    >>> (slopes @ np.ones(1000)).shape
    (1000,)
    >>> np.asarray(cr.jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0])))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    _check("mode", mode, MODES)
    _check("layout", layout, LAYOUTS)

    @transform(jacobian, function, argnums, mode, layout, has_aux)
    def jacobian_of(*args: Any, **keywords: Any) -> Any:
        run = Recording(function, args, keywords, argnums, has_aux)
        nested = run.needs_graph([end for end in run.ends if run.reached(end)], (), run.around)
        rows = _stacked_rows if nested else _structured_row
        trees = [
            _in_containers(rows(run, run.ends, end, mode, layout), function, args, argnums)
            for end in run.ends
        ]
        answer = unflatten(run.structure, trees)
        return (answer, run.aux) if has_aux else answer

    return jacobian_of


def hessian(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the Hessian of ``function``: the Jacobian of its gradient.

    Takes the parameters of :func:`jacobian`; ``function`` returns one number. A container of
    arguments gives a container of containers. Where second derivatives are sparse, as in a sum of
    terms with few variables each, a few products find all of them.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hessian(lambda x: (x ** 3).sum())(np.array([1.0, 2.0]))
    Diagonal jacobian (2, 2) float64: 32 B dense, 16 B here
    >>> np.asarray(cr.hessian(lambda x: x[0] * x[1])(np.array([3.0, 4.0])))
    array([[0., 1.],
           [1., 0.]])
    """
    return jacobian(grad(function, argnums, has_aux), argnums, has_aux=has_aux)


def _structured_row(
    run: Recording, ends: Sequence[Any], end: Any, mode: str, layout: str
) -> list[Any]:
    """The Jacobians of one result by every variable."""
    if not run.reached(end):
        row: list[Any] = [Zero(np.shape(end), leaf.shape, leaf.dtype) for leaf in run.leaves]
    else:
        row = [structured(Path(run, end, place), mode) for place in range(len(run.leaves))]
        places = [place for place, found in enumerate(row) if found is None]
        for place, found in zip(places, unstructured(run, end, places, mode), strict=True):
            row[place] = found
    return [found.T if layout == "denominator" else found for found in row]


def _stacked_rows(
    run: Recording, ends: Sequence[Any], end: Any, mode: str, layout: str
) -> list[Any]:
    """The same as arrays that carry the gradients of an outer derivative: row by row."""
    rows: list[list[Any]] = []
    shape, count = np.shape(end), np.size(end)
    largest = max((count * x.size * x.dtype.itemsize for x in run.leaves), default=0)
    if largest > DENSE_BYTES:
        raise ArgumentError(
            f"as a tensor in a graph this jacobian would take {size_text(largest)}.",
            do="Inside cr.no_grad() it keeps its structure, or only multiplies; or take a vjp.",
        )
    for k in range(count):
        unit = np.zeros(count, getattr(end, "dtype", None))
        unit[k] = 1
        upstreams = [unit.reshape(shape) if other is end else None for other in ends]
        rows.append(flatten(run.pull(upstreams))[0])
    return [
        _stacked([row[j] for row in rows], shape, leaf, layout)
        for j, leaf in enumerate(run.leaves)
    ]


def _stacked(rows: Sequence[Any], shape: tuple[int, ...], leaf: Traced, layout: str) -> Any:
    if not any(isinstance(row, Symbol) for row in rows):
        whole: Any = np.array(rows, leaf.dtype).reshape(shape + leaf.shape)
    else:
        parts = [row if isinstance(row, Symbol) else np.asarray(row, leaf.dtype) for row in rows]
        whole = CATALOGUE.function("reshape")(
            CATALOGUE.function("stack")(parts), shape + leaf.shape
        )
    if layout == "numerator":
        return whole
    axes = range(len(whole.shape))
    order = (*axes[len(shape) :], *axes[: len(shape)])
    return CATALOGUE.function("transpose")(whole, order)


def _in_containers(
    row: Sequence[Any], function: Any, args: Sequence[Any], argnums: Argnums
) -> Any:
    """One entry per variable, in the containers of the arguments."""
    rest = iter(row)
    trees: list[Any] = []
    for i in chosen_arguments(argnums, len(args), _name(function)):
        flat, structure = flatten(args[i])
        trees.append(unflatten(structure, [next(rest) for _ in flat]))
    return trees[0] if is_one(argnums) else tuple(trees)


def _name(function: Any) -> str:
    return getattr(function, "__name__", "the function")


def _check(name: str, value: str, legal: Sequence[str]) -> None:
    if value not in legal:
        raise ArgumentError(
            f"jacobian knows no {name} {value!r}.",
            do=f"Choose one of {', '.join(map(repr, legal))}.",
        )
