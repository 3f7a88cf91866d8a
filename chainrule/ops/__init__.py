"""The built-in ops: one class in one file each. Importing this package seals their names."""

from chainrule.graph.catalogue import CATALOGUE as _CATALOGUE
from chainrule.ops import (
    activations,
    arrangement,
    decompositions,
    determinants,
    indexing,
    joining,
    lengths,
    letters,
    linear_algebra,
    losses,
    matrices,
    movement,
    normalization,
    norms,
    products,
    random,
    reductions,
    scans,
    softmax,
    sorting,
    statistics,
    words,
)

_CATALOGUE.seal()

__all__ = [
    "activations",
    "arrangement",
    "decompositions",
    "determinants",
    "indexing",
    "joining",
    "lengths",
    "letters",
    "linear_algebra",
    "losses",
    "matrices",
    "movement",
    "normalization",
    "norms",
    "products",
    "random",
    "reductions",
    "scans",
    "softmax",
    "sorting",
    "statistics",
    "words",
]
