"""One function, every mode, both orders: what each of them says must be what the test expects."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import NoGradientError
from chainrule.graph.numpy.symbol import plain

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]


def everywhere(
    f: Function,
    x: Any,
    first: Any,
    second: Any = None,
    *,
    along: Any = 1.0,
    rtol: float = 1e-13,
    dtype: Any = np.float64,
) -> None:
    """Compare the derivatives of sum(f) at x in every mode with what is expected.

    An expected 0 must be exactly 0, an expected NaN must be NaN.

    Parameters
    ----------
    f : callable
        Of one array; returns an array of any shape.
    x : array-like
        Where it is differentiated.
    first : array-like
        The gradient of sum(f), broadcast to the shape of x.
    second : array-like, optional
        The Hessian of sum(f) times ``along``; None where there is no second order.
    along : array-like, default 1
        The direction of the second derivative, broadcast to the shape of x.
    rtol : float
        Relative tolerance.
    dtype : dtype
        Of x, and of every gradient.
    """
    x = np.asarray(x, dtype)
    direction = np.broadcast_to(np.asarray(along, dtype), x.shape).copy()
    for name, way in FIRST.items():
        _agrees(way(f, x), first, x, rtol, name)
    if second is None:
        return
    for name, way in SECOND.items():
        _agrees(way(f, x, direction), second, x, rtol, name)


def backward(f: Function, x: Array) -> Array:
    """The gradient that ``backward()`` leaves in a tensor."""
    leaf = cr.tensor(x)
    return _walked(total(f)(leaf), leaf)


def forward(f: Function, x: Array) -> Array:
    """The gradient by forward mode: one direction per entry."""
    return _by_entries(lambda unit: cr.jvp(total(f), (x,), (unit,))[1], x)


def total(f: Function) -> Function:
    """The sum of what f returns: a function with a gradient."""
    return lambda x: cr.sum(f(x))


def _reverse_over_reverse(f: Function, x: Array, v: Array) -> Array:
    return cr.grad(lambda z: cr.sum(cr.grad(total(f))(z) * v))(x)


def _backward_twice(f: Function, x: Array, v: Array) -> Array:
    leaf = cr.tensor(x)
    loss = total(f)(leaf)
    if not loss.wants_gradient:
        return np.zeros_like(x)
    first = loss.backward(create_graph=True)[leaf]
    return _walked(cr.sum(first * v), leaf)


def _forward_over_reverse(f: Function, x: Array, v: Array) -> Array:
    return cr.jvp(cr.grad(total(f)), (x,), (v,))[1]


def _reverse_over_forward(f: Function, x: Array, v: Array) -> Array:
    return cr.grad(lambda z: cr.jvp(total(f), (z,), (v,))[1])(x)


def _forward_over_forward(f: Function, x: Array, v: Array) -> Array:
    def along_v(z: Any) -> Any:
        return cr.jvp(total(f), (z,), (v,))[1]

    return _by_entries(lambda unit: cr.jvp(along_v, (x,), (unit,))[1], x)


FIRST = {"backward": backward, "grad": lambda f, x: cr.grad(total(f))(x), "jvp": forward}
SECOND = {
    "grad of grad": _reverse_over_reverse,
    "backward of backward": _backward_twice,
    "jvp of grad": _forward_over_reverse,
    "grad of jvp": _reverse_over_forward,
    "jvp of jvp": _forward_over_forward,
}


def _walked(loss: Any, leaf: Any) -> Array:
    """The gradient; 0 where nothing depends on the leaf, which backward says by an error."""
    try:
        loss.backward()
    except NoGradientError:
        return np.zeros(leaf.shape, leaf.dtype)
    return leaf.grad


def _by_entries(derivative: Callable[[Array], Any], x: Array) -> Array:
    dtype = x.dtype.newbyteorder("=")
    found = np.zeros(x.shape, dtype)
    for place in np.ndindex(x.shape):
        unit = np.zeros(x.shape, dtype)
        unit[place] = 1
        slope = plain(derivative(unit))
        assert np.asarray(slope).dtype == dtype
        found[place] = slope
    return found


def _agrees(found: Any, expected: Any, x: Array, rtol: float, mode: str) -> None:
    found = plain(found)  # a function that closes over a tensor answers in its graph
    assert (np.shape(found), np.asarray(found).dtype) == (x.shape, x.dtype), mode
    assert_allclose(found, np.broadcast_to(expected, x.shape), rtol=rtol, atol=0, err_msg=mode)
