"""How this package's messages count and list things."""

from collections.abc import Sequence

LISTED_AT_MOST = 12  # names in a message: more than one line of them helps nobody


def counted(number: int, noun: str) -> str:
    """Say "1 row" or "2 rows"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listing(items: Sequence[str], between: str = ", ") -> str:
    """The first names, and how many more there are."""
    shown = between.join(items[:LISTED_AT_MOST])
    more = len(items) - LISTED_AT_MOST
    return f"{shown} and {more} more" if more > 0 else shown


def figure(number: float) -> str:
    """A number as messages write it: 1637 and not 1637.0, and no -0."""
    return f"{float(number) + 0.0:.7g}"
