"""Lowering: how each op of the catalogue becomes steps. One rule per op or family, by idea.

along.py           one element per row by its position, and labels as rows with a single 1
along_axes.py      one step along the axes, whichever way the op combines elements
along_last.py      running results along an axis
by_python.py       ops that Python computes when the plan runs
contractions.py    matrix products and contractions; transposing and stacking are strides
dispatch.py        a primitive finds the rule of its kind
formulas.py        an op that is no primitive is read by what its own file says
index_keys.py      what NumPy's indexing by slices and arrays of positions reaches
maps.py            one Map each, with the casts that NumPy's promotion asks for
moves.py           any movement, by what it does to bytes and to the places of elements
positions.py       slices are strides, and so are known positions that are evenly spaced
random_numbers.py  masks and keys as functions of a key
shapes.py          another shape, another element type, several tensors joined in one
whole_loops.py     the body of a scan is a plan of its own, run at every step
words.py           calls of C functions in float64, or the word's own formula of letters
"""

from chainrule.plan.lower.dispatch import lower

__all__ = ["lower"]
