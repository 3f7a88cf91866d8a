"""Precision: whether a rule that is right in a wider type loses its digits in the given one.

Imports evidence and rules. judge.py asks about a wrong gradient, check about the tails of a
right one.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.evidence import BARS, LOOSE, Evidence
from chainrule.doctor.finding import Finding
from chainrule.doctor.rules import answer, as_gradient
from chainrule.doctor.subject import Array, Subject

MUCH = 1e-2  # share of the error that a wider type may leave
ROUNDINGS = 1e4  # last digits of a slope, and of its input, that may be lost
ADVICE = (
    "The formula is right and its arithmetic is not: it subtracts nearly equal numbers, or "
    "overflows on the way. Write it in a form without the cancellation: s(x) * s(-x) for "
    "s * (1 - s), 1 / cosh(x)**2 for 1 - tanh(x)**2, expm1 and log1p, two passes for a variance."
)


def wider(dtype: Any) -> Any:
    """The type in which a rule is run again."""
    return (
        np.float64 if np.dtype(dtype).itemsize < np.dtype(np.float64).itemsize else np.longdouble
    )


def gradient_in(e: Evidence, subject: Subject, i: int, dtype: Any) -> Array | None:
    """The written gradient, computed in another type; None where the rule does not take it."""
    try:
        given = answer(subject.astype(dtype), tuple(u.astype(dtype) for u in e.upstreams))
        found = as_gradient(subject, given.entries[i], subject.operands[i])
    except Exception:
        return None
    return found if found is not None and found.dtype == dtype else None


def loses_digits(e: Evidence, i: int) -> Finding | None:
    """A gradient that is wrong here and right in a wider type."""
    dtype = wider(e.subject.operands[i].dtype)
    found = gradient_in(e, e.subject, i, dtype)
    true = e.expected[i]
    if found is None or found.shape != true.value.shape:
        return None
    slack = LOOSE * (true.size + 1e-3 * true.scale) + BARS * true.bar
    with np.errstate(all="ignore"):
        right = (found >= true.low - slack) & (found <= true.high + slack)
        narrow, far = e.shaped(i), np.maximum(true.low - found, found - true.high)
    if narrow is None:
        return None
    with np.errstate(all="ignore"):
        before = np.maximum(true.low - narrow, narrow - true.high)
        right |= far <= MUCH * before
    if not right[true.known].all():
        return None
    kind = e.subject.operands[i].dtype
    return Finding("precision", f"right in {np.dtype(dtype)}, but not in {kind}.", ADVICE)


def loses_its_tail(e: Evidence, i: int) -> Finding | None:
    """An elementwise slope whose error is far beyond what its input's last digit moves."""
    narrow, x = e.shaped(i), e.subject.operands[i]
    if narrow is None or not x.size or not _elementwise(e, i):
        return None
    dtype = wider(x.dtype)
    wide = gradient_in(e, e.subject, i, dtype)
    if wide is None or wide.shape != x.shape:
        return None
    limits = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        moved = np.asarray(x.astype(dtype) * (1 + dtype(limits.eps)))
        near = _moved(e, i, moved, dtype)
        if near is None:
            return None
        allowed = ROUNDINGS * (limits.eps * np.abs(wide) + np.abs(near - wide))
        smooth = e.expected[i].known & ~e.expected[i].kinked
        normal = np.abs(wide) > float(limits.tiny) / float(limits.eps)
        lost = smooth & normal & np.isfinite(wide) & (np.abs(narrow - wide) > allowed)
    if not lost.any():
        return None
    with np.errstate(all="ignore"):
        relative = np.where(lost, np.abs(narrow - wide) / np.abs(wide), 0.0)
    place = tuple(int(k) for k in np.unravel_index(int(relative.argmax()), lost.shape))
    return Finding(
        "precision",
        f"the gradient has lost {_digits(float(relative[place]))} at this input: in "
        f"{np.dtype(dtype)} the same rule answers otherwise.",
        ADVICE,
        input=e.subject.names[i],
        index=place,
        found=float(narrow[place]),
        expected=float(wide[place]),
        error_bar=float(allowed[place]),
        share=float(lost.mean()),
    )


def _digits(relative: float) -> str:
    left = int(-np.log10(relative)) if 0 < relative < 1 else 0
    return "all its digits" if left == 0 else f"all but {left} digits"


def _moved(e: Evidence, i: int, x: Array, dtype: Any) -> Array | None:
    operands = e.subject.astype(dtype).operands
    subject = replace(e.subject, operands=(*operands[:i], x, *operands[i + 1 :]))
    return gradient_in(e, subject, i, dtype)


def _elementwise(e: Evidence, i: int) -> bool:
    """Whether each entry reaches one result, and each result is reached by one entry."""
    jacobian = e.truth.jacobian(i)
    if jacobian is None or len(e.upstreams) != 1:
        return False
    present = jacobian != 0
    return bool((present.sum(0) <= 1).all() and (present.sum(1) <= 1).all())
