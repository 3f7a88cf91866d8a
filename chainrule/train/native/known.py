"""Known: a step of our own code is recorded and planned once for all fits that are alike.

Imports recording and planning. The native steps ask here first: a cross-validation, a search and
an ensemble make hundreds of nets of one form, and to record one takes longer than to train it.
"""

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields
from operator import is_
from types import FunctionType
from typing import Any

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.plan import Plan
from chainrule.settings import DEPTH
from chainrule.train.native.guards import Surroundings
from chainrule.train.native.planned import planned
from chainrule.train.native.recorded_step import Recorded
from chainrule.train.recipe import Recipe

METHODS: tuple[type[Any], ...] = (FunctionType, property, classmethod, staticmethod)
STEPS = 64  # that are known: those of the last few fits, and of the shapes of a search
SEEN = ("model", "loss", "optimizer", "regularization", "hooks")  # by their surroundings
RATE = "the optimiser.rate"  # the path of what each step is given anew


@dataclass(eq=False)
class Known:
    """A step that was recorded and planned.

    Attributes
    ----------
    recorded : Recorded
    plan : Plan
    methods : Methods or None
        Those of the classes that were recorded.
    code : object
        Its machine code, which is held here while other fits may come.
    """

    recorded: Recorded
    plan: Plan
    methods: "Methods | None" = None
    code: Any = None


class Methods:
    """What stands in some classes, and whether it still does: anybody may replace a method."""

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = [vars(base) for base in {b for each in classes for b in each.__mro__}]
        self._sizes = [*map(len, self._classes)]
        found: list[tuple[Any, str, Any]] = [
            (inside, name, x)
            for inside in self._classes
            for name, x in inside.items()
            if isinstance(x, METHODS)
        ]
        self._places = [(inside, name) for inside, name, _ in found]
        self._methods = [x for _, _, x in found]

    def same(self) -> bool:
        """Whether each method is the one that was there, and none has come or gone."""
        now = [inside.get(name) for inside, name in self._places]
        return all(map(is_, now, self._methods)) and [*map(len, self._classes)] == self._sizes


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
        recorded = record()
        return Known(recorded, planned(recorded.flow))
    if not recipe.optimizer.groups:  # those have rates in proportion to this one, an input too
        content = tuple([fact for fact in content if fact[0] != RATE])
    own = tuple([getattr(recipe, each.name) for each in fields(recipe) if each.name not in SEEN])
    facts = own, DEPTH.get(), batch, content
    step = _Step(facts, surroundings.classes, record)
    found = _found(step)
    if found.methods is not None and not found.methods.same():
        _found.cache_clear()
        return _found(step)
    return found


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
    recorded = step.record()
    step.record = _done  # which holds a net, and the step stays
    ops = map(CATALOGUE.__getitem__, CATALOGUE.names())
    return Known(recorded, planned(recorded.flow), Methods((*step.classes, *ops)))


def _done() -> Any:
    raise AssertionError("a step that is known is not recorded again")
