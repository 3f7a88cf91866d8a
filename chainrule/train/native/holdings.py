"""Contents: what an object holds that can be read, and which code could read it.

Imports the graph's nodes and guards, and the nets' tree. Reach walks by it.
"""

import functools
import random
import sys
import threading
from argparse import Namespace
from array import array
from collections import ChainMap, UserDict, UserList, deque
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    SimpleNamespace,
)
from typing import Any, cast

import numpy as np

from chainrule.graph.nodes.guard import COPY_BYTES, fingerprint
from chainrule.nn.member_paths import Tree, is_group
from chainrule.spec import is_array
from chainrule.tensors import Parameter

# What these packages hold inside does not change what their functions compute.
FOREIGN = frozenset(
    {"chainrule", "numpy", "scipy", "pandas", "sklearn", "matplotlib", "llvmlite", "optree"}
) | frozenset(sys.stdlib_module_names)
PLAIN: tuple[type[Any], ...] = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    np.generic,
    np.dtype,
)
OPEN: tuple[type[Any], ...] = (
    SimpleNamespace,
    Namespace,
    UserDict,
    UserList,
    ChainMap,
    threading.local,
)  # of the standard library, for users
CACHED = type(functools.cache(is_group))  # what it wraps is met by itself
HOLDERS = frozenset(
    {list, tuple, dict, set, frozenset, deque, MappingProxyType}
    | {np.ndarray, MethodType, partial, CACHED}
)
GENERATORS: tuple[type[Any], ...] = (np.random.Generator, np.random.RandomState, random.Random)
BYTES: tuple[type[Any], ...] = (bytearray, memoryview, array)
# Our code looks these up in a net, and the methods of UserDict and ChainMap in themselves.
LOOKED_UP = frozenset({"forward", "regularization", "takes_indices", "data", "maps"})
SHOWN = 40  # characters of a value in a message


class Held:
    """A value that is compared by identity."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.value is other.value

    __hash__ = None  # pyright: ignore[reportAssignmentType]  what it holds may change


def content_of(x: Any) -> Any:
    """The bytes of a small array; of a larger one, a number that changes with them."""
    if isinstance(x, BYTES):
        return bytes(x)
    if isinstance(x, ContextVar):
        return Held(cast("ContextVar[Any]", x).get(None))
    return x.tobytes() if x.nbytes <= COPY_BYTES else fingerprint(x)


@functools.lru_cache(maxsize=1024)
def written_names(kind: type) -> frozenset[str]:
    """The names that our own code could use of an object of this class, or of one derived."""
    found = set(LOOKED_UP)
    for base in kind.__mro__:
        if not is_ours(base.__module__):
            continue
        found |= {*vars(base), *getattr(base, "__annotations__", ())}
        for x in map(unwound, vars(base).values()):
            if isinstance(x, FunctionType):
                found.update(words_of(x.__code__))
    return frozenset(found)


@functools.lru_cache(maxsize=1024)
def inherits_from_others(kind: type) -> bool:
    """Whether methods that are neither the user's nor ours may read what an object holds."""
    known = ("builtins", "abc", "typing", "collections.abc")
    return kind not in OPEN and any(
        is_foreign(base.__module__) and not is_ours(base.__module__)
        and base.__module__ not in known and base not in OPEN
        for base in kind.__mro__
    )  # fmt: skip


def is_state(x: Any) -> bool:
    """Whether an attribute of a net holds some of its state."""
    if is_group(x):
        several = x.values() if hasattr(x, "items") else x
        return any(isinstance(each, Parameter | Tree) for each in several)
    return isinstance(x, Parameter | Tree) or is_array(x)


def words_of(code: CodeType) -> Iterator[str]:
    """The names that a piece of code and the functions written in it look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from words_of(constant)


def is_foreign(module: Any) -> bool:
    """Whether a module belongs to a package that keeps its own affairs; so does a type of C's."""
    if module is None:
        return False
    return not isinstance(module, str) or module.partition(".")[0] in FOREIGN


def is_ours(module: Any) -> bool:
    """Whether it is one of this package."""
    return isinstance(module, str) and module.partition(".")[0] == __name__.partition(".")[0]


def is_code_of_others(x: Any) -> bool:
    """Whether this is, or brings, code that this package has not written.

    What a method, a partial function or a container holds is met by itself.
    """
    if isinstance(x, type):
        return not is_ours(x.__module__) and x.__module__ not in ("builtins", "numpy")
    if isinstance(x, FunctionType | BuiltinFunctionType):
        return not is_ours(x.__module__)
    return not is_ours(type(x).__module__) and type(x) not in HOLDERS


def is_a_label(name: str, value: Any) -> bool:
    """Whether Python notes this about a class for itself: its name, module, annotations."""
    return name.startswith("__") and name.endswith("__") and not isinstance(value, FunctionType)


def unwound(x: Any) -> Any:
    """The function in a static method, a class method or a property."""
    return getattr(x, "__func__", None) or getattr(x, "fget", None) or x


def slots_of(kind: type) -> list[str]:
    """The attributes that the objects of a class hold without a dict."""
    found: list[str] = []
    for each in kind.__mro__:
        own = vars(each).get("__slots__", ())
        found += [own] if isinstance(own, str) else own
    return [name for name in found if not name.startswith("__")]


def shown(x: Any) -> str:
    """A value as messages show it: short."""
    text = np.array2string(x, threshold=6) if is_array(x) else repr(x)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
