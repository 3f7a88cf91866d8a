"""Jacobians that know their structure, and what it saves.

Floor 1: imports errors and NumPy; SciPy only where sparse matrices are multiplied.

    diagonal.py   Jacobians of what works element by element or row by row
    jacobian.py   the derivative of many numbers by many numbers, held by its structure
    jacobian_card.py  a Jacobian as a notebook shows it
    kronecker.py  the Jacobian of a matrix product, held by the matrices of the product itself
    selection.py  Selection and Broadcast, and their adjoints
    sizes.py      how sizes are printed, and how a budget is read
    sparse.py     what the Jacobians share with plain matrices
    stored.py     Dense, Sparse, and Implicit, which only multiplies
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
