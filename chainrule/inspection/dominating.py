"""The largest terms of a sum of products over the paths of a graph, and what all others add.

Imports nothing of chainrule. chains.py follows single entries with it, routes.py whole tensors.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from math import inf, isfinite, isnan
from typing import Generic, TypeVar

State = TypeVar("State")
Added = tuple[int, float, float]  # how many terms, their sum, and the sum of their magnitudes
NONE: Added = (0, 0.0, 0.0)


@dataclass
class Search(Generic[State]):
    """Dives from a start to the end along the largest terms; then from the largest one left.

    Parameters
    ----------
    branches : callable
        Of a state: the terms that it is the sum of, each with the state it leads to, the largest
        first; and those that nobody need follow, added up. None at an end.
    """

    branches: Callable[[State], tuple[list[tuple[float, State]], Added] | None]
    finished: list[tuple[float, State]] = field(default_factory=list[tuple[float, State]])
    waiting: list[tuple[float, int, float, State]] = field(
        default_factory=list[tuple[float, int, float, State]]
    )
    added: list[Added] = field(default_factory=list[Added])

    def run(self, value: float, start: State, most: int) -> None:
        """Find up to so many ends; terms that are exactly 0 are followed only if all are."""
        order = count()
        self.waiting = [(-_size(value), next(order), value, start)]
        while self.waiting and len(self.finished) < most:
            if self.finished and self.waiting[0][0] == 0:
                break
            _, _, value, state = heapq.heappop(self.waiting)
            while (found := self.branches(state)) is not None:
                terms, small = found
                self.added.append(small)
                if not terms:  # nobody reads it who leads to the end
                    break
                (value, state), *others = terms
                for term, other in others:
                    heapq.heappush(self.waiting, (-_size(term), next(order), term, other))
            else:
                self.finished.append((value, state))
        self.finished.sort(key=lambda pair: -_size(pair[0]))

    def rest(self) -> Added:
        """What is not followed to the end, added up; where all is 0, its zeros too."""
        is_zero = not any(value for value, _ in self.finished)
        waiting = [value for _, _, value, _ in self.waiting if is_zero or value != 0]
        left = [(1, value, abs(value)) for value in waiting]
        return added(*self.added, *left)

    def share(self, size: float) -> float:
        """A magnitude as a share of all magnitudes; of what is not finite there is none."""
        whole = sum(abs(value) for value, _ in self.finished) + self.rest()[2]
        return size / whole if whole > 0 and isfinite(whole) else 0.0


def added(*parts: Added) -> Added:
    """Several sums as one."""
    counts, sums, sizes = zip(*parts, strict=True) if parts else ((), (), ())
    return sum(counts), float(sum(sums)), float(sum(sizes))


def _size(value: float) -> float:
    return inf if isnan(value) else abs(value)
