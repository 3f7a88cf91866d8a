"""OperationOf: the op of a layer, made of the layer's attributes as they are now.

Imports nothing of chainrule. Layers whose op has attributes (a rate, a slope, an epsilon) hold
one, so that ``layer.rate = 0.2`` is what the next call does.
"""

from collections.abc import Callable
from operator import is_
from typing import Any

KEPT = "_operation"


class OperationOf:
    """An attribute: ``make(*values)`` of the attributes named, made anew when one is replaced."""

    def __init__(self, make: Callable[..., Any], *names: str) -> None:
        self._make, self._names = make, names

    def __set_name__(self, kind: Any, name: str) -> None:
        kind.numbers_only |= set(self._names)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is None:
            return self
        facts = owner.__dict__
        values = [facts[name] for name in self._names]
        kept = facts.get(KEPT)
        if kept is None or not all(map(is_, kept[0], values)):
            kept = facts[KEPT] = values, self._make(*values)
        return kept[1]
