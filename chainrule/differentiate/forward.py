"""Forward mode on plain functions: jvp and linearize; and hvp, forward over backward.

Imports the graph's Dual, reverse and tree. Nothing is recorded: the tangents ride along.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.push import push
from chainrule.differentiate.reverse import Recording, grad
from chainrule.differentiate.traced import Around, aside, released
from chainrule.differentiate.tree import (
    check_float,
    flatten,
    float_array,
    matching,
    require_numbers,
    tree_map,
    unflatten,
)
from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.numpy.unwrapping import unwrapped
from chainrule.graph.readings.dual import Dual, duals
from chainrule.settings import DEPTH, RECORDING, met, recording_on
from chainrule.spec import is_sequence


def jvp(
    function: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The result of a function, and its tangent: Jacobian times a direction.

    One forward pass, whatever the number of inputs, and no graph is kept.

    Parameters
    ----------
    function : callable
        Of the primals; returns an array or a nested container of arrays.
    primals : sequence of (array, float or container)
        Where the derivative is taken: one entry per argument.
    tangents : sequence
        The direction, in the containers and of the shapes of ``primals``. An array of zeros gives
        exact zeros.
    has_aux : bool, default False
        Whether ``function`` returns (result, auxiliary); then aux comes third.

    Returns
    -------
    out, tangent
        Two containers of the same structure.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jvp(lambda x: x ** 2, (3.0,), (1.0,))
    (np.float64(9.0), np.float64(6.0))
    """
    flat, structure = flatten(_as_tuple(primals, "primals"))
    values = [_primal(x, i) for i, x in enumerate(flat)]
    given = matching(_as_tuple(tangents, "tangents"), values, structure, "tangents")
    variables = duals(values, [(_direction(t),) for t in given])
    around = Around()
    recording, standing = RECORDING.set(recording_on()), DEPTH.set(around.depth + 1)
    try:
        with unwrapped():
            answer = function(*unflatten(structure, variables))
    finally:
        RECORDING.reset(recording)
        DEPTH.reset(standing)
    result, aux = answer if has_aux else (answer, None)
    tag = duals_tag(variables)
    ends, container = flatten(result)
    require_numbers(ends, getattr(function, "__name__", "the function"))
    out = unflatten(container, [around.outside(_value(x, tag)) for x in ends])
    tangent = unflatten(container, [around.outside(_tangent(x, tag)) for x in ends])
    if has_aux:
        return out, tangent, tree_map(lambda x: aside(x, around, lambda x: _value(x, tag)), aux)
    return out, tangent


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The result of a function, and the linear map that takes tangents to its tangent.

    The function runs once; the map reads the recorded graph, so that many directions cost no
    further forward pass.

    Returns
    -------
    out : as ``function`` returns it
    push : callable
        Takes one tangent per primal and returns the tangent of ``out``.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> out, push = cr.linearize(np.sin, np.array([0.0, np.pi]))
    >>> push(np.array([1.0, 1.0]))
    array([ 1., -1.])
    """
    run = Recording(function, primals, {}, range(len(primals)), False)
    _, arguments = flatten(tuple(primals))
    out = unflatten(run.structure, [run.outside(end) for end in run.ends])

    def along(*tangents: Any) -> Any:
        given = matching(tangents, run.leaves, arguments, "tangents")
        pushed = push(run.ends, run, [_direction(t) for t in given])
        return unflatten(run.structure, [released(t) for t in pushed])

    return out, along


def hvp(function: Callable[..., Any], primals: Any, v: Any) -> Any:
    """Hessian times a vector: the tangent of the gradient, without the Hessian.

    Parameters
    ----------
    function : callable
        Of the primals; returns one number.
    primals : tuple
        Where the derivative is taken: one entry per argument.
    v : tuple
        The vector, in the containers and of the shapes of ``primals``.

    Returns
    -------
    tuple
        One product per primal. About as dear as two gradients.

    Source
    ------
    Pearlmutter 1994, "Fast exact multiplication by the Hessian".

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hvp(lambda x: (x ** 3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    primals = _as_tuple(primals, "primals")
    gradient = grad(function, argnums=range(len(primals)))
    return jvp(gradient, primals, _as_tuple(v, "v"))[1]


def duals_tag(variables: Sequence[Any]) -> object:
    """What tells the Duals of one derivative from all others."""
    return variables[0].tag if variables else None


def _as_tuple(values: Any, name: str) -> tuple[Any, ...]:
    if is_sequence(values):
        return tuple(values)
    raise ArgumentError(
        f"{name} come as a tuple with one entry per argument of the function.",
        found=[f"{name}     {type(values).__name__}"],
        do=f"Write ({name},) for one argument.",
    )


def _primal(x: Any, place: int) -> Any:
    x = met(x)
    if not isinstance(x, Symbol):
        return float_array(x, f"primal {place}")
    check_float(x, f"primal {place}")
    return x


def _direction(tangent: Any) -> Any:
    """None for a tangent of zeros: given by the caller it is structural, 0 * inf included."""
    return tangent if isinstance(tangent, Symbol) or np.any(tangent) else None


def _value(x: Any, tag: object) -> Any:
    return x.value if isinstance(x, Dual) and x.tag is tag else x


def _tangent(x: Any, tag: object) -> Any:
    if isinstance(x, Dual) and x.tag is tag and x.partials[0] is not None:
        return x.partials[0]
    like = x if hasattr(x, "dtype") else np.asarray(x)
    return np.zeros(np.shape(like), like.dtype)
