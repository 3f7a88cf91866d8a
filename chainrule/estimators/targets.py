"""Targets as users give them: names of classes, and numbers.

Imports train.data. The estimators ask before they learn.
"""

from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.train.data.fitted import numbers_of

Array = np.ndarray[Any, np.dtype[Any]]


def as_they_are(classes: tuple[str, ...]) -> Array:
    """Names of classes; whole numbers where all are written so."""
    return np.array([int(c) for c in classes] if all(map(_is_whole, classes)) else classes)


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and str(int(text)) == text


def numbers_in_targets(y: Array, x: Any, decimal: str = "") -> tuple[Array, Any, tuple[str, ...]]:
    """The targets of a regression as float64, the rows, and notes.

    Parameters
    ----------
    y : ndarray, (N,)
        Texts are read as a target column of a table is: with a unit, thousands, decimal commas.
    x : frame or ndarray
        Cells of a frame tell how decimals are written in such texts, and these tell it of its.
    decimal : str
        The sign before the decimals, if a user says it.

    Raises
    ------
    DataError
        A target that is no number.
    """
    texts = [each for each in y.tolist() if isinstance(each, str)] if y.dtype.kind in "OU" else []
    notes = tuple[str, ...]()
    if any(map(str.isdigit, "".join(texts))):
        found, columns, notes = numbers_of(y, x, decimal)
        x = x if columns is None else columns
    else:
        try:
            found = np.asarray(y, np.float64)
        except (TypeError, ValueError):
            raise DataError(
                "a regressor learns numbers, but the targets are none.",
                do="Use TabularClassifier for classes.",
            ) from None
    if not np.isfinite(found).all():
        raise DataError(
            "a target is NaN or infinite.", do="Leave out the rows whose target is not known."
        )
    return found, x, notes


def deviation(around: Array, weights: Array) -> float:
    """The root of the mean square, of numbers whose squares overflow (1e200) or vanish too."""
    exponent = int(np.frexp(np.abs(around).max())[1])
    squares = np.ldexp(around, -exponent) ** 2  # of the same digits: a power of two shifts them
    return float(np.ldexp(np.sqrt(np.average(squares, weights=weights)), exponent))
