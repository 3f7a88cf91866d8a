"""Derivatives of every value of a program by numbers: central differences and complex steps.

Imports program and the catalogue. judge.py compares forward mode with both, value by value.
"""

import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_list, is_tuple
from chainrule.testing.cases import case_of, domain_of
from chainrule.testing.differences import COMPLEX_STEP, extrapolated
from chainrule.testing.fuzz.straight_line import Array, Line, Program, Ref, call, parts_of, pick

STEP = 1e-3  # of the wider of two central differences
ROUNDING = 2e-12  # of a difference of numbers of size 1, divided by the step
TRUST = 1e-4  # an error bar beyond this leaves a comparison open, relative to the largest tangent
FAR = 1e3  # a slope that would carry a value so far in one step stands beside a pole
ORDERED = ("chainrule.ops.sorting",)  # where ties stand, the slope is a convention
BARS = 4.0  # how many error bars make a mismatch
ANALYTIC = 1e-9  # of a complex step, relative to the largest tangent on the way
AXES = {"axis", "keepdims", "ddof"}
ALIKE = 1e-6  # complex step and differences of one op that is analytic


@dataclass(frozen=True)
class Moved:
    """What the differences say: the first wrong value, and the places behind a kink."""

    wrong: tuple[int, Any, Any] | None
    kinked: frozenset[int]


class Cells:
    """The floating-point values of a program, end to end in one vector."""

    def __init__(self, program: Program, values: Sequence[Any]) -> None:
        self.values = values
        refs = [ref for place, v in enumerate(values) for ref in parts_of(place, v)]
        self.refs = [ref for ref in refs if pick(ref, values).dtype.kind == "f"]
        self.routes = [ref for ref in refs if pick(ref, values).dtype.kind != "f"]
        self.sizes = [int(np.size(pick(ref, values))) for ref in self.refs]
        self.starts = [0, *np.cumsum(self.sizes).tolist()]
        self.places = np.repeat([ref.place for ref in self.refs], self.sizes)

    def flat(self, values: Sequence[Any]) -> Array:
        """The same values of another run."""
        parts = [np.reshape(pick(ref, values), -1) for ref in self.refs]
        return np.concatenate(parts) if parts else np.zeros(0)

    def flat_tangents(self, tangents: Sequence[Any]) -> Array:
        """Tangents in the same order; None is 0."""
        whole = np.zeros(self.starts[-1])
        for ref, start, size in zip(self.refs, self.starts, self.sizes, strict=False):
            tangent = pick(ref, tangents) if tangents[ref.place] is not None else None
            if tangent is not None:
                whole[start : start + size] = np.reshape(tangent, -1)
        return whole

    def same_routes(self, values: Sequence[Any]) -> list[int]:
        """Places of booleans and integers that another run answers differently."""
        return [
            ref.place
            for ref in self.routes
            if not np.array_equal(pick(ref, values), pick(ref, self.values))
        ]


def against_differences(
    program: Program,
    cells: Cells,
    tangents: Sequence[Any],
    directions: Sequence[Array],
    tally: Any,
) -> Moved:
    """Compare every tangent with central differences of two widths; kinks leave it open."""
    runs: dict[float, Array] = {0.0: cells.flat(cells.values)}
    kinked = _at_kinks(program, cells.values)
    for distance in (STEP, -STEP, STEP / 2, -STEP / 2):
        pairs = zip(program.leaves, directions, strict=True)
        try:
            values = program.run([x + distance * d for x, d in pairs])
        except ChainruleError:  # the point lies at the edge of what an op takes
            return Moved(None, frozenset(range(len(cells.values))))
        runs[distance] = cells.flat(values)
        kinked.update(cells.same_routes(values))
    start, found = runs[0.0], cells.flat_tangents(tangents)
    right = (4 * runs[STEP / 2] - runs[STEP] - 3 * start) / STEP
    left = (3 * start + runs[-STEP] - 4 * runs[-STEP / 2]) / STEP
    coarse = (runs[STEP] - runs[-STEP]) / (2 * STEP)
    fine = (runs[STEP / 2] - runs[-STEP / 2]) / STEP
    best = fine + (fine - coarse) / 3
    bar = np.abs(fine - coarse) + np.abs(right - left) + ROUNDING * (1 + np.abs(start)) / STEP
    finite = np.isfinite(start) & np.isfinite(found)  # else in a dead branch, or seen at an end
    scale = np.abs(found[np.isfinite(found)]).max(initial=1.0)
    open_ = finite & ~(bar <= TRUST * scale)
    open_ |= finite & (np.abs(found) * STEP > FAR * (1 + np.abs(start)))
    kinked.update(cells.places[open_].tolist())
    _spread(program, kinked)
    judged = finite & ~np.isin(cells.places, list(kinked))
    wrong = judged & ~(np.abs(found - best) <= BARS * bar)
    tally.add("forward = differences", int(judged.sum()), int(finite.sum() - judged.sum()))
    if wrong.any():
        i = int(np.argmax(wrong))
        return Moved((int(cells.places[i]), float(found[i]), float(best[i])), frozenset(kinked))
    return Moved(None, frozenset(kinked))


def _at_kinks(program: Program, values: Sequence[Any]) -> set[int]:
    """Lines with an operand exactly at a kink of their op: their slope is a convention."""
    found: set[int] = set()
    for i, line in enumerate(program.lines, start=len(program.leaves)):
        for k, x in enumerate(line.args):
            kinks = domain_of(CATALOGUE[line.name], k).kinks if type(x) is Ref else ()
            value = pick(x, values) if kinks else None
            if value is not None and value.dtype.kind == "f" and np.isin(value, kinks).any():
                found.add(i)
            if type(x) is Ref and CATALOGUE[line.name].__module__ in ORDERED:
                value = pick(x, values)
                if np.unique(value).size < np.size(value):
                    found.add(i)
    return found


def _spread(program: Program, kinked: set[int]) -> None:
    """Whatever reads a value behind a kink stands behind it too."""
    count = len(program.leaves)
    for i, line in enumerate(program.lines):
        if any(ref.place in kinked for ref in line.refs()):
            kinked.add(count + i)


def against_complex_step(
    program: Program,
    cells: Cells,
    tangents: Sequence[Any],
    directions: Sequence[Array],
    kinked: frozenset[int],
    tally: Any,
) -> tuple[int, Any, Any] | None:
    """Compare tangents with complex steps, as far as the ops on the way are analytic."""
    pairs = zip(program.leaves, directions, strict=True)
    known: list[Any] = [x + 1j * COMPLEX_STEP * d for x, d in pairs]
    largest, judged = 1.0, 0
    for i, line in enumerate(program.lines, start=len(program.leaves)):
        operands = [known[ref.place] for ref in line.refs()]
        moves = any(x is not None and _is_complex(x) for x in operands)
        if any(x is None for x in operands) or i in kinked or (moves and not _takes_complex(line)):
            known.append(None)
            continue
        if not moves:
            known.append(cells.values[i])
            continue
        try:
            value = call(line, known)
        except (TypeError, ValueError):
            value = None
        known.append(value)
        if value is None:
            continue
        for ref in parts_of(i, cells.values[i]):
            tangent, real = pick(ref, tangents) if tangents[i] is not None else None, cells.values
            expected = np.imag(pick(ref, known)) / COMPLEX_STEP
            found = np.zeros(np.shape(expected)) if tangent is None else tangent
            if not (np.isfinite(pick(ref, real)).all() and np.isfinite(found).all()):
                continue  # in a dead branch, or seen at an end
            largest = max(largest, float(np.abs(expected).max(initial=0)))
            judged += 1
            if not np.abs(found - expected).max(initial=0) <= ANALYTIC * largest:
                return i, found, expected
    tally.add("forward = complex step", judged)
    return None


def _is_complex(x: Any) -> bool:
    return any(map(_is_complex, x)) if is_tuple(x) or is_list(x) else np.iscomplexobj(x)


def _takes_complex(line: Line) -> bool:
    """Other attributes than axes may choose another formula."""
    return line.keywords.keys() <= AXES and analytic(line.name)


@functools.cache
def analytic(name: str) -> bool:
    """Whether NumPy carries a complex step through an op: tried on its samples, by differences."""
    op = CATALOGUE[name]
    chooses = not op.smooth and "router" in op.gate  # by its values; x[i] does not
    if op.flat or op.router or chooses or any(d.kinks for d in op.domains):
        return False
    for seed in (1, 2):
        case = case_of(op, seed)
        rng = np.random.default_rng(seed)
        moves: dict[int, Any] = {
            i: rng.normal(size=case.operands[i].shape) for i in case.differentiable
        }

        def along(distance: Any, case: Any = case, moves: Any = moves) -> Any:
            new = [
                x + distance * moves[i] if i in moves else x for i, x in enumerate(case.operands)
            ]
            out = case.op.forward(*new)
            return np.concatenate(
                [np.reshape(part, -1) for part in (out if is_tuple(out) else (out,))]
            )

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                step = np.imag(along(1j * COMPLEX_STEP)) / COMPLEX_STEP
            slopes = extrapolated(along, STEP)
        except Exception:  # the op does not take complex numbers
            return False
        if not np.abs(step - slopes).max(initial=0) <= ALIKE * np.abs(slopes).max(initial=1.0):
            return False
    return True


__all__ = ["Cells", "Moved", "Ref", "against_complex_step", "against_differences", "analytic"]
