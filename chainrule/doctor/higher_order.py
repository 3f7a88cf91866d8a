"""Third and fourth order: the rule's derivatives along a line, against those of the function.

Imports differentiate, high_differences, numbers and evidence. check asks it once the second order
is right. It finds the kink inside a smooth function: exp(-abs(x)) in a slope is right to the
second order, and at 0 the third has the slope of abs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.differentiate import grad
from chainrule.doctor.evidence import Evidence, nearby
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.high_differences import EPS, UNKNOWN, Derivative, derivative
from chainrule.doctor.numbers import slopes
from chainrule.doctor.second_order import SMOOTH
from chainrule.doctor.subject import Array, Subject, copies, float_results
from chainrule.errors import ChainruleError
from chainrule.graph.op.operation import apply
from chainrule.ops.reductions import total
from chainrule.spec import is_sequence

LOOSE = 1e-4  # relative error: a hidden kink is wrong by all of a derivative
BARS = 4
SIDE_BARS = 20  # those of one-sided differences, which are coarse, flatter more
USABLE = 1e-2  # relative error bar above which numbers do not judge
ZERO = 1e-6  # the same of a derivative that is 0, relative to those of lower orders
FIRST = 1e-9  # relative error of a first derivative next to the point
JUMP = 0.1  # of the error: how much of it must be one jump of the rule's derivative
NARROW = 2.0**-44  # how close the two ends of a jump are brought together
ROOM = tuple(2.0**-j for j in range(26, 0, -1))  # along a line, from the point outwards
MOST_ENTRIES = 64  # of one input, among which the guilty one is looked for
ORDINALS = {2: "second", 3: "third", 4: "fourth"}


def higher_order(e: Evidence, order: int) -> tuple[list[Comparison], list[Finding]]:
    """Comparisons and findings up to ``order``; what numbers cannot judge is said to be so."""
    if any(bool(true.kinked.any()) for true in e.expected.values()) or not _says_smooth(e):
        return unjudged(e, order), []
    wide = e.subject.astype(np.float64)
    comparisons: list[Comparison] = []
    for i in e.subject.moving:
        if not wide.operands[i].size:
            continue
        way = Way(wide, e.upstreams, _direction(wide, i, 21))
        for k in range(2, order + 1):
            try:
                judged = way.judged(k)
            except ChainruleError as error:
                comparisons += _rows(e.subject.names[i], k, order)
                return comparisons, [_note(k, error.what)]
            if judged.wrong and not _by_accident(wide, e.upstreams, i, k):
                comparisons.append(judged.comparison(e.subject.names[i], k))
                return comparisons, [_named(wide, e, i, k, judged)]
            if k > 2:
                comparisons.append(judged.comparison(e.subject.names[i], k))
    return comparisons, []


def unjudged(e: Evidence, order: int, above: int = 2) -> list[Comparison]:
    """A line for each order that was asked for, and that nothing can be said about."""
    names = [e.subject.names[i] for i in e.subject.moving if e.subject.operands[i].size]
    return [row for name in names for row in _rows(name, above + 1, order)]


def _rows(name: str, first: int, order: int) -> list[Comparison]:
    return [
        Comparison(name, f"{ORDINALS[k]} order", 0.0, np.inf, 1, 0, True)
        for k in range(max(first, 2), order + 1)
    ]


@dataclass(frozen=True)
class _Judged:
    """A derivative along a line, and what it should be."""

    found: float
    true: Derivative
    size: float  # what errors are relative to
    known: bool  # whether numbers tell right from wrong
    wrong: bool = False
    jumps: bool = False  # whether the rule's derivative does, from wrong to right, close by

    def comparison(self, name: str, order: int) -> Comparison:
        size = self.size or 1.0
        if not (self.known or self.wrong):
            return _rows(name, order, order)[0]
        error = abs(self.found - self.true.value) / size
        words = f"{ORDINALS[order]} order"
        return Comparison(name, words, error, self.true.bar / size, 1, 1, not self.wrong)


def _says_smooth(e: Evidence) -> bool:
    """Whether the op has these derivatives, as far as it says itself."""
    op, operands = e.subject.op, e.subject.operands
    if op is None:
        return True
    domains = [op.domains[min(i, len(op.domains) - 1)] for i in range(len(operands))]
    return op.smooth and all(bool(np.all(domains[i].is_smooth(operands[i])))
                             for i in e.subject.moving)  # fmt: skip


def _direction(subject: Subject, i: int, seed: int) -> dict[int, Array]:
    """A way to move one input: every entry by about its own size, or by that of its array to 1."""
    x: Array = subject.operands[i]
    size = np.maximum(np.abs(x), min(1.0, float(np.abs(x).max(initial=0.0)) or 1.0))
    signs = np.random.default_rng(seed + 1).choice([-1.0, 1.0], x.shape)
    return {i: size * signs * np.random.default_rng(seed).uniform(0.5, 1.0, x.shape)}


class Way:
    """<upstream, result> of the inputs moved by t along a way: derivatives by rule, by value."""

    def __init__(
        self, subject: Subject, upstreams: Sequence[Array], way: dict[int, Array]
    ) -> None:
        self.subject, self.upstreams, self.way = subject, upstreams, way
        self._rules: dict[int, Callable[[Any], Any]] = {0: self._along}
        self._ruled: dict[tuple[int, float], float] = {}
        self._line: dict[float, tuple[float, float] | None] = {}
        self._true: dict[int, Derivative] = {}
        largest = max(float(np.abs(step).max(initial=0.0)) for step in way.values())
        self.reach = 1.0 / largest if largest else 1.0

    @classmethod
    def of_entry(
        cls, subject: Subject, upstreams: Sequence[Array], i: int, place: tuple[int, ...]
    ) -> "Way":
        """One entry of one input, moved by t."""
        step = np.zeros(subject.operands[i].shape)
        step[place] = 1.0
        return cls(subject, upstreams, {i: step})

    def bends(self) -> bool:
        """Whether the function's second derivative differs on the two sides of the point."""
        return self.true(2).kinked

    def true(self, order: int) -> Derivative:
        """The derivative by values."""
        if order not in self._true:
            self._true[order] = derivative(self.line, order, self.reach)
        return self._true[order]

    def _moved(self, t: Any) -> list[Any]:
        operands = copies(self.subject.operands)
        return [x + t * self.way[i] if i in self.way else x for i, x in enumerate(operands)]

    def _along(self, t: Any) -> Any:
        moved = self._moved(t)
        op = self.subject.op
        out: Any = apply(op, tuple(moved)) if op else self.subject.run(*moved)
        outs = [x for x in (out if is_sequence(out) else (out,)) if x.dtype.kind == "f"]
        return sum(total(u * each) for u, each in zip(self.upstreams, outs, strict=True))

    def ruled(self, order: int, t: float = 0.0) -> float:
        """The rule's derivative at t."""
        if (order, t) not in self._ruled:
            for k in range(len(self._rules), order + 1):
                self._rules[k] = grad(self._rules[k - 1])
            with np.errstate(all="ignore"):
                self._ruled[order, t] = float(self._rules[order](t))
        return self._ruled[order, t]

    def line(self, t: float) -> tuple[float, float] | None:
        """The value, and the size of the terms that it is the sum of."""
        if t not in self._line:
            self._line[t] = self._measured(t)
        return self._line[t]

    def _measured(self, t: float) -> tuple[float, float] | None:
        try:
            with np.errstate(all="ignore"):
                outs = float_results(self.subject.run(*self._moved(t)))
                pairs = list(zip(self.upstreams, outs, strict=True))
                value = sum(float(np.sum(u * out)) for u, out in pairs)
                size = sum(float(np.sum(np.abs(u * out))) for u, out in pairs)
        except Exception:  # outside the domain
            return None
        return (value, size) if np.isfinite(value) else None

    def judged(self, order: int) -> _Judged:
        """The rule's derivative of one order beside that of the values."""
        found = self.ruled(order)
        true = UNKNOWN
        if self.line(0.0) is not None:
            true = self.true(order)
        size = max(abs(true.value), abs(found) if np.isfinite(found) else 0.0)
        lower = max(abs(self.ruled(k)) for k in range(order))
        usable = true.bar <= max(USABLE * size, ZERO * lower)
        if not usable or true.kinked or not true.confirmed or self._bent(order):
            return _Judged(found, true, size, False)
        slack = LOOSE * size
        if abs(found - true.value) <= slack + BARS * true.bar:
            return _Judged(found, true, size if true.bar <= USABLE * size else lower, True)
        if true.may_be(found, slack, SIDE_BARS):
            return _Judged(found, true, size, False)
        # That the numbers are right, and not the rule, the rule itself must show.
        jumps = self._jumps(order, found, true.value)
        wrong = jumps or self._strays() or self._differs_from_its_slope(order, found)
        return _Judged(found, true, size, False, wrong, jumps)

    def _bent(self, order: int) -> bool:
        """Whether the function has a kink in a derivative before this one."""
        return any(self.true(k).kinked for k in range(2, order))

    def _jumps(self, order: int, found: float, expected: float) -> bool:
        """Whether the rule's derivative jumps from what it is here to what is expected.

        A function that bends within a short way has the same values, and no jump.
        """
        gap = abs(found - expected) if np.isfinite(found) else np.inf
        for t in (sign * step for step in ROOM for sign in (-1.0, 1.0)):
            there = self.ruled(order, t)
            if not abs(there - expected) < min(gap, abs(expected) + 1.0) / 4:
                continue
            here, beyond = 0.0, t
            value = found
            while abs(beyond - here) > NARROW * abs(t) and abs(beyond - here) > EPS * abs(t):
                middle = (here + beyond) / 2
                at = self.ruled(order, middle)
                if abs(at - expected) < abs(at - value) or not np.isfinite(value):
                    beyond, there = middle, at
                else:
                    here, value = middle, at
            return not abs(there - value) <= JUMP * gap
        return False

    def _strays(self) -> bool:
        """Whether the first derivative is wrong next to the point."""
        for t in (sign * step for step in ROOM[-9:] for sign in (-1.0, 1.0)):
            true = self._slope(lambda s, t=t: (self.line(t + s) or (np.nan,))[0])
            if true is None:
                continue
            value, bar = true
            if abs(self.ruled(1, t) - value) > FIRST * abs(value) + 10 * bar:
                return True
        return False

    def _differs_from_its_slope(self, order: int, found: float) -> bool:
        """Whether differences of the rule's derivative before do not give this one."""
        true = self._slope(lambda t: self.ruled(order - 1, t))
        if true is None:
            return False
        value, bar = true
        return not abs(found - value) <= LOOSE * max(abs(value), abs(found)) + BARS * bar

    def _slope(self, function: Callable[[float], float]) -> tuple[float, float] | None:
        """A slope at 0 and its bar; None where numbers do not know it, or know of a kink."""

        def row(t: Array) -> Array | None:
            value = function(float(t))
            return np.array([value]) if np.isfinite(value) else None

        if row(np.zeros(())) is None:
            return None
        (found,) = slopes(row, np.zeros(()), [()], EPS)
        unknown = not np.isfinite(found.bar).all() or found.kinked.any()
        return None if unknown else (float(found.value[0]), float(found.bar[0]))


def _by_accident(subject: Subject, upstreams: Sequence[Array], i: int, order: int) -> bool:
    """Whether another line through the point is not wrong: then numbers were, not the rule."""
    try:
        return not Way(subject, upstreams, _direction(subject, i, 31)).judged(order).wrong
    except ChainruleError:
        return True


def _named(subject: Subject, e: Evidence, i: int, order: int, judged: _Judged) -> Finding:
    """The finding, with the entry that has it."""
    there = nearby(subject, 11)
    hidden = judged.jumps or _by_accident(there, e.upstreams, i, order)
    which = ORDINALS[order]
    finding = Finding(
        "hidden_kink" if hidden else "higher_order",
        f"the function is smooth here, but its derivative of the {which} order is that of a kink "
        "inside the formula; close by it is right."
        if hidden
        else f"the derivatives before are right, but that of the {which} order is not.",
        SMOOTH if hidden else "Look at the rule of each op that backward itself calls.",
        input=e.subject.names[i],
        found=judged.found,
        expected=judged.true.value,
        error_bar=judged.true.bar,
    )
    return _placed(finding, subject, e, i, order)


def _placed(finding: Finding, subject: Subject, e: Evidence, i: int, order: int) -> Finding:
    """With the entries whose value alone brings the fault back, all others moved a little."""
    x: Array = subject.operands[i]
    there = nearby(subject, 11).operands[i]
    guilty: list[tuple[int, ...]] = []
    for place in list(np.ndindex(x.shape))[:MOST_ENTRIES]:
        alone = there.copy()
        alone[place] = x[place]
        if not _by_accident(subject.with_operand(i, alone), e.upstreams, i, order):
            guilty.append(place)
    if not guilty:
        return finding
    finding = replace(finding, index=guilty[0], share=len(guilty) / x.size)
    alone = Way.of_entry(subject, e.upstreams, i, guilty[0]).judged(order)
    if not alone.wrong:
        return finding
    true = alone.true
    return replace(finding, found=alone.found, expected=true.value, error_bar=true.bar)


def _note(order: int, what: str) -> Finding:
    return Finding(
        "higher_order",
        f"there is no derivative of the {ORDINALS[order]} order: {what}",
        "First-order training does not need it.",
        severity="note",
    )
