"""Snapshot: the contents of containers as they were, compared by identity in a few microseconds.

Imports values. The surroundings fill one while they are read; every call of a compiled function
asks it whether anything was put in another's place.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextvars import ContextVar
from itertools import chain
from operator import attrgetter, is_, itemgetter
from types import CellType
from typing import Any

from chainrule.compiled.values import content

_in_cell = attrgetter("cell_contents")
_END = (object(),)  # stands behind a container, so that nothing moves unseen into the next one


class Snapshot:
    """Containers, and what they held. The objects in it are kept alive, so identity tells."""

    def __init__(self) -> None:
        self._live: list[Collection[Any]] = []  # lists and views of dicts, which follow changes
        self._held: list[Any] = []
        self._cells: list[CellType] = []
        self._in_cells: list[Any] = []
        self._picks: list[tuple[Callable[[Any], Iterable[Any]], Any]] = []
        self._picked: list[Any] = []
        self._absent: list[tuple[Any, frozenset[str]]] = []
        self._arrays: list[tuple[Any, Any]] = []
        self._leaves: list[Any] = []
        self._wanted: list[Any] = []

    def holds(self, live: Collection[Any], held: Sequence[Any]) -> None:
        """A container of which everything counts."""
        self._live += [live, _END]
        self._held += [*held, *_END]

    def facts(self, facts: Any, held: Sequence[Any]) -> None:
        """The attributes of an object, which are not moved to another one."""
        self._live.append(facts.values())
        self._held += held

    def cell(self, cell: CellType, held: Any) -> None:
        """A variable of an outer function."""
        self._cells.append(cell)
        self._in_cells.append(held)

    def picks(self, mapping: Any, names: Sequence[str], held: Sequence[Any]) -> None:
        """A dict of which some names count."""
        if names:
            self._picks.append((itemgetter(*names, names[0]), mapping))
            self._picked += [*held, held[0]]

    def attributes(self, x: Any, names: Sequence[str], held: Sequence[Any]) -> None:
        """An object of which some attributes count."""
        if names:
            self._picks.append((attrgetter(*names, names[0]), x))
            self._picked += [*held, held[0]]

    def variable(self, x: ContextVar[Any], held: Any) -> None:
        """A variable of the context, which holds this or is not set."""
        self._picks.append((_in_context, x))
        self._picked.append(held)

    def lacks(self, mapping: Any, names: Iterable[str]) -> None:
        """A dict in which these names are not to appear."""
        absent = frozenset(names)
        if absent:
            self._absent.append((mapping, absent))

    def array(self, array: Any, mark: Any) -> None:
        """An array that can be written."""
        self._arrays.append((array, mark))

    def wants(self, leaf: Any) -> None:
        """A parameter or tensor that can be frozen."""
        self._leaves.append(leaf)
        self._wanted.append(leaf.wants_gradient)

    def close(self) -> None:
        """Nothing more is added to the containers."""
        self._live.append(_END)
        self._held += _END

    def stands(self) -> bool:
        """Whether everything is as it was."""
        try:
            return (
                _same(chain.from_iterable(self._live), self._held)
                and _same(map(_in_cell, self._cells), self._in_cells)
                and [leaf.wants_gradient for leaf in self._leaves] == self._wanted
                and _same(_picked(self._picks), self._picked)
                and all(m.keys().isdisjoint(names) for m, names in self._absent)
                and all(content(array) == mark for array, mark in self._arrays)
            )
        except (KeyError, AttributeError, ValueError, RuntimeError):  # gone, or changing now
            return False


def _in_context(x: ContextVar[Any]) -> Iterable[Any]:
    return (x.get(None),)


def _same(found: Iterable[Any], held: list[Any]) -> bool:
    return all(map(is_, found, held))


def _picked(picks: list[tuple[Callable[[Any], Iterable[Any]], Any]]) -> Iterable[Any]:
    return chain.from_iterable([pick(mapping) for pick, mapping in picks])
