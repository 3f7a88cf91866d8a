"""Reach: the objects that Python code can get at from some roots, and what they hold.

Imports the graph's nodes and guards, and the names that compiled functions go by too. Surroundings
looks at what it found.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any, cast

from chainrule.compiled.code_names import ANY, reads
from chainrule.graph.nodes.node import Node
from chainrule.nn.member_paths import Tree
from chainrule.spec import is_array, is_tuple
from chainrule.train.events import HOOKS
from chainrule.train.native.holdings import (
    BYTES,
    GENERATORS,
    OPEN,
    PLAIN,
    content_of,
    inherits_from_others,
    is_a_label,
    is_code_of_others,
    is_foreign,
    is_ours,
    is_state,
    shown,
    slots_of,
    unwound,
    words_of,
    written_names,
)

MOST = 100_000  # objects: beyond that a list of data was closed over, not settings


class Reach:
    """One walk from the roots through everything that some code could read from them.

    Attributes that no code names are left out: a log that a callback keeps on the net, say.

    Parameters
    ----------
    roots : mapping of str to object
        By the names that messages use.
    inputs : collection of Node
        Whose values are no constants.
    read : frozenset of str
        Names of attributes that some code reads, as far as they are known from before.

    Attributes
    ----------
    read : set of str
        All that the code found here names.
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
    iterators : list of str
        The paths of iterators and generators: each step would take what comes next.
    """

    @property
    def objects(self) -> list[tuple[str, Any]]:
        """Everything that was found, with the path at which it was met first."""
        return list(self._seen.values())

    @property
    def meets_code_of_others(self) -> bool:
        """Whether anything was found that this package has not written."""
        return any(is_code_of_others(x) for _, x in self._seen.values())

    def __init__(
        self,
        roots: Mapping[str, Any],
        inputs: Collection[Node] = (),
        read: Collection[str] = (),
    ) -> None:
        self._inputs = set(map(id, inputs))
        self.read, known = set(read), -1
        while known != len(self.read):  # until no code with new names turns up
            known = len(self.read)
            self._walk(roots)

    def _walk(self, roots: Mapping[str, Any]) -> None:
        self._reads_any = bool(self.read & ANY)
        self.facts: dict[str, tuple[Any, ...]] = {}
        self.views: list[Any] = []
        self.owners: list[Any] = []
        self.attributes: list[str] = []
        self.scopes: list[dict[str, Any]] = []
        self.names: list[str] = []
        self.arrays: list[Any] = []
        self.contents: list[Any] = []
        self.generators: list[tuple[str, Any]] = []
        self.iterators: list[str] = []
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
            self.facts[path] = type(x), repr(x), shown(x)
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
        if isinstance(x, BYTES):
            return self._content(path, x)
        if isinstance(x, ContextVar):
            self._content(path, x)
            return iter([(f"{path}.get()", cast("ContextVar[Any]", x).get(None), None)])
        if isinstance(x, BuiltinFunctionType | MethodWrapperType):
            return self._bound(path, x)
        return self._object(path, x)

    def _content(self, path: str, x: Any) -> Iterator[Any]:
        """What is compared by what stands in it now."""
        content = content_of(x)
        self.arrays.append(x)
        self.contents.append(content)
        self.facts[path] = type(x), content, shown(x)
        return iter(())

    def _bound(self, path: str, x: Any) -> Iterator[Any]:
        """A function written in C, or a method of an object: ``table.get``."""
        owner = x.__self__
        self.facts[path] = type(x), x.__name__, x.__name__
        if x.__name__ == "__getattribute__":
            self.read.add("getattr")
        if owner is None or isinstance(owner, ModuleType):
            return iter(())
        return iter([(f"{path}.__self__", owner, None)])

    def _array(self, path: str, x: Any, home: Any) -> Iterator[Any]:
        if getattr(home, "arrays_are_inputs", False):
            self.facts[path] = x.shape, x.dtype, f"an array {x.shape} of {x.dtype}"
            return iter(())
        content = content_of(x)
        self.arrays.append(x)
        self.contents.append(content)
        self.facts[path] = x.shape, x.dtype, content, shown(x)
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
        name, foreign = path.rpartition(".")[2], is_foreign(x.__module__)
        if not foreign:
            self._look(x, "__code__", "__defaults__", "__kwdefaults__")
            yield f"the defaults of {name}", x.__defaults__, None
            yield f"the keywords' defaults of {name}", x.__kwdefaults__, None
            for attribute, value in self._attributes(x, vars(x)).items():
                yield f"{path}.{attribute}", value, None
        for cell_name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            try:
                inside = cell.cell_contents
            except ValueError:  # empty as yet
                continue
            if foreign and isinstance(inside, (type, BuiltinFunctionType, *PLAIN)):
                continue  # a package's own affair
            self._look(cell, "cell_contents")
            yield f"{cell_name} in {name}", inside, None
        if not foreign:  # of foreign code only what it was given counts
            yield from self._globals(x)

    def _globals(self, x: FunctionType) -> Iterator[tuple[str, Any, Any]]:
        """The globals that the code names, and the attributes it names of modules among them."""
        self.read |= reads(x.__code__).names
        scope, words = x.__globals__, tuple(words_of(x.__code__))
        for word in words:
            self.scopes.append(scope)
            self.names.append(word)
            if word not in scope:
                continue
            found = scope[word]
            yield f"the global {word}", found, None
            if isinstance(found, ModuleType) and not is_foreign(found.__name__):
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
        self.facts[path] = type, x, x.__qualname__
        if is_foreign(x.__module__):
            return iter(())
        inside = vars(x)
        self.views.append(inside.values())
        above = x.__bases__ if type(x) is type else (*x.__bases__, type(x))
        bases = [(f"{path}, {base.__qualname__}", base, None) for base in above]
        ours = written_names(x)
        own = (
            (name, value)
            for name, value in inside.items()
            if not is_a_label(name, value)
            and (self._is_read_in_class(name) or (name in ours and name not in HOOKS))
        )
        return iter([*bases, *((f"{x.__qualname__}.{n}", unwound(v), None) for n, v in own)])

    def _object(self, path: str, x: Any) -> Iterator[tuple[str, Any, Any]]:
        """Attributes of anything else: a layer, an optimiser, the user's own."""
        kind = cast(type[Any], type(x))
        if is_foreign(kind.__module__) and not is_ours(kind.__module__) and kind not in OPEN:
            self.facts[path] = kind, id(x), kind.__name__
            if isinstance(x, GENERATORS):
                self.generators.append((path, x))
            elif isinstance(x, Iterator):
                self.iterators.append(path)
            elif hasattr(x, "__wrapped__"):  # functools.cache
                yield f"{path}.__wrapped__", x.__wrapped__, None
            return
        self.facts[path] = kind, kind.__name__
        yield f"the class of {path}", kind, None
        facts: dict[str, Any] = getattr(x, "__dict__", {})
        if "__wrapped__" in facts:  # a function in another form: compiled, for example
            facts = {"__wrapped__": facts["__wrapped__"]}
            self._look(x, *facts)
        elif hasattr(x, "__dict__"):
            facts = self._attributes(x, facts)
        slots = [name for name in slots_of(kind) if hasattr(x, name)]
        self._look(x, *slots)
        derived = getattr(kind, "derived", ())
        for name, value in [*facts.items(), *((name, getattr(x, name)) for name in slots)]:
            if name not in derived:
                yield f"{path}.{name.lstrip('_')}", value, x

    def _attributes(self, x: Any, facts: dict[str, Any]) -> dict[str, Any]:
        """The attributes of an object that count; a new one will be seen, whatever its name."""
        kind = cast(type[Any], type(x))
        notes, derived = getattr(kind, "bookkeeping", ()), getattr(kind, "derived", ())
        ours = written_names(kind)
        counted = {
            name: value
            for name, value in facts.items()
            if name not in notes
            and (
                self._reads_any
                or inherits_from_others(kind)
                or name in ours
                or name in self.read
                or name in derived
                or isinstance(value, GENERATORS)
                or (isinstance(x, Tree) and is_state(value))
            )
        }
        if len(counted) == len(facts):
            self.views.append(facts.values())
        else:
            self.views.append(facts.keys())
            names = [name for name in counted if name not in derived]
            self.scopes += [facts] * len(names)
            self.names += names
        return counted

    def _is_read_in_class(self, name: str) -> bool:
        """Whether some code, or Python by itself, may look this name up in a class."""
        special = name.startswith("__") and name.endswith("__")
        return self._reads_any or special or name in self.read

    def _look(self, owner: Any, *attributes: str) -> None:
        self.owners += [owner] * len(attributes)
        self.attributes += attributes
