"""Second derivatives of a program: reverse over reverse, forward over reverse, and differences.

Imports program. judge.py calls it for a share of the programs.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.differentiate import grad
from chainrule.errors import ChainruleError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.readings.dual import Dual, duals
from chainrule.tensors import Tensor, backward
from chainrule.testing.fuzz.straight_line import Array, Program, Ref, as_array, pick

STEP = 1e-3
ROUNDING = 1e-10  # of differences of a gradient, divided by the step
TRUST = 1e-3
BARS = 4.0
NOISY_RUNS = 4
LAST_BITS = 2.0**-50
TIES = ("max", "min", "ptp")  # of elements; a router's ties are of its operands
LENGTHS = (  # of 0 they have no second derivative, and say NaN
    "norm", "std", "hypot", "vector_norm", "matrix_norm", "norm_of_order", "power_norm",
    "radial", "radial_part", "leg", "moved_leg",
)  # fmt: skip
SAME = 1e-9  # reverse over reverse against forward over reverse, relative to the largest entry


def second_order(
    program: Program,
    weights: Sequence[Array],
    directions: Sequence[Array],
    kinked: bool,
    tally: Any,
    shrunk: bool = False,
) -> tuple[str, int, Any, Any] | None:
    """The first disagreement of two Hessian-vector products, in any leaf.

    Behind a kink, or at a tie (``kinked``), only reverse over reverse and forward over reverse
    are compared. Where a length is 0 (``shrunk``), NaN is an answer.
    """
    found = reverse_over_reverse(program, weights, directions)
    pushed = forward_over_reverse(program, weights, directions)
    whole = np.concatenate([x.ravel() for x in found])
    other = np.concatenate([x.ravel() for x in pushed])
    scale = np.abs(whole[np.isfinite(whole)]).max(initial=1.0)
    tally.add("second order: reverse = forward", 1)
    difference = apart(whole, other, shrunk)
    if not difference <= SAME * scale + _sensitivity(program, weights, directions, difference):
        return "second order: reverse is not forward", 0, whole, other
    if kinked or shrunk:
        tally.add("second order = differences", 0, whole.size)
        return None
    try:
        runs = {k: _gradient(program, weights, directions, k * STEP / 2) for k in range(-2, 3)}
    except ChainruleError:  # the point lies at the edge of what an op takes
        return None
    right = (4 * runs[1] - runs[2] - 3 * runs[0]) / STEP
    left = (3 * runs[0] + runs[-2] - 4 * runs[-1]) / STEP
    coarse, fine = (runs[2] - runs[-2]) / (2 * STEP), (runs[1] - runs[-1]) / STEP
    best = fine + (fine - coarse) / 3
    size = np.abs(runs[0]).max(initial=1.0)
    bar = np.abs(fine - coarse) + np.abs(right - left) + ROUNDING * size
    judged = (bar <= TRUST * scale) & np.isfinite(whole)  # NaN: it does not exist there
    tally.add("second order = differences", int(judged.sum()), int((~judged).sum()))
    if judged.all() and not (np.abs(whole - best) <= BARS * bar).all():
        return "second order is not the differences", 0, whole, best
    return None


def apart(found: Array, wanted: Array, shrunk: bool = False) -> float:
    """The largest difference; a derivative that does not exist is NaN on both sides.

    Where a length is 0 (``shrunk``) NaN on one side is an answer too.
    """
    lost, other = np.isnan(found), np.isnan(wanted)
    same = lost | other if shrunk else lost & other
    return float(np.abs(np.where(same, 0.0, found - wanted)).max(initial=0))


def _sensitivity(
    program: Program, weights: Sequence[Array], directions: Sequence[Array], difference: float
) -> float:
    """How far the products move when every leaf is off in its last bits; 0 if nobody need know."""
    if difference <= SAME:
        return 0.0
    rng, runs = np.random.default_rng(program.seed), list[Array]()
    for _ in range(NOISY_RUNS):
        moved: list[Any] = [
            1 + rng.uniform(-LAST_BITS, LAST_BITS, x.shape) for x in program.leaves
        ]
        leaves = tuple(as_array(x * m) for x, m in zip(program.leaves, moved, strict=True))
        try:
            found = reverse_over_reverse(replace(program, leaves=leaves), weights, directions)
        except ChainruleError:  # the point lies at the edge of what an op takes
            return np.inf
        runs.append(np.concatenate([x.ravel() for x in found]))
    return max(apart(x, y) for x, y in pairwise(runs))


def tied(program: Program, values: Sequence[Any]) -> bool:
    """Whether a maximum or minimum is taken of equal numbers.

    There it has half of the second derivative of each. On both sides it has all of one, and
    where the slopes are equal, too, no difference of values tells: x + x * x meets x at 0.
    """
    for line in program.lines:
        known = [pick(x, values) if type(x) is Ref else x for x in line.args]
        if CATALOGUE[line.name].router and np.equal(known[0], known[1]).any():
            return True
        if line.name in TIES and np.unique(known[0]).size < np.size(known[0]):
            return True
    return False


def at_a_length_of_0(program: Program, values: Sequence[Any]) -> bool:
    """Whether a length, or what is made of one, is 0."""
    ends = values[len(program.leaves) :]
    return any(
        line.name in LENGTHS and bool(np.equal(out, 0).any())
        for line, out in zip(program.lines, ends, strict=False)
    )


def reverse_over_reverse(
    program: Program, weights: Sequence[Array], directions: Sequence[Array]
) -> list[Array]:
    """Gradient of <direction, gradient> by the walk through the walk."""
    leaves = [Tensor(x, wants_gradient=True) for x in program.leaves]
    gradients = _gradients(program, leaves, weights)
    terms: list[Tensor] = []
    starts: list[Array] = []
    for leaf, direction in zip(leaves, directions, strict=True):
        gradient = gradients.get(leaf)
        if isinstance(gradient, Tensor) and gradient.wants_gradient:
            terms.append(gradient)
            starts.append(direction)
    for leaf in leaves:
        leaf.gradient = None
    if terms:
        backward(terms, starts)
    return [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]


def forward_over_reverse(
    program: Program, weights: Sequence[Array], directions: Sequence[Array]
) -> list[Array]:
    """Tangent of the gradient: dual numbers through the backward walk."""

    def loss(leaves: Any) -> Any:
        values = program.run(leaves)
        total: Any = 0.0
        for end, weight in zip(program.ends, weights, strict=True):
            total = total + CATALOGUE.function("sum")(pick(end, values) * weight)
        return total

    gradients = grad(loss)(duals(program.leaves, [(d,) for d in directions]))
    return [_tangent(g) for g in gradients]


def _gradients(program: Program, leaves: Sequence[Tensor], weights: Sequence[Array]) -> Any:
    values = program.run(leaves)
    ends = [(pick(end, values), w) for end, w in zip(program.ends, weights, strict=True)]
    kept = [(end, w) for end, w in ends if isinstance(end, Tensor) and end.wants_gradient]
    if not kept:
        return {}
    return backward([e for e, _ in kept], [w for _, w in kept], create_graph=True)


def _gradient(
    program: Program, weights: Sequence[Array], directions: Sequence[Array], distance: float
) -> Array:
    pairs = zip(program.leaves, directions, strict=True)
    leaves = [Tensor(x + distance * d, wants_gradient=True) for x, d in pairs]
    values = program.run(leaves)
    ends = [(pick(end, values), w) for end, w in zip(program.ends, weights, strict=True)]
    kept = [(end, w) for end, w in ends if isinstance(end, Tensor) and end.wants_gradient]
    if kept:
        backward([e for e, _ in kept], [w for _, w in kept])
    grads = [np.zeros(x.shape) if x.grad is None else x.grad for x in leaves]
    return np.concatenate([g.ravel() for g in grads])


def _tangent(x: Any) -> Array:
    tangent = x.partials[0] if isinstance(x, Dual) else None
    if tangent is None or isinstance(tangent, Symbol):
        return np.zeros(x.shape)
    return np.asarray(tangent)
