"""Passes: a group of reductions and maps becomes a Row kernel.

Imports groups, bodies and letters. A value is computed in the first pass in which all is known
that it needs; a later pass that needs it again computes it again, or loads it where it was stored.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import cast

from chainrule.plan.bodies import Writer
from chainrule.plan.kernel_groups import Group
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.letters import weight
from chainrule.plan.nodes import PlanNode
from chainrule.plan.scalar import Store
from chainrule.plan.steps import Array, Map, Pick, Reduce

HEAVY = 8  # instructions above which a value is kept in memory rather than computed again


@dataclass(eq=False, slots=True)
class _Pass:
    """What one pass computes: maps of every element, reductions, maps of every row."""

    maps: list[PlanNode] = field(default_factory=list[PlanNode])
    stores: list[Array] = field(default_factory=list[Array])
    reductions: list[PlanNode] = field(default_factory=list[PlanNode])
    after: list[PlanNode] = field(default_factory=list[PlanNode])


def write_row(group: Group, stored: Set[Array], buffers: Mapping[Array, int]) -> Row:
    """The kernel of a group with reductions."""
    stage = _stages(group)
    passes, scratch = _passes(group, stage, stored)
    given: dict[Array, int] = {}
    kept = {node.out for node in group.nodes if node.out in stored or node.out in scratch}
    written = [_write_pass(group, passes[n:], kept, buffers, given) for n in range(len(passes))]
    inner = tuple(n for n, i in zip(group.lengths, group.inner, strict=True) if i)
    return Row(group.outer, inner, tuple(written), tuple(buffers[array] for array in scratch))


def _stages(group: Group) -> dict[Array, int]:
    """The pass in which each value is first known."""
    stage: dict[Array, int] = {}
    for node in group.nodes:
        first = 0
        per_row = node.out in group.rows and node.kind == "map"
        for read in node.reads:
            if read.array in stage:
                later = read.array in group.rows and not per_row
                first = max(first, stage[read.array] + later)
        stage[node.out] = first
    return stage


def _passes(
    group: Group, stage: dict[Array, int], stored: Set[Array]
) -> tuple[list[_Pass], dict[Array, None]]:
    """Share the nodes out to passes, from the last to the first.

    What a pass needs from an earlier one is computed again, unless that is dear: then it is
    stored when it is first known. These arrays are returned, too.
    """
    scratch: dict[Array, None] = {}
    passes = [_Pass() for _ in range(max(stage.values()) + 1)]
    for node in group.nodes:
        home = passes[stage[node.out]]
        if node.kind == "reduce":
            home.reductions.append(node)
        elif node.out in group.rows:
            home.after.append(node)
        elif node.out in stored and node.out in group.made:
            home.stores.append(node.out)
    cost = _costs(group)
    for number in reversed(range(len(passes))):
        needed = set(passes[number].stores)
        needed.update(read.array for node in passes[number].reductions for read in node.reads)
        for node in reversed(group.nodes):
            array = node.out
            if array not in needed or array in group.rows:
                continue
            kept = array in stored or array in scratch
            dear = cost[array] > HEAVY and array in group.made
            if stage[array] < number and (kept or dear):
                if not kept:
                    scratch[array] = None
                    passes[stage[array]].stores.append(array)
                continue
            passes[number].maps.append(node)
            needed.update(read.array for read in node.reads)
        passes[number].maps.reverse()
    return passes, scratch


def _costs(group: Group) -> dict[Array, int]:
    """Instructions to compute each value of an element anew."""
    cost: dict[Array, int] = {}
    for node in group.nodes:
        if node.kind == "map" and node.out not in group.rows:
            step = node.step
            own = weight(step.letter) if isinstance(step, Map) else 2
            cost[node.out] = own + sum(cost.get(read.array, 0) for read in node.reads)
    return cost


def _write_pass(
    group: Group,
    passes: Sequence[_Pass],
    stored: Set[Array],
    buffers: Mapping[Array, int],
    given: dict[Array, int],
) -> Pass:
    """The first of these passes; ``given`` grows by what the later ones know."""
    each = passes[0]
    order = sorted(range(len(group.inner)), key=lambda i: group.inner[i])  # the outer loops first
    writer = Writer(group.lengths, buffers, given, order)
    for node in each.maps:
        writer.compute(cast("Map | Pick", node.step))
    reductions: list[Reduction] = []
    for node in each.reductions:
        step = cast(Reduce, node.step)
        reductions.append(Reduction(step.kind, writer.operand(step.x), step.out.dtype))
    stores = tuple(writer.store(array, buffers[array]) for array in each.stores)
    for node in each.reductions:
        given[node.out] = len(given)
    after = Writer(group.outer, buffers, given)
    for node in each.after:
        after.compute(cast("Map | Pick", node.step))
    after_stores: list[Store] = []
    for node in (*each.reductions, *each.after):
        if node.out in stored and node.out in group.made:
            after.values[node.out] = after.operand(node.out.ref())
            after_stores.append(after.store(node.out, buffers[node.out]))
    later = {
        read.array
        for following in passes[1:]
        for node in (*following.maps, *following.reductions, *following.after)
        for read in node.reads
    }
    kept = [node.out for node in each.after if node.out in later]
    places = tuple(after.values[array] for array in kept)
    for array in kept:
        given[array] = len(given)
    return Pass(writer.body, stores, tuple(reductions), after.body, tuple(after_stores), places)
