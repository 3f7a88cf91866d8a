"""Seeded faults with the kinds decided beforehand, and the same ops without a fault."""

from tests.doctor.corpus import (
    contracts,
    elementwise,
    functions,
    indexing,
    kinks,
    losses,
    matrices,
    normalization,
    reductions,
    second_order,
    state,
    tails,
)

_PARTS = (
    elementwise,
    matrices,
    reductions,
    normalization,
    indexing,
    losses,
    kinks,
    tails,
    state,
    contracts,
    second_order,
    functions,
)

BUGS = [bug for part in _PARTS for bug in part.BUGS]
RIGHT = [right for part in _PARTS for right in part.RIGHT]
