"""Grouping: which steps become one kernel.

Imports groups, joins, order and inline. Fusion calls it.

Nodes are taken in the order of the flow. Each tries to join the kernels that made what it reads,
the latest first; having joined one, it draws the others in where they fit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chainrule.plan.inline import drop_unneeded, inline, readers_of
from chainrule.plan.joins import fits
from chainrule.plan.kernel_groups import Group, group
from chainrule.plan.nodes import PlanNode
from chainrule.plan.order import Order
from chainrule.plan.steps import Array, Flow, Ref

BLOCK = 1000  # nodes that are grouped at a time: the order among them takes their square


@dataclass(frozen=True, eq=False)
class Grouped:
    """Groups, and the arrays that stand in memory between or after them."""

    groups: list[Group]
    stored: set[Array]


def grouped(
    nodes: Sequence[PlanNode], flow: Flow, updated: Mapping[Array, Array], together: bool
) -> Grouped:
    """Join the nodes of a flow; ``updated``: what is written over an input, and that input."""
    leaving = {output.array for output in flow.outputs if isinstance(output, Ref)}
    if not together:
        groups = [group(node) for node in nodes]
        return Grouped(groups, leaving | read_outside(groups))
    orders = [
        _joined(nodes[start : start + BLOCK], updated) for start in range(0, len(nodes), BLOCK)
    ]
    groups = [group for order in orders for group in order.groups]
    stored = leaving | read_outside(groups)
    readers = readers_of(groups)
    for order in orders:
        inline(order, readers, stored, leaving, updated)
        for each in list(order.groups):
            if not drop_unneeded(each, stored):
                del order.groups[each]
        _join_siblings(order)
    return Grouped([group for order in orders for group in order.groups], stored)


def read_outside(groups: Sequence[Group]) -> set[Array]:
    """What is read by another group than its own, or from memory."""
    return {
        read.array
        for each in groups
        for node in each.nodes
        for read in node.reads
        if read.stored or read.array not in each.made
    }


def _joined(nodes: Sequence[PlanNode], updated: Mapping[Array, Array]) -> Order:
    """Join the nodes of a block."""
    alone = [group(node) for node in nodes]
    order = Order(nodes, alone, updated)
    home: dict[Array, Group] = {}
    rows: dict[object, Group] = {}  # the last kernel that reduced an array along these axes
    for node, own in zip(nodes, alone, strict=True):
        home.update(dict.fromkeys(node.outs, own))
        if node.kind in ("alone", "product"):
            continue
        makers = {home[read.array]: None for read in node.reads if read.array in home}
        near = sorted(makers, key=lambda g: g.nodes[-1].place, reverse=True)
        alike = (node.reads[0].array, own.key) if node.kind == "reduce" else None
        if alike in rows:
            near.append(rows[alike])
        for maker in near:
            if maker is not own and maker in order.groups:
                own = _join(own, maker, order, home)
        if alike:
            rows[alike] = own
    return order


def _join_siblings(order: Order) -> None:
    """Loops over the same elements that read the same large array become one."""
    seen: dict[object, _Alike] = {}
    for each in list(order.groups):
        if each.kind not in ("row", "pointwise"):
            continue
        alike = seen.setdefault((each.kind, each.size, each.key), _Alike())
        near = alike.near(each)
        host = next((one for one in near if order.apart(one, each) and fits(one, each)), None)
        if host is not None:
            order.join(host, each)
        alike.add(host or each, each.wanted)


@dataclass(eq=False, slots=True)
class _Alike:
    """Loops over the same elements, in their order, and which of them read each large array."""

    ranks: dict[Group, int] = field(default_factory=dict[Group, int])
    readers: dict[Array, dict[Group, None]] = field(default_factory=dict[Array, dict[Group, None]])

    def near(self, each: Group) -> Iterator[Group]:
        """Those that read an array which this one reads; all, if all they have is a number."""
        if each.size == 1:
            return iter(self.ranks)
        found = {one for array in each.wanted for one in self.readers.get(array, ())}
        return iter(sorted(found, key=self.ranks.__getitem__))

    def add(self, host: Group, wanted: Iterable[Array]) -> None:
        """From now on this loop reads these arrays."""
        self.ranks.setdefault(host, len(self.ranks))
        for array in wanted:
            if array.size >= host.size:
                self.readers.setdefault(array, {})[host] = None


def _join(own: Group, maker: Group, order: Order, home: dict[Array, Group]) -> Group:
    """One group of two if they fit; else the one that was there."""
    if not order.apart(own, maker):
        return own
    for host, guest in ((maker, own), (own, maker)):
        if fits(host, guest):
            order.join(host, guest)
            home.update(dict.fromkeys(guest.made, host))
            return host
    return own
