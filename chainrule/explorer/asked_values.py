"""What a question may ask for: numbers within limits, and words of a list.

Imports the errors. The questions of pages that train a net use it.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from chainrule.errors import ArgumentError

Asked = Mapping[str, Any]


def whole(asked: Asked, key: str, default: int, least: int, most: int) -> int:
    """A whole number from least to most.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    value = asked.get(key, default)
    if type(value) is int and least <= value <= most:
        return value
    raise ArgumentError(f"{key} is a whole number from {least} to {most}.")


def number(asked: Asked, key: str, default: float, most: float) -> float:
    """A number from 0 to most.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    value = asked.get(key, default)
    if type(value) in (int, float) and isfinite(value) and 0 <= value <= most:
        return float(value)
    raise ArgumentError(f"{key} is a number from 0 to {most:g}.")


def word(asked: Asked, key: str, words: Sequence[str]) -> str:
    """One of some words; the first by default.

    Raises
    ------
    ArgumentError
        If it is none of them.
    """
    value = asked.get(key, words[0])
    if isinstance(value, str) and value in words:
        return value
    raise ArgumentError(f"{key} is one of {', '.join(words)}.")
