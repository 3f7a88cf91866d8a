"""Schedule: an order in which the groups can run.

Imports groups and steps. Fusion calls it before the kernels are written.

A group runs after those that make what it reads, after the checks of what it reads, and, where it
writes over an input, after every other reader of that input and after all checks.
"""

import heapq
from collections.abc import Mapping, Sequence

from chainrule.plan.alone import is_guard
from chainrule.plan.kernel_groups import Group
from chainrule.plan.steps import Array


class CannotOverwriteError(Exception):
    """An input is still read by what needs the array that would be written over it."""

    def __init__(self, array: Array) -> None:
        super().__init__()
        self.array = array


def scheduled(groups: Sequence[Group], updated: Mapping[Array, Array]) -> list[Group]:
    """The groups in order; ``updated``: what is written over an input, and that input.

    Raises
    ------
    CannotOverwriteError
        Where an update would have to run before and after another group.
    """
    before = _needs(groups, updated)
    after: list[list[int]] = [[] for _ in groups]
    missing = [len(needs) for needs in before]
    for number, needs in enumerate(before):
        for need in needs:
            after[need].append(number)
    ready = [(_rank(group), n) for n, group in enumerate(groups) if not missing[n]]
    heapq.heapify(ready)
    order: list[Group] = []
    while ready:
        _, number = heapq.heappop(ready)
        order.append(groups[number])
        for n in after[number]:
            missing[n] -= 1
            if not missing[n]:
                heapq.heappush(ready, (_rank(groups[n]), n))
    if len(order) < len(groups):
        stuck = [group for n, group in enumerate(groups) if missing[n]]
        raise CannotOverwriteError(
            next(array for array in updated if any(array in group.made for group in stuck))
        )
    return order


def _needs(groups: Sequence[Group], updated: Mapping[Array, Array]) -> list[set[int]]:
    """The numbers of the groups that must run before each."""
    maker = {array: n for n, group in enumerate(groups) for array in group.made}
    readers: dict[Array, list[int]] = {}
    checks: dict[Array, list[int]] = {}
    for n, group in enumerate(groups):
        guard = is_guard(group.nodes[0].step)
        for array in {read.ref.array for node in group.nodes for read in node.reads}:
            readers.setdefault(array, []).append(n)
            if guard:
                checks.setdefault(array, []).append(n)
    needs: list[set[int]] = [set() for _ in groups]
    guards = [n for n, group in enumerate(groups) if is_guard(group.nodes[0].step)]
    for array, numbers in readers.items():
        if array in maker:
            for n in numbers:
                needs[n].add(maker[array])
    for array, before in checks.items():
        for n in set(readers[array]).difference(guards):
            needs[n].update(before)
    for array, target in updated.items():  # what a check refuses leaves every input as it was
        needs[maker[array]].update(readers.get(target, ()), guards)
    return [each - {n} for n, each in enumerate(needs)]


def _rank(group: Group) -> tuple[int, int]:
    """Checks first, then as recorded."""
    return (not is_guard(group.nodes[0].step), group.nodes[0].place)
