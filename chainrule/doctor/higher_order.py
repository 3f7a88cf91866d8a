"""Third and fourth order: the derivatives along a line, each against slopes of the one before.

Imports differentiate, numbers and evidence. check asks it once the second order is right. It finds
the kink inside a smooth function: exp(-abs(x)) in a slope is right to the second order, and at 0
the third has the slope of abs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.differentiate import grad
from chainrule.doctor.evidence import Evidence, nearby
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.numbers import Slopes, slopes
from chainrule.doctor.second_order import SMOOTH
from chainrule.doctor.subject import Array, Subject
from chainrule.errors import ChainruleError
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.op import apply
from chainrule.spec import is_sequence

LOOSE = 1e-4  # relative error: a hidden kink is wrong by all of a derivative
BARS = 4
MOST_ENTRIES = 64  # of one input, among which the guilty one is looked for
ORDINALS = {2: "second", 3: "third", 4: "fourth"}


def higher_order(e: Evidence, order: int) -> tuple[list[Comparison], list[Finding]]:
    """Comparisons and findings from the third order up to ``order``."""
    comparisons: list[Comparison] = []
    if any(bool(true.kinked.any()) for true in e.expected.values()) or not _says_smooth(e):
        return [], []
    wide = e.subject.astype(np.float64)
    for i in e.subject.moving:
        if not wide.operands[i].size:
            continue
        for k, judged in _climbed(wide, e.upstreams, _direction(wide, i, 21), order):
            if isinstance(judged, Finding):
                return comparisons, [judged]
            comparisons.append(judged.comparison(e.subject.names[i], k))
            if not judged.agrees and not _by_accident(wide, e.upstreams, i, k):
                return comparisons, [_named(wide, e, i, k, judged)]
    return comparisons, []


@dataclass(frozen=True)
class _Judged:
    """A derivative along a line, and what it should be."""

    found: float
    expected: float
    bar: float
    size: float  # what errors are relative to

    @property
    def agrees(self) -> bool:
        return abs(self.found - self.expected) <= LOOSE * self.size + BARS * self.bar

    def comparison(self, name: str, order: int) -> Comparison:
        size = self.size or 1.0
        error = abs(self.found - self.expected) / size
        words = f"{ORDINALS[order]} order"
        return Comparison(name, words, error, self.bar / size, 1, 1, self.agrees)


def _says_smooth(e: Evidence) -> bool:
    """Whether the op has these derivatives, as far as it says itself."""
    op, operands = e.subject.op, e.subject.operands
    if op is None:
        return True
    domains = [op.domains[min(i, len(op.domains) - 1)] for i in range(len(operands))]
    return op.smooth and all(bool(np.all(domains[i].is_smooth(operands[i])))
                             for i in e.subject.moving)  # fmt: skip


def _direction(subject: Subject, i: int, seed: int) -> dict[int, Array]:
    """A way to move one input: every entry by about the largest one."""
    x: Array = subject.operands[i]
    size = float(np.abs(x).max(initial=0.0)) or 1.0
    signs = np.random.default_rng(seed + 1).choice([-1.0, 1.0], x.shape)
    return {i: size * signs * np.random.default_rng(seed).uniform(0.5, 1.0, x.shape)}


def _climbed(
    subject: Subject, upstreams: Sequence[Array], way: dict[int, Array], order: int
) -> Iterator[tuple[int, _Judged | Finding]]:
    """Order after order from the third, until numbers know the next one no more."""
    along = _line(subject, upstreams, way)
    for k in range(2, order + 1):
        try:
            with np.errstate(all="ignore"):
                true = _slope(_derived(along, k - 1))
                if true is None:
                    return
                found = float(_derived(along, k)(0.0))
        except ChainruleError as error:
            yield k, _note(k, error.what)
            return
        if k > 2:
            yield k, _judged(found, true)


def _line(
    subject: Subject, upstreams: Sequence[Array], way: dict[int, Array]
) -> Callable[[Any], Any]:
    """<upstream, result> of the inputs moved by t along a way: a function of the number t."""
    total = CATALOGUE.function("sum")

    def along(t: Any) -> Any:
        moved = [x + t * way[i] if i in way else x for i, x in enumerate(subject.operands)]
        out: Any = apply(subject.op, tuple(moved)) if subject.op else subject.run(*moved)
        outs = [x for x in (out if is_sequence(out) else (out,)) if x.dtype.kind == "f"]
        return sum(total(u * each) for u, each in zip(upstreams, outs, strict=True))

    return along


def _derived(along: Callable[[Any], Any], order: int) -> Callable[[Any], Any]:
    for _ in range(order):
        along = grad(along)
    return along


def _slope(along: Callable[[Any], Any]) -> Slopes | None:
    """The slope at 0 by numbers; None where they do not know it, or know of a kink."""

    def row(t: Array) -> Array | None:
        value = float(along(float(t)))
        return np.array([value]) if np.isfinite(value) else None

    if row(np.zeros(())) is None:
        return None
    found = slopes(row, np.zeros(()), (), float(np.finfo(float).eps))
    unknown = not np.isfinite(found.bar).all() or found.kinked.any()
    return None if unknown else found


def _judged(found: float, true: Slopes) -> _Judged:
    value, bar = float(true.value[0]), float(true.bar[0])
    return _Judged(found, value, bar, max(abs(value), abs(found) if np.isfinite(found) else 0.0))


def _by_accident(subject: Subject, upstreams: Sequence[Array], i: int, order: int) -> bool:
    """Whether another line through the point agrees: then numbers were wrong, not the rule."""
    for k, judged in _climbed(subject, upstreams, _direction(subject, i, 31), order):
        if k == order and isinstance(judged, _Judged):
            return judged.agrees
    return True


def _named(subject: Subject, e: Evidence, i: int, order: int, judged: _Judged) -> Finding:
    """The finding, with the entry that has it."""
    there = nearby(subject, 11)
    hidden = _by_accident(there, e.upstreams, i, order)
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
        expected=judged.expected,
        error_bar=judged.bar,
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
    return replace(finding, index=guilty[0], share=len(guilty) / x.size)


def _note(order: int, what: str) -> Finding:
    return Finding(
        "higher_order",
        f"there is no derivative of the {ORDINALS[order]} order: {what}",
        "First-order training does not need it.",
        severity="note",
    )
