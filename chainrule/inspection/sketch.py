"""What a picture of a graph says at each node: name, value, upstream gradient, gate role.

Imports the graph and the tensors. picture.py draws these signs; nothing here knows about lines
and colours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.lines import node_names
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import plain
from chainrule.graph.op.calls import node_call
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import Op
from chainrule.tensors import Parameter

Kind = Literal["op", "parameter", "data", "number", "cut"]

# How the sign of an op is printed.
PRINTED = MappingProxyType(
    {"*": "×", "-": "−", "/": "÷", "**": "xⁿ", ">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
)

ORDERED = ("-", "/", "**", "@", ">", ">=", "<", "<=")

FORK = "adder: gradients are summed"
GATES = MappingProxyType(
    {
        "gradient distributor": "hands the upstream gradient to every input",
        "swap multiplier": "each input receives the upstream gradient times the other input",
        "gradient router": "sends the upstream gradient only where the input was selected",
    }
)


@dataclass(frozen=True)
class Sign:
    """One node, in words.

    Parameters
    ----------
    kind : {"op", "parameter", "data", "number", "cut"}
        "number" is a constant of the formula; "cut" stands for nodes that are not drawn.
    label : str
        The op's sign or name, the leaf's name, or the number.
    shape : str
        Of a leaf that is an array; "" for a number.
    value, gradient : str
        A number, or for an array the largest magnitude; "" if there is none.
    gate : str
        The pattern of gradient flow, in the lecture's words.
    fork : bool
        Whether gradients meet here and are added.
    title : str
        All of it in full.
    inputs : tuple of int
        Positions of the signs it reads.
    ordered : bool
        Whether it would be another op with its two operands exchanged, as x / y.
    """

    kind: Kind
    label: str
    shape: str = ""
    value: str = ""
    gradient: str = ""
    gate: str = ""
    fork: bool = False
    title: str = ""
    inputs: tuple[int, ...] = ()
    ordered: bool = False


def sketch(ends: Iterable[Node], limit: int) -> tuple[list[Sign], int]:
    """The signs of the last ``limit`` nodes, inputs before readers; and how many are left out."""
    graph = Graph.of(*ends)
    drawn = _last(graph, limit)
    names = node_names(graph) | _operand_names(graph)
    reads: dict[Node, int] = {}
    for node in graph.nodes:
        for x in node.inputs:
            if x is not None:
                reads[x] = reads.get(x, 0) + 1
    signs: list[Sign] = []
    place: dict[Node, int] = {}
    for node in drawn:
        for x in node.inputs:
            if x is not None and x not in place:
                place[x] = len(signs)
                signs.append(Sign("cut", "…", title="made from nodes that are not drawn"))
        inputs = tuple(place[x] for x in node.inputs if x is not None)
        place[node] = len(signs)
        signs.append(_sign(node, inputs, names, reads.get(node, 0)))
    return signs, len(graph) - len(drawn)


def _last(graph: Graph, limit: int) -> list[Node]:
    """The youngest ops with the leaves they read: parameters are old, but belong to their op."""
    if len(graph) <= limit:
        return list(graph.nodes)
    kept: dict[Node, None] = {}
    for node in reversed(graph.nodes):
        if node.op is None and node not in graph.ends:
            continue
        group = [node, *(x for x in node.inputs if x is not None and x.op is None)]
        new = dict.fromkeys(x for x in group if x not in kept)
        if kept and len(kept) + len(new) > limit:
            break
        kept |= new
    return sorted(kept, key=lambda node: node.serial)


def _operand_names(graph: Graph) -> dict[Node, str]:
    """A leaf without a name goes by what its reader calls it: "labels", "scores"."""
    names: dict[Node, str] = {}
    for node in graph.nodes:
        op = node.op
        if op is None or isinstance(op, Letter) or op.variadic:
            continue
        for x, name in zip(node.inputs, op.inputs, strict=False):
            if x is not None and x.op is None and not x.label:
                names.setdefault(x, name)
    return names


def _sign(node: Node, inputs: tuple[int, ...], names: dict[Node, str], reads: int) -> Sign:
    value, gradient = _brief(node.value), _brief(node.gradient)
    fork = reads > 1 and node.wants_gradient
    title = _title(node, names, fork)
    if node.op is None:
        array = _shape(node.value)
        if not node.wants_gradient and not node.label and not array:
            return Sign("number", value, title=title)
        kind = "parameter" if isinstance(node, Parameter) else "data"
        return Sign(kind, names[node], array, value, gradient, "", fork, title)
    shape = _shape(node.value)
    if shape:
        value = f"{node.label} {shape} {value}".strip()
    elif node.label:
        value = f"{node.label} = {value}"
    gate = node.op.gate
    ordered = node.op.symbol in ORDERED and len(inputs) == 2
    return Sign("op", _label(node.op), "", value, gradient, gate, fork, title, inputs, ordered)


def _label(op: Op) -> str:
    if op.symbol:
        return PRINTED.get(op.symbol, op.symbol)
    return "several" if op.name == "output" else op.name


def _title(node: Node, names: dict[Node, str], fork: bool) -> str:
    """The node in full, as a formula, then its value, its gradient and what its gate does."""
    call = node_call(node, names, settings=True)
    lines = [f"{names[node]} = {call}" if call else names[node]]
    if not isinstance(node.value, tuple):
        lines.append(f"shape {node.shape}, {node.dtype}")
        lines.append(f"value {_brief(node.value)}")
    if node.gradient is not None:
        lines.append(f"upstream gradient {_brief(node.gradient)}")
    if node.op is not None and node.op.gate:
        gate = node.op.gate
        lines.append(f"{gate}: {GATES[gate]}" if gate in GATES else gate)
    return "\n".join(lines + ([FORK] if fork else []))


def _shape(value: Any) -> str:
    shape = () if isinstance(value, tuple) else np.shape(value)
    return str(shape) if np.prod(shape) != 1 else ""


def _brief(value: Any) -> str:
    """A number with four digits; of an array the largest magnitude."""
    if value is None or isinstance(value, tuple):
        return ""
    array = np.asarray(plain(value))
    if array.size == 0:
        return "empty"
    if array.size == 1:
        return f"{array.item():.4g}"
    if array.dtype.kind != "f":
        return ""  # the largest of many labels tells nothing
    largest = np.abs(array.astype(np.float64)).max()
    return f"|{largest:.3g}|"
