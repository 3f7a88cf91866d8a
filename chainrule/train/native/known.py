"""Known: a step of our own code is recorded and planned once for all fits that are alike.

Imports recording and planning. The native steps ask here first: a cross-validation, a search and
an ensemble make hundreds of nets of one form, and to record one takes longer than to train it.
"""

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields, replace
from operator import getitem
from types import FunctionType
from typing import Any

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.plan import Plan
from chainrule.plan.steps import Flow
from chainrule.settings import DEPTH
from chainrule.train.native import kept_on_disk
from chainrule.train.native.guards import Surroundings
from chainrule.train.native.planned import planned
from chainrule.train.native.recorded_step import Recorded
from chainrule.train.recipe import Recipe

METHODS: tuple[type[Any], ...] = (FunctionType, property, classmethod, staticmethod)
RETURNS = 30.0  # times: a script that was started twice will be started more often
STEPS = 64  # that are known: those of the last few fits, and of the shapes of a search
SEEN = ("model", "loss", "optimizer", "regularization", "hooks")  # by their surroundings
DRAWN = ".drawn"  # the paths of when a layer's weights were drawn, which no recording reads
RATE = "the optimiser.rate"  # the path of what each step is given anew
PLANNED = Flow((), (), ())


@dataclass(eq=False)
class Known:
    """A step that was recorded and planned.

    Attributes
    ----------
    recorded : Recorded
        Without its flow.
    plan : Plan
    methods : tuple of Methods
        Those of the classes that were recorded, and of the ops.
    code : object
        Its machine code, which is held here while other fits may come.
    returns : float
        How much more often it will be run than is known: by processes that come later.
    """

    recorded: Recorded
    plan: Plan
    methods: "tuple[Methods, ...]" = ()
    code: Any = None
    returns: float = 1.0
    _runs: float = 0.0

    def expected(self, runs: float) -> float:
        """How many runs the code is worth: those of this fit, and of all fits before it.

        What many fits of few steps have in common deserves fast code as one long fit does.
        """
        self._runs += runs
        return self._runs * self.returns


class _Kinds(dict[type, bool]):
    """Whether the objects of a class are methods; each is asked once, of thousands of objects."""

    def __missing__(self, kind: type) -> bool:
        found = self[kind] = issubclass(kind, METHODS)
        return found


_IS_METHOD = _Kinds()


class Methods:
    """What stands in some classes, and whether it still does: anybody may replace a method.

    Attributes
    ----------
    found : list
    modules : set of str
        Where they were written.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = [vars(base) for base in {b for each in classes for b in each.__mro__}]
        self._sizes = [*map(len, self._classes)]
        found = [
            (inside, name, x)
            for inside in self._classes
            for name, x in inside.items()
            if _IS_METHOD[type(x)]
        ]
        self._holders = [inside for inside, _, _ in found]
        self._names = [name for _, name, _ in found]
        self.found: list[Any] = [x for _, _, x in found]
        functions = {x for x in self.found if type(x) is FunctionType}
        others = (x for x in self.found if type(x) is not FunctionType)
        self.modules = {x.__module__ for x in functions} | {*map(_module_of, others)}

    def same(self) -> bool:
        """Whether each method is the one that was there, and none has come or gone."""
        try:  # methods are equal where they are the same
            now = [*map(getitem, self._holders, self._names)]
            return now == self.found and [*map(len, self._classes)] == self._sizes
        except KeyError:  # one has gone
            return False


def known(
    recipe: Recipe, surroundings: Surroundings, batch: Hashable, record: Callable[[], Recorded]
) -> Known:
    """The recording of a step and its plan: those of an equal step, or new ones.

    Equal are steps that run nothing but code of this package on equal settings; their parameters
    may hold other values, for those are inputs of a recording.

    Parameters
    ----------
    batch : hashable
        The arrays of a batch, and whether its step is watched.
    record : callable
        Records it, where it is not known.
    """
    content = surroundings.content()
    if content is None:
        return Known(*_planned(record()))
    content = tuple([fact for fact in content if not fact[0].endswith(DRAWN)])
    if not recipe.optimizer.groups:  # those have rates in proportion to this one, an input too
        content = tuple([fact for fact in content if fact[0] != RATE])
    own = tuple([getattr(recipe, each.name) for each in fields(recipe) if each.name not in SEEN])
    facts = own, DEPTH.get(), batch, content
    step = _Step(facts, surroundings.classes, record)
    found = _found(step)
    is_new = step.record is _done  # and its methods have just been looked at
    if is_new or all(each.same() for each in found.methods):
        return found
    _found.cache_clear()
    return _found(step)


class _Step:
    """A step by what it says: equal ones have one recording."""

    def __init__(
        self, facts: Hashable, classes: Iterable[type], record: Callable[[], Recorded]
    ) -> None:
        self.facts, self.classes, self.record, self._hash = facts, classes, record, hash(facts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Step) and self.facts == other.facts


@functools.lru_cache(STEPS)
def _found(step: _Step) -> Known:
    methods = _methods(frozenset(step.classes))
    key = kept_on_disk.key_of(step.facts, {x for each in methods for x in each.modules})
    found = kept = None if key is None else kept_on_disk.read(key)
    if kept is None:
        kept = _planned(step.record())
        if key is not None:
            kept_on_disk.write(key, *kept)
    step.record = _done  # which holds a net, and the step stays
    return Known(*kept, methods, returns=RETURNS if found else 1.0)


def _planned(recorded: Recorded) -> tuple[Recorded, Plan]:
    """A recording and its plan; the flow need not stay."""
    return replace(recorded, flow=PLANNED), planned(recorded.flow)


def _methods(classes: frozenset[type]) -> tuple[Methods, Methods]:
    """The methods of all ops and of these classes, as they stand there now."""
    found = _of_ops(), _of(classes)
    if not all(each.same() for each in found):
        _of_ops.cache_clear()
        _of.cache_clear()
        found = _of_ops(), _of(classes)
    return found


@functools.cache
def _of_ops() -> Methods:
    return Methods(map(CATALOGUE.__getitem__, CATALOGUE.names()))


@functools.lru_cache(STEPS)
def _of(classes: frozenset[type]) -> Methods:
    return Methods(classes)


def _module_of(method: Any) -> str:
    """Where the function of a property, class method or static method was written."""
    function = getattr(method, "__func__", None) or getattr(method, "fget", None)
    return function.__module__ if isinstance(function, FunctionType) else __name__


def _done() -> Any:
    raise AssertionError("a step that is known is not recorded again")
