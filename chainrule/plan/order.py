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
    """What comes before and after each group, through any number of others."""

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
        after = _closure(_turned(needs), backwards=True)
        self.before = dict(zip(groups, before, strict=True))
        self.after = dict(zip(groups, after, strict=True))

    def apart(self, one: Group, other: Group) -> bool:
        """Whether no third group lies between two."""
        outside = ~(self.bits[one] | self.bits[other])
        return not (
            self.after[one] & self.before[other] & outside
            or self.after[other] & self.before[one] & outside
        )

    def join(self, one: Group, other: Group) -> None:
        """The second becomes a part of the first."""
        moved = self.bits.pop(other)
        bits = self.bits[one] | moved
        sooner, before = self.before[one], self.before.pop(other)
        later, after = self.after[one], self.after.pop(other)
        # What comes before both knows already what comes after either.
        above, below = (sooner ^ before) & ~bits, (later ^ after) & ~bits
        before, after = (sooner | before) & ~bits, (later | after) & ~bits
        del self.groups[other]
        for place in _places(moved):
            self._at[place] = one
        self.bits[one], self.before[one], self.after[one] = bits, before, after
        self._add(self.after, above, after | bits)
        self._add(self.before, below, before | bits)

    def precedes(self, one: Group, other: Group) -> bool:
        """Whether the first must run before the second."""
        return bool(self.bits[one] & self.before[other])

    def put_before(self, one: Group, other: Group) -> None:
        """From now on the first must run before the second."""
        before = self.before[one] | self.bits[one]
        after = self.after[other] | self.bits[other]
        above, below = before & ~self.before[other], after & ~self.after[one]
        self._add(self.after, above, after)
        self._add(self.before, below, before)

    def _add(self, known: dict[Group, int], nodes: int, more: int) -> None:
        """Know more of the groups of these nodes: they are many in a deep net."""
        at, bits = self._at, self.bits
        while nodes:
            group = at[nodes.bit_length() - 1]
            nodes &= ~bits[group]
            known[group] |= more


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


def _turned(needs: Sequence[set[int]]) -> list[set[int]]:
    """The places of the nodes that run right after each."""
    followers: list[set[int]] = [set() for _ in needs]
    for i, each in enumerate(needs):
        for j in each:
            followers[j].add(i)
    return followers


def _closure(needs: Sequence[set[int]], *, backwards: bool = False) -> list[int]:
    """All that is reached from each node. What cannot be ordered is left to the schedule."""
    reached = [0] * len(needs)
    places = range(len(needs))[::-1] if backwards else range(len(needs))
    met, ordered, changed = 0, True, True
    while changed:
        changed = False
        for i in places:
            mask, own = 0, 1 << i
            for j in needs[i]:
                mask |= reached[j] | (1 << j)
            mask &= ~own
            ordered = ordered and not mask & ~met
            met |= own
            if mask != reached[i]:
                reached[i] = mask
                changed = not ordered  # else all is known that there is to know
    return reached
