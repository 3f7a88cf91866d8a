"""Forward mode: <u, J v> is <J' u, v>, for an op that writes a jvp and for whole functions.

Imports differentiate, evidence and the graph. check asks it once the backward rule is right.
"""

from typing import Any

import numpy as np

from chainrule.differentiate import jvp
from chainrule.doctor.evidence import Evidence
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.subject import copies, float_results, like
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import Op

BARS = 3
ADVICE = (
    "jvp(self, tangents, inputs, out) returns the Jacobian times the tangents; a tangent of None "
    "is 0. Leave it out, and chainrule transposes backward."
)


def forward_mode(e: Evidence) -> tuple[list[Comparison], list[Finding]]:
    """What forward mode says for one input at a time, beside the gradient just checked."""
    subject = e.subject
    op = subject.op
    if op is not None and (not hasattr(op, "jvp") or isinstance(op, Elementwise)):
        return [], []
    if (op is None and subject.of_sum) or (op is None and subject.formula is None):
        return [], []
    rng = np.random.default_rng(3)
    comparisons: list[Comparison] = []
    findings: list[Finding] = []
    for i in subject.moving:
        x: Any = subject.operands[i]
        tangent = like(rng.normal(size=x.shape), x)
        true = e.expected[i]
        if not true.complete:
            continue
        try:
            pushed = _pushed(e, i, tangent)
        except Exception as error:
            findings.append(_raised(e, i, error))
            continue
        forward = sum(float(np.sum(u * t)) for u, t in zip(e.upstreams, pushed, strict=False))
        backward = float(np.sum(true.value * tangent))
        size = float(np.sum(true.size * np.abs(tangent)))
        slack = e.tolerance * size + BARS * float(np.sum(true.bar * np.abs(tangent)))
        agrees = abs(forward - backward) <= slack
        relative = abs(forward - backward) / (size or 1.0)
        bar = slack / (size or 1.0)
        name = subject.names[i]
        comparisons.append(Comparison(name, "forward mode", relative, bar, x.size, x.size, agrees))
        if not agrees:
            findings.append(_differs(name, forward, backward, slack))
    return comparisons, findings


def _pushed(e: Evidence, i: int, tangent: Any) -> tuple[Any, ...]:
    operands = copies(e.subject.operands)
    op: Op | None = e.subject.op
    with np.errstate(all="ignore"):
        if op is not None:
            out = e.subject.run(*operands)
            tangents = [tangent if j == i else None for j in range(len(operands))]
            rule: Any = getattr(op, "jvp", None)
            return float_results(rule(tangents, operands, out))

        def of_one(x: Any) -> Any:
            return e.subject.run(*operands[:i], x, *operands[i + 1 :])

        return float_results(jvp(of_one, (operands[i],), (tangent,))[1])


def _differs(name: str, forward: float, backward: float, slack: float) -> Finding:
    factor = forward / backward if backward else np.inf
    kind = "unknown"
    if abs(forward + backward) <= slack:
        kind = "sign"
    return Finding(
        kind,
        f"forward mode says {forward:.10g} where the gradient says {backward:.10g} "
        f"({factor:.6g} times as much): jvp is wrong in {name}.",
        ADVICE,
        input=name,
        found=forward,
        expected=backward,
        error_bar=slack,
    )


def _raised(e: Evidence, i: int, error: Exception) -> Finding:
    return Finding(
        "unknown",
        f"jvp raised {type(error).__name__} for a tangent of {e.subject.names[i]}: {error}",
        ADVICE,
        input=e.subject.names[i],
    )
