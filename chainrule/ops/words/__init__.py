"""The open alphabet: scalar functions that NumPy or SciPy computes, with their slopes written."""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)
