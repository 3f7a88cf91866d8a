"""Outliers: numbers far from all others of their column, how they are held, and what is said.

Imports the data model. learning.py and overview.py hold them; inference.py tells of them before
anything is trained.
"""

import re

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.tables import Places
from chainrule.train.data.wording import counted, figure

Numbers = NDArray[np.float64]
# A number so many spreads from the median is held nearer to it: one cell of 1e9 in a column of
# tens would leave nothing of the others once they are divided by the std. A spread is what the
# middle half covers; where that is nothing, what all but the outermost 1 % cover. These are never
# held: there a long tail is no fault.
FAR, HELD_AT = 1000.0, 10.0
MOST_RANKED = 1 << 17  # rows whose median is that of all: it is known to a 500th of the spread
RANKS = (0.5, 25, 50, 75, 99.5)  # percent
FIRST_LOOK = 1 << 12  # rows that tell where a closer look is worth its time
ABOUT = 4.0  # times as far may a spread of those rows be off
# -999, 9999 or 99.9: how gaps are coded. Other numbers must lie farther off to look like one.
CODE = re.compile(r"-9+|-?(99+|88+|77+)(\.9+)?")
FEWEST_CODES, RANGES_OFF = 3, 10.0
# The only negative number beside amounts, which cover so much, is a code however near it is.
NEGATIVE_CODE, AMOUNTS = re.compile(r"-(1|9+)"), 20.0
# So few rows outweigh the others when they make so much of the squares around the median.
SHARE_OF_ROWS, SHARE_OF_SQUARES, FEWEST_ROWS = 0.001, 0.5, 20


def middle_of(known: Numbers, rows: int = MOST_RANKED) -> tuple[float, float]:
    """The median of some numbers, and their spread."""
    some = known[:: 1 + len(known) // rows]
    least, low, median, high, most = np.percentile(some, RANKS)
    nearly_all = most - least
    return float(median), float(
        max(high - low, nearly_all / HELD_AT) if high > low else nearly_all
    )


def held_at(median: float, spread: float) -> tuple[float, float]:
    """Where numbers are held that lie far away."""
    return median - HELD_AT * spread, median + HELD_AT * spread


def lies_far(least: float, most: float, median: float, spread: float) -> bool:
    """Whether a number of such a range lies so far away that it is held."""
    return spread > 0 and max(median - least, most - median) > FAR * spread


def told_outliers(name: str, numbers: Numbers, places: Places) -> tuple[str, ...]:
    """What is said of a column of inputs: a number that may be a code, and those that are held."""
    least, most = float(np.fmin.reduce(numbers)), float(np.fmax.reduce(numbers))
    some = _some(numbers)
    if not some.size or least == most or not np.isfinite([least, most]).all():
        return ()
    codes = told_codes(name, numbers)
    median, spread = middle_of(some)
    if codes or max(median - least, most - median) * ABOUT <= FAR * spread:
        return codes
    median, spread = middle_of(numbers[~np.isnan(numbers)])
    if not lies_far(least, most, median, spread):
        return ()
    low, high = held_at(median, spread)
    off = np.where(np.isnan(numbers), 0.0, np.abs(numbers - median))
    row, beyond = int(off.argmax()), int(np.count_nonzero(off > HELD_AT * spread))
    verb, at = "lies" if beyond == 1 else "lie", low if numbers[row] < median else high
    return (
        f"{name!r}: {counted(beyond, 'cell')} {verb} far from all others, such as "
        f"{figure(float(numbers[row]))} in {places[row]} beside a median of {figure(median)}; "
        f"it is held at {figure(at)}",
    )


def _some(numbers: Numbers) -> Numbers:
    some = numbers[:: 1 + len(numbers) // FIRST_LOOK]
    return some[~np.isnan(some)]


def told_codes(name: str, numbers: Numbers) -> tuple[str, ...]:
    """What is said of the smallest or largest number where it may stand for a gap."""
    some = _some(numbers)
    ends = (float(np.fmin.reduce(numbers)), float(np.fmax.reduce(numbers)))
    return tuple(
        _told_code(name, end, numbers) for end in ends if _may_be_code(end, numbers, some)
    )


def told_held(name: str, low: float, high: float) -> str:
    """The same of a column whose rows were only counted."""
    return (
        f"{name!r}: some cells lie far from all others; numbers beyond {figure(low)} and "
        f"{figure(high)} are held there"
    )


def outweighing(numbers: Numbers) -> NDArray[np.intp]:
    """The few rows that make more than half of the squares around the median; mostly none."""
    if len(numbers) < FEWEST_ROWS:
        return np.empty(0, np.intp)
    few = max(1, int(SHARE_OF_ROWS * len(numbers)))
    squares = np.square(numbers - np.median(numbers))
    whole = squares.sum()
    if not np.isfinite(whole):  # beyond what a net computes with, which is told elsewhere
        return np.empty(0, np.intp)
    largest = np.argpartition(squares, len(squares) - few)[-few:]
    largest = largest[np.argsort(-squares[largest], kind="stable")]
    reached = np.cumsum(squares[largest]) > SHARE_OF_SQUARES * whole
    return largest[: int(reached.argmax()) + 1] if reached.any() else largest[:0]


def told_target(name: str, numbers: Numbers, places: Places) -> tuple[str, ...]:
    """What is said of a target that holds a code, or in which a few rows outweigh all others."""
    codes = told_codes(name, numbers) if len(numbers) else ()
    rows = outweighing(numbers)
    if codes or not len(rows):
        return codes
    verb, most = "outweighs" if len(rows) == 1 else "outweigh", int(rows[0])
    median = figure(float(np.median(numbers)))
    return (
        f"{name!r}: {len(rows)} of {counted(len(numbers), 'row')} {verb} all others, "
        f"{figure(float(numbers[most]))} in {places[most]} beside a median of {median}; squared "
        "errors and R² hang on that: correct it, or leave the row out",
    )


def _may_be_code(end: float, numbers: Numbers, some: Numbers) -> bool:
    """Whether the smallest or largest number is repeated and stands apart from the others."""
    shown = figure(end)
    if NEGATIVE_CODE.fullmatch(shown):
        apart = 0.0
    else:
        apart = 1.0 if CODE.fullmatch(shown) else RANGES_OFF
    # Some rows lie nearer to each other than all, and farther from the end: they rule it out.
    if not _stands_apart(end, some, apart):
        return False
    repeats = int(np.count_nonzero(numbers == end))
    if repeats < FEWEST_CODES or 2 * repeats > len(numbers):
        return False
    return _stands_apart(end, numbers[~np.isnan(numbers)], apart)


def _stands_apart(end: float, numbers: Numbers, ranges: float) -> bool:
    others = numbers[numbers != end]
    if not others.size:
        return False
    least, most = float(others.min()), float(others.max())
    if not ranges and least >= 0 and most - least >= AMOUNTS:
        return True
    return 0 < (ranges or 1.0) * (most - least) < min(abs(end - least), abs(end - most))


def _told_code(name: str, end: float, numbers: Numbers) -> str:
    others = numbers[~np.isnan(numbers) & (numbers != end)]
    cells = counted(int(np.count_nonzero(numbers == end)), "cell")
    return (
        f"{name!r}: {figure(end)} in {cells} lies apart from all others, {figure(others.min())} "
        f"to {figure(others.max())}; if it stands for a gap, name it (--missing {figure(end)})"
    )
