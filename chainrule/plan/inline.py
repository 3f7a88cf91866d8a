"""Inline: what is cheap to compute is computed again where it is read, instead of being stored.

Imports groups, order and letters. Grouping calls it when the groups of a block stand.
"""

from collections.abc import Mapping, Sequence, Set

from chainrule.plan.alone import is_guard
from chainrule.plan.kernel_groups import Group
from chainrule.plan.letters import weight
from chainrule.plan.nodes import PlanNode
from chainrule.plan.order import Order
from chainrule.plan.steps import Array, Map

CHEAP = 4  # instructions that cost no more than a store and a load

Readers = Mapping[Array, Sequence[tuple[Group, PlanNode]]]


def inline(
    order: Order,
    readers: Readers,
    stored: set[Array],
    leaving: Set[Array],
    updated: Mapping[Array, Array],
) -> None:
    """Put cheap maps into the groups that read them; ``stored`` loses what nobody loads."""
    maker = {node.out: node for each in order.groups for node in each.nodes if node.kind == "map"}
    writer = _writers(order, updated)
    for node in sorted(maker.values(), key=lambda node: node.place):
        array = node.out
        if array not in stored or array in leaving:
            continue
        outside = [(each, by) for each, by in readers[array] if array not in each.made]
        if not outside or not all(_loops(by, array) for _, by in readers[array]):
            continue
        hosts = dict.fromkeys(each for each, _ in outside)
        recipe = _recipe(array, maker, stored) if all(h in order.groups for h in hosts) else []
        leaves = {read.array for each in recipe for read in each.reads} - {n.out for n in recipe}
        if not recipe or not _saves(hosts, array, leaves):
            continue
        writers = [writer[leaf] for leaf in leaves if leaf in writer]
        if any(w is h or order.precedes(w, h) for w in writers for h in hosts):
            continue
        if _enter(outside, recipe):
            stored.discard(array)
            for last in writers:
                for host in hosts:
                    order.put_before(host, last)


def readers_of(groups: Sequence[Group]) -> Readers:
    """Who reads each array."""
    found: dict[Array, list[tuple[Group, PlanNode]]] = {}
    for each in groups:
        for node in each.nodes:
            for read in node.reads:
                found.setdefault(read.array, []).append((each, node))
    return found


def drop_unneeded(each: Group, stored: Set[Array]) -> bool:
    """Drop the nodes whose results nobody needs any more; whether any are left."""
    if each.kind == "alone":
        return True
    needed: set[Array] = set()
    kept: list[PlanNode] = []
    for node in reversed(each.nodes):
        if node.out in stored or node.out in needed or node.kind == "product":
            kept.append(node)
            needed.update(read.array for read in node.reads)
    each.nodes = kept[::-1]
    return bool(kept)


def _writers(order: Order, updated: Mapping[Array, Array]) -> dict[Array, Group]:
    """The groups that write over inputs, by the input."""
    return {
        updated[array]: group for group in order.groups for array in group.made if array in updated
    }


def _loops(node: PlanNode, array: Array) -> bool:
    """Whether a node reads an array element by element, as a value and not from memory."""
    if is_guard(node.step):
        return False
    return all(read.whole and not read.stored for read in node.reads if read.array is array)


def _recipe(array: Array, maker: Mapping[Array, PlanNode], stored: set[Array]) -> list[PlanNode]:
    """The maps that compute an array from what is stored; empty if they are dear."""
    found: dict[Array, PlanNode] = {}
    wanted, total = [array], 0
    while wanted:
        each = wanted.pop()
        if each in found:
            continue
        node = maker.get(each)
        if node is None:
            return []
        found[each] = node
        total += weight(node.step.letter) if isinstance(node.step, Map) else CHEAP + 1
        if total > CHEAP:
            return []
        for read in node.reads:
            known = read.array in stored or read.array.value is not None
            if not known:
                if not read.whole:
                    return []
                wanted.append(read.array)
    return sorted(found.values(), key=lambda node: node.place)


def _saves(hosts: Mapping[Group, None], array: Array, leaves: Set[Array]) -> bool:
    """Whether no more elements are loaded than were stored and loaded; small arrays are free."""
    large = [leaf for leaf in leaves if leaf.size >= array.size]
    loads = sum(leaf not in host.wanted for host in hosts for leaf in large)
    return loads <= len(hosts) + 1


def _enter(outside: Sequence[tuple[Group, PlanNode]], recipe: Sequence[PlanNode]) -> bool:
    """Put the nodes of a recipe before those that read its result; False: the loops forbid it."""
    paths = [path for node in recipe for path in node.paths]
    before = [(each, each.lengths, each.inner) for each, _ in outside]
    for each, by in outside:
        per_row = by.kind == "map" and by.out in each.rows
        if not (each.cut_rows(paths) if per_row else each.cut(paths)):
            for each, lengths, inner in reversed(before):
                each.lengths, each.inner = lengths, inner
            return False
        if per_row:
            each.rows.update(node.out for node in recipe)
    for each, _ in outside:
        new = [node for node in recipe if node not in each.nodes]
        each.nodes = sorted((*each.nodes, *new), key=lambda node: node.place)
        each.wanted.update(read.array for node in new for read in node.reads)
    return True
