"""Calls as text: an op with its operands, by name or with its sign. Nothing else prints one.

Imports node and op. Pictures and listings of graphs, the doctor and the fuzzer print with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from chainrule.graph.nodes.node import Node
from chainrule.graph.op.operation import Op

# How tightly the result of a sign binds, and what its operands need to stand without brackets.
INFIX = MappingProxyType(
    {
        **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), (1, (2, 2))),
        "|": (2, (2, 3)),
        "&": (3, (3, 4)),
        "+": (4, (4, 4)),
        "-": (4, (4, 5)),
        "*": (5, (5, 5)),
        **dict.fromkeys(("/", "//", "%"), (5, (5, 6))),
        "**": (7, (8, 7)),
    }
)
OTHER_SIGN = (5, (6, 6))  # @, and signs that Python does not know
TURNED = 5  # -x: as a product with -1
CLOSED = 9  # a name, a call


class Text(NamedTuple):
    """A part of a formula, and how tightly it binds."""

    text: str
    binds: int = CLOSED

    def held(self, binds: int) -> str:
        """The text, in brackets where it binds less than this."""
        return self.text if self.binds >= binds else f"({self.text})"


def call(
    name: str, operands: Iterable[str], settings: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A call by name: ``sum(x, axis=0)``."""
    given = (f"{key}={value}" for key, value in settings.items())
    return f"{name}({', '.join((*operands, *given))})"


def node_call(node: Node, names: Mapping[Node, str], settings: bool = False) -> str:
    """The call that made a node, with the names of its inputs; "" for a leaf."""
    if node.op is None:
        return ""
    operands = ("None" if x is None else names[x] for x in node.inputs)
    return call(node.op.name, operands, settings_of(node.op) if settings else {})


def settings_of(op: Op) -> dict[str, str]:
    """The attributes of an op as Python writes them."""
    return {name: repr(getattr(op, name)) for name in op.attributes}


def written(
    op: Op, operands: Sequence[Text], settings: Mapping[str, str] = MappingProxyType({})
) -> Text:
    """An op with its sign where it has one, else as a call."""
    if op.symbol and len(operands) == 2:
        binds, needs = INFIX.get(op.symbol, OTHER_SIGN)
        left, right = (x.held(need) for x, need in zip(operands, needs, strict=True))
        return Text(f"{left} {op.symbol} {right}", binds)
    if op.symbol and len(operands) == 1:
        return Text(op.symbol + operands[0].held(TURNED), TURNED)
    return Text(call(op.name, (x.text for x in operands), settings))


def named(op: Op, operands: Sequence[Any]) -> str:
    """An op of operands that go by names, with its sign where it has one."""
    return written(op, [Text(str(x)) for x in operands]).text
