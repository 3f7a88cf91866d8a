"""Hypotheses about paths: a fork that was not summed, a term that is missing or negative.

Imports elementary, derivation and repairs. hypotheses.py asks them in order.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.doctor.derivation import Derivation, Edge, derivation, formula
from chainrule.doctor.elementary import Diagnosis
from chainrule.doctor.evidence import Evidence
from chainrule.doctor.repairs import another_sign, healed
from chainrule.doctor.subject import Array, is_float_array
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Reduction

MOST_EDGES = 24  # of forks that are tried
MOST_TOGETHER = 400  # sets of edges that are left out together
NICE = 12  # the largest denominator of a coefficient that is taken for one


def missing_fork_sum(e: Evidence, i: int) -> Diagnosis | None:
    """An input that is read several times gets the sum of what comes back on every path."""
    traced = _trace(e)
    if traced is None:
        return None
    leaf = traced.leaves[i]
    edges = traced.forks().get(leaf, [])
    for kept in edges if len(edges) > 1 else ():
        missing = [edge for edge in edges if edge != kept]
        if len(missing) > 1 and _mixes(traced, missing):
            continue  # a normalisation spelled out: its terms are no paths that one would count
        weights = dict.fromkeys(missing, 0.0)
        if e.fits(_derived(traced, e, leaf, weights), i):
            name = e.subject.names[i]
            readers = [traced.reader(edge).op for edge in missing]
            through = ", ".join(dict.fromkeys(op.name for op in readers if op is not None))
            term = _terms(traced, e, missing, leaf)
            return Diagnosis(
                f"{name} is read {len(edges)} times, but only one of these paths came "
                f"back: what flows through {through} is missing.",
                f"Add the gradients of all paths{': + ' + term if term else ''}.",
                term=term,
            )
    return None


def _mixes(traced: Derivation, edges: list[Edge]) -> bool:
    """Whether one of these readers takes many elements to one."""
    return any(isinstance(traced.reader(edge).op, Reduction) for edge in edges)


def _trace(e: Evidence) -> Derivation | None:
    """The derivation, once it is shown to be the truth."""
    found = derivation(e.subject)
    if found is None:
        return None
    total = found.gradients(e.upstreams)
    for i in e.subject.moving:
        derived = total.get(found.leaves[i], np.zeros(e.subject.operands[i].shape))
        true = e.expected[i]
        near = np.abs(derived - true.value) <= 10 * e.slack(i)
        if np.shape(derived) != true.value.shape or not near[true.known & ~true.kinked].all():
            return None
    return found


def _derived(traced: Derivation, e: Evidence, leaf: Node, weights: dict[Edge, float]) -> Array:
    found = traced.gradients(e.upstreams, weights).get(leaf)
    return np.zeros(leaf.shape) if found is None else np.asarray(found)


def _terms(traced: Derivation, e: Evidence, edges: list[Edge], leaf: Node) -> str:
    """What flows through some edges, as a formula."""
    texts: list[str] = []
    for edge in edges:
        starts: list[Any] = [Node(u, wants_gradient=True) for u in e.upstreams]
        for k, start in enumerate(starts):
            start.label = "upstream" if len(starts) == 1 else f"upstream[{k}]"
        try:
            part = traced.through(edge, starts, leaf)
        except Exception:
            return ""
        texts.append(formula(part) if part is not None else "")
    return " + ".join(filter(None, texts))


def wrong_sign_of_a_term(e: Evidence, i: int) -> Diagnosis | None:
    """One path counted negative, or a rule that is right once a plus is a minus."""
    traced = _trace(e)
    name = e.subject.names[i]
    for edge in _edges(traced)[:MOST_EDGES] if traced else ():
        if traced and e.fits(_derived(traced, e, traced.leaves[i], {edge: -1.0}), i):
            term = _terms(traced, e, [edge], traced.leaves[i])
            shown = f" {term}" if term else ""
            return Diagnosis(
                f"one term{shown} of the gradient of {name} has the wrong sign.",
                "Negate this term.",
                term=term,
            )
    if healed(e, i, another_sign):
        return Diagnosis(
            f"one term of the gradient of {name} has the wrong sign.",
            "A plus that is a minus, or a minus too many, gives the true gradient.",
        )
    return None


def _edges(traced: Derivation) -> list[Edge]:
    return [edge for edges in traced.forks().values() for edge in edges]


def missing_term(e: Evidence, i: int) -> Diagnosis | None:
    """The derived gradient without some of its paths, or less one product of x and out."""
    traced = _trace(e)
    if traced is not None:
        edges = _edges(traced)
        for count in (1, 2, 3):
            few = edges if count < 3 else edges[: MOST_EDGES // 2]
            for missing in itertools.islice(itertools.combinations(few, count), MOST_TOGETHER):
                weights = dict.fromkeys(missing, 0.0)
                if e.fits(_derived(traced, e, traced.leaves[i], weights), i):
                    return _lost(e, i, _terms(traced, e, list(missing), traced.leaves[i]))
    return _product_of_letters(e, i)


def as_if_elementwise(e: Evidence, i: int) -> Diagnosis | None:
    """Each entry got what its own result sends back, and nothing from the others."""
    jacobian = e.truth.jacobian(i)
    if jacobian is None or jacobian.shape[0] != jacobian.shape[1] or len(e.upstreams) != 1:
        return None
    own = np.diag(jacobian) * np.ravel(e.upstreams[0])
    if not e.fits(own.reshape(e.expected[i].value.shape), i):
        return None
    name = e.subject.names[i]
    return Diagnosis(
        f"the gradient of {name} is that of an elementwise op: a term is missing, since each "
        f"entry of {name} reaches other results too.",
        "Add what comes back from the other results; their local gradients are not 0.",
        term=f"sum(upstream[k] * d out[k] / d {name}[j] for k != j)",
    )


def _lost(e: Evidence, i: int, term: str) -> Diagnosis:
    name = e.subject.names[i]
    return Diagnosis(
        f"a term is missing from the gradient of {name}"
        + (f", the derived gradient minus the written one: {term}" if term else "."),
        f"Add {term}." if term else "Derive it again: every path from the input adds a term.",
        key=term.count("upstream"),
        term=term,
    )


def _product_of_letters(e: Evidence, i: int) -> Diagnosis | None:
    """Elementwise: what is missing is a number times a product of inputs and out, or a factor."""
    found, true = e.shaped(i), e.expected[i]
    if found is None or len(e.upstreams) != 1 or found.shape != e.upstreams[0].shape:
        return None
    jacobian = e.truth.jacobian(i)
    if (
        jacobian is None
        or found.size < 3
        or np.count_nonzero(jacobian - np.diag(np.diag(jacobian)))
    ):
        return None
    upstream = e.upstreams[0]
    with np.errstate(all="ignore"):
        for name, product in _products(e, found.shape):
            number = _coefficient((true.value - found) / (upstream * product), e)
            if number is not None:
                term = f"{_signed(number)}upstream" + (f" * {name}" if name else "")
                return _lost(e, i, term)
        for name, product in _products(e, found.shape):
            number = _coefficient(true.value / (found * product), e)
            if number is not None and name:
                factor = f"{_signed(number)}{name}"
                return Diagnosis(
                    f"a factor is missing from the gradient of {e.subject.names[i]}: {factor}.",
                    f"The chain rule multiplies by the slope of every step: multiply by {factor}.",
                    key=name,
                    term=factor,
                )
    return None


def _products(e: Evidence, shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    letters: list[tuple[str, Array]] = [
        (name, np.broadcast_to(x, shape))
        for name, x in zip(e.subject.names, e.subject.operands, strict=True)
        if is_float_array(x) and _stretches(x.shape, shape)
    ]
    letters.append(("out", np.asarray(e.answer.out)))
    letters = [(name, x.astype(float)) for name, x in letters if x.shape == shape]
    yield "", np.ones(shape)
    yield from letters
    for (a, x), (b, y) in itertools.combinations_with_replacement(letters, 2):
        yield (f"{a}**2" if a == b else f"{a} * {b}"), x * y
    for a, x in letters:
        yield f"1/{a}", 1 / x
        yield f"1/{a}**2", 1 / x**2
    for function in (np.exp, np.log, np.sin, np.cos, np.sqrt):
        for a, x in letters:
            yield f"{function.__name__}({a})", function(x)
    for (a, x), (b, y) in itertools.permutations(letters, 2):
        yield f"{a} / {b}", x / y


def _coefficient(ratio: Array, e: Evidence) -> float | None:
    """The ratio, if it is one and the same simple fraction everywhere."""
    if not np.isfinite(ratio).all() or not ratio.size:
        return None
    number = float(np.median(ratio))
    if abs(number) < 1e-6 or (np.abs(ratio - number) > 1e3 * e.tolerance * abs(number)).any():
        return None
    simple = float(Fraction(number).limit_denominator(NICE))
    return simple if abs(simple - number) <= 1e-5 * abs(number) else None


def _signed(number: float) -> str:
    if number == 1:
        return ""
    return "-" if number == -1 else f"{number:.6g} * "


def _stretches(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of a shape broadcasts to the whole one."""
    tail = whole[len(whole) - len(shape) :]
    return len(shape) <= len(whole) and all(n in (1, m) for n, m in zip(shape, tail, strict=True))
