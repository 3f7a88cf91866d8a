"""How explanations say their numbers: four digits, products, sums at forks.

Imports nothing of chainrule. explanation.py and explanation_pages.py speak with it.
"""

from collections.abc import Sequence
from typing import Any

LONGEST_ROUTE = 10  # ops that are listed


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
    factors = [path.upstream, *(factor.local for factor in path.factors)]
    written = " × ".join([said(factors[0]), *map(bracketed, factors[1:])])
    return f"{written} = {said(path.value)}"


def total_line(explanation: Any) -> str:
    """What the paths and the rest add up to, where there is more than one."""
    rest = explanation.rest
    terms = [bracketed(path.value) for path in explanation.paths]
    if rest.branches:
        terms.append(f"{bracketed(rest.value)} (the rest)")
    return f"{' + '.join(terms)} = {said(explanation.gradient)}"


def rest_line(rest: Any) -> str:
    """What is said of the branches that are not followed."""
    branches = "1 more branch" if rest.branches == 1 else f"{rest.branches:,} more branches"
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
