"""Letters on arrays: as NumPy computes them, or the op whose C function an instruction names.

Imports the catalogue. The memory of NumPy's arrays evaluates bodies with it.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.catalogue import CATALOGUE


def applied(letter: str, operands: Sequence[Any], dtype: str) -> Any:
    """The result of a letter, or of a C function such as "c:atan2"."""
    if letter == "cast":
        return operands[0].astype(dtype)
    return np.asarray(_function(letter)(*operands)).astype(dtype, copy=False)


@functools.lru_cache(maxsize=256)
def _function(letter: str) -> Any:
    """What NumPy or SciPy computes it with."""
    kind, _, name = letter.rpartition(":")
    if kind == "scipy":
        from scipy import special  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return getattr(special, name)
    return CATALOGUE.standard[_word(name) if kind else letter].forward


def _word(function: str) -> str:
    """The word that this function of the C library computes."""
    for name, operation in CATALOGUE.standard.items():
        if getattr(operation, "c", "") == function:
            return name
    raise LookupError(f"no op of the catalogue stands for {function} of the C library")
