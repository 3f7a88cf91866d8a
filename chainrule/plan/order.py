"""Order: which groups must run before which, while groups are being joined.

Imports groups and steps. Grouping asks it whether two groups may become one: not if something
between them needs the first and is needed by the second.

Sets of nodes are integers: bit i stands for the node at place i of the block. A set that holds
one node of a group holds them all.
"""

from collections.abc import Iterator, Mapping, Sequence

from chainrule.plan.alone import is_guard
from chainrule.plan.kernel_groups import Group
from chainrule.plan.nodes import PlanNode
from chainrule.plan.steps import Array


class Order:
    """What comes before each group, through any number of others, and what right after it."""

    def __init__(
        self, nodes: Sequence[PlanNode], groups: Sequence[Group], updated: Mapping[Array, Array]
    ) -> None:
        """One group per node; ``updated``: what is written over an input, and that input."""
        self.groups: dict[Group, None] = dict.fromkeys(groups)
        self.bits = {group: 1 << i for i, group in enumerate(groups)}
        self._at = list(groups)  # in which group each node is
        needs = _needs(nodes, updated)
        before = _closure(needs)
        if _checks_first(nodes, needs, before, updated):
            before = _closure(needs)
        self.before = dict(zip(groups, before, strict=True))
        self._next = dict(zip(groups, _turned(needs), strict=True))

    def apart(self, one: Group, other: Group) -> bool:
        """Whether no third group lies between two."""
        between = self._between(one, other) | self._between(other, one)
        return not between & ~(self.bits[one] | self.bits[other])

    def _between(self, one: Group, other: Group) -> int:
        before = self.before[other]
        found = self._next[one] & before
        if self.bits[one] & before:  # what cannot be ordered may lead from the second to itself
            found |= self._next[other] & before
        return found

    def join(self, one: Group, other: Group) -> None:
        """The second becomes a part of the first."""
        moved = self.bits.pop(other)
        bits = self.bits[one] = self.bits[one] | moved
        before = (self.before[one] | self.before.pop(other)) & ~bits
        after = (self._next[one] | self._next.pop(other)) & ~bits
        del self.groups[other]
        for place in _places(moved):
            self._at[place] = one
        self.before[one], self._next[one] = before, after
        self._tell(one)

    def precedes(self, one: Group, other: Group) -> bool:
        """Whether the first must run before the second."""
        return bool(self.bits[one] & self.before[other])

    def put_before(self, one: Group, other: Group) -> None:
        """From now on the first must run before the second."""
        self._next[one] |= self.bits[other]
        self._tell(one)

    def _tell(self, one: Group) -> None:
        """Whatever comes after a group knows what comes before it; most knew that."""
        more = self.before[one] | self.bits[one]
        told = [one]
        while told:
            after = self._next[told.pop()]
            while after:
                group = self._at[after.bit_length() - 1]
                after &= ~self.bits[group]
                known = self.before[group]
                if more & ~known and group is not one:
                    self.before[group] = known | more
                    told.append(group)


def _needs(nodes: Sequence[PlanNode], updated: Mapping[Array, Array]) -> list[set[int]]:
    """The places of the nodes that must run before each."""
    maker = {out: i for i, node in enumerate(nodes) for out in node.outs}
    readers: dict[Array, list[int]] = {}
    needs: list[set[int]] = []
    checked: dict[Array, list[int]] = {}
    for i, node in enumerate(nodes):
        arrays = [read.ref.array for read in node.reads]
        needs.append({maker[array] for array in arrays if array in maker})
        guard = is_guard(node.step)
        for array in arrays:
            readers.setdefault(array, []).append(i)
            if guard:
                checked.setdefault(array, []).append(i)
    for array, checks in checked.items():
        for i in readers[array]:
            if not is_guard(nodes[i].step):
                needs[i].update(checks)
    guards = [i for i, node in enumerate(nodes) if is_guard(node.step)]
    for array, target in updated.items():
        if array in maker:
            others = (*readers.get(target, ()), *guards)
            needs[maker[array]].update(i for i in others if i != maker[array])
    return needs


def _checks_first(
    nodes: Sequence[PlanNode],
    needs: Sequence[set[int]],
    before: Sequence[int],
    updated: Mapping[Array, Array],
) -> bool:
    """Nothing is written over before all is checked that can be; whether this adds a need."""
    checks = [i for i, node in enumerate(nodes) if is_guard(node.step)]
    if not checks:
        return False
    for i, node in enumerate(nodes):
        if any(out in updated for out in node.outs):
            needs[i].update(check for check in checks if not before[check] >> i & 1)
    return True


def _places(nodes: int) -> Iterator[int]:
    while nodes:
        place = nodes.bit_length() - 1
        nodes ^= 1 << place
        yield place


def _turned(needs: Sequence[set[int]]) -> list[int]:
    """The nodes that run right after each."""
    after = [0] * len(needs)
    for i, each in enumerate(needs):
        for j in each:
            after[j] |= 1 << i
    return after


def _closure(needs: Sequence[set[int]]) -> list[int]:
    """All that each node needs. What cannot be ordered is left to the schedule."""
    reached = [0] * len(needs)
    met, ordered, changed = 0, True, True
    while changed:
        changed = False
        for i, each in enumerate(needs):
            mask, own = 0, 1 << i
            for j in each:
                mask |= reached[j] | (1 << j)
            mask &= ~own
            ordered = ordered and not mask & ~met
            met |= own
            if mask != reached[i]:
                reached[i] = mask
                changed = not ordered  # else all is known that there is to know
    return reached
