"""Grouping: which steps become one kernel.

Imports groups, joins, order and inline. Fusion calls it.

Nodes are taken in the order of the flow. Each tries to join the kernels that made what it reads,
the latest first; having joined one, it draws the others in where they fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chainrule.plan.groups import Group, group
from chainrule.plan.inline import drop_unneeded, inline, readers_of
from chainrule.plan.joins import fits
from chainrule.plan.nodes import Node
from chainrule.plan.order import Order
from chainrule.plan.steps import Array, Flow, Ref

BLOCK = 1000  # nodes that are grouped at a time: the order among them takes their square


@dataclass(frozen=True, eq=False)
class Grouped:
    """Groups, and the arrays that stand in memory between or after them."""

    groups: list[Group]
    stored: set[Array]


def grouped(
    nodes: Sequence[Node], flow: Flow, updated: Mapping[Array, Array], together: bool
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


def _joined(nodes: Sequence[Node], updated: Mapping[Array, Array]) -> Order:
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
    seen: dict[object, list[Group]] = {}
    for each in list(order.groups):
        if each.kind not in ("row", "pointwise"):
            continue
        alike = seen.setdefault((each.kind, each.size, each.key), [])
        host = next((one for one in alike if _meets(one, each, order)), None)
        if host is None:
            alike.append(each)
        else:
            order.join(host, each)


def _meets(one: Group, other: Group, order: Order) -> bool:
    """Join two groups if they read the same array, or if all they have is a number."""
    shared = one.wanted & other.wanted
    near = one.size == 1 or any(array.size >= one.size for array in shared)
    return near and order.apart(one, other) and fits(one, other)


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
