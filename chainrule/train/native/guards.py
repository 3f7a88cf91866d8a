"""Surroundings: what a recorded function read beside its arguments, and whether it still stands.

Imports reach beside it. The training step keeps one for each set of recordings: comparing objects
by identity takes a microsecond, where recording anew takes thousands.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import chain
from operator import eq, is_
from typing import Any

from chainrule.graph.nodes.node import Node
from chainrule.train.native.holdings import PLAIN, content_of
from chainrule.train.native.reach import MOST, Reach

END = object()
NOTHING = (object,)
OUTSIDE = (
    "which are constants of the recording. What the model holds is an input of the step: set it "
    "as an attribute of the model (model.teacher = teacher, after teacher.freeze(); an array as a "
    "buffer), and read it there"
)
LOOK_UP = dict[str, Any].get


class Surroundings:
    """Everything that Python code can read from some objects, as it is now.

    Seen are: attributes that some code names (also of user-made classes), elements of lists,
    tuples, dicts and sets, the cells of a closure, the globals that its code names, and defaults,
    through user-made functions that are called; arrays, bytes and context variables by their
    contents; and which parameters want a gradient. What no code names is not: a log that a
    callback keeps on the net.
    Not seen are: what foreign packages hold inside (of NumPy, SciPy, the standard library ...),
    files, clocks and the environment, attributes found by ``getattr`` with a computed name in a
    module, and globals reached through ``globals()``.

    Parameters
    ----------
    roots : mapping of str to object
        By the names that messages use.
    inputs : callable, optional
        Returns the parameters whose values the recording takes as inputs; those of others are
        constants of it.
    """

    def __init__(
        self,
        roots: Mapping[str, Any],
        inputs: Callable[[], Collection[Node]] = tuple,
    ) -> None:
        self._roots, self._inputs = roots, inputs
        self._look()

    def same(self) -> bool:
        """Whether every object is the one that was there, and every array has its contents."""
        views, owners, attributes, scopes, names, arrays = self._places
        objects, contents = self._expected
        found = chain(*views, map(getattr, owners, attributes), map(LOOK_UP, scopes, names))
        try:
            return all(map(is_, found, objects)) and (
                not arrays or all(map(eq, map(content_of, arrays), contents))
            )
        except (AttributeError, ValueError, RuntimeError):  # an attribute or a cell was emptied
            return False

    @property
    def generators(self) -> list[tuple[str, Any]]:
        """Sources of random numbers that can be reached, by path."""
        return self._reach.generators

    @property
    def iterators(self) -> list[str]:
        """Paths of iterators that can be reached."""
        return self._reach.iterators

    @property
    def hold_code_of_others(self) -> bool:
        """Whether anything can be reached that this package has not written."""
        return self._reach.meets_code_of_others

    @property
    def classes(self) -> set[type]:
        """Those of all objects that can be reached."""
        return {type(x) for _, x in self._reach.objects}

    def content(self) -> tuple[Any, ...] | None:
        """All that can be reached: equal for other roots of the same form and the same settings.

        None where code of others, or something whose content nobody can tell, is met; the values
        of inputs are no part of it.
        """
        reach = self._reach
        if reach.meets_code_of_others or reach.generators or reach.iterators:
            return None
        nodes = {path: x for path, x in reach.objects if isinstance(x, Node)}
        inputs = set(map(id, self._inputs()))
        if len(reach.facts) >= MOST or any(id(x) not in inputs for x in nodes.values()):
            return None
        forms = {path: (x.shape, x.dtype, x.wants_gradient) for path, x in nodes.items()}
        found = tuple([(path, forms.get(path, fact)) for path, fact in reach.facts.items()])
        return found if _has_hash(found) else None

    def change(self, numbers: bool = False) -> str:
        """What is not as it was, in words; "" where only other objects of equal value came.

        From now on what is there now is what is expected. With ``numbers`` only what was a number
        or a text and is another one counts.
        """
        before = self._reach.facts
        self._look(self._reach.read)
        now = self._reach.facts
        for path, fact in now.items():
            if numbers and not (_is_plain(fact) and _is_plain(before.get(path, NOTHING))):
                continue
            if path not in before:
                return f"{path} is new"
            if before[path] != fact and before[path][-1] == fact[-1]:
                return f"{path} holds other values than before, {OUTSIDE}"
            if before[path] != fact:
                return f"{path} was {before[path][-1]} and is {fact[-1]}"
        gone = (path for path in before if path not in now and not numbers)
        return next((f"{path} is gone" for path in gone), "")

    def _look(self, read: Collection[str] = ()) -> None:
        """See what there is, and expect it from now on."""
        reach = self._reach = Reach(self._roots, self._inputs(), read)
        views = (*reach.views, (END,))  # one element more or less would shift what follows
        self._places = (
            views, reach.owners, reach.attributes, reach.scopes, reach.names, reach.arrays
        )  # fmt: skip
        looked = map(getattr, reach.owners, reach.attributes)
        globals_ = map(LOOK_UP, reach.scopes, reach.names)
        self._expected = [*chain(*views, looked, globals_)], reach.contents


def _is_plain(fact: tuple[Any, ...]) -> bool:
    """Whether this stands for a number or a text."""
    return issubclass(fact[0], PLAIN) if isinstance(fact[0], type) else False


def _has_hash(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True
