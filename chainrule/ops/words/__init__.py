"""The open alphabet: scalar functions that NumPy or SciPy computes, with their slopes written.

NumPy's are grouped by idea (circular, hyperbolic, rounding, division ...), SciPy's by the family
of functions (Bessel, gamma, normal ...); SciPy is imported when one is first called.
"""

from chainrule.graph.op.discovery import import_files as _import_files

_import_files(__name__, __path__)
