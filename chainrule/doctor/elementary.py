"""Elementary hypotheses: upstream ignored, sign, factor, transposed, swapped.

Imports evidence and truth. hypotheses.py asks them in order. Each takes evidence and the position
of an input whose gradient is wrong, and answers with a Diagnosis if it explains what was written.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose, log, pi, sqrt
from typing import Any

import numpy as np

from chainrule.doctor.evidence import Evidence
from chainrule.doctor.subject import Array, Subject, is_array, is_float_array, like
from chainrule.doctor.truth import Truth

SCALE = 1024.0  # a power of two, so that multiplying by it rounds nothing
MOST_VARIANTS = 16  # of transposed operands
FRACTIONS = {"2/3": 2 / 3, "3/4": 3 / 4, "2/5": 2 / 5, "3/5": 3 / 5, "4/5": 4 / 5}
NAMED = 1e-4  # relative distance within which a factor is called by a name


@dataclass(frozen=True)
class Diagnosis:
    """Why a gradient is wrong.

    ``key`` is what must be the same at another point, where the hypothesis is tried again.
    """

    what: str
    advice: str
    key: Any = None
    equals: str = ""
    term: str = ""


def upstream_ignored(e: Evidence, i: int) -> Diagnosis | None:
    """Another upstream gradient, the same answer."""
    found = e.found[i]
    if e.subject.of_sum or found is None or not found.size or not np.any(found):
        return None
    others = (
        tuple(2 * u for u in e.upstreams),
        tuple(u * (1 + k % 3) for k, u in _varied(e)),
        tuple(-u for u in e.upstreams),  # a rule that clips its upstream still sees the sign
    )
    answers = [e.another(upstreams)[i] for upstreams in others]
    if not all(x is not None and np.array_equal(x, found) for x in answers):
        return None
    return Diagnosis(
        "the gradient stays the same whatever upstream is.",
        "What backward returns is the local gradient alone. Multiply it by upstream: "
        "downstream = upstream * local.",
    )


def _varied(e: Evidence) -> Iterator[tuple[Any, Array]]:
    for u in e.upstreams:
        yield np.arange(u.size).reshape(u.shape), u


def not_linear_in_upstream(e: Evidence, i: int) -> Diagnosis | None:
    """A gradient is linear in upstream: it doubles with it, and sums go through it."""
    found = e.found[i]
    if e.subject.of_sum or found is None or not found.size:
        return None
    for factor in (SCALE, -1.0, 1 / SCALE):
        scaled = e.another(tuple(like(factor * u, u) for u in e.upstreams))[i]
        with np.errstate(all="ignore"):
            wanted = factor * found.astype(float)
        if not _is(scaled, wanted, e.tolerance):
            return _nonlinear(f"upstream times {factor:g} does not give {factor:g} times as much")
    rng = np.random.default_rng(5)
    other: tuple[Array, ...] = tuple(like(rng.uniform(-1, 1, u.shape), u) for u in e.upstreams)
    first = e.another(other)[i]
    both = e.another(tuple(u + v for u, v in zip(e.upstreams, other, strict=True)))[i]
    with np.errstate(all="ignore"):
        total = None if first is None else found.astype(float) + first
    if total is None or not _is(both, total, e.tolerance):
        return _nonlinear("the gradient of a sum of upstreams is not the sum of the gradients")
    return None


def _is(one: Array | None, other: Array, tolerance: float) -> bool:
    if one is None or one.shape != other.shape:
        return False
    known = np.isfinite(one) & np.isfinite(other)
    size = np.abs(other[known]).max(initial=0.0)
    return bool((np.abs(one[known] - other[known]) <= 10 * tolerance * size).all())


def _nonlinear(how: str) -> Diagnosis:
    return Diagnosis(
        f"{how}.",
        "backward is a matrix product with the Jacobian: it multiplies upstream once, and adds, "
        "clips or squares nothing of it.",
    )


def sign(e: Evidence, i: int) -> Diagnosis | None:
    """Minus the true gradient."""
    true = e.expected[i].value
    if not np.any(true) or not e.fits(-true, i):
        return None
    return Diagnosis("the gradient has the wrong sign.", "Negate it.")


def constant_factor(e: Evidence, i: int) -> Diagnosis | None:
    """The true gradient times one number."""
    found, true = e.shaped(i), e.expected[i]
    if found is None:
        return None
    smooth = true.known & ~true.kinked & np.isfinite(found)
    t, f = true.value[smooth], found[smooth]
    power = float(t @ t)
    if not power or not np.any(f):
        return None
    factor = float(t @ f) / power
    if abs(factor - 1) <= 10 * e.tolerance or not e.fits(factor * true.value, i):
        return None
    name = named(factor, e.subject)
    called = f", which is {name}" if name else ""
    return Diagnosis(
        f"the gradient is {factor:.6g} times the true one{called}.",
        f"Divide it by {name or format(factor, '.6g')}.",
        key=factor,
        equals=name,
    )


def named(factor: float, subject: Subject) -> str:
    """What a factor equals: a small number, a size of the problem, or one over it."""
    for value, name in _names(subject):
        if not value:
            continue
        inverse = "/".join(reversed(name.split("/"))) if name in FRACTIONS else f"1/{name}"
        for power, text in ((value, name), (1 / value, inverse)):
            for signed, words in ((power, text), (-power, f"-{text}")):
                if isclose(factor, signed, rel_tol=NAMED):
                    return words
    return ""


def _names(subject: Subject) -> Iterator[tuple[float, str]]:
    """Numbers that a factor may be, the most telling first."""
    op = subject.op
    for name in op.attributes if op is not None else ():
        value = getattr(op, name)
        if isinstance(value, int | float) and value not in (0, 1):
            yield float(value), f"the op's {name}"
    lengths = list(_lengths(subject))
    yield 2.0, "2"
    yield from ((float(n), text) for n, text in lengths)
    yield from ((number, f"{number:g}") for number in (3.0, 4.0, 5.0, 6.0, 8.0, 10.0))
    yield from ((value, name) for name, value in FRACTIONS.items())
    for n, text in lengths:
        yield n - 1.0, f"({text} - 1)"
        yield n / (n - 1.0), f"{text} / ({text} - 1)"
        yield sqrt(n), f"the square root of {text}"
    yield from ((log(2), "log(2)"), (log(10), "log(10)"), (pi, "pi"), (sqrt(2), "sqrt(2)"))
    yield from ((pi / 180, "pi / 180"), (sqrt(pi), "sqrt(pi)"), (sqrt(2 * pi), "sqrt(2 pi)"))


def _lengths(subject: Subject) -> Iterator[tuple[int, str]]:
    """Sizes of the problem beyond 2, each once, under the name that tells most."""
    told = {0, 1, 2}
    named = zip(subject.names, subject.operands, strict=True)
    for name, x in [(name, x) for name, x in named if is_array(x)]:
        sizes = [(n, f"{name}.shape[{axis}]") for axis, n in enumerate(x.shape)]
        if x.ndim >= 2:
            sizes[0] = x.shape[0], f"the batch size, {name}.shape[0]"
            sizes[-1] = x.shape[-1], f"the number of columns, {name}.shape[-1]"
        for n, text in (
            [*sizes, (x.size, f"N = {name}.size")]
            if x.ndim != 1
            else [(x.size, f"N = {name}.size")]
        ):
            if n not in told:
                told.add(n)
                yield n, text


def transposed(e: Evidence, i: int) -> Diagnosis | None:
    """A matrix was transposed that should not be, or the other way round."""
    found, true = e.found[i], e.expected[i]
    if found is None or not (_matrices(e) or any(u.ndim >= 2 for u in e.upstreams)):
        return None
    if true.value.ndim >= 2 and true.complete:
        for axes in _exchanges(true.value.ndim):
            turned = np.transpose(true.value, axes)
            if not _same(turned, true.value) and e.fits(turned, i):
                name = e.subject.names[i]
                return Diagnosis(
                    f"the gradient of {name} is the transpose of the true one.",
                    "Exchange its axes; (A B)^T = B^T A^T tells the order of a product.",
                )
    return _transposed_operand(e, i)


def _exchanges(ndim: int) -> Iterator[tuple[int, ...]]:
    yield tuple(reversed(range(ndim)))
    for a, b in itertools.combinations(range(ndim), 2):
        axes = list(range(ndim))
        axes[a], axes[b] = b, a
        yield tuple(axes)


def _matrices(e: Evidence) -> list[int]:
    return [j for j, x in enumerate(e.subject.operands) if is_float_array(x) and x.ndim >= 2]


def _transposed_operand(e: Evidence, i: int) -> Diagnosis | None:
    """The true gradient of another problem, in which some matrices are turned."""
    matrices = _matrices(e)
    choices = [(j,) for j in matrices] + list(itertools.combinations(matrices, 2))
    for turned in [(), *choices][:MOST_VARIANTS]:
        operands = list(e.subject.operands)
        for j in turned:
            operands[j] = np.swapaxes(operands[j], -1, -2)
        for flips in (False, True) if any(u.ndim >= 2 for u in e.upstreams) else (False,):
            if (not turned and not flips) or (flips and e.expected[i].value.ndim < 2):
                continue  # a vector from a turned upstream: summed along another axis
            upstreams = tuple(
                np.swapaxes(u, -1, -2) if flips and u.ndim >= 2 else u for u in e.upstreams
            )
            value = gradient_at(e, e.subject.at(operands), i, upstreams)
            if value is None:
                continue
            candidates = [value]
            if value.ndim >= 2 and not (flips and len(matrices) == 1):  # then it is another axis
                candidates.append(np.swapaxes(value, -1, -2))
            for candidate in candidates:
                if e.fits(candidate, i):
                    which = [e.subject.names[j] for j in turned] + ["upstream"] * flips
                    return Diagnosis(
                        f"the gradient is that of the problem with {' and '.join(which)} "
                        "transposed.",
                        "Look for a missing or a surplus transposition of "
                        f"{' or '.join(which)} in this product.",
                    )
    return None


def gradient_at(
    e: Evidence, subject: Subject, i: int, upstreams: tuple[Array, ...]
) -> Array | None:
    """The true gradient of another problem; None where forward refuses it."""
    try:
        truth = Truth(subject)
        if truth.shapes != tuple(u.shape for u in upstreams):
            return None
        found = truth.expected(i, upstreams)
    except Exception:
        return None
    return found.value if found.complete else None


def swapped_inputs(e: Evidence, i: int) -> Diagnosis | None:
    """The gradient of another input, or this one's with the inputs exchanged."""
    names = e.subject.names
    for j in e.subject.moving:
        if j == i:
            continue
        mine = e.shaped(i) is None and not _wrong(e, j)  # then this one was broadcast, not swapped
        if not mine and e.expected[j].complete and e.fits(e.expected[j].value, i):
            return Diagnosis(
                f"what was returned for {names[i]} is the gradient of {names[j]}.",
                f"Return the entries in the order of forward: {', '.join(names)}.",
            )
        x, y = e.subject.operands[i], e.subject.operands[j]
        if x.shape == y.shape and e.shaped(i) is not None:
            other = list(e.subject.operands)
            other[i], other[j] = y, x
            value = gradient_at(e, e.subject.at(other), i, e.upstreams)
            if value is not None and e.fits(value, i):
                return Diagnosis(
                    f"{names[i]} and {names[j]} have changed places in the gradient of "
                    f"{names[i]}.",
                    f"Exchange {names[i]} and {names[j]} in this formula.",
                )
    return None


def _wrong(e: Evidence, j: int) -> bool:
    wrong = e.wrong(j)
    return wrong is None or bool(wrong.any())


def _same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-6, atol=0))
