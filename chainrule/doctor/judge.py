"""Judge: holds every written gradient against the truth, and names what is wrong with it.

Imports evidence, kinks, precision and the hypotheses. check calls it for ops and functions.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.digits import loses_digits
from chainrule.doctor.elementary import Diagnosis, not_linear_in_upstream
from chainrule.doctor.evidence import Evidence, evidence, nearby
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.higher_order import Way
from chainrule.doctor.hypotheses import OF_SHAPES, OF_VALUES, diagnose
from chainrule.doctor.kinks import crossed
from chainrule.doctor.subject import Array, Subject
from chainrule.doctor.ties import together
from chainrule.doctor.truth import Truth
from chainrule.errors import a_kind

DIGITS = 4  # last digits by which an input may be off
AROUND = 16  # points next to a kink
NEXT = 1e-4  # how far they are, relative to the largest entry
ROUGH = 1e-3  # the slope changes on the way
MOST_CROSSINGS = 64  # wrong entries of one input whose sides are looked at


def judge(e: Evidence) -> list[Finding]:
    """What is wrong with the gradient of each input."""
    found = [_judge_input(e, i) for i in e.subject.moving]
    findings = [finding for finding in found if finding is not None]
    return findings or [finding for finding in (together(e),) if finding is not None]


def nonlinear(e: Evidence) -> list[Finding]:
    """Where a gradient that is right for this upstream is not for a larger or a smaller one."""
    found = ((i, not_linear_in_upstream(e, i)) for i in e.subject.moving)
    return [
        _of("not_linear_in_upstream", diagnosis, input=e.subject.names[i])
        for i, diagnosis in found
        if diagnosis is not None
    ]


def compare(e: Evidence, i: int, compared: str) -> Comparison:
    """The written gradient of one input beside the true one, in figures."""
    true, found, wrong = e.expected[i], e.shaped(i), e.wrong(i)
    if found is None or wrong is None:
        return Comparison(e.subject.names[i], compared, np.inf, 0.0, true.value.size, 0, False)
    scale = np.maximum(true.size, 1e-3 * true.scale)
    scale = np.where(scale > 0, scale, 1.0)
    with np.errstate(all="ignore"):
        error = np.maximum(np.maximum(true.low - found, found - true.high), 0.0) / scale
        bar = true.bar / scale
    known = true.known
    return Comparison(
        e.subject.names[i],
        compared,
        float(np.max(error[known], initial=0.0)),
        float(np.max(bar[known], initial=0.0)),
        found.size,
        int(known.sum()),
        not wrong.any(),
    )


def _judge_input(e: Evidence, i: int) -> Finding | None:
    name, true = e.subject.names[i], e.expected[i]
    entry = e.answer.entries[i]
    if entry is None:
        return _none(e, i)
    found = e.found[i]
    if found is None:
        return Finding(
            "wrong_dtype",
            f"backward returned {a_kind(entry)} for {name}, not an array of numbers.",
            "Return an array of the shape and dtype of the input, or None.",
            input=name,
        )
    if found.shape != true.value.shape:
        return _shape(e, i, found)
    wrong = e.wrong(i)
    if wrong is None or not wrong.any():
        return None
    wrong &= ~_ill_conditioned(e, i)
    return _values(e, i, wrong) if wrong.any() else None


def _ill_conditioned(e: Evidence, i: int) -> Array:
    """Where the last digit of the inputs moves the true gradient as far as this one is wrong."""
    moved = list(e.subject.operands)
    for j in e.subject.moving:
        moved[j] = np.asarray(moved[j] * (1 + DIGITS * np.finfo(moved[j].dtype).eps))
    found, true = e.shaped(i), e.expected[i]
    try:
        there = Truth(e.subject.at(moved)).expected(i, e.upstreams)
    except Exception:  # the point next to a valid one need not be valid
        return np.zeros(true.value.shape, bool)
    assert found is not None
    with np.errstate(all="ignore"):
        outside = np.maximum(true.low - found, found - true.high)
        return there.known & (outside <= np.abs(there.value - true.value) * DIGITS)


def _none(e: Evidence, i: int) -> Finding | None:
    wrong = e.wrong(i)
    if wrong is None or not wrong.any():
        return None
    name = e.subject.names[i]
    return _placed(
        e, i, wrong,
        Finding(
            "none_returned",
            f"backward returned None for {name}, but the result depends on it.",
            f"Return the gradient of {name}; None says that there is none.",
        ),
    )  # fmt: skip


def _shape(e: Evidence, i: int, found: Array) -> Finding:
    named = diagnose(OF_SHAPES, (e,), i)
    shapes: dict[str, Any] = {
        "found": str(found.shape),
        "expected": str(e.expected[i].value.shape),
    }
    name = e.subject.names[i]
    if named is not None:
        kind, diagnosis = named
        return _of(kind, diagnosis, input=name, **shapes)
    return Finding(
        "wrong_shape",
        f"the gradient of {name} has the shape {found.shape}, but {name} has "
        f"{e.expected[i].value.shape}.",
        "A gradient has the shape of its input.",
        input=name,
        **shapes,
    )


def _values(e: Evidence, i: int, wrong: Array) -> Finding | None:
    true, found = e.expected[i], e.shaped(i)
    assert found is not None
    broken = wrong & ~np.isfinite(found) & np.isfinite(true.low) & np.isfinite(true.high)
    if broken.any():
        return _placed(e, i, broken, _non_finite(e, i, found[broken]))
    lost = loses_digits(e, i)
    if lost is not None:
        return _placed(e, i, wrong, lost)
    points = [e, *_others(e.subject)]
    isolated = len(points) > 1 and not any(_is_wrong(other, i) for other in points[1:])
    smooth = wrong & ~true.kinked & ~_crossing(e, i, wrong)
    if not smooth.any():
        at_kinks = wrong & ~_is_a_limit(e, i)
        return _placed(e, i, at_kinks, _at_kink(e, i)) if at_kinks.any() else None
    if isolated:
        bent = _bends(e, i, smooth)
        return _placed(e, i, smooth, _at_kink(e, i) if bent else _wrong_branch())
    named = diagnose(OF_VALUES, points, i)
    if named is None:
        return _placed(e, i, smooth, _unknown(e, i))
    kind, diagnosis = named
    return _placed(e, i, smooth, _of(kind, diagnosis))


def _is_wrong(e: Evidence, i: int) -> bool:
    wrong = e.wrong(i)
    return wrong is None or bool(wrong.any())


def _others(subject: Subject) -> list[Evidence]:
    """Evidence at a point close by, where an accident of the first one does not hold."""
    try:
        other = evidence(nearby(subject, 11), seed=12)
    except Exception:
        return []
    valid = all(true.known.any() or not true.value.size for true in other.expected.values())
    return [other] if valid and other.answer.error is None else []


def _crossing(e: Evidence, i: int, wrong: Array) -> Array:
    """Wrong entries that no step leaves on one side of every kink, though differences saw none."""
    found = np.zeros(wrong.shape, bool)
    if e.subject.formula is None:
        return found
    for place in np.argwhere(wrong & ~e.expected[i].kinked)[:MOST_CROSSINGS]:
        at = tuple(int(k) for k in place)
        found[at] = bool(crossed(e.subject, i, at))
    return found


def _is_a_limit(e: Evidence, i: int) -> Array:
    """Whether a gradient lies between those at smooth points all around the kink.

    One-sided slopes move one entry at a time. Where several results meet, as in a sort of equal
    numbers, gradients at points next to it may be what no single entry shows.
    """
    rng, true, found = np.random.default_rng(13), e.expected[i], e.shaped(i)
    assert found is not None
    low, high = true.low.copy(), true.high.copy()
    for _ in range(AROUND):
        moved = list(e.subject.operands)
        for j in e.subject.moving:
            x = moved[j].astype(float)
            reach = NEXT * (float(np.abs(x).max(initial=0.0)) or 1.0)
            moved[j] = x + reach * rng.uniform(-1, 1, x.shape)
        there = Truth(e.subject.at(moved)).expected(i, e.upstreams)
        usable = there.known
        low = np.where(usable, np.minimum(low, there.low), low)
        high = np.where(usable, np.maximum(high, there.high), high)
    slack = e.slack(i) + ROUGH * np.maximum(np.abs(low), np.abs(high))
    return (found >= low - slack) & (found <= high + slack)


def _at_kink(e: Evidence, i: int) -> Finding:
    return Finding(
        "wrong_at_kink",
        "at a kink the gradient is not between the slopes on its two sides.",
        "Any value between them is a subgradient; chainrule takes the one of least norm: "
        "relu'(0) = 0, |x|'(0) = 0, and ties of max share equally. Look at < and <=.",
    )


def _bends(e: Evidence, i: int, wrong: Array) -> bool:
    """Whether the function itself has a kink there, if only one of its slope."""
    wide = e.subject.astype(np.float64)
    places = [tuple(int(k) for k in place) for place in np.argwhere(wrong)[:MOST_CROSSINGS]]
    return any(Way.of_entry(wide, e.upstreams, i, place).bends() for place in places)


def _wrong_branch() -> Finding:
    return Finding(
        "wrong_branch",
        "the gradient is wrong here and right close by, where the function has no kink: the rule "
        "takes another branch than it should.",
        "Look at each where, maximum, abs and comparison of the rule, and at what it says on "
        "this side.",
    )


def _non_finite(e: Evidence, i: int, found: Array) -> Finding:
    what = "NaN" if np.isnan(found).any() else "infinite"
    return Finding(
        "non_finite",
        f"the gradient is {what} where the true one is a number.",
        "A branch that is not taken is computed too: 0 * inf is NaN. Choose a safe argument "
        "first, where(good, x, 1), and the result afterwards.",
    )


def _unknown(e: Evidence, i: int) -> Finding:
    return Finding(
        "unknown",
        "the gradient is wrong, and no hypothesis explains it.",
        "Derive it again, one operation at a time: downstream = upstream * local, summed where "
        "an input is read more than once.",
    )


def _of(kind: str, diagnosis: Diagnosis, **more: Any) -> Finding:
    factor = {"factor": diagnosis.key} if kind == "constant_factor" else {}
    return Finding(
        kind,
        diagnosis.what,
        diagnosis.advice,
        equals=diagnosis.equals,
        term=diagnosis.term,
        **factor,
        **more,
    )


def _placed(e: Evidence, i: int, wrong: Array, finding: Finding) -> Finding:
    """The finding with its worst entry, both values, the error bar and the share of entries."""
    true, found = e.expected[i], e.shaped(i)
    assert found is not None
    with np.errstate(all="ignore"):
        error = np.maximum(true.low - found, found - true.high)
        error = np.where(wrong, np.where(np.isfinite(error), error, np.inf), -1.0)
    place = tuple(int(k) for k in np.unravel_index(int(error.argmax()), error.shape))
    return replace(
        finding,
        input=e.subject.names[i],
        index=place,
        found=float(found[place]),
        expected=float(true.value[place]),
        error_bar=float(true.bar[place]),
        share=float(wrong.mean()),
    )
