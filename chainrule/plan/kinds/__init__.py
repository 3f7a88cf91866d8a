"""The kinds of kernels: one file each, found by being here.

Imports every file of the folder. Each defines one subclass of Kernel; the native floor must have
a file of the same name, which emits it.

    bounds.py     integers that must lie in a range are looked at before anything reads by them
    fold.py       a new key of random numbers
    mask.py       random booleans
    matmul.py     products of matrices, and a body for every sum
    opaque.py     an op that Python computes, called back from the plan: right, and slower
    pointwise.py  a body for every element of a shape
    row.py        several passes over a row, for every row
    scan.py       running sums and products, and linear recurrences, along the last axis
    scatter.py    values added to, or written at, places that indices choose
    sort.py       the stable order of each row
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from chainrule.plan.kernel import Kernel


def _defined_in(name: str) -> type[Kernel]:
    file = import_module(f"{__name__}.{name}")
    kinds = [
        each
        for each in vars(file).values()
        if isinstance(each, type) and issubclass(each, Kernel) and each.__module__ == file.__name__
    ]
    if len(kinds) != 1:
        raise ImportError(f"{file.__name__} defines {len(kinds)} kinds of kernels, not one.")
    return kinds[0]


KINDS: Mapping[str, type[Kernel]] = MappingProxyType(
    {found.name: _defined_in(found.name) for found in iter_modules(__path__)}
)
