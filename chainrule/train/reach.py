"""Reach: the objects that Python code can get at from some roots, and what they hold.

Imports the graph's nodes and guards. Surroundings looks at what it found.
"""

import random
import sys
from argparse import Namespace
from collections import UserDict, UserList, deque
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, cast

import numpy as np

from chainrule.graph.guard import COPY_BYTES, fingerprint
from chainrule.graph.node import Node
from chainrule.spec import is_array, is_tuple

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
)  # of the standard library, for users
GENERATORS: tuple[type[Any], ...] = (np.random.Generator, np.random.RandomState, random.Random)
MOST = 100_000  # objects: beyond that a list of data was closed over, not settings
SHOWN = 40  # characters of a value in a message


class Reach:
    """One walk from the roots through everything that can be read from them.

    Attributes
    ----------
    facts : dict of str to tuple
        By path: what stands there, comparable with ``==``; the last entry shows it in a message.
    views : list
        Live views of attributes and elements.
    owners, attributes : list
        Single attributes that are looked at: slots, cells, and those of objects that count.
    scopes, names : list
        Globals that code names.
    arrays, contents : list
        Arrays that are compared by their contents.
    generators : list of (str, object)
        Sources of random numbers, with their paths.
    """

    def __init__(self, roots: Mapping[str, Any], inputs: Collection[Node] = ()) -> None:
        self._inputs = set(map(id, inputs))
        self.facts: dict[str, tuple[Any, ...]] = {}
        self.views: list[Any] = []
        self.owners: list[Any] = []
        self.attributes: list[str] = []
        self.scopes: list[dict[str, Any]] = []
        self.names: list[str] = []
        self.arrays: list[Any] = []
        self.contents: list[Any] = []
        self.generators: list[tuple[str, Any]] = []
        self._seen: dict[int, tuple[str, Any]] = {}  # objects are kept: ids are used again
        waiting = [iter([(path, x, None) for path, x in roots.items()])]
        while waiting:  # depth first, and no deeper on Python's stack
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
            elif len(self.facts) < MOST:
                waiting.append(self._met(*step))

    def _met(self, path: str, x: Any, home: Any) -> Iterator[tuple[str, Any, Any]]:
        """Note what stands at a path; what can be reached from it."""
        if isinstance(x, PLAIN):
            self.facts[path] = type(x), repr(x), _shown(x)
            return iter(())
        if id(x) in self._seen:
            self.facts[path] = "again", self._seen[id(x)][0], self._seen[id(x)][0]
            return iter(())
        self._seen[id(x)] = path, x
        if is_array(x):
            return self._array(path, x, home)
        if isinstance(x, Node):
            return self._node(path, x)
        if isinstance(x, FunctionType):
            return self._function(path, x)
        if isinstance(x, MethodType):
            return self._several(path, x, {"__self__": x.__self__, "__func__": x.__func__})
        if isinstance(x, partial):
            inner = cast("partial[Any]", x)
            return self._several(
                path, x, {"func": inner.func, "args": inner.args, "keywords": inner.keywords}
            )
        if isinstance(x, list | tuple | set | frozenset | deque | dict | MappingProxyType):
            return self._group(path, x)
        if isinstance(x, type):
            return self._class(path, x)
        if isinstance(x, ModuleType):
            self.facts[path] = ModuleType, id(x), x.__name__
            return iter(())
        return self._object(path, x)

    def _array(self, path: str, x: Any, home: Any) -> Iterator[Any]:
        if getattr(home, "arrays_are_inputs", False):
            self.facts[path] = x.shape, x.dtype, f"an array {x.shape} of {x.dtype}"
            return iter(())
        content = content_of(x)
        self.arrays.append(x)
        self.contents.append(content)
        self.facts[path] = x.shape, x.dtype, content, _shown(x)
        return iter(())

    def _node(self, path: str, x: Node) -> Iterator[Any]:
        """A parameter or tensor: itself, and whether it wants a gradient.

        Its version too, unless the recording takes its value as an input.
        """
        wants, version = x.wants_gradient, getattr(x, "changed", 0)
        self._look(x, "wants_gradient")
        if id(x) in self._inputs or not hasattr(x, "changed"):
            version = 0
        else:
            self._look(x, "changed")
        words = f"{x.label or 'a tensor'} {x.shape}, {'trained' if wants else 'frozen'}"
        self.facts[path] = id(x), wants, version, words
        return iter(())

    def _function(self, path: str, x: FunctionType) -> Iterator[tuple[str, Any, Any]]:
        self.facts[path] = FunctionType, x.__code__, f"{x.__qualname__}()"
        name, is_foreign = path.rpartition(".")[2], _is_foreign(x.__module__)
        if not is_foreign:
            self._look(x, "__code__", "__defaults__", "__kwdefaults__")
            yield f"the defaults of {name}", x.__defaults__, None
            yield f"the keywords' defaults of {name}", x.__kwdefaults__, None
        for cell_name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            try:
                inside = cell.cell_contents
            except ValueError:  # empty as yet
                continue
            if is_foreign and isinstance(inside, (type, BuiltinFunctionType, *PLAIN)):
                continue  # a package's own affair
            self._look(cell, "cell_contents")
            yield f"{cell_name} in {name}", inside, None
        if not is_foreign:  # of foreign code only what it was given counts
            yield from self._globals(x)

    def _globals(self, x: FunctionType) -> Iterator[tuple[str, Any, Any]]:
        """The globals that the code names, and the attributes it names of modules among them."""
        scope, words = x.__globals__, tuple(_words(x.__code__))
        for word in words:
            self.scopes.append(scope)
            self.names.append(word)
            if word not in scope:
                continue
            found = scope[word]
            yield f"the global {word}", found, None
            if isinstance(found, ModuleType) and not _is_foreign(found.__name__):
                inside = vars(found)
                for attribute in filter(inside.__contains__, words):
                    self.scopes.append(inside)
                    self.names.append(attribute)
                    yield f"{word}.{attribute}", inside[attribute], None

    def _group(self, path: str, x: Any) -> Iterator[tuple[str, Any, Any]]:
        name = type(x).__name__
        self.facts[path] = type(x), len(x), f"{name} of {len(x)}"
        if hasattr(x, "items"):
            self.views += [x.keys(), x.values()]
            return iter([(f"{path}[{key!r}]", value, None) for key, value in x.items()])
        if not is_tuple(x):
            self.views.append(x)
        elements: list[Any] = list(x)
        return iter([(f"{path}[{i}]", value, None) for i, value in enumerate(elements)])

    def _several(self, path: str, x: Any, parts: dict[str, Any]) -> Iterator[Any]:
        self.facts[path] = type(x), type(x).__name__
        return iter([(f"{path}.{name}", part, None) for name, part in parts.items()])

    def _class(self, path: str, x: type) -> Iterator[tuple[str, Any, Any]]:
        self.facts[path] = type, id(x), x.__qualname__
        if _is_foreign(x.__module__):
            return iter(())
        inside = vars(x)
        self.views.append(inside.values())
        bases = [(f"{path}, {base.__qualname__}", base, None) for base in x.__bases__]
        own = ((name, value) for name, value in inside.items() if not _is_a_label(name, value))
        return iter([*bases, *((f"{x.__qualname__}.{n}", _unwound(v), None) for n, v in own)])

    def _object(self, path: str, x: Any) -> Iterator[tuple[str, Any, Any]]:
        """Attributes of anything else: a layer, an optimiser, the user's own."""
        kind = cast(type[Any], type(x))
        if _is_foreign(kind.__module__) and not _is_ours(kind.__module__) and kind not in OPEN:
            self.facts[path] = kind, id(x), kind.__name__
            if isinstance(x, GENERATORS):
                self.generators.append((path, x))
            return
        self.facts[path] = kind, kind.__name__
        yield f"the class of {path}", kind, None
        facts: dict[str, Any] = getattr(x, "__dict__", {})
        if "__wrapped__" in facts:  # a function in another form: compiled, for example
            facts = {"__wrapped__": facts["__wrapped__"]}
            self._look(x, *facts)
        elif hasattr(kind, "bookkeeping"):
            facts = {name: y for name, y in facts.items() if name not in kind.bookkeeping}
            self._look(x, *facts)
        elif facts:
            self.views.append(facts.values())
        slots = [name for name in _slots(kind) if hasattr(x, name)]
        self._look(x, *slots)
        derived = getattr(kind, "derived", ())
        for name, value in [*facts.items(), *((name, getattr(x, name)) for name in slots)]:
            if name not in derived:
                yield f"{path}.{name.lstrip('_')}", value, x

    def _look(self, owner: Any, *attributes: str) -> None:
        self.owners += [owner] * len(attributes)
        self.attributes += attributes


def content_of(x: Any) -> Any:
    """The bytes of a small array; of a larger one, a number that changes with them."""
    return x.tobytes() if x.nbytes <= COPY_BYTES else fingerprint(x)


def _words(code: CodeType) -> Iterator[str]:
    """The names that a piece of code and the functions written in it look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)


def _is_foreign(module: str | None) -> bool:
    return (module or "").partition(".")[0] in FOREIGN


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]


def _is_a_label(name: str, value: Any) -> bool:
    """Whether Python notes this about a class for itself: its name, module, annotations."""
    return name.startswith("__") and name.endswith("__") and not isinstance(value, FunctionType)


def _unwound(x: Any) -> Any:
    """The function in a static method, a class method or a property."""
    return getattr(x, "__func__", None) or getattr(x, "fget", None) or x


def _slots(kind: type) -> list[str]:
    found: list[str] = []
    for each in kind.__mro__:
        own = vars(each).get("__slots__", ())
        found += [own] if isinstance(own, str) else own
    return [name for name in found if not name.startswith("__")]


def _shown(x: Any) -> str:
    text = np.array2string(x, threshold=6) if is_array(x) else repr(x)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
