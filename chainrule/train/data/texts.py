"""Numbers and dates that came as text, read from a column's different values.

Imports the data model. inference.py asks what a column is; rows of later tables are read the way
the training rows were.
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.decimal_signs import COMMA
from chainrule.train.data.tables import Text

SAMPLE = 200  # different values looked at first: most texts are no numbers at all
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?|nan", re.I | re.A)
# How numbers are written elsewhere: the pattern, what is removed, and the decimal sign.
STYLES = (
    (re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", re.A), ",", "."),  # 1,234.5
    (
        re.compile(r"[+-]?(\d*,\d+|[1-9]\d{0,2}(\.\d{3})+(,\d+)?)(e[+-]?\d+)?", re.I | re.A),
        *(".", ","),
    ),
    (re.compile(r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+([.,]\d+)?", re.A), " '\u00a0\u202f", ","),
)
POINT_STYLE = (re.compile(r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+(\.\d+)?", re.A), *STYLES[2][1:])
DATE = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.A,
)
ORDERS = ("ymd", "dmy", "mdy")
LARGEST_FIRST_TWO_DIGITS = 68  # of a year written with two digits: 68 is 2068, 69 is 1969 (POSIX)
NO_TIME = np.datetime64("NaT", "us")


def numbers_in(values: Sequence[str], decimal: str = "") -> NDArray[np.float64] | None:
    """Each value as a number, NaN where it is none; None if hardly one is a number.

    Parameters
    ----------
    decimal : str
        The sign before the decimals where a value does not tell: with "," 1.234 is a thousand.
    """
    read = _with_comma if decimal == COMMA else _with_point
    return all_numbers_in(values, decimal) if are_mostly(values, read) else None


def all_numbers_in(values: Sequence[str], decimal: str = "") -> NDArray[np.float64]:
    """The same of values that are known to be numbers, however many are none."""
    read = _with_comma if decimal == COMMA else _with_point
    return _read(values, read, float("nan"), np.float64)


def order_of(values: Sequence[str]) -> str:
    """How the dates among the values are written: the first order that all of them allow.

    With a stroke and nothing that tells (both parts at most 12), the month comes first; with a
    point or a hyphen, the day.
    """
    found = [match for match in map(DATE.fullmatch, values) if match]
    if all(len(match[1]) == 4 for match in found):
        return "ymd"
    if any(int(match[1]) > 12 for match in found):
        return "dmy"
    if any(int(match[3]) > 12 for match in found):
        return "mdy"
    return "mdy" if found and found[0][2] == "/" else "dmy"


def times_in(values: Sequence[str], order: str) -> NDArray[Any] | None:
    """Each value as a point in time, datetime64[us], NaT where it is none; None as above."""
    is_time = are_mostly(values, lambda value: _moment(value, order))
    return all_times_in(values, order) if is_time else None


def all_times_in(values: Sequence[str], order: str) -> NDArray[Any]:
    """The same of values that are known to be times, however many are none."""
    return _read(values, lambda value: _moment(value, order), NO_TIME, np.dtype("M8[us]"))


def are_mostly(values: Sequence[str], read: Callable[[str], Any]) -> bool:
    """Whether half of some values at least are what is looked for; else no more are looked at."""
    sample = list(islice(values, 0, None, max(1, len(values) // SAMPLE)))
    return 2 * sum(read(value) is not None for value in sample) >= len(sample)


def spread(text: Text, of_values: NDArray[Any]) -> NDArray[Any]:
    """What each row holds, from what each value stands for; NaN or NaT in a gap."""
    nothing = NO_TIME if of_values.dtype.kind == "M" else np.nan
    return np.append(of_values, np.array([nothing], of_values.dtype))[text.codes]


def _read(
    values: Sequence[str], read: Callable[[str], Any], nothing: Any, dtype: Any
) -> NDArray[Any]:
    found = (read(value) for value in values)
    given = (nothing if each is None else each for each in found)
    return np.fromiter(given, dtype, len(values))


def _with_point(value: str) -> float | None:
    """A number with a decimal point, unless it can only be one with a comma."""
    if PLAIN.fullmatch(value):
        return float(value)
    return _styled(value, (STYLES[0], POINT_STYLE, *STYLES[1:]))


def _with_comma(value: str) -> float | None:
    """A number with a decimal comma, unless it can only be one with a point."""
    found = _styled(value, STYLES[1:])
    if found is None and PLAIN.fullmatch(value):
        return float(value)
    return _styled(value, (STYLES[0], POINT_STYLE)) if found is None else found


def _styled(value: str, styles: Sequence[tuple[re.Pattern[str], str, str]]) -> float | None:
    for pattern, grouping, decimal in styles:
        if pattern.fullmatch(value):
            for sign in grouping:
                value = value.replace(sign, "")
            return float(value.replace(decimal, "."))
    return None


def _moment(value: str, order: str) -> np.datetime64 | None:
    match = DATE.fullmatch(value)
    if match is None:
        return None
    if len(match[1]) == 4:  # which only a year has, whatever the order of other dates
        order = "ymd"
    parts = dict(zip(order, (match[1], match[3], match[4]), strict=True))
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += 2000 if year <= LARGEST_FIRST_TWO_DIGITS else 1900
    hour, minute, second = (match[place] or "00" for place in (5, 6, 7))
    micro = (match[8] or "").ljust(6, "0")
    day = f"{year:04d}-{int(parts['m']):02d}-{int(parts['d']):02d}"
    try:
        time = np.datetime64(f"{day}T{int(hour):02d}:{minute}:{second}.{micro}", "us")
    except ValueError:  # the 31st of April, 25 o'clock
        return None
    return time - _offset(match[9])


def _offset(zone: str | None) -> np.timedelta64:
    """What a time is ahead of UTC."""
    if not zone or zone in ("Z", "UTC"):
        return np.timedelta64(0, "s")
    digits = zone[1:].replace(":", "")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return np.timedelta64(-60 * minutes if zone[0] == "-" else 60 * minutes, "s")
