"""What a picture of a graph says at each node: name, value, upstream gradient, gate role.

Imports the records of a flow. picture.py draws these signs; nothing here knows about lines and
colours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from chainrule.graph.nodes.node import Node
from chainrule.inspection.amount import Amount
from chainrule.inspection.flow_record import FlowData, FlowNode
from chainrule.inspection.given_graph import Given
from chainrule.inspection.observed import observed

Kind = Literal["op", "parameter", "data", "number", "cut"]

# How the sign of an op is printed.
PRINTED = MappingProxyType(
    {"*": "×", "-": "−", "/": "÷", "**": "xⁿ", ">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
)

ORDERED = ("-", "/", "**", "@", ">", ">=", "<", "<=")

FORK = "adder: gradients are summed"


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
    module : str
        The path of the module that made it.
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
    module: str = ""


def sketch(ends: Iterable[Node], limit: int) -> tuple[list[Sign], int]:
    """The signs of the graph behind some ends, with the gradients that stand; as below."""
    return signs_of(observed(Given(tuple(ends)), walks=False, closely=False), limit)


def signs_of(flow: FlowData, limit: int) -> tuple[list[Sign], int]:
    """The signs of the last ``limit`` nodes, inputs before readers; and how many are left out."""
    drawn = _last(flow, limit)
    signs: list[Sign] = []
    place: dict[int, int] = {}
    for node in drawn:
        read = [x.node for x in node.inputs if x.node is not None]
        for x in read:
            if x not in place:
                place[x] = len(signs)
                signs.append(Sign("cut", "…", title="made from nodes that are not drawn"))
        inputs = tuple(place[x] for x in read)
        place[node.id] = len(signs)
        signs.append(_sign(node, inputs))
    return signs, len(flow) - len(drawn)


def _last(flow: FlowData, limit: int) -> Sequence[FlowNode]:
    """The youngest ops with the leaves they read: parameters are old, but belong to their op."""
    if len(flow) <= limit:
        return flow.nodes
    kept: dict[int, None] = {}
    for node in reversed(flow.nodes):
        if not node.op and not node.is_end:
            continue
        read = [x.node for x in node.inputs if x.node is not None]
        group = [node.id, *(x for x in read if not flow.nodes[x].op)]
        new = dict.fromkeys(x for x in group if x not in kept)
        if kept and len(kept) + len(new) > limit:
            break
        kept |= new
    return [flow.nodes[i] for i in sorted(kept)]


def _sign(node: FlowNode, inputs: tuple[int, ...]) -> Sign:
    value, gradient = _brief(node.value), _brief(node.upstream)
    title = _title(node)
    shape = _shape(node)
    if not node.op:
        if node.kind == "constant" and not shape:
            return Sign("number", value, title=title, module=node.module)
        kind = "parameter" if node.kind == "parameter" else "data"
        return Sign(
            kind, node.name, shape, value, gradient, "", node.fork, title, module=node.module
        )
    label = node.name if node.named else ""
    if shape:
        value = f"{label} {shape} {value}".strip()
    elif label:
        value = f"{label} = {value}"
    ordered = node.symbol in ORDERED and len(inputs) == 2
    return Sign(
        "op", _label(node), "", value, gradient, node.role, node.fork, title, inputs, ordered,
        node.module,
    )  # fmt: skip


def _label(node: FlowNode) -> str:
    if node.symbol:
        return PRINTED.get(node.symbol, node.symbol)
    return "several" if node.op == "output" else node.op


def _title(node: FlowNode) -> str:
    """The node in full, as a formula, then its value, its gradient and what its gate does."""
    lines = [f"{node.name} = {node.call_in_full}" if node.op else node.name]
    if node.kind != "several":
        lines.append(f"shape {node.shape}, {node.dtype}")
        lines.append(f"value {_brief(node.value)}")
    if node.upstream is not None:
        lines.append(f"upstream gradient {_brief(node.upstream)}")
    if node.role:
        lines.append(f"{node.role}: {node.role_says}" if node.role_says else node.role)
    return "\n".join(lines + ([FORK] if node.fork else []))


def _shape(node: FlowNode) -> str:
    several = node.value is not None and node.value.size != 1
    return str(node.shape) if several else ""


def _brief(amount: Amount | None) -> str:
    """A number with four digits; of an array the largest magnitude."""
    return "" if amount is None else amount.magnitude()
