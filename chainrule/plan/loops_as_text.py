"""Wording: how kernels and their loops are written in show().

Imports scalar. Every kind of kernel describes itself with it.
"""

from collections.abc import Sequence

from chainrule.plan.scalar import Apply, Body, Gather

MOST_LETTERS = 6  # of a kernel; the rest is counted


def letters_of(body: Body) -> list[str]:
    """The letters of a body, in the order in which they run."""
    return [
        step.letter if isinstance(step, Apply) else "gather"
        for step in body
        if isinstance(step, Apply | Gather)
    ]


def chain(letters: Sequence[str]) -> str:
    """Several letters; of many, the first ones."""
    if len(letters) > MOST_LETTERS:
        letters = [*letters[:MOST_LETTERS], f"{len(letters) - MOST_LETTERS} more"]
    return ", ".join(letters)


def lengths(loops: Sequence[int]) -> str:
    """Loops by their lengths: 32x10."""
    return "x".join(map(str, loops)) or "1"
