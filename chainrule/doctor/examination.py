"""``check``: the gradient doctor. It compares a rule with everything that knows better.

Imports every other file of this package. ``chainrule.check``, ``chainrule.testing`` and the
command line call it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from chainrule.doctor.contracts import CONTRACTS, float32
from chainrule.doctor.derivation import derivation
from chainrule.doctor.digits import loses_its_tail
from chainrule.doctor.evidence import Evidence, evidence
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.forward_mode import forward_mode
from chainrule.doctor.higher_order import higher_order, unjudged
from chainrule.doctor.judge import compare, judge, nonlinear
from chainrule.doctor.report import Report
from chainrule.doctor.second_order import second_order
from chainrule.doctor.subject import Subject, op_subject, subject_of
from chainrule.errors import ArgumentError, ChainruleError, NoGradientError, describe
from chainrule.graph.op.operation import Op
from chainrule.spec import is_tuple

Against = Literal["auto", "numbers", "forward", "formula"]
ORDERS = (1, 2, 3, 4)
AGAINST: tuple[Against, ...] = ("auto", "numbers", "forward", "formula")


def check(
    target: Op | type[Op] | Callable[..., Any],
    *inputs: Any,
    order: int = 2,
    against: Against = "auto",
    gradient: Callable[..., Any] | None = None,
) -> Report:
    """Check a gradient, and name the bug where it is wrong.

    Parameters
    ----------
    target : Op, op class, or function
        An op is checked as it is written. A function of arrays is checked with the gradient that
        chainrule gives it; where that is wrong, the op in it that is to blame is named.
    *inputs : arrays
        Where to check. An op that declares samples or domains may be checked without any.
    order : 1, 2, 3 or 4, default 2
        How many derivatives are checked: with 2 the gradient of the gradient, with 3 and 4 those
        beyond, along a line through the point, against wide differences of the function. These
        find the kink of an abs or where that hides inside a smooth function, if the point lies
        on the kink or next to it: give 0 and the bounds that the rule compares with, as random
        points find none. An order that cannot be judged is in the table as "not judged".
    against : {"auto", "numbers", "forward", "formula"}
        What to compare with: differences of values (with a complex step where the function is
        analytic), forward mode, the derivation from the formula, or all that there are.
    gradient : callable, optional
        For a function from outside: ``gradient(*inputs)`` is the gradient of the sum of its
        results; with one more parameter in front it is given the upstream gradient.

    Returns
    -------
    Report
        ``report.passed``, ``report.findings``; ``print(report)`` is a page to read.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> class Cube(cr.Op):
    ...     def forward(self, x):
    ...         return x ** 3
    ...     def backward(self, upstream, x, out):
    ...         return (upstream * x ** 2,)
    >>> report = cr.check(Cube, np.array([1.0, -2.0]))
    >>> report.findings[0].kind, report.findings[0].equals
    ('constant_factor', '1/3')
    """
    if order not in ORDERS:
        raise ArgumentError(f"order is 1, 2, 3 or 4, not {order!r}.")
    if against not in AGAINST:
        raise ArgumentError(f"against is one of {', '.join(AGAINST)}, not {against!r}.")
    subject = subject_of(target, inputs, gradient)
    _runs(subject)
    if not subject.moving or not subject.outs() or (subject.op is not None and subject.op.flat):
        return Report(_title(subject), notes=(_no_gradient(subject),))
    e = evidence(subject)
    if isinstance(e.answer.error, NoGradientError | np.linalg.LinAlgError):
        return Report(_title(subject), notes=(_refused(e.answer.error),))
    broken = _broken(e)
    if broken:
        return Report(_title(subject), findings=tuple(_named(broken, subject)))
    comparisons = list(_compared(e, against))
    findings = judge(e)
    if findings and subject.op is None and gradient is None:
        return _blamed(subject, comparisons, findings)
    if not findings:
        more, findings = _closer(e, order if gradient is None else 1, against)
        comparisons += more
        if gradient is not None and order > 2:  # numbers outside the graph have no higher orders
            comparisons += unjudged(e, order, above=1)
    if gradient is None and not any(f.severity == "finding" for f in findings):
        findings += float32(e)
    named = list(_named(findings, subject))
    return Report(
        _title(subject),
        tuple(comparisons),
        tuple(f for f in named if f.severity == "finding"),
        tuple(f for f in named if f.severity == "note"),
    )


def _closer(e: Evidence, order: int, against: Against) -> tuple[list[Comparison], list[Finding]]:
    """What is asked of a gradient that is right here: each question where those before passed."""
    findings = nonlinear(e)
    comparisons: list[Comparison] = []
    if not findings and against in ("auto", "forward"):
        comparisons, findings = forward_mode(e)
    if not findings and e.subject.op is not None:
        tails = (loses_its_tail(e, i) for i in e.subject.moving)
        findings = [finding for finding in tails if finding is not None]
    if not findings and order >= 2:
        more, findings = second_order(e)
        comparisons += more
    if not findings and order > 2:
        more, findings = higher_order(e, order)
        comparisons += more
    elif not any(f.severity == "finding" for f in findings):
        comparisons += unjudged(e, order)
    return comparisons, findings


def _runs(subject: Subject) -> None:
    """Forward must take the inputs before anything can be said about backward."""
    try:
        subject.outs()
    except ChainruleError:
        raise
    except Exception as error:
        pairs = zip(subject.names, subject.operands, strict=True)
        raise ArgumentError(
            f"{subject.title} cannot be run on these inputs: {type(error).__name__}: {error}",
            found=[describe(name, x) for name, x in pairs if x is not None],
            do="Give inputs that forward takes.",
        ) from error


def _title(subject: Subject) -> str:
    shapes = ", ".join(
        f"{name} {np.shape(x)}" for name, x in zip(subject.names, subject.operands, strict=True)
        if x is not None
    )  # fmt: skip
    return f"{subject.title}({shapes})"


def _named(findings: Sequence[Finding], subject: Subject) -> Iterator[Finding]:
    name = subject.op.name if subject.op is not None else subject.title
    return (replace(finding, op=finding.op or name) for finding in findings)


def _no_gradient(subject: Subject) -> Finding:
    return Finding(
        "no_gradient",
        "no gradient flows through: there are no floating-point inputs, no such results, or the "
        "op is flat.",
        "",
        severity="note",
    )


def _refused(error: Exception) -> Finding:
    return Finding(
        "no_gradient",
        f"backward says that there is no gradient at this point: {str(error).splitlines()[0]}",
        "",
        severity="note",
    )


def _broken(e: Evidence) -> list[Finding]:
    """The first contract that is broken: numbers say nothing before it is kept."""
    for contract in CONTRACTS:
        found = list(contract(e))
        if found:
            return found
    return []


def _compared(e: Evidence, against: Against) -> Iterator[Comparison]:
    for i in e.subject.moving:
        if against in ("auto", "numbers"):
            yield compare(e, i, "differences")
    if against in ("auto", "formula"):
        yield from _with_formula(e)


def _with_formula(e: Evidence) -> Iterator[Comparison]:
    """The written rule beside the derivation from the formula, where there is one."""
    found = derivation(e.subject) if e.subject.op is not None else None
    if found is None:
        return
    total = found.gradients(e.upstreams)
    for i in e.subject.moving:
        derived = np.asarray(total.get(found.leaves[i], np.zeros(e.subject.operands[i].shape)))
        true = e.expected[i]
        if derived.shape != true.value.shape:
            continue
        exact = replace(
            true, value=derived, low=np.minimum(derived, true.low),
            high=np.maximum(derived, true.high), bar=np.zeros(true.bar.shape),
        ) if true.kinked.any() else replace(
            true, value=derived, low=derived, high=derived, bar=np.zeros(true.bar.shape)
        )  # fmt: skip
        beside = replace(e, expected={**e.expected, i: exact})
        yield compare(beside, i, "formula")


def _blamed(subject: Subject, comparisons: list[Comparison], findings: list[Finding]) -> Report:
    """A wrong gradient of a function: each op in its graph is checked where it stands."""
    guilty: list[Finding] = []
    seen: set[tuple[Any, ...]] = set()
    traced = derivation(subject)
    for node in traced.order if traced is not None else ():
        if node.op is None or is_tuple(node.value):
            continue
        values: list[Any] = [None if x is None else x.value for x in node.inputs]
        key: tuple[Any, ...] = (node.op.name, *(np.shape(v) for v in values))
        if key in seen:
            continue
        seen.add(key)
        e = evidence(op_subject(node.op, values))
        found = _broken(e) or judge(e)
        guilty += _named(found, e.subject)
    title = _title(subject)
    if guilty:
        return Report(title, tuple(comparisons), tuple(guilty))
    if all(finding.kind == "wrong_at_kink" for finding in findings):
        notes = tuple(replace(finding, severity="note") for finding in findings)
        return Report(title, tuple(comparisons), notes=notes)
    return Report(title, tuple(comparisons), tuple(_named(findings, subject)))
