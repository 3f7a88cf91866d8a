"""Structural hypotheses: broadcast copies, axes and indices that were forgotten.

Imports elementary and repairs. hypotheses.py asks them in order.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.doctor.elementary import Diagnosis, gradient_at
from chainrule.doctor.evidence import Evidence
from chainrule.doctor.repairs import another_axis, another_transposition, healed
from chainrule.doctor.subject import Array, is_array, is_float_array, op_subject
from chainrule.graph.op.downstream import summed_to

LEAST = 2  # entries that must agree
MOST_TERMS = 8  # that reach one entry, of which all sums are tried
SPARSE = 0.7  # share of entries and results that touch, up to which it may be a scatter


def missing_broadcast_sum(e: Evidence, i: int) -> Diagnosis | None:
    """The copies that broadcasting made of an input form a fork: their gradients add up."""
    found, x, name = e.found[i], e.subject.operands[i], e.subject.names[i]
    if found is None:
        return None
    summed = _summed(found, x.shape)
    if (
        summed is not None
        and found.size != x.size
        and e.fits(e.expected[i].value, i, found=summed)
    ):
        return Diagnosis(
            f"the gradient of {name} has the shape {found.shape} it was broadcast to, not its own "
            f"{x.shape}.",
            f"Sum it over the axes along which {name} was repeated (cr.sum_to).",
        )
    whole = _of_copies(e, i)
    if whole is None or found.shape != x.shape:
        return None
    for candidate in _some_copies(whole, x.shape):
        if e.fits(candidate, i):
            return Diagnosis(
                f"the gradient of {name} is that of one of its copies: {name} of shape {x.shape} "
                f"was repeated to {whole.shape}.",
                f"Sum over the axes along which {name} was repeated.",
            )
    return None


def _summed(found: Array, shape: tuple[int, ...]) -> Array | None:
    if found.shape == shape:
        return None
    extra = len(found.shape) - len(shape)
    fits = extra >= 0 and all(n in (1, m) for n, m in zip(shape, found.shape[extra:], strict=True))
    return np.asarray(summed_to(found.astype(float), shape)) if fits else None


def _of_copies(e: Evidence, i: int) -> Array | None:
    """The gradient of every copy, by handing forward the input as wide as the result."""
    x = e.subject.operands[i]
    shapes = [np.shape(y) for y in e.subject.operands if y is not None]
    for shape in dict.fromkeys([u.shape for u in e.upstreams] + shapes):
        try:
            wide = np.broadcast_to(x, shape).copy()
        except ValueError:
            continue
        if wide.shape != x.shape:
            whole = gradient_at(e, e.subject.with_operand(i, wide), i, e.upstreams)
            if whole is not None:
                return whole
    return None


def _some_copies(whole: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    """The first or last copy along some of the repeated axes, and the sum along the others."""
    extra = whole.ndim - len(shape)
    axes = [k for k in range(whole.ndim) if k < extra or shape[k - extra] != whole.shape[k]]
    for ways in itertools.product((0, -1, None, "mean"), repeat=len(axes)):
        part = whole
        for axis, way in zip(axes, ways, strict=True):
            if way is None:
                part = part.sum(axis, keepdims=True)
            elif isinstance(way, str):
                part = part.mean(axis, keepdims=True)
            else:
                part = np.take(part, [way], axis)
        if any(way is not None for way in ways):
            yield part.reshape(shape)


def wrong_axis(e: Evidence, i: int) -> Diagnosis | None:
    """The true gradient along another axis, or a rule that is right once an axis is changed."""
    op, name = e.subject.op, e.subject.names[i]
    if op is not None and "axis" in op.attributes:
        for axis in range(e.subject.operands[i].ndim):
            other = type(op)(**{a: getattr(op, a) for a in op.attributes} | {"axis": axis})
            subject = op_subject(other, e.subject.operands)
            value = gradient_at(e, subject, i, e.upstreams)
            if value is not None and e.fits(value, i):
                return _along(name, f"axis {axis}", getattr(op, "axis", None))
    x = e.subject.operands[i]
    reduces = any(u.ndim < x.ndim for u in e.upstreams)
    matrices = [y for y in e.subject.operands if is_float_array(y) and y.ndim >= 2]
    if x.ndim == 2 and len(matrices) == 1:
        turned = e.subject.with_operand(i, x.T.copy())
        upstreams = e.upstreams if reduces else tuple(u.T for u in e.upstreams)
        value = gradient_at(e, turned, i, upstreams)
        if (
            value is not None
            and not np.allclose(value.T, e.expected[i].value)
            and e.fits(value.T, i)
        ):
            return _along(name, "the other axis", None)
    if x.ndim == 1 and all(u.ndim == 2 and u.shape[0] == u.shape[1] for u in e.upstreams):
        value = gradient_at(e, e.subject, i, tuple(u.T.copy() for u in e.upstreams))
        if value is not None and e.fits(value, i):
            return _along(name, "the other axis of upstream", None)
    if healed(e, i, another_axis):
        return _along(name, "a wrong axis", None)
    return None


def _along(name: str, axis: str, own: Any) -> Diagnosis:
    meant = f"; this op works along {own}" if own is not None else ""
    return Diagnosis(
        f"the gradient of {name} is summed, normalised or repeated along {axis}{meant}.",
        "Check the axis= of each reduction in backward; with keepdims=True its result still "
        "stands where it belongs.",
    )


def transposed_inside(e: Evidence, i: int) -> Diagnosis | None:
    """A rule that is right once one matrix in it is transposed."""
    if not any(is_float_array(x) and x.ndim >= 2 for x in e.subject.operands):
        return None
    if not healed(e, i, another_transposition):
        return None
    return Diagnosis(
        "one matrix in this rule is transposed that should not be, or the other way round.",
        "For Y = X W: dL/dX = dL/dY W^T and dL/dW = X^T dL/dY.",
    )


def shifted_index(e: Evidence, i: int) -> Diagnosis | None:
    """The true gradient, one place further."""
    true, name = e.expected[i], e.subject.names[i]
    found = e.shaped(i)
    if true.complete and found is not None:
        for axis in range(true.value.ndim):
            for step in _steps(true.value.shape[axis]):
                if _is_moved(e, true.value, found, axis, step):
                    return _shift(f"the gradient of {name} is moved by {step} along axis {axis}.")
    for j, x in enumerate(e.subject.operands):
        if is_array(x) and x.dtype.kind in "iu":
            for moved in _moved_indices(x, e.subject.operands[i].shape):
                value = gradient_at(e, e.subject.with_operand(j, moved), i, e.upstreams)
                if value is not None and e.fits(value, i):
                    return _shift(f"the gradient of {name} is that of {e.subject.names[j]} +- 1.")
    return None


def _steps(length: int) -> list[int]:
    """Distances that leave at least half of an axis to compare, the shortest first."""
    return sorted((k for k in range(-(length // 2), length // 2 + 1) if k), key=abs)


def _is_moved(e: Evidence, true: Array, found: Array, axis: int, step: int) -> bool:
    """Whether the written gradient is the true one, rolled or pushed over the edge."""
    moved = np.roll(true, step, axis)
    length = true.shape[axis]
    inner = slice(step, length) if step > 0 else slice(0, length + step)
    kept = (slice(None),) * axis + (inner,)
    if moved[kept].size < LEAST or np.allclose(moved[kept], true[kept]):
        return False
    if np.ptp(true) <= e.tolerance * np.abs(true).max():
        return False
    size = np.abs(true).max()
    near = np.abs(moved - found) <= 100 * e.tolerance * size
    edge = (slice(None),) * axis + (slice(-step, None) if step > 0 else slice(0, -step),)
    near[edge] |= found[edge] == 0  # what was pushed over the other edge
    return bool(near[kept].all() and np.count_nonzero(found[kept]) >= LEAST)


def _moved_indices(x: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    for step, n in itertools.product((1, -1), dict.fromkeys(shape)):
        if n > 0:
            yield np.asarray((x.astype(int) + step) % n, x.dtype)
            yield np.asarray(np.clip(x.astype(int) + step, 0, n - 1), x.dtype)


def _shift(what: str) -> Diagnosis:
    return Diagnosis(
        what, "Look for an index that is off by one: the first element is 0, the last one n - 1."
    )


def one_of_the_copies(e: Evidence, i: int) -> Diagnosis | None:
    """Every element was read equally often, and got the gradient of one of its copies."""
    jacobian = e.truth.jacobian(i)
    if jacobian is None or not jacobian.size or any(_is_index(x) for x in e.subject.operands):
        return None
    counts = (np.abs(jacobian) > 1e-9 * np.abs(jacobian).max(initial=0.0)).sum(1)
    if counts.min() != counts.max() or scatter_last_wins(e, i) is None:
        return None
    name = e.subject.names[i]
    return Diagnosis(
        f"every element of {name} is read {counts[0]} times, and the gradient of one reading "
        "stands for all.",
        f"Sum the gradients of all {counts[0]} copies.",
        key=int(counts[0]),
    )


def _is_index(x: Any) -> bool:
    return is_array(x) and x.dtype.kind in "iu"


def scatter_last_wins(e: Evidence, i: int) -> Diagnosis | None:
    """An element that was picked twice got one of its gradients, not their sum."""
    jacobian, true = e.truth.jacobian(i), e.expected[i]
    if jacobian is None or e.shaped(i) is None or not jacobian.size:
        return None
    terms = jacobian * np.concatenate([np.ravel(u) for u in e.upstreams])
    present = np.abs(jacobian) > 1e-9 * np.abs(jacobian).max(initial=0.0)
    if not (present.sum(1) > 1).any():
        return None
    for last in (True, False):
        order = present[:, ::-1] if last else present
        first = order.argmax(1)
        which = terms.shape[1] - 1 - first if last else first
        one = np.where(present.any(1), terms[np.arange(len(terms)), which], 0.0)
        if e.fits(one.reshape(true.value.shape), i):
            return _overwritten(e.subject.names[i], "last" if last else "first")
    if _some_terms(e, i, terms, present):
        return _overwritten(e.subject.names[i], "last")
    return None


def _some_terms(e: Evidence, i: int, terms: Array, present: Array) -> bool:
    """Whether every entry that was reached more than once got the sum of only some of its terms.

    A rule that scatters in two statements adds them, and overwrites within each.
    """
    found, counts = e.shaped(i), present.sum(1)
    if found is None or counts.max() > MOST_TERMS or present.mean() > SPARSE:
        return False
    size = np.abs(terms).max(initial=0.0)
    flat: list[float] = np.ravel(found).tolist()
    for value, row, mask in zip(flat, terms, present, strict=True):
        sums: Array = np.zeros(1)
        for term in row[mask].tolist():
            sums = np.concatenate([sums, sums + term])
        legal = sums[1:] if mask.any() else sums
        if np.abs(legal - value).min(initial=np.inf) > 100 * e.tolerance * size:
            return False
    return True


def _overwritten(name: str, which: str) -> Diagnosis:
    return Diagnosis(
        f"where an element of {name} was picked more than once, only the {which} of its "
        "gradients arrived.",
        "g[index] = upstream overwrites at duplicates, and g[index] += upstream adds only once; "
        "np.add.at(g, index, upstream) adds them all.",
    )
