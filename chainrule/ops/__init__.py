"""The built-in ops: one class in one file each, which is known by being here.

Importing this package imports every file of it, and seals the names of their ops.

    activations.py     the elementwise functions between two layers
    arrangement.py     elements rolled, turned, repeated and put on other axes
    decompositions.py  inverse, solve, Cholesky
    determinants.py    determinants, and cofactors as their slopes
    indexing.py        ops that pick elements. An element picked twice is a fork
    joining.py         tensors side by side, cut apart, or one of several by conditions
    lengths.py         the Euclidean norm, norms of other powers, and the standard deviation
    linear_algebra.py  matrix products and contractions
    matrices.py        diagonals, triangles and the trace
    movement.py        ops that move or repeat elements and compute nothing
    normalization.py   values centred and scaled to a variance of 1
    norms.py           norms of vectors along an axis, of matrices over two
    parts.py           tensors joined into one, cut apart, and put among zeros
    products.py        formulas over one matrix product or one broadcast
    random.py          random numbers without hidden state: every run of a step draws the same
    reductions.py      many elements become one
    scaling.py         what powers of entries need before they are summed, and their roots after it
    scans.py           running results along an axis, and the differences that undo them
    softmax.py         shares that add up to 1, their logarithms, and the logarithm of the sum
    sorting.py         order, rank and position
    statistics.py      range, weighted mean, sums without NaN, any, all
    subscripts.py      the letters of einsum, one group for each operand and one for the result
    sums.py            sums that keep float32's digits on every axis
    tails.py           GELU and SiLU of plain arrays, with all their digits in the left tail
    letters/           about three dozen letters that every reader must speak
    losses/            how far scores are from the truth, as one number
    words/             scalar functions that NumPy or SciPy computes, with their slopes written
"""

from chainrule.graph.catalogue import CATALOGUE as _CATALOGUE
from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)
_CATALOGUE.seal()
