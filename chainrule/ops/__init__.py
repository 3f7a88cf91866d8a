"""The built-in ops: one class in one file each. Importing this package seals their names."""

from chainrule.graph.catalogue import CATALOGUE as _CATALOGUE
from chainrule.ops import (
    activations,
    indexing,
    letters,
    linear_algebra,
    losses,
    movement,
    normalization,
    random,
    reductions,
)

_CATALOGUE.seal()

__all__ = [
    "activations",
    "indexing",
    "letters",
    "linear_algebra",
    "losses",
    "movement",
    "normalization",
    "random",
    "reductions",
]
