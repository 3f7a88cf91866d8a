"""Numbers an optimiser may be given, checked once when it is made.

Imports errors only. Optimisers, schedules and clipping call these.
"""

from math import inf, isfinite
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError

WHOLE: tuple[type[Any], ...] = (int, np.integer)
NUMBERS: tuple[type[Any], ...] = (*WHOLE, float, np.floating)


def positive(owner: str, name: str, value: Any) -> float:
    """A finite number above 0."""
    return _number(owner, name, value, "a finite number above 0", low=0.0, open_low=True)


def not_negative(owner: str, name: str, value: Any) -> float:
    """A finite number from 0 upwards."""
    return _number(owner, name, value, "a finite number from 0 upwards", low=0.0)


def share(owner: str, name: str, value: Any) -> float:
    """A number from 0 up to but not including 1: how much of the past is kept."""
    return _number(owner, name, value, "a number from 0 up to but not including 1", 0.0, 1.0)


def whole(owner: str, name: str, value: Any, least: int = 0) -> int:
    """A whole number from ``least`` upwards."""
    if type(value) is not bool and isinstance(value, WHOLE) and value >= least:
        return int(value)
    raise _refusal(owner, name, value, f"a whole number from {least} upwards")


def flag(owner: str, name: str, value: Any) -> bool:
    """True or False."""
    if type(value) in (bool, np.bool_):
        return bool(value)
    raise _refusal(owner, name, value, "True or False")


def _number(
    owner: str,
    name: str,
    value: Any,
    legal: str,
    low: float,
    high: float = inf,
    open_low: bool = False,
) -> float:
    is_number = type(value) is not bool and isinstance(value, NUMBERS)
    if is_number and isfinite(value) and low <= value < high and not (open_low and value == low):
        return float(value)
    raise _refusal(owner, name, value, legal)


def _refusal(owner: str, name: str, value: Any, legal: str) -> ArgumentError:
    return ArgumentError(f"{owner} was given {name}={value!r}.", do=f"{name} is {legal}.")
