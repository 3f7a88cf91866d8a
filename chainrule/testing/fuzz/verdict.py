"""The judge: a program's derivatives in every way we know, and where they disagree.

Imports program, stepping, second and compiled. A campaign judges random programs; the shrinker
judges their remains.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Flag, auto
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.spec import is_list, is_tuple
from chainrule.tensors import Tensor, backward
from chainrule.testing.fuzz.closing import closed_over, closed_over_compiled
from chainrule.testing.fuzz.compiled import COMPILING, against_compiled
from chainrule.testing.fuzz.second import at_a_length_of_0, second_order, tied
from chainrule.testing.fuzz.stepping import Cells, against_complex_step, against_differences
from chainrule.testing.fuzz.straight_line import Array, Program, Ref, as_array, call, pick
from chainrule.testing.fuzz.third import third_order
from chainrule.testing.fuzz.ways import (
    Illegal,
    directions_of,
    forward,
    gradient_of,
    reverse,
    weights_of,
)

ADJOINT = 1e-12  # <u, Jv> = <J'u, v>, relative to what flows through the whole graph
SAME_VALUE = 1e-11  # an op on tensors and on arrays may add in another order
SINGLE = 2e-6  # float32 against float64, relative to |g| |t|
SMALL = 1e-3  # a flow below this is judged as if it were this large
NOISE = 2.0**-22  # noise on every value, relative and absolute: what rounding may change
LAST_BIT = 2.0**-52
ROUNDING = 2.0**-50  # a slope below this share of |g| |t| is rounding: of sum(solve(A, A)), say
NOISY_RUNS = 6
SPREAD = 8.0  # how far outside the spread of the noisy runs float32 may lie


@dataclass(frozen=True)
class Mismatch:
    """What disagrees: ``kind`` names the two sides; found and expected are numbers, or a text."""

    kind: str
    place: int
    found: Any
    expected: Any


class Looks(Flag):
    """What is looked at besides the first derivative."""

    NOTHING = 0
    SECOND = auto()  # second derivatives
    THIRD = auto()  # the third derivative along a line
    CLOSED = auto()  # half of the leaves as parameters that the function closes over
    SINGLE = auto()  # the float32 run
    COMPILED = auto()  # the plan, run by the interpreter and as machine code
    CLOSED_COMPILED = auto()  # a compiled function that closes over parameters


@dataclass
class Tally:
    """How many comparisons were made, and how many left open (a kink lies within the step)."""

    counts: Counter[str] = field(default_factory=Counter[str])

    def add(self, kind: str, decided: int, open_: int = 0) -> None:
        """Count comparisons."""
        self.counts[kind] += decided
        self.counts[f"{kind}, left open"] += open_


def judge(program: Program, tally: Tally, looks: Looks = Looks.SINGLE) -> Any:
    """The first mismatch of a program, or None.

    Parameters
    ----------
    program : Program
    tally : Tally
        Counts what was compared.
    looks : Looks, default SINGLE
        What is looked at besides the first derivative in float64.
    """
    with np.errstate(all="ignore"):
        values = program.run(program.leaves)
        weights = weights_of(program, values)
        try:
            found = _judged(program, values, weights, tally, looks)
        except (Illegal, KeyboardInterrupt):
            raise
        except Exception as error:  # whatever an op raises is a finding
            return Mismatch("an error", 0, f"{type(error).__name__}: {error}", "a gradient")
        if found is not None:
            return found
        wrong = None
        try:
            if looks & Looks.COMPILED:
                wrong = against_compiled(program, weights, tally)
            if looks & Looks.CLOSED_COMPILED and wrong is None:
                wrong = closed_over_compiled(program, weights, tally)
        except Exception as error:
            return Mismatch(COMPILING, 0, f"{type(error).__name__}: {error}", "a gradient")
        return None if wrong is None else Mismatch(*wrong)


def _judged(
    program: Program,
    values: Sequence[Any],
    weights: Sequence[Array],
    tally: Tally,
    looks: Looks,
) -> Mismatch | None:
    cells = Cells(program, values)
    directions = directions_of(program)
    tangents = forward(program, directions)
    nodes = reverse(program, program.leaves, weights)
    flows = _flows(cells, nodes, tangents)
    shrunk = at_a_length_of_0(program, values)
    found = _values_agree(program, values, nodes) or _adjoint(
        program, weights, nodes, tangents, directions, flows, shrunk
    )
    tally.add("reverse = forward", 1)
    if found:
        return found
    moved = against_differences(program, cells, tangents, directions, tally)
    if moved.wrong:
        return Mismatch("forward is not the differences", *moved.wrong)
    wrong = against_complex_step(program, cells, tangents, directions, moved.kinked, tally)
    if wrong:
        return Mismatch("forward is not the complex step", *wrong)
    if looks & Looks.SINGLE:
        tally.add("float32 = float64", 1)
        wrong = _single(program, weights, nodes, directions, flows)
        if wrong:
            return Mismatch("float32 is not float64", 0, *wrong)
    kinked = bool(moved.kinked) or tied(program, values)
    wrong = None
    if looks & Looks.SECOND:
        wrong = second_order(program, weights, directions, kinked, tally, shrunk)
    if looks & Looks.THIRD and wrong is None:
        wrong = third_order(program, weights, directions, kinked, tally, shrunk)
    if looks & Looks.CLOSED and wrong is None:
        wrong = closed_over(program, weights, directions, tally, shrunk)
    return None if wrong is None else Mismatch(*wrong)


def _values_agree(
    program: Program, values: Sequence[Any], nodes: Sequence[Any]
) -> Mismatch | None:
    for end in program.ends:
        x, y = as_array(pick(end, values)), as_array(pick(end, nodes))
        if x.shape != y.shape or x.dtype != y.dtype:
            return Mismatch("another shape on tensors", end.place, y.shape, x.shape)
        if np.abs(x - y).max(initial=0) > SAME_VALUE * max(1.0, np.abs(x).max(initial=0)):
            return Mismatch("another value on tensors", end.place, y, x)
    return None


@dataclass(frozen=True)
class Flows:
    """What rounding errors are relative to, over all values: sum |g t|, and |g| times |t|."""

    along: float
    whole: float


def _flows(cells: Cells, nodes: Sequence[Any], tangents: Sequence[Any]) -> Flows:
    along = gradients = pushed = 0.0
    for ref in cells.refs:
        gradient, tangent = getattr(pick(ref, nodes), "gradient", None), tangents[ref.place]
        tangent = None if tangent is None else pick(ref, tangents)
        if gradient is not None:
            gradients += _finite_sum(gradient * gradient)
        if tangent is not None:
            pushed += _finite_sum(tangent * tangent)
            if gradient is not None:
                along += _finite_sum(np.abs(gradient * tangent))
    return Flows(along, float(np.sqrt(gradients * pushed)))


def _finite_sum(x: Array) -> float:
    whole = float(np.sum(x))
    return whole if np.isfinite(whole) else float(np.sum(x[np.isfinite(x)]))


def _adjoint(
    program: Program,
    weights: Sequence[Array],
    nodes: Sequence[Any],
    tangents: Sequence[Any],
    directions: Sequence[Array],
    flows: Flows,
    shrunk: bool,
) -> Mismatch | None:
    """<u, Jv> = <J'u, v>, within rounding of all that flows.

    Where a length is 0 (``shrunk``) NaN is an answer: what is made of a length has no slope there.
    """
    for i, x in enumerate(program.leaves):
        gradient = gradient_of(nodes[i])
        if gradient.shape != x.shape or gradient.dtype != x.dtype:
            return Mismatch("a gradient of another shape", i, gradient.shape, x.shape)
    pushed, pulled = _pushed(program, weights, tangents), _pulled(nodes, directions)
    if abs(pushed - pulled) <= ADJOINT * max(flows.along, 1e-300):
        return None
    if max(abs(pushed), abs(pulled)) <= ROUNDING * flows.whole:
        return None
    if shrunk and (np.isnan(pushed) or np.isnan(pulled)):
        return None
    if abs(pushed - pulled) <= SPREAD * _sensitivity(program, weights, directions, pushed, pulled):
        return None
    return Mismatch("reverse is not forward", 0, pulled, pushed)


def _pushed(program: Program, weights: Sequence[Array], tangents: Sequence[Any]) -> float:
    """<u, Jv>, by forward mode."""
    found = [pick(end, tangents) for end in program.ends]
    pairs = zip(found, weights, strict=True)
    return sum((float(np.sum(weight * t)) for t, weight in pairs if t is not None), start=0.0)


def _pulled(nodes: Sequence[Any], directions: Sequence[Array]) -> float:
    """<J'u, v>, by reverse mode."""
    pairs = zip(nodes, directions, strict=False)
    return sum((float(np.sum(gradient_of(node) * d)) for node, d in pairs), start=0.0)


def _sensitivity(
    program: Program,
    weights: Sequence[Array],
    directions: Sequence[Array],
    pushed: float,
    pulled: float,
) -> float:
    """How far both sides move when every leaf is off in its last bit: near a singular matrix."""
    rng, most = np.random.default_rng(program.seed), 0.0
    for _ in range(NOISY_RUNS):
        leaves: tuple[Array, ...] = tuple(
            as_array(x * (1 + rng.uniform(-LAST_BIT, LAST_BIT, x.shape))) for x in program.leaves
        )
        moved = replace(program, leaves=leaves)
        try:
            other = _pushed(moved, weights, forward(moved, directions))
            back = _pulled(reverse(moved, leaves, weights), directions)
        except ChainruleError:  # the point lies at the edge of what an op takes
            return np.inf
        most = max(most, abs(other - pushed), abs(back - pulled))
    return most


def _single(
    program: Program,
    weights: Sequence[Array],
    nodes: Sequence[Any],
    directions: Sequence[Array],
    flows: Flows,
) -> tuple[Any, Any] | None:
    """The float32 gradient, where it is off by more than noise on every value explains."""
    narrow = program.as_type(np.float32)
    small = reverse(narrow, narrow.leaves, [w.astype(np.float32) for w in weights])
    exact = [gradient_of(nodes[i]) for i in range(len(program.leaves))]
    pairs: list[tuple[float, float]] = []
    for i, wide in enumerate(exact):
        narrowed = small[i].grad
        if narrowed is None:
            narrowed = np.zeros(wide.shape, np.float32)
        if narrowed.dtype != np.float32:
            return f"a gradient of {narrowed.dtype}", "float32"
        pairs.append((_along(narrowed, directions[i]), _along(wide, directions[i])))
    allowed = SINGLE * max(flows.whole, SMALL)
    pairs = [(0.0, 0.0) if np.isnan(x) and np.isnan(y) else (x, y) for x, y in pairs]
    if all(abs(found - expected) <= allowed for found, expected in pairs):
        return None
    spread = [0.0] * len(exact)
    rng = np.random.default_rng(program.seed)
    for _ in range(NOISY_RUNS):
        try:
            noisy = _noisy(program, weights, rng)
        except ChainruleError:  # the point lies at the edge of what an op takes
            return None
        for i, wide in enumerate(exact):
            moved = abs(_along(noisy[i] - wide, directions[i]))
            spread[i] = max(spread[i], moved if np.isfinite(moved) else np.inf)
    for (found, expected), noise in zip(pairs, spread, strict=True):
        if not abs(found - expected) <= SPREAD * noise + allowed:
            return found, expected
    return None


def _along(gradient: Array, direction: Array) -> float:
    return float(np.sum(gradient * direction))


def _noisy(program: Program, weights: Sequence[Array], rng: np.random.Generator) -> list[Array]:
    """Gradients when every value is off in its 22nd bit, constants that are computed too."""
    nodes: list[Any] = [Tensor(x, wants_gradient=True) for x in program.leaves]
    for line in program.lines:
        nodes.append(_shaken(call(line, nodes), rng))
    ends = [(pick(end, nodes), w) for end, w in zip(program.ends, weights, strict=True)]
    kept = [(end, w) for end, w in ends if isinstance(end, Tensor) and end.wants_gradient]
    if kept:
        backward([end for end, _ in kept], [w for _, w in kept])
    return [gradient_of(nodes[i]) for i in range(len(program.leaves))]


def _shaken(x: Any, rng: np.random.Generator) -> Any:
    if is_tuple(x) or is_list(x):
        return tuple(_shaken(part, rng) for part in x)
    if x.dtype.kind != "f":
        return x
    relative, absolute = rng.uniform(-NOISE, NOISE, (2, *x.shape))
    return x * (1 + relative) + absolute


__all__ = ["Illegal", "Looks", "Mismatch", "Ref", "Tally", "judge"]
