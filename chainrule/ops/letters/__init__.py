"""The closed alphabet: about three dozen letters that every reader must speak.

arithmetic.py      sums, products, quotients and roots
logic.py           comparisons, logic, and where
logistic.py        tanh, sigmoid, and the density that is the slope of both
powers.py          x to the power y; small constant exponents are spelled out rather than given
transcendental.py  exponentials, logarithms, circular and error functions
"""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)
