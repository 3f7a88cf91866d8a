"""Groups: parameters whose elements one call of an elementwise rule updates, in place.

Imports tensors and storage. The optimiser's base class arranges its parameters in groups and
steps each one. Small parameters share a group: a call of NumPy costs as much for 10 elements as
for a thousand. A large parameter is updated in chunks, so that the rule's intermediate arrays stay
in the cache.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.graph.nodes.storage import aligned
from chainrule.tensors import Parameter

Array = np.ndarray[Any, np.dtype[Any]]
Rule = Callable[[Any, Any, tuple[Any, ...], Any, Any], tuple[Any, tuple[Any, ...]]]

CHUNK = 131072  # elements: Adam's arrays, 3 MiB of float32, stay in the cache; measured
SMALL = 8192  # elements: above this, gathering a parameter costs more than a call of its own


class Slot:
    """What an optimiser remembers about one parameter.

    Attributes
    ----------
    name : str
        The parameter's name in the mapping that was given, for messages and saved states.
    state : tuple of ndarray, (size,)
        The rule's arrays, flat.
    steps : int
        How often the parameter was updated: it may have been skipped at some steps.
    """

    __slots__ = ("name", "parameter", "state", "steps")

    def __init__(self, name: str, parameter: Parameter, state: tuple[Array, ...], steps: int):
        self.name = name
        self.parameter = parameter
        self.state = state
        self.steps = steps


class Group:
    """Parameters of one element type and one rule that have been updated equally often."""

    __slots__ = ("_gradient", "_pieces", "_state", "_value", "name", "slots")

    def __init__(self, slots: Sequence[Slot], name: str | None = None) -> None:
        self.slots, self.name = tuple(slots), name
        if len(slots) == 1:
            self._state = slots[0].state
            return
        sizes = [slot.parameter.size for slot in slots]
        stops = np.cumsum(sizes).tolist()
        places = [slice(stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]
        self._value: Array = np.empty(stops[-1], slots[0].parameter.dtype)
        self._gradient = np.empty_like(self._value)
        self._pieces = tuple(self._value[place] for place in places)
        self._state = tuple(
            aligned(np.concatenate(arrays))
            for arrays in zip(*(s.state for s in slots), strict=True)
        )
        for slot, place in zip(slots, places, strict=True):  # each keeps a view of its part
            slot.state = tuple(array[place] for array in self._state)

    def step(self, rule: Rule, rate: float) -> None:
        """Update every element once; the parameters' arrays stay where they are."""
        slots = self.slots
        count = slots[0].steps + 1
        if len(slots) == 1:
            parameter = slots[0].parameter
            gradient = np.asarray(parameter.gradient).ravel()
            _update(rule, parameter.value.ravel(), gradient, self._state, rate, count)
            return
        # ravel() of a parameter is a view; of a gradient in another order, a copy.
        flat = [slot.parameter.value.ravel() for slot in slots]
        np.concatenate(flat, out=self._value)
        np.concatenate([slot.parameter.gradient.ravel() for slot in slots], out=self._gradient)
        _update(rule, self._value, self._gradient, self._state, rate, count)
        for value, piece in zip(flat, self._pieces, strict=True):
            value[...] = piece


def grouped(slots: Iterable[Slot], rule: Callable[[str], str | None]) -> tuple[Group, ...]:
    """Groups of small parameters that fit into one chunk, and each large parameter alone.

    ``rule`` says by a parameter's name which group of the user's it belongs to.
    """
    groups: list[Group] = []
    waiting: dict[Any, list[Slot]] = {}
    sizes: dict[Any, int] = {}  # of all that wait, in elements
    for slot in slots:
        size, name = slot.parameter.size, rule(slot.name)
        if size > SMALL:
            groups.append(Group([slot], name))
            continue
        key = slot.parameter.dtype, slot.steps, name
        alike = waiting.setdefault(key, [])
        if sizes.get(key, 0) + size > CHUNK:
            groups.append(Group(alike.copy(), name))
            alike.clear()
            sizes[key] = 0
        alike.append(slot)
        sizes[key] = sizes.get(key, 0) + size
    return (*groups, *(Group(alike, key[-1]) for key, alike in waiting.items()))


def _update(
    rule: Rule, value: Array, gradient: Array, state: tuple[Array, ...], rate: float, count: int
) -> None:
    for start in range(0, value.size, CHUNK):
        part = slice(start, start + CHUNK)
        before = tuple([array[part] for array in state])
        value[part], after = rule(value[part], gradient[part], before, rate, count)
        for array, new in zip(before, after, strict=True):
            array[...] = new
