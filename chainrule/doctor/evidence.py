"""Evidence: what a rule says beside what is true, at one point and for one upstream gradient.

Imports rules, subject and truth. examination.py collects it; the hypotheses read it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.doctor.rules import Answer, answer, as_gradient, random_upstreams
from chainrule.doctor.subject import Array, Subject, like
from chainrule.doctor.truth import Expected, Truth

LOOSE = 1e-8  # relative error in float64 from which a rule is wrong
ROUNDINGS = 1000  # of a coarser type that are allowed
BARS = 3  # error bars within which a rule is right
FLOOR = 1e-4  # of the tolerance, where every slope is 0


@dataclass(frozen=True, eq=False)
class Evidence:
    """One run of the rule, and the truth beside it.

    Parameters
    ----------
    subject : Subject
    truth : Truth
    upstreams : tuple of array
    answer : Answer
    found : tuple of (array or None)
        The written gradient of each input, as an array of whatever shape was returned.
    expected : dict of int to Expected
        The true gradient of each input that has one.
    """

    subject: Subject
    truth: Truth
    upstreams: tuple[Array, ...]
    answer: Answer
    found: tuple[Array | None, ...]
    expected: dict[int, Expected]

    @property
    def tolerance(self) -> float:
        """Allowed error relative to the size of a gradient's terms, by the coarsest type."""
        kinds = [self.subject.operands[i].dtype for i in self.subject.moving]
        kinds += [u.dtype for u in self.upstreams]
        eps = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0)
        return max(LOOSE, ROUNDINGS * eps)

    def shaped(self, position: int) -> Array | None:
        """The written gradient, if it has the shape of its input; zeros for None."""
        found = self.found[position]
        shape = self.subject.operands[position].shape
        if found is None:
            return np.zeros(shape)
        return found.astype(float) if found.shape == shape else None

    def wrong(self, position: int) -> Array | None:
        """Where the written gradient is not the true one; None if the shapes differ."""
        found, true = self.shaped(position), self.expected[position]
        if found is None:
            return None
        slack = self.slack(position)
        with np.errstate(all="ignore"):
            inside = (found >= true.low - slack) & (found <= true.high + slack)
        return true.known & ~inside

    def slack(self, position: int) -> Array:
        """The error that is allowed to each entry."""
        true = self.expected[position]
        slack = self.tolerance * (true.size + 1e-3 * true.scale) + BARS * true.bar
        if true.scale > 0:
            return slack
        # All slopes are 0, and rounding on the way to 0 is relative to what was subtracted.
        largest = max((float(np.abs(u).max(initial=0.0)) for u in self.upstreams), default=0.0)
        return slack + FLOOR * self.tolerance * largest

    def fits(self, candidate: Any, position: int, found: Any = None) -> bool:
        """Whether a hypothetical gradient is the written one, where the truth is smooth."""
        found = self.found[position] if found is None else found
        if found is None or candidate is None or np.shape(candidate) != np.shape(found):
            return False
        true = self.expected.get(position)
        smooth: Any = True
        slack: Any = 0.0
        if true is not None and true.value.shape == np.shape(found):
            smooth = true.known & ~true.kinked & np.isfinite(candidate)
            slack = np.where(true.known, BARS * true.bar, 0.0)
        size = np.abs(np.where(np.isfinite(candidate), candidate, 0.0)).max(initial=0.0)
        with np.errstate(all="ignore"):
            near = np.abs(candidate - found) <= 100 * self.tolerance * size + slack
        return bool(near[np.broadcast_to(smooth, near.shape)].all()) and bool(np.any(smooth))

    def another(self, upstreams: tuple[Array, ...]) -> "tuple[Array | None, ...]":
        """The written gradients for another upstream gradient."""
        return _found(self.subject, answer(self.subject, upstreams))


def evidence(subject: Subject, seed: int = 0, truth: Truth | None = None) -> Evidence:
    """Run the rule at a point, and measure what it should have said."""
    truth = truth or Truth(subject)
    upstreams = random_upstreams(subject, seed)
    given = answer(subject, upstreams)
    expected = {i: truth.expected(i, upstreams) for i in subject.moving}
    return Evidence(subject, truth, upstreams, given, _found(subject, given), expected)


def _found(subject: Subject, given: Answer) -> tuple[Array | None, ...]:
    padded = [*given.entries, *[None] * len(subject.operands)][: len(subject.operands)]
    return tuple(
        as_gradient(subject, entry, x) if i in subject.moving else None
        for i, (entry, x) in enumerate(zip(padded, subject.operands, strict=True))
    )


def nearby(subject: Subject, seed: int) -> Subject:
    """The same subject at a point close by, where no accident of the first one holds."""
    rng = np.random.default_rng(seed)
    moved = list(subject.operands)
    for i in subject.moving:
        x: Any = moved[i]
        largest = float(np.abs(x).max(initial=0.0)) or 1.0
        spread = (float(np.ptp(x)) if x.size else 0.0) or largest
        step = 0.06 * np.minimum(np.where(x == 0, largest, np.abs(x)), spread)
        moved[i] = like(x + step * rng.uniform(-1, 1, x.shape), x)
    return subject.at(moved)
