"""A graph, looked at: every value, every gradient on every wire, what is kept and for whom.

Imports the graph, its readings and the records. The gradients are those of the engine's own walk,
which is watched; nothing is computed a second way, and no ``.grad`` is changed.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.lines import node_names
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.nodes.walk import walk
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.breaches import input_name
from chainrule.graph.op.calls import node_call, settings_of
from chainrule.graph.op.families import Letter
from chainrule.graph.op.gates import role_says
from chainrule.inspection.amount import Amount, measured
from chainrule.inspection.flow_record import FlowData, FlowInput, FlowModule, FlowNode, Kept, Kind
from chainrule.inspection.given_graph import Call, Given
from chainrule.inspection.kept import kept_by
from chainrule.inspection.local_look import local_of
from chainrule.settings import RECORDING, Watch
from chainrule.spec import is_tuple
from chainrule.tensors import Parameter


def observed(given: Given, *, walks: bool = True, closely: bool = True) -> FlowData:
    """Look at every node of a graph.

    Parameters
    ----------
    given : Given
    walks : bool
        Whether to send gradients back through the graph; else those that stand are shown.
    closely : bool
        Whether to look at local gradients and at what is kept as well.
    """
    graph = given.graph
    names = names_of(graph)
    place = {node: i for i, node in enumerate(graph.nodes)}
    gradients, sent, notes = (
        gradients_of(graph, given.start) if walks else (_standing(graph), {}, [])
    )
    kept = kept_by(graph, place, names) if closely else {}
    modules = modules_of(graph, given.calls)
    readers: dict[Node, list[int]] = {}
    for node in graph.nodes:
        for x in node.inputs:
            if x is not None:
                readers.setdefault(x, []).append(place[node])
    ends = dict.fromkeys(graph.ends)
    amounts: dict[int, Amount] = {}  # one array may flow along many wires

    def amount(value: Any) -> Amount | None:
        if value is None or is_tuple(value):
            return None
        if id(value) not in amounts:
            amounts[id(value)] = measured(value)
        return amounts[id(value)]

    def inputs_of(node: Node) -> tuple[FlowInput, ...]:
        pulled = sent.get(node)
        found: list[FlowInput] = []
        for i, x in enumerate(node.inputs):
            sends = None if pulled is None else amount(pulled[i])
            local = None
            if closely and x is not None and x.wants_gradient:
                local = local_of(node, i)
            name = "" if node.op is None else input_name(node.op, i)
            why = "" if sends is not None else _why_nothing(node, x, gradients, walks)
            found.append(FlowInput(name, None if x is None else place[x], local, sends, why))
        return tuple(found)

    nodes = tuple(
        FlowNode(
            id=place[node],
            name=names[node],
            named=names[node] == node.label,
            kind=_kind(node),
            op=node.op.name if node.op else "",
            call=node_call(node, names),
            symbol=node.op.symbol if node.op else "",
            settings=settings_of(node.op) if node.op else {},
            role=node.op.gate if node.op else "",
            role_says=role_says(node.op) if node.op else "",
            module=modules.get(node, ""),
            shape=() if is_tuple(node.value) else node.shape,
            dtype="" if is_tuple(node.value) else str(node.dtype),
            value=amount(node.value),
            upstream=amount(gradients.get(node)),
            wants_gradient=node.wants_gradient,
            is_end=node in ends,
            inputs=inputs_of(node),
            readers=tuple(readers.get(node, ())),
            kept=kept.get(node, Kept(0)),
        )
        for node in graph.nodes
    )
    called = {call.path: FlowModule(call.path, call.kind) for call in _in_order(given.calls)}
    return FlowData(nodes, tuple(called.values()), (*notes, *given.notes))


def names_of(graph: Graph) -> dict[Node, str]:
    """The names of all nodes; an unnamed leaf goes by what its reader calls it: "labels"."""
    names = node_names(graph)
    taken = set(names.values())
    for node in graph.nodes:
        op = node.op
        if op is None or isinstance(op, Letter | Output) or op.variadic:
            continue
        for x, name in zip(node.inputs, op.inputs, strict=False):
            if x is not None and x.op is None and not x.label and name not in taken:
                names[x] = name
                taken.add(name)
    return names


class Wires(Watch):
    """Notes what every rule sends to each of its inputs, and which nodes are on the way."""

    def __init__(self) -> None:
        self.sent: dict[Node, list[Any]] = {}
        self.way: Collection[Node] = ()

    def around(self, node: Any, pull: Callable[..., Any], nodes: Collection[Any]) -> Any:
        """The rule, with its answers noted."""

        def noted(pulled: Any, *_: Any) -> None:
            self.sent[node], self.way = list(pulled), nodes

        return self.pulling(pull, noted)


def gradients_of(
    graph: Graph, advice: str
) -> tuple[dict[Node, Any], dict[Node, list[Any]], list[str]]:
    """The gradient of every node, what flows along every wire, and what is to be said of it."""
    if any(isinstance(node.value, Symbol) or node.traced for node in graph.nodes):
        return _standing(graph), {}, ["No gradient is shown: a derivative is being taken here."]
    starts = {end: _start(end) for end in graph.ends if end.wants_gradient}
    if not starts:
        return {}, {}, ["No gradient flows: nothing that this was made from wants one."]
    begun = {end: start for end, start in starts.items() if start is not None}
    notes = [
        f"No gradient starts at {end.label or 'a result'} of shape {end.shape}: a walk starts "
        f"from one number. {advice.replace('{end}', end.label or '...')}"
        for end in starts
        if end not in begun
    ]
    if not begun:
        return {}, {}, notes
    watch = Wires()
    token = RECORDING.set(watch)
    try:
        with np.errstate(all="ignore"):
            found = walk(list(begun), list(begun.values()), zeros=True)
    except ChainruleError as error:  # stale values, or a user's rule that fails
        stands = "The gradients are those of the last backward()."
        return _standing(graph), {}, [*notes, f"{error.what} {stands}"]
    finally:
        RECORDING.reset(token)
    for node in found:
        if isinstance(node.op, Output):
            watch.sent[node] = [found[node]]
    return found, watch.sent, notes


def _start(end: Node) -> Any:
    """Where backward() began, or would begin."""
    if end.gradient is not None:
        return np.asarray(end.gradient)
    return np.ones(end.shape, end.dtype) if np.size(end.value) == 1 else None


def _standing(graph: Graph) -> dict[Node, Any]:
    return {node: node.gradient for node in graph.nodes if node.gradient is not None}


def _why_nothing(node: Node, x: Node | None, gradients: dict[Node, Any], walks: bool) -> str:
    """Why no gradient goes to an input."""
    if x is None:
        return "left out"
    if not x.wants_gradient:
        return "wants no gradient"
    if not walks or not gradients:
        return ""
    if is_tuple(node.value) or node in gradients:
        return "the rule sends nothing here"
    return "no gradient comes back to the op"


def _kind(node: Node) -> Kind:
    if is_tuple(node.value):
        return "several"
    if node.op is not None:
        return "op"
    if isinstance(node, Parameter):
        return "parameter"
    single = np.size(node.value) == 1 and not node.label and not node.wants_gradient
    return "constant" if single else "data"


def modules_of(graph: Graph, calls: Sequence[Call]) -> dict[Node, str]:
    """The path of the innermost module that made a node; of a leaf, of the first op that reads it.

    Where no call was noted, a parameter tells: what reads "hidden.weight" belongs to "hidden".
    """
    found: dict[Node, str] = {}
    spans = sorted(calls, key=lambda call: call.last - call.first)
    for node in graph.nodes:
        if node.op is None:
            continue
        inside = [call.path for call in spans if call.first < node.serial < call.last]
        owners = {
            x.label.rpartition(".")[0]
            for x in node.inputs
            if isinstance(x, Parameter) and "." in x.label
        }
        if inside:
            found[node] = inside[0]
        elif not calls and len(owners) == 1:
            found[node] = owners.pop()
    for node in list(found):
        for x in node.inputs:
            if x is not None and x.op is None and _belongs(x, node, calls):
                found.setdefault(x, found[node])
    return found


def _belongs(leaf: Node, reader: Node, calls: Sequence[Call]) -> bool:
    """Whether a leaf is part of the module that reads it, and no input of it."""
    if isinstance(leaf, Parameter):
        return True
    return any(call.first < leaf.serial < call.last for call in calls) and not leaf.label


def _in_order(calls: Sequence[Call]) -> list[Call]:
    return sorted(calls, key=lambda call: (call.first, call.path))
