"""Jacobians that know their structure, and what it saves.

Floor 1: imports errors and NumPy; SciPy only where sparse matrices are multiplied.
"""

from chainrule.jacobians.diagonal import BlockDiagonal, Diagonal, Identity, Zero
from chainrule.jacobians.jacobian import Jacobian, Product, compose
from chainrule.jacobians.kronecker import Kronecker, product_jacobian
from chainrule.jacobians.selection import Broadcast, Scatter, Selection, Summation, selection
from chainrule.jacobians.stored import Dense, Implicit, Sparse

__all__ = [
    "BlockDiagonal",
    "Broadcast",
    "Dense",
    "Diagonal",
    "Identity",
    "Implicit",
    "Jacobian",
    "Kronecker",
    "Product",
    "Scatter",
    "Selection",
    "Sparse",
    "Summation",
    "Zero",
    "compose",
    "product_jacobian",
    "selection",
]
