"""Places: where values stand in objects, and whose objects are looked into.

Imports the nets' tree. The surroundings go by it.
"""

import functools
import random
import sys
from collections import ChainMap, UserDict, UserList
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from chainrule.nn.member_paths import Tree
from chainrule.tensors import Parameter

# Their functions read nothing of the user's but what they are given. So are those of all
# installed packages but the one that the compiled function comes from.
LIBRARIES = frozenset({"chainrule", "numpy", "scipy", "optree", *sys.stdlib_module_names})
# A method is called by its name; these by no code, or by code that makes an object.
UNCALLED = frozenset({"__new__", "__repr__", "__str__", "__reduce__", "__del__", "__init__"})
OPEN: tuple[type[Any], ...] = (
    ChainMap,
    UserDict,
    UserList,
)  # of the standard library, for what users put in
CHANCE = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)


@dataclass(frozen=True)
class Place:
    """Where a buffer stands."""

    owner: Tree
    name: str

    @property
    def value(self) -> Any:
        """The array that stands there now."""
        return self.owner.__dict__[self.name]

    @property
    def label(self) -> str:
        """What ``show()`` calls it."""
        return self.name


def root_of(x: Any) -> str:
    """The package that a function, a class or a module comes from."""
    module: Any = x.__name__ if isinstance(x, ModuleType) else getattr(x, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


@functools.lru_cache(maxsize=1024)
def is_library(root: str) -> bool:
    """Whether a package is a library, whose state is its own affair: an installed one is."""
    if root in LIBRARIES:
        return True
    file: Any = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def is_state(x: Any) -> bool:
    """Whether an attribute of a net may hold some of its state."""
    return isinstance(x, Parameter | Tree | np.ndarray | list | tuple | dict)


def is_fact(name: str, x: Any) -> bool:
    """Whether an attribute of one of our nets says how it computes: no private notes."""
    return is_state(x) or not name.startswith("_")


def state_of(x: Any) -> Any:
    """Where a random generator stands."""
    if isinstance(x, random.Random):
        return x.getstate()
    bits: Any = getattr(x, "bit_generator", x)
    if isinstance(x, np.random.RandomState):
        bits = x._bit_generator  # pyright: ignore[reportAttributeAccessIssue]  not in the stub
    return repr(bits.state)


def is_dunder(name: str) -> bool:
    """Whether Python looks up this name by itself."""
    return name.startswith("__") and name.endswith("__")


@functools.lru_cache(maxsize=256)
def slots_of(kind: type) -> tuple[str, ...]:
    """The attributes that the objects of a class hold without a dict."""
    found: list[str] = []
    for base in kind.__mro__:
        names: Any = vars(base).get("__slots__", ())
        found += [names] if isinstance(names, str) else names
    return tuple(n for n in found if not is_dunder(n))
