"""How explanations say their numbers: four digits, products, sums at forks.

Imports nothing of chainrule. explanation.py and explanation_pages.py speak with it.
"""

from collections.abc import Sequence
from math import isfinite, isnan, prod
from typing import Any

LONGEST_ROUTE = 10  # ops that are listed
LONGEST_PATH = 24  # gates that are listed


def said(x: float) -> str:
    """A number with four digits; a zero has no sign."""
    return f"{x + 0.0:.4g}"


def bracketed(x: float) -> str:
    """A number as a factor or a term: a negative one in brackets."""
    return f"({said(x)})" if said(x).startswith("-") else said(x)


def share_of(x: float) -> str:
    """A share in per cent; a small one is not called 0 %."""
    return "under 1 %" if 0 < x < 0.005 else f"{x:.0%}".replace("%", " %")


def entry_name(name: str, place: Sequence[int]) -> str:
    """A node's name with the entry that is meant."""
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def product(path: Any) -> str:
    """The factors of a path and what they make: "1 × (-4) = -4"."""
    first, others, last = shortened(path)
    factors = [said(path.upstream), *(bracketed(factor.local) for factor in first)]
    if others:
        factors.append(f"[{more_gates(others)}]")
    factors += [bracketed(factor.local) for factor in last]
    return f"{' × '.join(factors)} = {said(path.value)}"


def shortened(path: Any) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    """The gates of a path: the first ones, those that a text leaves out, and the last ones."""
    if len(path.factors) <= LONGEST_PATH:
        return path.factors, (), ()
    half = LONGEST_PATH // 2
    return path.factors[:half], path.factors[half:-half], path.factors[-half:]


def more_gates(factors: Sequence[Any]) -> str:
    """What is said of gates that are left out: how many, and their product."""
    together = float(prod(factor.local for factor in factors))
    return f"{len(factors)} more gates: {said(together)} together"


def share_line(explanation: Any, path: Any) -> str:
    """What follows the product of one of several paths; 0 and NaN have no share."""
    several = len(explanation.paths) > 1 or explanation.rest.branches
    if not several or path.value == 0 or not isfinite(explanation.gradient):
        return ""
    return f", {share_of(path.share)} of all that is added"


def total_line(explanation: Any) -> str:
    """What the paths and the rest add up to, where there is more than one."""
    rest = explanation.rest
    terms = [bracketed(path.value) for path in explanation.paths]
    if rest.branches:
        terms.append("..." if isnan(rest.value) else f"{bracketed(rest.value)} (the rest)")
    return f"{' + '.join(terms)} = {said(explanation.gradient)}"


def rest_line(rest: Any) -> str:
    """What is said of the branches that are not followed."""
    branches = "1 more branch" if rest.branches == 1 else f"{rest.branches:,} more branches"
    if isnan(rest.value):
        return f"the rest, {branches}: not followed"
    if rest.value == 0 and rest.share == 0:
        return f"the rest, {branches}: each {said(rest.value)} as well"
    return f"the rest, {branches}: {said(rest.value)}, {share_of(rest.share)} of all that is added"


def route_line(route: Any) -> str:
    """A way through the tensors: the ops on it, from the loss down, and what it carries."""
    ops = list(route.ops[:-1])
    if len(ops) > LONGEST_ROUTE:
        left_out = len(ops) - LONGEST_ROUTE
        half = LONGEST_ROUTE // 2
        ops = [*ops[:half], f"... {left_out} more ...", *ops[-half:]]
    way = " < ".join([*ops, route.nodes[-1]])
    return f"route {way}: {said(route.value)}, {share_of(route.share)}"


def fork_title(fork: Any) -> str:
    """What happens at a fork."""
    return f"fork: {fork.node} is read {len(fork.branches)} times, so its gradients are added"


def fork_lines(fork: Any) -> list[str]:
    """The sum at a fork, branch by branch."""
    calls = [f"from {b.reader} = {b.formula}" for b in fork.branches]
    rows = [*zip(calls, [b.value for b in fork.branches], strict=True), ("together", fork.value)]
    width = max(len(call) for call, _ in rows)
    return [fork_title(fork), *(f"    {call:<{width}}  {said(value)}" for call, value in rows)]
