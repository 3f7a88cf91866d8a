"""The kinds of kernels: one file each, found by being here.

Imports every file of the folder. Each defines one subclass of Kernel; the native floor must have
a file of the same name, which emits it. No list names them: a file says in its first line what its
kernels do. Pointwise, row, matmul and scan run a body; scatter and sort move elements; mask and
fold are random; bounds looks at integers; opaque calls Python.
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
