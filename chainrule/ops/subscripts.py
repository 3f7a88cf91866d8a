"""Subscripts: the letters of einsum, one group for each operand and one for the result.

Imports nothing of chainrule. linear_algebra reads them, and the plan.
"""

import string
from typing import Any

LABELS = string.ascii_uppercase + string.ascii_lowercase  # as NumPy numbers them, sorted


def as_text(args: tuple[Any, ...]) -> str:
    """The lists of axis numbers of NumPy's other form as letters, in the same order."""

    def text(axes: Any) -> str:
        return "".join("..." if axis is Ellipsis else LABELS[axis] for axis in axes)

    terms = ",".join(text(axes) for axes in args[1 : len(args) // 2 * 2 : 2])
    return f"{terms}->{text(args[-1])}" if len(args) % 2 else terms


def named_axes(subscripts: str, operands: Any) -> tuple[list[str], str]:
    """Every operand's letters, with ... spelled out in letters that are free."""
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    free = [c for c in reversed(LABELS) if c not in subscripts]
    depth = max(
        (
            len(x.shape) - len(t.replace("...", ""))
            for t, x in zip(terms, operands, strict=True)
            if "..." in t
        ),
        default=0,
    )
    if not arrow:
        letters = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        right = ("..." if "..." in left else "") + "".join(letters)
    named: list[str] = []
    for term, x in zip(terms, operands, strict=True):
        own = len(x.shape) - len(term.replace("...", ""))
        named.append(term.replace("...", "".join(free[depth - own : depth])))
    return named, right.replace("...", "".join(free[:depth]))


def complaint(subscripts: str, operands: Any) -> tuple[str, str]:
    """What is wrong with subscripts for these operands, and what to do; or two empty texts."""
    left, _, right = subscripts.partition("->")
    groups = left.split(",")
    strange = [
        c for group in (*groups, right) for c in group.replace("...", "") if c not in LABELS
    ]
    if strange:
        return (
            f"{strange[0]!r} names no axis.",
            'Name axes by letters, as in "ij,jk->ik"; "..." stands for all others.',
        )
    for i, (group, x) in enumerate(zip(groups, operands, strict=True)):
        named, ndim = len(group.replace("...", "")), len(x.shape)
        if named > ndim or (named < ndim and "..." not in group):
            return (
                f"{group!r} names {named} axes, and operand {i} has {ndim}.",
                f"Give one letter for each axis of operand {i}" + '; "..." stands for the rest.',
            )
    of_result = _of_result(right, left)
    return of_result if of_result[0] else _of_lengths(groups, operands)


def _of_result(right: str, left: str) -> tuple[str, str]:
    letters = right.replace("...", "")
    unknown = [c for c in letters if c not in left]
    twice = [c for c in letters if letters.count(c) > 1]
    if unknown:
        return (
            f"the result has an axis {unknown[0]!r}, which no operand has.",
            "Name only axes of operands behind the arrow.",
        )
    if twice:
        return f"the result has two axes {twice[0]!r}.", "Name each axis of the result once."
    return "", ""


def _of_lengths(groups: list[str], operands: Any) -> tuple[str, str]:
    """A letter is as long in every operand, or 1."""
    met: dict[str, tuple[int, int]] = {}
    for i, (group, x) in enumerate(zip(groups, operands, strict=True)):
        before, _, behind = group.partition("...")
        lengths = [*zip(before, x.shape, strict=False)]
        lengths += zip(behind[::-1], x.shape[::-1], strict=False)
        for letter, n in lengths:
            length, other = met.setdefault(letter, (n, i))
            if 1 != length != n != 1:
                return (
                    f"the axis {letter!r} is {length} long in operand {other} and {n} in "
                    f"operand {i}.",
                    "Axes of one letter have one length; transpose an operand, or rename one.",
                )
            if length == 1:
                met[letter] = n, i
    return "", ""
