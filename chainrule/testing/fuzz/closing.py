"""Functions that close over parameters: a gradient taken inside, and the walk around it.

Imports program and second. judge.py calls it for a share of the programs: half of the leaves are
arguments of a derivative, the other half parameters that the function closes over.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.compiled import compile as compiled
from chainrule.differentiate import grad, jvp
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.tensors import Parameter, Tensor, parameter
from chainrule.testing.fuzz.second import SAME, apart, reverse_over_reverse
from chainrule.testing.fuzz.straight_line import Array, Program, pick

BEHIND = {name: f"a parameter behind {name} gets another gradient" for name in ("grad", "jvp")}
COMPILED = "a compiled function over parameters is not eager"


def closed_over(
    program: Program,
    weights: Sequence[Array],
    directions: Sequence[Array],
    tally: Any,
    shrunk: bool = False,
) -> tuple[str, int, Any, Any] | None:
    """The first disagreement about the parameters' gradients of a penalty on a gradient."""
    half = (len(program.leaves) + 1) // 2
    moving = [d if i < half else np.zeros_like(d) for i, d in enumerate(directions)]
    hessian = reverse_over_reverse(program, weights, moving)[half:]
    if not hessian:
        return None
    wanted = np.concatenate([x.ravel() for x in hessian])
    for name, penalty in (("grad", _by_grad), ("jvp", _by_jvp)):
        own = [parameter(x) for x in program.leaves[half:]]
        slope = penalty(program, weights, directions[:half], own)
        tally.add("a gradient of a gradient reaches parameters", 1)
        if isinstance(slope, Tensor) and slope.wants_gradient:
            slope.backward()
        found = np.concatenate(
            [(np.zeros(p.shape) if p.grad is None else p.grad).ravel() for p in own]
        )
        if not apart(found, wanted, shrunk) <= SAME * np.abs(wanted[np.isfinite(wanted)]).max(
            initial=1.0
        ):
            return BEHIND[name], half, found, wanted
    return None


def closed_over_compiled(
    program: Program, weights: Sequence[Array], tally: Any
) -> tuple[str, int, Any, Any] | None:
    """A compiled function that closes over parameters, before and after they change."""
    half = (len(program.leaves) + 1) // 2
    own = [parameter(x) for x in program.leaves[half:]]
    if not own:
        return None
    run = compiled(lambda *given: _loss(program, weights, given, own))
    given = program.leaves[:half]
    for _ in range(2):
        found = float(run(*given))
        wanted = float(_loss(program, weights, given, [p.data for p in own]))
        tally.add("compiled over parameters = eager", 1)
        scale = max(1.0, abs(wanted) if np.isfinite(wanted) else 1.0)
        if not apart(np.asarray(found), np.asarray(wanted)) <= SAME * scale:
            return COMPILED, half, found, wanted
        for p in own:
            p.data = p.data * 0.5
    return None


def _loss(program: Program, weights: Sequence[Array], given: Sequence[Any], own: Any) -> Any:
    values = program.run([*given, *own])
    total: Any = 0.0
    for end, weight in zip(program.ends, weights, strict=True):
        total = total + CATALOGUE.function("sum")(pick(end, values) * weight)
    return total


def _by_grad(
    program: Program, weights: Sequence[Array], directions: Sequence[Array], own: list[Parameter]
) -> Any:
    def loss(*given: Any) -> Any:
        return _loss(program, weights, given, own)

    places = tuple(range(len(directions)))
    found = grad(loss, places)(*program.leaves[: len(directions)])
    total: Any = 0.0
    for gradient, direction in zip(found, directions, strict=True):
        total = total + CATALOGUE.function("sum")(gradient * direction)
    return total


def _by_jvp(
    program: Program, weights: Sequence[Array], directions: Sequence[Array], own: list[Parameter]
) -> Any:
    def loss(*given: Any) -> Any:
        return _loss(program, weights, given, own)

    return jvp(loss, tuple(program.leaves[: len(directions)]), tuple(directions))[1]
