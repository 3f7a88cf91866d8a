"""Contracts: what every backward keeps before its numbers are looked at.

Imports evidence and rules. examination.py asks each in order; what breaks one is reported as that.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.evidence import Evidence
from chainrule.doctor.finding import Finding
from chainrule.doctor.rules import Answer, answer, backward, random_upstreams
from chainrule.doctor.subject import Array, Subject, copies, op_subject
from chainrule.spec import is_sequence

Contract = Callable[[Evidence], Iterator[Finding]]
STEP = 1e-4  # of the difference that looks for state, relative to the inputs
WRONG = 1e-2  # relative error that no such difference explains
RUNS = 3  # of the same backward, to see whether it repeats itself


def raises(e: Evidence) -> Iterator[Finding]:
    """Backward must return."""
    if e.answer.error is not None:
        error = e.answer.error
        yield Finding(
            "unknown",
            f"backward raised {type(error).__name__}: {str(error).splitlines()[0]}"
            if str(error)
            else f"backward raised {type(error).__name__}.",
            "Its parameters are upstream, the inputs in their order, and out; the shapes here are "
            f"{_shapes(e)}.",
        )


def _shapes(e: Evidence) -> str:
    named = zip(e.subject.names, e.subject.operands, strict=True)
    inputs = ", ".join(f"{name} {np.shape(x)}" for name, x in named if x is not None)
    return f"upstream {', '.join(str(u.shape) for u in e.upstreams)}, {inputs}"


def count(e: Evidence) -> Iterator[Finding]:
    """One entry per input."""
    found, wanted = len(e.answer.entries), len(e.subject.operands)
    if found != wanted:
        yield Finding(
            "wrong_count",
            f"backward returned {found} gradients for {wanted} inputs.",
            f"Return one entry for each of {', '.join(e.subject.names)}; None where an input has "
            "no gradient.",
            found=found,
            expected=wanted,
        )


def mutates(e: Evidence) -> Iterator[Finding]:
    """Inputs and upstream belong to others."""
    for name in e.answer.changed:
        yield Finding(
            "mutates_input",
            f"{name} was written into: its values after the run are not those before.",
            "Others still read this array. Work on a copy, x.copy(), or use the form of the "
            "operation that returns a new array (x = x * y, not x *= y).",
            input=name.removesuffix(" (by forward)"),
        )


def repeats(e: Evidence) -> Iterator[Finding]:
    """The same inputs give the same result and gradients, whatever ran before."""
    subject = e.subject
    runs = [e.answer, *(answer(subject, e.upstreams) for _ in range(RUNS))]
    if not all(_equal(runs[0], run) for run in runs[1:]):
        if _drifts(runs):
            yield _stale("each run leaves something that the next one adds to")
        else:
            yield _random()
        return
    for elsewhere in ELSEWHERE:
        kept = _kept_from(e, [elsewhere(x) if i in subject.moving else x for i, x in _each(e)])
        if kept:
            yield _stale(kept)
            return


def _each(e: Evidence) -> Iterator[tuple[int, Any]]:
    return enumerate(e.subject.operands)


def _kept_from(e: Evidence, elsewhere: Sequence[Any]) -> str:
    """How an answer shows that forward ran elsewhere in between; empty if it does not."""
    subject, operands = e.subject, copies(e.subject.operands)
    try:
        with np.errstate(all="ignore"):
            out = subject.run(*operands)
            again = subject.at(elsewhere)
            upstreams = random_upstreams(again, 9)
            there = answer(again, upstreams)
            late = backward(subject, operands, copies(e.upstreams), out)
            pristine = answer(_fresh(again), upstreams)
    except Exception:  # the other point was only to leave something behind
        return ""
    if not _equal(e.answer, Answer(e.answer.out, late.entries)):
        return "backward answered otherwise after forward had run on other inputs"
    if not _equal(there, pristine):
        return "an op that had run before answered otherwise than a new one"
    if _differs_elsewhere(e, elsewhere, there, upstreams):
        return "what is right at the first inputs is wrong at the next ones"
    return ""


def _fresh(subject: Subject) -> Subject:
    """The subject with its op as it was before the first run."""
    if subject.pristine is None:
        return subject
    return op_subject(copy.deepcopy(subject.pristine), subject.operands)


def _moved(x: Any) -> Any:
    return np.asarray(x * 1.25 + 0.125, x.dtype)


def _mirrored(x: Any) -> Any:
    return np.asarray(-x, x.dtype)


ELSEWHERE = (_moved, _mirrored)  # signs may be all that was kept


def _equal(one: Answer, other: Answer) -> bool:
    pairs = zip(_arrays(one), _arrays(other), strict=False)
    return len(_arrays(one)) == len(_arrays(other)) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in pairs
    )


def _arrays(given: Answer) -> list[Array]:
    outs: Sequence[Any] = given.out if is_sequence(given.out) else (given.out,)
    numbers = [np.asarray(x) for x in (*outs, *given.entries) if x is not None]
    return [x for x in numbers if x.dtype.kind in "fiub"]


def _drifts(runs: list[Answer]) -> bool:
    """Whether every run goes on from the one before: the steps between them keep their ratio."""
    listed = [_arrays(run) for run in runs]
    if len({len(arrays) for arrays in listed}) > 1:
        return False
    for arrays in zip(*listed, strict=True):
        if len({a.shape for a in arrays}) > 1 or not arrays[0].size:
            return False
        rows = np.array([np.ravel(a).astype(float) for a in arrays])
        steps = np.diff(rows, axis=0)
        size = np.abs(rows).max(initial=0.0)
        with np.errstate(all="ignore"):
            ratio = np.nan_to_num(np.median(steps[1:] / steps[:-1]))
        if not np.allclose(steps[1:], ratio * steps[:-1], rtol=1e-6, atol=1e-9 * size):
            return False
    return True


def _random() -> Finding:
    return Finding(
        "nondeterministic",
        "two runs on the same inputs gave different answers.",
        "Take random numbers from a key that is an input (cr.key, ops.random), so that forward, "
        "backward and every repetition draw the same.",
    )


def _differs_elsewhere(
    e: Evidence, elsewhere: Sequence[Any], there: Answer, upstreams: Any
) -> bool:
    """Whether the comparison elsewhere fails; what cannot run there says nothing."""
    try:
        with np.errstate(all="ignore"):
            return _wrong_elsewhere(e, elsewhere, there, upstreams)
    except Exception:  # the other point may lie outside the domain
        return False


def _wrong_elsewhere(e: Evidence, elsewhere: Sequence[Any], there: Answer, upstreams: Any) -> bool:
    """Whether an op with something to remember is right here and wrong elsewhere.

    An op that is made of plain numbers is not asked: its rule may have a domain.
    """
    if not _can_remember(e.subject.op):
        return False
    rng = np.random.default_rng(3)
    moving = e.subject.moving
    directions: dict[int, Any] = {i: rng.normal(size=elsewhere[i].shape) for i in moving}

    def projected(step: float) -> float:
        moved = [x + step * directions[i] if i in moving else x for i, x in enumerate(elsewhere)]
        out: Any = e.subject.run(*moved)
        outs: Sequence[Any] = out if is_sequence(out) else (out,)
        dots: list[Any] = [np.vdot(u, o) for u, o in zip(upstreams, outs, strict=True)]
        return float(sum(dots))

    slope = (projected(STEP) - projected(-STEP)) / (2 * STEP)
    entries: list[Any] = [there.entries[i] for i in moving]
    if any(entry is None for entry in entries):
        return False
    pairs = zip(entries, directions.values(), strict=True)
    terms: list[Any] = [np.vdot(entry, direction) for entry, direction in pairs]
    return abs(sum(terms) - slope) > WRONG * (abs(slope) + sum(map(abs, terms)))


def _can_remember(op: Any) -> bool:
    """Whether forward or backward reads a list, dict or set that outlives a call."""
    for name in ("forward", "backward"):
        method: Any = getattr(op, name, None)
        cells: Any = getattr(method, "__closure__", None) or ()
        names: Any = getattr(getattr(method, "__code__", None), "co_names", ())
        around: Any = getattr(method, "__globals__", {})
        read = [*(cell.cell_contents for cell in cells), *(around.get(each) for each in names)]
        if any(isinstance(x, list | dict | set) for x in read):
            return True
    return False


def _stale(what: str) -> Finding:
    return Finding(
        "stale_state",
        f"{what}: it reads something that an earlier call has kept.",
        "Keep nothing on the op, its class or its module: backward is given the inputs and out, "
        "and one op serves many nodes of a graph.",
    )


def dtypes(e: Evidence) -> Iterator[Finding]:
    """A gradient has the element type of its input."""
    yield from _dtypes(e.subject, e.answer)


def _dtypes(subject: Subject, given: Answer) -> Iterator[Finding]:
    for i in subject.moving:
        entry = given.entries[i] if i < len(given.entries) else None
        kind, x, name = getattr(entry, "dtype", None), subject.operands[i], subject.names[i]
        if kind is None or kind == x.dtype or subject.wide:
            continue
        yield Finding(
            "wrong_dtype",
            f"for {name} of {x.dtype} backward returned a gradient of {kind}.",
            "A gradient has the dtype of its input. Python's numbers keep it; np.float64 numbers "
            f"and new arrays do not: return gradient.astype({name}.dtype).",
            input=name,
            found=str(kind),
            expected=str(x.dtype),
        )


def float32(e: Evidence) -> Iterator[Finding]:
    """Notes: where a rule that was checked in float64 does not keep float32."""
    for subject, given in _single(e):
        yield from (replace(finding, severity="note") for finding in _dtypes(subject, given))


def _single(e: Evidence) -> Iterator[tuple[Subject, Answer]]:
    """A run in float32, where forward keeps it."""
    if any(e.subject.operands[i].dtype != np.float64 for i in e.subject.moving):
        return
    subject = e.subject.astype(np.float32)
    try:
        upstreams = random_upstreams(subject, 0)
        if all(u.dtype == np.float32 for u in upstreams):
            yield subject, answer(subject, upstreams)
    except Exception:
        return


CONTRACTS: tuple[Contract, ...] = (raises, count, mutates, repeats, dtypes)
