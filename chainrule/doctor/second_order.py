"""Second order: the gradient of <direction, gradient>, against slopes of the first-order rule.

Imports differentiate, the graph, truth and rules. check asks it once the first order is right.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.evidence import Evidence, evidence, nearby
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.rules import as_gradient, gradients
from chainrule.doctor.subject import Array, Subject, copies, like, written
from chainrule.doctor.truth import Expected, Truth
from chainrule.errors import ChainruleError, a_kind
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.graph.op.operation import apply
from chainrule.ops.movement import sum_to
from chainrule.ops.reductions import total as summed
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_sequence
from chainrule.tensors import Tensor

LOOSE = 1e-6  # relative error: the reference is a difference of gradients
BARS = 4
HIDDEN = (
    "the function is smooth here, but its second derivative is that of a kink inside the formula; "
    "close by it is right."
)
SMOOTH = (
    "Write the slope without abs, where, maximum or clip, which have a slope of their own: "
    "s(x) s(-x) is exp(-|x|) / (1 + exp(-|x|))**2 without a kink."
)
ADVICE = (
    "Write backward with ops or NumPy's functions on what it is given; .data, np.asarray and "
    "float() cut the path on which the second derivative comes back."
)


def second_order(e: Evidence) -> tuple[list[Comparison], list[Finding]]:
    """Comparisons and findings of the second order; a note where backward leaves the graph."""
    comparisons, findings = _examined(e)
    wrong = [finding for finding in findings if finding.severity == "finding"]
    if wrong and _is_right_nearby(e):
        findings = [
            replace(each, kind="hidden_kink", what=HIDDEN, advice=SMOOTH) for each in wrong
        ]
    return comparisons, findings


def _is_right_nearby(e: Evidence) -> bool:
    """Whether a point close by has the second derivative: then this one lies on a kink inside."""
    try:
        other = evidence(nearby(e.subject, 11), seed=12)
    except Exception:
        return False
    comparisons, findings = _examined(other)
    judged = bool(comparisons) and all(c.judged for c in comparisons)
    return other.answer.error is None and judged and not findings


def _examined(e: Evidence) -> tuple[list[Comparison], list[Finding]]:
    rng = np.random.default_rng(7)
    operands = e.subject.operands
    directions = {
        i: like(rng.uniform(0.5, 1.5, operands[i].shape), operands[i]) for i in e.subject.moving
    }
    try:
        found = twice(e, directions)
    except Leaves as error:
        return [], [_note(str(error))]
    except ChainruleError as error:
        return [], [_note(error.what)]
    except Exception as error:
        return [], [_note(f"on tensors backward raised {type(error).__name__}: {error}")]
    truth = Truth(_gradients_of(e))
    upstreams = tuple(directions.values())
    comparisons: list[Comparison] = []
    findings: list[Finding] = []
    for i in e.subject.moving:
        expected = truth.expected(i, upstreams)
        comparison, finding = _judged(e, i, found[i], expected)
        comparisons.append(comparison)
        findings += [finding] if finding else []
    return comparisons, findings


class Leaves(Exception):
    """Backward was given tensors and returned arrays."""


def _note(what: str) -> Finding:
    return Finding(
        "double_backward",
        f"there is no second derivative: {what}",
        "First-order training does not need it. " + ADVICE,
        severity="note",
    )


def twice(e: Evidence, directions: dict[int, Array]) -> dict[int, Array]:
    """The gradient of <direction, gradient>, by walking back through the written rule."""
    subject = e.subject
    leaves = [
        Tensor(x, wants_gradient=True) if i in subject.moving else x
        for i, x in enumerate(copies(subject.operands))
    ]
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            gradients = _first(e, leaves)
            total: Any = 0
            for i, direction in directions.items():
                if gradients.get(i) is not None:
                    total = total + summed(gradients[i] * direction)
            found: dict[Node, Any] = {}
            if isinstance(total, Node) and total.wants_gradient:
                targets = {leaves[i] for i in subject.moving}
                found = walk([total], [np.ones(total.shape, total.dtype)], targets=targets)
    finally:
        RECORDING.reset(token)
    return {i: np.asarray(found.get(leaves[i], np.zeros(leaves[i].shape))) for i in subject.moving}


def _first(e: Evidence, leaves: list[Any]) -> dict[int, Any]:
    """First-order gradients as nodes."""
    subject = e.subject
    if subject.op is None:
        out = subject.run(*leaves)
        ends = [x for x in (out if is_sequence(out) else (out,)) if isinstance(x, Node)]
        upstreams = [Tensor(u) for u in e.upstreams]
        found = walk(ends, upstreams, targets={leaves[i] for i in subject.moving}, graph=True)
        return {i: found.get(leaves[i]) for i in subject.moving}
    out = apply(subject.op, tuple(leaves))
    upstreams = tuple(Tensor(u) for u in e.upstreams)
    upstream: Any = upstreams if is_sequence(out) else upstreams[0]
    entries: Any = written(subject.op, upstream, leaves, out)
    entries = entries if is_sequence(entries) else (entries,)
    gradients: dict[int, Any] = {}
    for i in subject.moving:
        entry: Any = entries[i]
        entry = entry() if callable(entry) else entry
        if entry is not None and not isinstance(entry, Node):
            raise Leaves(
                f"backward was given tensors and returned {a_kind(entry)} for {subject.names[i]}."
            )
        if entry is not None and entry.shape != leaves[i].shape:
            entry = sum_to(entry, leaves[i].shape)
        gradients[i] = entry
    return gradients


def _gradients_of(e: Evidence) -> Subject:
    """The first-order rule as a function: all written gradients, one after the other."""
    subject = e.subject

    def run(*operands: Any) -> Any:
        there = subject.at(operands)
        with np.errstate(all="ignore"):
            given, upstreams = copies(operands), [u.astype(float) for u in e.upstreams]
            found = gradients(there, given, upstreams, subject.run(*given))
        entries = [as_gradient(there, found[i], operands[i]) for i in subject.moving]
        return tuple(
            np.zeros(operands[i].shape) if x is None else np.asarray(x)
            for i, x in zip(subject.moving, entries, strict=True)
        )

    return replace(subject, run=run, op=None, formula=None)


def _judged(
    e: Evidence, i: int, found: Array, true: Expected
) -> tuple[Comparison, Finding | None]:
    name = e.subject.names[i]
    slack = max(LOOSE, e.tolerance) * (true.size + 1e-3 * true.scale) + BARS * true.bar
    judged = true.known & ~true.kinked & (not _kinked(e))
    with np.errstate(all="ignore"):
        error = np.abs(found - true.value)
        wrong = judged & ~(error <= slack)
        scale = np.maximum(true.size, 1e-3 * true.scale)
        relative = np.where(judged, error / np.where(scale > 0, scale, 1.0), 0.0)
        bar = np.where(judged, true.bar / np.where(scale > 0, scale, 1.0), 0.0)
    comparison = Comparison(
        name,
        "second order",
        float(np.max(relative, initial=0.0)),
        float(np.max(bar, initial=0.0)),
        found.size,
        int(np.broadcast_to(judged, found.shape).sum()),
        not wrong.any(),
    )
    if not wrong.any():
        return comparison, None
    worst = np.where(wrong, np.where(np.isnan(error), np.inf, error), -1.0)
    place = tuple(int(k) for k in np.unravel_index(int(worst.argmax()), worst.shape))
    return comparison, Finding(
        "double_backward",
        "the gradient is right, but the gradient of the gradient is not: part of the path "
        "through backward is cut, or its own rule is wrong.",
        ADVICE,
        input=name,
        index=place,
        found=float(found[place]),
        expected=float(true.value[place]),
        error_bar=float(true.bar[place]),
        share=float(wrong.mean()),
    )


def _kinked(e: Evidence) -> bool:
    """Whether the point lies on a kink, where a second derivative does not exist."""
    return any(bool(true.kinked.any()) for true in e.expected.values())
