"""Rules: the written backward is run as it stands, and what it answered is kept untouched.

Imports subject. evidence.py, contracts.py and the hypotheses look at answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.doctor.subject import Array, Subject, copies, is_array, like
from chainrule.graph.op.downstream import summed_to
from chainrule.spec import is_sequence


@dataclass(frozen=True, eq=False)
class Answer:
    """What one run of forward and backward gave.

    Parameters
    ----------
    out : anything
        What forward returned.
    entries : list
        What backward returned, one entry per input, functions called; empty if it raised.
    error : Exception, optional
        What backward raised.
    changed : tuple of str
        Inputs, or "upstream", that forward or backward wrote into.
    """

    out: Any
    entries: list[Any]
    error: Exception | None = None
    changed: tuple[str, ...] = ()


def answer(subject: Subject, upstreams: tuple[Array, ...]) -> Answer:
    """Run forward, then the written backward, on copies."""
    operands, given = copies(subject.operands), copies(upstreams)
    with np.errstate(all="ignore"):
        out = subject.run(*operands)
        changed = _changed(subject, operands, " (by forward)")
        return backward(subject, operands, given, out, changed)


def backward(
    subject: Subject,
    operands: Sequence[Any],
    given: Sequence[Array],
    out: Any,
    changed: tuple[str, ...] = (),
) -> Answer:
    """Run the written backward on values that it may write into, and see whether it did."""
    before, kept = copies(given), copies(operands)
    try:
        entries = gradients(subject, operands, given, out)
    except Exception as error:
        return Answer(out, [], error, changed)
    names = (*subject.names, *("upstream" for _ in given))
    pairs = zip(names, (*kept, *before), (*operands, *given), strict=False)
    written = tuple(name for name, old, new in pairs if not _same(old, new))
    entries = [entry.copy() if is_array(entry) else entry for entry in entries]
    return Answer(out, entries, None, tuple(dict.fromkeys((*changed, *written))))


def gradients(
    subject: Subject, operands: Sequence[Any], given: Sequence[Array], out: Any
) -> list[Any]:
    """What the written backward returns, functions called; it may write into what it is given."""
    with np.errstate(all="ignore"):
        entries: Any = subject.rule(tuple(given), operands, out)
        entries = list(entries) if is_sequence(entries) else [entries]
        return [
            (entry() if i in subject.moving else None) if callable(entry) else entry
            for i, entry in enumerate(entries)
        ]


def _changed(subject: Subject, operands: Sequence[Any], who: str) -> tuple[str, ...]:
    pairs = zip(subject.names, subject.operands, operands, strict=False)
    return tuple(name + who for name, old, new in pairs if not _same(old, new))


def _same(old: Any, new: Any) -> bool:
    if not is_array(old):
        return True
    return np.array_equal(old, new, equal_nan=old.dtype.kind in "fc")


def as_gradient(subject: Subject, entry: Any, x: Array) -> Array | None:
    """An entry as an array, summed to its input where the family of the op does so."""
    if entry is None:
        return None
    value = np.asarray(getattr(entry, "value", entry))
    if value.dtype.kind not in "fiub":
        return None
    if subject.wide and value.shape != x.shape:
        try:
            return np.asarray(summed_to(np.broadcast_to(value, _joint(value, x)), x.shape))
        except ValueError:
            return value
    return value


def _joint(value: Array, x: Array) -> tuple[int, ...]:
    return np.broadcast_shapes(value.shape, x.shape)


def random_upstreams(subject: Subject, seed: int) -> tuple[Array, ...]:
    """Upstream gradients of size 1/2 to 3/2 and either sign: none hides an error."""
    rng = np.random.default_rng(seed)
    outs = subject.outs()
    if subject.of_sum:
        return tuple(np.ones_like(out) for out in outs)
    return tuple(
        like(rng.choice([-1.0, 1.0], o.shape) * rng.uniform(0.5, 1.5, o.shape), o) for o in outs
    )
