"""Downstream: what an elementwise op sends on, upstream times local, and where it is alive.

Imports op and the catalogue. The families pull with it.
"""

import functools
from typing import Any

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import Op, apply


def select(mask: Any, gradient: Any) -> Any:
    """The gradient where the mask holds, exactly 0 elsewhere."""
    return apply(CATALOGUE.standard["where"], (mask, gradient, 0))


def downstream(upstream: Any, local: Any, live: Any, router: bool) -> tuple[Any, Any]:
    """Upstream times local; and where the result is alive."""
    if type(local) is int or type(local) is float:
        return (upstream if local == 1 else upstream * local), live
    if local.dtype == bool:
        alive = local if live is None else local & live
        return select(alive, upstream), _as_wide_as(upstream, alive)
    if router:
        selected = local != 0
        live = _as_wide_as(upstream, selected if live is None else selected & live)
    return alive_part(upstream * local, live), live


def _as_wide_as(upstream: Any, mask: Any) -> Any:
    """A mask has the shape of its gradient: a condition may have been broadcast."""
    if mask.shape == upstream.shape:
        return mask
    return CATALOGUE.function("broadcast_to")(mask, upstream.shape)


def alive_part(gradient: Any, live: Any) -> Any:
    """Exactly 0 on a dead branch, whatever its slope."""
    return gradient if live is None else select(live, gradient)


def summed_to(gradient: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed to the shape of the bias that was repeated in every row."""
    return apply(_sum_to(shape), (gradient,))


def sum_broadcast(gradient: Any, alive: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Sum over the axes that broadcasting repeated: the copies of one value form a fork."""
    below = None if alive is None else summed_to(alive, shape)
    return summed_to(gradient, shape), below


@functools.lru_cache(maxsize=512)
def _sum_to(shape: tuple[int, ...]) -> Op:
    return CATALOGUE["sum_to"].of(shape)
