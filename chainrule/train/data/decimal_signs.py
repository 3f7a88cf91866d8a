"""Decimal signs: whether 1.234 is a thousand or little more than 1, and which cells tell.

Imports nothing of this package. delimited.py asks it of the cells of a file, tables.py of a
table's texts, amounts.py of a column.
"""

import re
from collections.abc import Callable, Sequence

POINT, COMMA = SIGNS = (".", ",")
BLANKS = "[ '\u00a0\u202f]"
# Numbers that show their decimals, and thousands that only the other sign can part.
PROOFS = {
    sign: re.compile(
        rf"[+-]?(\d*\{sign}\d+(e[+-]?\d+)?|[1-9]\d{{0,2}}(\{other}\d{{3}})+(\{sign}\d+|"
        rf"\{other}\d{{3}})|\d{{1,3}}({BLANKS}\d{{3}})+\{sign}\d+)",
        re.A | re.I,
    )
    for sign, other in ((POINT, COMMA), (COMMA, POINT))
}
# But 2.111 and 2,111 tell nothing.
ONE_GROUP = {sign: re.compile(rf"[+-]?[1-9]\d{{0,2}}\{sign}\d{{3}}", re.A) for sign in SIGNS}


def shown_by(cells: Sequence[str], known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The decimal signs that cells prove: with the other, one of them would be no number.

    Parameters
    ----------
    cells : sequence of str
        Without units.
    known : frozenset of str
        Signs that are proven already.
    """
    signed = [cell for cell in cells if POINT in cell or COMMA in cell]
    found = (
        sign
        for sign in SIGNS
        if sign in known
        or any(PROOFS[sign].fullmatch(cell) and not is_open(cell) for cell in signed)
    )
    return frozenset(found)


def is_open(cell: str) -> bool:
    """Whether a number may be a thousand or not: 2.111, 2,111."""
    return any(ONE_GROUP[sign].fullmatch(cell) for sign in SIGNS)


def sign_of(cells: Sequence[str], known: str, shown: Callable[[], frozenset[str]]) -> str:
    """By which decimal sign the open numbers of a column are read; "" if it has none.

    Parameters
    ----------
    cells : sequence of str
        The column's different cells, without units.
    known : str
        The sign by which training read the column; "" if nobody knows.
    shown : callable
        The signs that the whole table proves; asked if the column's own cells do not tell.
    """
    own = shown_by(cells)
    if len(own) == 1:
        return next(iter(own))
    if known:
        return known
    unsure = [cell for cell in cells if is_open(cell)]
    if not unsure:
        return ""
    of_table = frozenset[str]() if own else shown()
    if len(of_table) == 1:
        return next(iter(of_table))
    return COMMA if any(COMMA in cell for cell in unsure) else POINT
