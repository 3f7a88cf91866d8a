"""Names of entries, calls as formulas, and the role of a gate: what explain and why say of a node.

Imports the graph, indexing, spoken and sweep.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.op.calls import Text, settings_of, written
from chainrule.graph.op.operation import Op
from chainrule.inspection.explanation import Factor
from chainrule.inspection.spoken import entry_name, said
from chainrule.inspection.sweep import Index, Sweep
from chainrule.ops.indexing import GetItem
from chainrule.spec import is_tuple

LOSS = "loss"


@dataclass(frozen=True)
class Link:
    """One step from an entry to one that reads it.

    Parameters
    ----------
    operand, result : Node
        An input of a gate, and what the gate made of it.
    place, there : tuple of int
        The entries of both.
    local : float
        How the second moves with the first.
    """

    operand: Node
    place: Index
    result: Node
    there: Index
    local: float


@dataclass(frozen=True)
class Names:
    """How the nodes of a sweep are called, and the calls that made them."""

    sweep: Sweep

    @cached_property
    def _names(self) -> dict[Node, str]:
        """Those of ``cr.show``; numbers go by their value, and a loss without a name is "loss"."""
        names = {
            node: said(float(np.asarray(node.value).reshape(-1)[0])) if _is_number(node) else name
            for node, name in self.sweep.names.items()
        }
        first, *more = self.sweep.ends
        if not more and not first.label and LOSS not in names.values():
            names[first] = LOSS
        return names

    def of(self, node: Node) -> str:
        """The name of a node."""
        return self._names[node]

    @cached_property
    def _places(self) -> dict[Node, int]:
        return {node: place for place, node in enumerate(self.sweep.names)}

    def id_of(self, name: str) -> int | None:
        """The place of a node among all of them, in the order of creation; None for no node."""
        found = [place for node, place in self._places.items() if self.of(node) == name]
        return found[0] if found else None

    def entry(self, node: Node, place: Index) -> str:
        """The name of one entry."""
        return entry_name(self.of(node), place)

    def formula(self, node: Node) -> str:
        """The call that made a node: "x * y", "relu(n1)"; "" for a leaf."""
        maker = maker_of(node)
        if maker.op is None:
            return ""
        operands = [Text("None" if x is None else self.of(x)) for x in maker.inputs]
        while operands and operands[-1].text == "None":  # an input that was left out
            operands.pop()
        if isinstance(maker.op, GetItem):
            return indexed(maker.op, [operand.text for operand in operands])
        text = written(maker.op, operands, _chosen(maker.op)).text
        return f"{text}[{node.op.position}]" if isinstance(node.op, Output) else text

    def factor(self, link: Link, gradients: Mapping[Node, Any]) -> Factor:
        """A step as a factor of a path."""
        result, op = link.result, maker_of(link.result).op
        assert op is not None
        return Factor(
            self.entry(result, link.there),
            self.entry(link.operand, link.place),
            self.of(result),
            self._places[result],
            op.name,
            self.formula(result),
            op.gate,
            link.local,
            float(np.asarray(gradients[result])[link.there]),
            float(np.asarray(result.value)[link.there]),
        )

    def nodes(self, wanted: Iterable[Node]) -> tuple[dict[str, Any], ...]:
        """Nodes as data, in order of creation."""
        ordered = sorted(dict.fromkeys(wanted), key=lambda node: node.serial)
        return tuple(self._node(node) for node in ordered)

    def _node(self, node: Node) -> dict[str, Any]:
        op = maker_of(node).op
        return {
            "id": self._places[node],
            "name": self.of(node),
            "op": op.name if op else "",
            "role": op.gate if op else "",
            "shape": list(node.shape),
            "dtype": str(node.dtype),
        }


def maker_of(node: Node) -> Node:
    """The node of the op: itself, or the one that holds all of several results."""
    first = node.inputs[0] if node.inputs else None
    return first if first is not None and isinstance(node.op, Output) else node


def indexed(op: GetItem, operands: Sequence[str]) -> str:
    """Elements of a tensor as Python writes them: ``x[rows, 1:]``."""
    name, *arrays = operands
    return f"{name}[{', '.join(map(_key_part, op.full_key(tuple(arrays)))) or '()'}]"


def _key_part(part: Any) -> str:
    if not isinstance(part, slice):
        return "..." if part is Ellipsis else str(part)
    _, (start, stop, step) = part.__reduce__()  # typed: the attributes of a slice are not
    ends = ":".join("" if x is None else str(x) for x in (start, stop))
    return ends if step is None else f"{ends}:{step}"


def _chosen(op: Op) -> dict[str, str]:
    """The settings of an op that are not its defaults, and that can be read."""
    usual = {each.name: repr(each.default) for each in fields(op)}
    return {
        name: text
        for name, text in settings_of(op).items()
        if usual.get(name) != text and not text.startswith("<")
    }


def _is_number(node: Node) -> bool:
    bare = node.op is None and not node.label and not node.wants_gradient
    return bare and not is_tuple(node.value) and np.size(node.value) == 1
