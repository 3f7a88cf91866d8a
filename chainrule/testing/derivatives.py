"""Derivatives of a case by chainrule itself: backward, forward, and backward of backward.

Imports the graph and tensors. properties.py compares them with one another and with differences.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.dual import Dual, duals
from chainrule.spec import is_sequence
from chainrule.tensors import Tensor, backward, tensor
from chainrule.testing.cases import Array, Case, is_float_array

Results = tuple[Array, ...]


def value(case: Case) -> Results:
    """The op's results as arrays; an op with one result gives a tuple of one."""
    return tuple(map(np.asarray, sequence(apply(case.op, case.operands))))


def sequence(out: Any) -> tuple[Any, ...]:
    """Several results as they are, one as a tuple of one."""
    return tuple(out) if is_sequence(out) else (out,)


def float_results(case: Case) -> tuple[int, ...]:
    """Positions of the results that carry a gradient."""
    return tuple(i for i, out in enumerate(value(case)) if is_float_array(out))


def weights_like(case: Case, seed: int) -> Results:
    """A random upstream gradient for every floating-point result."""
    rng = np.random.default_rng(seed)
    return tuple(_weights(rng, out) for out in value(case) if is_float_array(out))


def _weights(rng: Any, out: Array) -> Array:
    """Numbers of size 1/2 to 3/2 and either sign: none hides an error."""
    signed = rng.choice([-1.0, 1.0], out.shape) * rng.uniform(0.5, 1.5, out.shape)
    return np.asarray(signed, out.dtype)


def vjp(case: Case, upstreams: Sequence[Array], as_given: bool = False) -> dict[int, Array]:
    """Gradient of <upstream, result> in every differentiable operand: the backward walk.

    ``as_given`` keeps each array as it lies in memory, as the result of another op may lie.
    """
    leaves = _leaves(case, as_given)
    ends = _ends(case, leaves)
    backward(ends, list(upstreams))
    return {i: _gradient(case, i, leaves[i].grad) for i in case.differentiable}


def jvp(case: Case, tangents: dict[int, Array]) -> Results:
    """Tangents of the floating-point results: forward mode."""
    moved = list(tangents)
    variables = duals([case.operands[i] for i in moved], [(tangents[i],) for i in moved])
    operands = list(case.operands)
    for i, variable in zip(moved, variables, strict=True):
        operands[i] = variable
    outs = sequence(apply(case.op, tuple(operands)))
    return tuple(_tangent(out) for out in outs if out.dtype.kind == "f")


def _tangent(out: Any) -> Array:
    if isinstance(out, Dual) and out.partials[0] is not None:
        return np.asarray(out.partials[0])
    return np.zeros(out.shape, out.dtype)


def second_order(
    case: Case, upstreams: Sequence[Array], directions: dict[int, Array]
) -> dict[int, Array]:
    """Gradient of <direction, gradient>: the backward walk through the backward walk."""
    leaves = _leaves(case)
    gradients = backward(_ends(case, leaves), list(upstreams), create_graph=True)
    assert gradients is not None
    total: Any = 0
    for i, direction in directions.items():
        if leaves[i] in gradients:
            total = total + CATALOGUE.function("sum")(gradients[leaves[i]] * direction)
    if isinstance(total, Tensor) and total.wants_gradient:
        total.backward()
        return {i: _gradient(case, i, leaves[i].grad) for i in directions}
    return {i: np.zeros_like(case.operands[i]) for i in directions}  # the op is linear


def _leaves(case: Case, as_given: bool = False) -> list[Any]:
    wanted = case.differentiable
    return [_leaf(x, as_given) if i in wanted else x for i, x in enumerate(case.operands)]


def _leaf(x: Array, as_given: bool) -> Tensor:
    return Tensor(x, wants_gradient=True) if as_given else tensor(x)


def _ends(case: Case, leaves: Sequence[Any]) -> list[Tensor]:
    outs = sequence(apply(case.op, tuple(leaves)))
    return [out for out in outs if out.dtype.kind == "f"]


def _gradient(case: Case, position: int, gradient: Array | None) -> Array:
    return np.zeros_like(case.operands[position]) if gradient is None else gradient


def assert_near(found: Any, expected: Any, tolerance: float, what: str) -> None:
    """Equal within a tolerance relative to the largest element; shapes must be the same."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}"
    if found.size == 0:
        return
    scale = max(1.0, float(np.abs(expected).max()))
    worst = np.abs(found.astype(float) - expected).max()
    assert worst <= tolerance * scale, (
        f"{what}: off by {worst:.3g}, allowed {tolerance * scale:.3g}\n"
        f"found    {found}\nexpected {expected}"
    )
