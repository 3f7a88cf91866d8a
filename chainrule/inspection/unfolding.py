"""A graph drawn finer or coarser: ops as the gates of their formula, modules as one node.

Imports the graph, the catalogue's contract and the records. draw folds and unfolds with it. What
is unfolded is recorded anew by the engine, so its gradients are the engine's as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, Output, next_serial
from chainrule.graph.nodes.walk import ALIAS
from chainrule.graph.op.contract import formula
from chainrule.graph.op.operation import Op, apply
from chainrule.inspection.flow_record import FlowData, FlowInput, FlowNode
from chainrule.inspection.given_graph import Call, Given
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_tuple

LEVELS = 20  # of formulas in formulas; ours are at most six deep


def opens(op: Op) -> bool:
    """Whether an op has a formula with the same gradients: ours have, and those without a rule."""
    return not op.primitive and (op.stateless or not op.differentiates)


def unfolded(given: Given, opened: Callable[[Op], bool]) -> Given:
    """The same graph with some ops spelled out, down to those that are not opened.

    Parameters
    ----------
    given : Given
    opened : callable
        Whether an op is to be spelled out.
    """
    for _ in range(LEVELS):
        finer = one_level(given, lambda node: node.op is not None and opened(node.op)).given
        if finer is given:
            break
        given = finer
    return given


@dataclass(frozen=True)
class Finer:
    """A graph in which some ops have become the gates of their formulas.

    Attributes
    ----------
    given : Given
        The finer graph; the very one that was there, where nothing has changed.
    became : mapping of Node to Node
        What stands in the place of each node of the coarser graph.
    spelled : mapping of Node to (int, int)
        For each node that was spelled out: the gates of its formula have serials between these.
    """

    given: Given
    became: Mapping[Node, Any]
    spelled: Mapping[Node, tuple[int, int]]


def one_level(given: Given, opened: Callable[[Node], bool]) -> Finer:
    """Every node that is opened as the formula of its op, none of whose own gates are opened."""
    new: dict[Node, Any] = {}
    calls: list[Call] = list(given.calls)
    spelled: dict[Node, tuple[int, int]] = {}
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            for node in given.graph.nodes:
                new[node] = _anew(node, new, opened, spelled, calls)
    finally:
        RECORDING.reset(token)
    if all(new[node] is node for node in new):
        return Finer(given, new, {})
    for end in given.ends:
        if end.gradient is not None and new[end].gradient is None:
            new[end].gradient = end.gradient
    ends = tuple(new[end] for end in given.ends)
    return Finer(replace(given, ends=ends, calls=tuple(calls)), new, spelled)


def _anew(
    node: Node,
    new: dict[Node, Any],
    opened: Callable[[Node], bool],
    spelled: dict[Node, tuple[int, int]],
    calls: list[Call],
) -> Any:
    """A node of the finer graph: itself, where nothing behind it has changed."""
    op = node.op
    if op is None:
        return node
    operands: list[Any] = [None if x is None else new[x] for x in node.inputs]
    same = all(x is y for x, y in zip(operands, node.inputs, strict=True))
    if op is ALIAS:
        return operands[0]
    if isinstance(op, Output):
        return node if same else operands[0][op.position]
    first = next_serial()
    found = _spelled(op, operands, node) if opened(node) and opens(op) else None
    if found is not None:
        spelled[node] = first, next_serial()
    elif same:
        return node
    else:
        found = apply(op, tuple(operands))
    inside = [call for call in calls if call.first < node.serial < call.last]
    calls += [replace(call, first=first, last=next_serial()) for call in inside]
    if isinstance(found, Node) and found.serial > first and not found.label:
        found.label = node.label
    return found


def _spelled(op: Any, operands: Sequence[Any], node: Node) -> Any:
    """The result by the formula: the textbook's, where that has numbers; None if there is none."""
    spell = getattr(op, "textbook", None)
    if spell is not None:
        first, found = next_serial(), spell(*operands)
        if _all_finite(found, first):
            return found
    try:
        found = formula(op, operands)
    except ChainruleError:  # forward is NumPy's own
        return None
    parts = found if is_tuple(found) else (found,)
    values = node.value if is_tuple(node.value) else (node.value,)
    if len(parts) != len(values):
        return None
    fits = [
        isinstance(x, Node) and x.shape == np.shape(v) for x, v in zip(parts, values, strict=True)
    ]
    return found if all(fits) else None


def _all_finite(end: Any, first: int) -> bool:
    """Whether all that was computed since then is finite, so that its gradient is as well."""
    made = [node for node in Graph.of(end).nodes if node.serial > first]
    return all(bool(np.all(np.isfinite(node.value))) for node in made)


def with_modules_folded(flow: FlowData, folds: Callable[[str], str]) -> FlowData:
    """Modules as single nodes: the flow of :func:`modules_folded`."""
    return modules_folded(flow, folds)[0]


def modules_folded(
    flow: FlowData, folds: Callable[[str], str]
) -> tuple[FlowData, tuple[int, ...]]:
    """Modules as single nodes.

    Parameters
    ----------
    flow : FlowData
    folds : callable
        Takes the path of the module that made a node; returns that of the module into which it is
        folded, "" for none.

    Returns
    -------
    FlowData
    tuple of int
        For each of its nodes, the id that it had: of a module, that of its last op.

    Notes
    -----
    Ops that stand next to one another in the order of creation and are folded into one module
    become one node: a stretch of such an order never closes a circle.
    """
    group: dict[int, list[int]] = {}
    run: list[int] = []
    where = ""
    for node in flow.nodes:
        path = folds(node.module) if node.module else ""
        if not node.op:
            continue
        if not path or path != where:
            run, where = [], path
        run.append(node.id)
        if path:
            group[node.id] = run
    for node in flow.nodes:
        owners = [group.get(reader) for reader in node.readers]
        first = owners[0] if owners and node.module and not node.op else None
        if first is not None and all(owner is first for owner in owners):
            group[node.id] = first  # parameters and constants of the module itself
    return _merged(flow, group, folds)


def _merged(
    flow: FlowData, group: dict[int, list[int]], folds: Callable[[str], str]
) -> tuple[FlowData, tuple[int, ...]]:
    kinds = {module.path: module.kind for module in flow.modules}
    last = {node: members[-1] for node, members in group.items()}
    kept = [node for node in flow.nodes if last.get(node.id, node.id) == node.id]
    place = {node.id: i for i, node in enumerate(kept)}
    place |= {node: place[end] for node, end in last.items()}
    taken = {node.name for node in kept}
    nodes: list[FlowNode] = []
    for node in kept:
        members = group.get(node.id, [node.id])
        inside = {place[node.id]}
        wires = [x for member in members for x in flow.nodes[member].inputs]
        inputs = tuple(
            replace(x, node=place[x.node])
            if x.node is not None and place[x.node] not in inside
            else replace(x, node=None)
            for x in wires
        )
        readers = tuple(
            place[reader]
            for member in members
            for reader in flow.nodes[member].readers
            if place[reader] not in inside
        )
        changed = replace(node, id=place[node.id], inputs=inputs, readers=readers)
        if node.id in group:
            path = folds(node.module)
            changed = _as_module(changed, path, kinds.get(path, path), inputs)
            if not node.named:
                changed = replace(changed, name=_one_more(path, taken))
        nodes.append(changed)
    return replace(flow, nodes=tuple(nodes)), tuple(node.id for node in kept)


def _one_more(path: str, taken: set[str]) -> str:
    """A name for a module that nobody has: a module that is called twice makes two nodes."""
    name, count = path, 1
    while name in taken:
        count += 1
        name = f"{path} ({count})"
    taken.add(name)
    return name


def _as_module(node: FlowNode, path: str, kind: str, inputs: tuple[FlowInput, ...]) -> FlowNode:
    outside = tuple(replace(x, local=None) for x in inputs if x.node is not None)
    return replace(
        node,
        name=node.name if node.named else path,
        named=True,
        kind="module",
        op=kind,
        call=f"{kind}()",
        symbol="",
        settings={},
        role="",
        role_says="",
        module=path.rpartition(".")[0],
        inputs=outside,
    )
