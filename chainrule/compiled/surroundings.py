"""Surroundings: what a function reads besides its arrays, as a key, as inputs, and as guards.

Imports names, values and snapshot, and the nets' tree. A compiled function looks around when its
snapshot no longer stands.
"""

import functools
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from types import FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import numpy as np

from chainrule.compiled import contents
from chainrule.compiled.code_names import ANY, reads, reads_of_class
from chainrule.compiled.places import (
    CHANCE,
    LIBRARIES,
    OPEN,
    UNCALLED,
    Place,
    is_dunder,
    is_fact,
    is_library,
    is_state,
    root_of,
    slots_of,
)
from chainrule.compiled.snapshot import Snapshot
from chainrule.compiled.values import Same, atom, foreign, kind_of
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.graph.op.operation import Op
from chainrule.nn.member_paths import Tree
from chainrule.plan.closed_over import is_over
from chainrule.tensors import Parameter, Tensor

REPLACED = ("__code__", "__defaults__", "__kwdefaults__")  # of a function, by reloaders too
ENOUGH = 20_000  # objects; what is behind them is compared by identity


class Surroundings:
    """All that can be reached from a function and its static arguments.

    Parameters
    ----------
    closed : sequence
        The function, and the object whose method it is.
    given : sequence
        Static arguments that may hold others.
    names : frozenset of str
        Of attributes that some code reads, as far as they are known from before.

    Attributes
    ----------
    key : tuple
        Equal for surroundings in which a function computes the same from its inputs.
    inputs : list of (Parameter or Place)
        In the order in which they are found, which the key fixes.
    snapshot : Snapshot
    dice : list
        Random generators.
    symbols : bool
        Whether a value of an open derivative or recording is among them.
    passed : bool
        Whether the arguments hold a tensor that wants a gradient.
    wanting : bool
        Whether anything at all does.
    """

    def __init__(
        self, closed: Sequence[Any], given: Sequence[Any] = (), names: frozenset[str] = frozenset()
    ) -> None:
        self._own = {root_of(x) for x in (*closed, *map(type, closed))} - LIBRARIES
        known = None
        self.names: set[str] = set(names)
        while known != len(self.names):  # until no code with new names turns up
            known = len(self.names)
            self._begin()
            self._read(given)
            self.passed = self._wanting
            self._read(closed)
            self.wanting = self._wanting
        self.snapshot.close()
        self.key = tuple(self._tokens)

    def _begin(self) -> None:
        self.inputs: list[Any] = []
        self.dice: list[Any] = []
        self.kinds: set[Any] = set()  # classes that were looked into
        self.snapshot = Snapshot()
        self.symbols = self.passed = self.wanting = self._wanting = False
        self._all = bool(self.names & ANY)
        self._tokens: list[Any] = []
        self._seen: dict[int, int] = {}
        self._alive: list[Any] = []
        self._todo: list[Any] = []

    def _read(self, roots: Sequence[Any]) -> None:
        """Visit in depth first order, without recursion: a list may be deep."""
        self._then(roots)
        while self._todo:
            self._visit(self._todo.pop())

    def _then(self, parts: Iterable[Any]) -> None:
        self._todo += reversed(list(parts))

    def _visit(self, x: Any) -> None:
        simple = atom(x)
        if simple is not None:
            self._tokens.append(simple)
            return
        count = len(self._seen)
        place = self._seen.setdefault(id(x), count)
        if place < count or place >= ENOUGH:
            self._tokens.append(("again", place) if place < ENOUGH else Same(x))
            return
        self._alive.append(x)
        rule = next((rule for kinds, rule in _RULES if isinstance(x, kinds)), _object)
        rule(self, x)

    # What the rules below write with.
    def note(self, *tokens: Any) -> None:
        """Extend the key."""
        self._tokens += tokens

    def then(self, *parts: Any) -> None:
        """Visit these next."""
        self._then(parts)

    def found_input(self, x: Any, array: Any) -> None:
        """A parameter or buffer: its values are read at every call."""
        self.inputs.append(x)
        self.note((type(x), array.shape, array.dtype.str))

    def found_symbol(self, x: Any) -> None:
        """A tensor, or a value that somebody is differentiating."""
        self.note(Same(x))
        if not isinstance(x, Tensor) or x.traced:
            self.symbols = self.symbols or not (isinstance(x, Constant) or is_over(x))
        else:
            self._wants(x)

    def found_parameter(self, x: Parameter) -> None:
        """An input, unless it is being differentiated."""
        if x.traced:
            self.found_symbol(x)
            return
        self._wants(x)
        self.found_input(x, x.value)

    def _wants(self, x: Tensor) -> None:
        """Code may ask whether it is frozen, and the next call may find it so."""
        self._wanting = self._wanting or x.wants_gradient
        self.snapshot.wants(x)
        self.note(x.wants_gradient)

    def is_library(self, x: Any) -> bool:
        """Whether a function, class or module is no code of the user's."""
        root = root_of(x)
        return root not in self._own and is_library(root)

    def reads_name(self, name: str) -> bool:
        """Whether some code may read an attribute of this name."""
        return self._all or name in self.names

    def named(self, mapping: Any, names: Sequence[str]) -> None:
        """Some entries of a dict with names."""
        here = [name for name in names if name in mapping]
        held = [mapping[name] for name in here]
        self.snapshot.picks(mapping, here, held)
        self.snapshot.lacks(mapping, set(names).difference(here))
        self.note(tuple(here))
        self.then(*held)


def _place(around: Surroundings, x: Place) -> None:
    around.found_input(x, x.value)


def _function(around: Surroundings, f: FunctionType) -> None:
    around.note(Same(f.__code__))
    for cell in f.__closure__ or ():
        try:
            held = cell.cell_contents
        except ValueError:  # empty yet
            held = None
        else:
            around.snapshot.cell(cell, held)
        around.then(held)
    if around.is_library(f):
        return
    found = reads(f.__code__)
    around.names |= found.names
    around.named(f.__globals__, found.globals)
    around.named(vars(f), ("__wrapped__", *filter(around.reads_name, vars(f))))
    held = [getattr(f, name) for name in REPLACED]
    around.snapshot.attributes(f, REPLACED, held)
    around.then(*held[1:], *(sys.modules.get(name) for name in found.modules))


def _method(around: Surroundings, x: MethodType) -> None:
    owner: Any = x.__self__  # pyright: ignore[reportUnknownMemberType]  any object
    around.then(x.__func__, owner)


def _partial(around: Surroundings, x: Any) -> None:
    around.note(kind_of(x))
    around.then(x.func, x.args, x.keywords)


def _module(around: Surroundings, x: ModuleType) -> None:
    around.note(Same(x))
    if not around.is_library(x):
        around.named(vars(x), sorted(around.names.intersection(vars(x))))


def _class(around: Surroundings, x: type) -> None:
    around.note(Same(x))
    _methods(around, x, UNCALLED - {"__init__"})


def _methods(around: Surroundings, kind: type, uncalled: frozenset[str]) -> None:
    """What the class of an object holds: methods and values that some code may ask for."""
    if (kind, uncalled) in around.kinds:
        return
    around.kinds.add((kind, uncalled))
    for base in kind.__mro__:
        if around.is_library(base):
            if issubclass(base, Tree | Op):
                around.names |= reads_of_class(base) - ANY
            continue
        names = [
            name
            for name, x in vars(base).items()
            if (around.reads_name(name) and not name.startswith("__"))
            or name == "forward"
            or (is_dunder(name) and name not in uncalled and isinstance(x, FunctionType))
        ]
        around.named(vars(base), names)


def _descriptor(around: Surroundings, x: Any) -> None:
    around.note(kind_of(x))
    around.then(getattr(x, "__func__", None) or x.fget)


def _bound(around: Surroundings, x: Any) -> None:
    """A built-in method: ``array.dot``."""
    owner = x.__self__
    around.note(x.__name__)
    if owner is None or isinstance(owner, ModuleType):
        around.note(Same(x))
    else:
        around.then(owner)


def _tree(around: Surroundings, x: Tree) -> None:
    around.note(kind_of(x))
    facts = x.__dict__
    every = around.is_library(type(x))
    names = [n for n, v in facts.items() if every or is_state(v) or around.reads_name(n)]
    if len(names) == len(facts):
        around.snapshot.facts(facts, list(facts.values()))
    names = [n for n in names if n not in x.derived and (is_fact(n, facts[n]) or not every)]
    held = [facts[n] for n in names]
    if not every and len(names) < len(facts):
        around.snapshot.picks(facts, names, held)
        around.snapshot.lacks(facts, around.names.difference(facts))
    around.note(tuple(names))
    around.then(
        *(
            Place(x, n) if isinstance(v, np.ndarray) else v
            for n, v in zip(names, held, strict=True)
        )
    )
    _methods(around, type(x), UNCALLED)


def _object(around: Surroundings, x: Any) -> None:
    """Anything else: itself, or its kind where equal ones are the same; and what code reads."""
    kind = kind_of(x)
    if isinstance(x, CHANCE):
        around.dice.append(x)
    by_value = isinstance(x, Op) or (
        kind.__eq__ is not object.__eq__ and not around.is_library(kind)
    )
    every = by_value or isinstance(x, OPEN)
    named = [n for n in slots_of(kind) if hasattr(x, n)]
    slots = [n for n in named if every or around.reads_name(n)]
    facts: Any = getattr(x, "__dict__", None)
    if facts is None and not named:
        around.note(foreign(x) if around.is_library(kind) else Same(x))
        return
    around.note(kind if by_value else Same(x))
    if facts is not None:
        names = [n for n in facts if every or n == "__wrapped__" or around.reads_name(n)]
        around.named(facts, names)
        around.snapshot.lacks(facts, around.names.difference(facts))
    held = [getattr(x, n) for n in slots]
    around.snapshot.attributes(x, slots, held)
    around.then(*held)
    _methods(around, kind, UNCALLED)


Rule = Callable[[Surroundings, Any], None]
_RULES: tuple[tuple[Any, Rule], ...] = (
    (Parameter, Surroundings.found_parameter),
    (Symbol, Surroundings.found_symbol),
    (np.ndarray, contents.of_array),
    (Place, _place),
    (Tree, _tree),
    ((dict, MappingProxyType), contents.of_dict),
    ((list, tuple, deque), contents.of_sequence),
    ((bytearray, array), contents.of_buffer),
    (ContextVar, contents.of_variable),
    ((set, frozenset), contents.of_set),
    (FunctionType, _function),
    (MethodType, _method),
    (functools.partial, _partial),
    (ModuleType, _module),
    ((staticmethod, classmethod, property), _descriptor),
    (type(len), _bound),
    (type, _class),
)
