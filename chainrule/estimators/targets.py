"""Targets as users give them: names of classes, and numbers.

Imports errors. The estimators ask before they learn.
"""

from typing import Any

import numpy as np

from chainrule.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]


def as_they_are(classes: tuple[str, ...]) -> Array:
    """Names of classes; whole numbers where all are written so."""
    return np.array([int(c) for c in classes] if all(map(_is_whole, classes)) else classes)


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and str(int(text)) == text


def numbers_in_targets(y: Any) -> Array:
    """The targets of a regression as float64; a DataError where one is none."""
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
    return found
