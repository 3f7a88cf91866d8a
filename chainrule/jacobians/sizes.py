"""Sizes in binary units: how they are printed, and how a budget is read.

Imports errors only. Every Jacobian tells what it takes and what its array would take.
"""

import re

from chainrule.errors import ArgumentError

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
STEP = 1024
DECIMAL = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES = {**{unit.upper(): STEP**i for i, unit in enumerate(UNITS)}, **DECIMAL}

Budget = int | float | str | None


def size_text(count: int) -> str:
    """A number of bytes as people read it.

    Examples
    --------
    >>> size_text(2**38), size_text(1536), size_text(7)
    ('256 GiB', '1.5 KiB', '7 B')
    """
    power = min(max(count.bit_length() - 1, 0) // 10, len(UNITS) - 1)
    amount = f"{count / STEP**power:.1f}".removesuffix(".0")
    return f"{amount} {UNITS[power]}"


def budget_bytes(budget: Budget) -> float:
    """A budget in bytes: a number, a text such as "1 GiB" or "500 MB", or None for no limit.

    Raises
    ------
    ArgumentError
        If the text is no size.

    Examples
    --------
    >>> budget_bytes("1 GiB"), budget_bytes("500 MB"), budget_bytes(None)
    (1073741824.0, 500000000.0, inf)
    """
    if budget is None:
        return float("inf")
    if isinstance(budget, str):
        found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([A-Za-z]*)\s*", budget)
        unit = found.group(2).upper() or "B" if found else ""
        if found is None or unit not in BYTES:
            raise ArgumentError(
                f"{budget!r} is no size in bytes.", do='Write "1 GiB", "500 MB", a number or None.'
            )
        return float(found.group(1)) * BYTES[unit]
    return float(budget)
