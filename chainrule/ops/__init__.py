"""The built-in ops: one class in one file each, which is known by being here.

Importing this package imports every file of it, and seals the names of their ops. No list names
the files: each says in its first line what it holds. They are of four groups: what every reader
speaks, words of them, what is made of whole tensors, and losses.

    letters/  about three dozen letters that every reader must speak
    losses/   how far scores are from the truth, as one number
    words/    scalar functions that NumPy or SciPy computes, with their slopes written

The files here are ops of whole tensors: elements moved, picked and joined; many of them reduced to
one, running, sorted or normalized; products and decompositions of matrices; random numbers. A few
hold no op, but what several of them need: how float32 is added up, the letters of einsum.
"""

from chainrule.graph.op.catalogue import CATALOGUE as _CATALOGUE
from chainrule.graph.op.discovery import import_files as _import_files

_import_files(__name__, __path__)
_CATALOGUE.seal()
