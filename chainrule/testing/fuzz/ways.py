"""Ways to differentiate a program to first order: tensors and a walk back, or duals.

Imports program. The judge compares them; the shrinker and the printer ask for their directions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.readings.dual import Dual, duals
from chainrule.spec import is_tuple
from chainrule.tensors import Tensor, backward
from chainrule.testing.fuzz.straight_line import Array, Program, as_array, pick


class Illegal(Exception):
    """The program has no derivative to judge: an end is not finite."""


def directions_of(program: Program) -> list[Array]:
    """A direction for every leaf."""
    if program.plain:
        return [np.ones(x.shape) for x in program.leaves]
    rng = np.random.default_rng(program.seed)
    return [as_array(rng.normal(size=x.shape)) for x in program.leaves]


def weights_of(program: Program, values: Sequence[Any]) -> list[Array]:
    """An upstream gradient for every end; an end that is not finite makes the program illegal."""
    ends = [as_array(pick(end, values)) for end in program.ends]
    if not all(np.isfinite(x).all() for x in ends):
        raise Illegal
    if program.plain:
        return [np.ones(x.shape) for x in ends]
    rng = np.random.default_rng(program.seed + 1)
    return [as_array(rng.normal(size=x.shape)) for x in ends]


def reverse(program: Program, leaves: Sequence[Array], weights: Sequence[Array]) -> list[Any]:
    """All values as tensors, after the backward walk from the ends."""
    nodes = program.run([Tensor(x, wants_gradient=True) for x in leaves])
    ends = [pick(end, nodes) for end in program.ends]
    wanted = [i for i, end in enumerate(ends) if isinstance(end, Tensor) and end.wants_gradient]
    if wanted:
        backward([ends[i] for i in wanted], [weights[i] for i in wanted])
    return nodes


def forward(program: Program, directions: Sequence[Array]) -> list[Any]:
    """The tangent of every value, None for 0; a tuple where a line has several results."""
    values = program.run(duals(program.leaves, [(d,) for d in directions]))
    return [tuple(map(_tangent, v)) if is_tuple(v) else _tangent(v) for v in values]


def gradient_of(node: Any) -> Array:
    """What the walk left at a leaf; zeros if it did not come by."""
    return np.zeros(node.shape) if node.grad is None else node.grad


def _tangent(x: Any) -> Any:
    return x.partials[0] if isinstance(x, Dual) else None
