"""Joins: whether two groups fit into one kernel, and the loops that they then share.

Imports groups and walks. Grouping calls it.

Pointwise groups join what has as many elements, if each reads the other's arrays element by
element. A product takes in what follows it; a row what leads to it, what follows it, and further
reductions of the same rows.
"""

from operator import attrgetter

from chainrule.plan.kernel_groups import Group
from chainrule.plan.nodes import PlanNode
from chainrule.plan.steps import Array
from chainrule.plan.walks import Walk

MOST_NODES = 96  # LLVM's time grows faster than a body
FEW_ROWS = 16  # rows are shared out to threads; with fewer, a long row is left to itself
LONG = 1 << 16  # elements
PLACE = attrgetter("place")


def fits(host: Group, guest: Group) -> bool:
    """Join two groups if they can be one: the guest's nodes become the host's."""
    if len(host.nodes) + len(guest.nodes) > MOST_NODES:
        return False
    if guest.kind == "pointwise":
        per_row = host.kind == "row" and guest.size == host.row_count
        if not per_row and guest.size != host.size:
            return False
        rows = host.rows | guest.made if per_row else host.rows
    elif guest.kind == host.kind == "row" and guest.key == host.key:
        rows = host.rows | guest.rows
    else:
        return False
    if not _read_alike(host, guest, rows) or _is_one_long_row(host, guest):
        return False
    return _take(host, guest, rows)


def _read_alike(host: Group, guest: Group, rows: set[Array]) -> bool:
    """Whether each reads the other's arrays at the place where they are made."""
    path = host.row_path() if rows else ()
    for one, other in ((host, guest), (guest, host)):
        if not one.wanted.isdisjoint(other.made):
            for node in one.nodes:
                if not _reads_alike(node, other, rows, path):
                    return False
    return True


def _reads_alike(node: PlanNode, other: Group, rows: set[Array], path: Walk) -> bool:
    per_row = bool(rows) and node.kind == "map" and node.out in rows
    for read in node.reads:
        if read.ref.array not in other.made:
            continue
        if read.stored:
            return False
        if read.array not in rows:
            if per_row or not read.whole:
                return False
        elif per_row:
            if not read.whole:
                return False
        elif read.path != path:
            return False
    return True


def _is_one_long_row(host: Group, guest: Group) -> bool:
    """Whether elements that threads could share would wait for a single row's reduction."""
    if host.kind != "row" or host.row_count >= FEW_ROWS or host.size < LONG:
        return False
    return any(
        read.array in host.rows and guest.size == host.size
        for node in guest.nodes
        for read in node.reads
    )


def _take(host: Group, guest: Group, rows: set[Array]) -> bool:
    """Cut the host's loops for the guest's views, and move its nodes."""
    lengths, inner = host.lengths, host.inner
    for node in guest.nodes:
        per_row = node.kind == "map" and node.out in rows
        if not (host.cut_rows(node.paths) if per_row else host.cut(node.paths)):
            host.lengths, host.inner = lengths, inner
            return False
    one, other = host.nodes, guest.nodes
    if one[-1].place < other[0].place:
        host.nodes = [*one, *other]
    else:
        host.nodes = sorted((*one, *other), key=PLACE)
    host.rows = rows
    host.made |= guest.made
    host.wanted |= guest.wanted
    return True
