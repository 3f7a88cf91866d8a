"""What a graph keeps for its backward pass: whose memory it is, and which rule reads it.

Imports the graph and its probe. The flow says it node by node, the ledger all together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.breaches import input_name
from chainrule.graph.op.numerical import NumericalOp
from chainrule.graph.readings.probe import Needs, needs
from chainrule.inspection.flow_record import Kept
from chainrule.spec import is_array, is_tuple
from chainrule.tensors import Parameter

ONE_BY_ONE = 4  # inputs whose gradients are probed apart; more are probed together
MOST_SAID = 3  # readers that are named
Read = dict[Node, dict[tuple[int, str], None]]


def kept_by(
    graph: Graph, place: Mapping[Node, int], names: Mapping[Node, str]
) -> dict[Node, Kept]:
    """What each node keeps, by node."""
    read: Read = {}
    for node in graph.nodes:
        _note_reads(node, place, read)
    titles = [_title(node, names) for node in graph.nodes]
    owners: dict[int, int] = {}
    gradients: set[int] = set()
    found: dict[Node, Kept] = {}
    for node in graph.nodes:
        shares, nbytes = None, 0
        for part in node.value if is_tuple(node.value) else (node.value,):
            memory = _memory(part)
            if memory is None:
                continue
            owner = owners.setdefault(id(memory), place[node])
            if owner == place[node]:
                nbytes += part.nbytes
            else:
                shares = owner
        gradient = _memory(node.gradient)
        mine = gradient is not None and id(gradient) not in gradients
        if mine:
            gradients.add(id(gradient))
        readers = tuple(read.get(node, ()))
        found[node] = Kept(
            nbytes,
            node.gradient.nbytes if mine else 0,
            shares,
            readers,
            _why(node, "" if shares is None else titles[shares], readers, titles),
        )
    return found


def _title(node: Node, names: Mapping[Node, str]) -> str:
    return f"{node.op.name} ({names[node]})" if node.op else names[node]


def _why(
    node: Node, shares: str, readers: Sequence[tuple[int, str]], titles: Sequence[str]
) -> str:
    """Who reads a value, and until when it stays, in words."""
    parts = ["a parameter, which stays with its model"] if isinstance(node, Parameter) else []
    if shares:
        parts.append(f"shares the memory of {shares}")
    for_whom: dict[int, list[str]] = {}
    for reader, what in readers:
        for_whom.setdefault(reader, []).append(what)
    said = [f"{titles[reader]} reads it for {' and '.join(w)}" for reader, w in for_whom.items()]
    if len(said) > MOST_SAID:
        said[MOST_SAID:] = [f"{len(said) - MOST_SAID} more rules read it"]
    if not said and not isinstance(node, Parameter):
        said = ["no rule reads it: the graph holds it all the same"]
    return "; ".join(parts + said)


def _note_reads(node: Node, place: Mapping[Node, int], read: Read) -> None:
    """Ask the rule of one op which of its inputs, and whether its result, it reads."""
    op = node.op
    if op is None or isinstance(op, Output) or node.traced or isinstance(node.value, Symbol):
        return
    wanted = [x is not None and x.wants_gradient for x in node.inputs]
    asked = [i for i, want in enumerate(wanted) if want]
    groups = [[i] for i in asked] if len(asked) <= ONE_BY_ONE else [asked]
    for group in groups:
        what = (
            f"the gradient of {input_name(op, group[0])}" if len(group) == 1 else "its gradients"
        )
        found = _needs(node, [i in group for i in range(len(wanted))])
        for i in found.inputs:
            x = node.inputs[i]
            if x is not None:
                read.setdefault(x, {})[place[node], what] = None
        if found.out:
            read.setdefault(node, {})[place[node], what] = None


def _needs(node: Node, wanted: list[bool]) -> Needs:
    assert node.op is not None
    values = [None if x is None else x.value for x in node.inputs]
    if isinstance(node.op, NumericalOp):  # its rule runs forward for every element
        return Needs(frozenset(range(len(values))), True)
    return needs(node.op, values, node.value, wanted)


def _memory(value: Any) -> Any:
    """The array that owns the memory of a value; None for a number, which takes none."""
    if not is_array(value):
        return None
    owner: Any = value
    while is_array(owner.base):
        owner = owner.base
    return owner
