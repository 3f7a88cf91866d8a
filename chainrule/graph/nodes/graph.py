"""Graph: the nodes that lead to some ends, in the order of their creation.

Imports node and errors. check, flow and the pictures read it; it is a view, made when asked for.
"""

from dataclasses import dataclass, field
from operator import attrgetter

from chainrule.errors import ArgumentError, a_kind
from chainrule.graph.nodes.node import Node


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Graph:
    """All nodes that some tensors were made from, oldest first: ``Graph(loss)``.

    A notebook shows it as a picture.

    Parameters
    ----------
    *ends : Tensor
        Usually the loss.

    Attributes
    ----------
    ends, nodes : tuple of Node

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.Graph(cr.tensor(2.0) * 3.0)
    <Graph of 3 nodes, 2 of them leaves>
    """

    ends: tuple[Node, ...] = field(default=())
    nodes: tuple[Node, ...] = field(default=())

    def __init__(self, *ends: Node) -> None:
        """Collect the nodes behind the ends, without recursion."""
        for end in ends:
            if not isinstance(end, Node):
                raise ArgumentError(
                    f"a graph is collected behind tensors, and {a_kind(end)} has none.",
                    do="Give tensors: cr.Graph(loss). cr.flow and cr.draw take models and "
                    "functions too.",
                )
        seen = dict.fromkeys(ends)
        stack = list(ends)
        while stack:
            for x in stack.pop().inputs:
                if x is not None and x not in seen:
                    seen[x] = None
                    stack.append(x)
        object.__setattr__(self, "ends", tuple(ends))
        object.__setattr__(self, "nodes", tuple(sorted(seen, key=attrgetter("serial"))))

    @classmethod
    def of(cls, *ends: Node) -> "Graph":
        """The same as ``Graph(*ends)``."""
        return cls(*ends)

    @property
    def leaves(self) -> tuple[Node, ...]:
        """Nodes that no op made."""
        return tuple(node for node in self.nodes if node.op is None)

    def readers(self, node: Node) -> tuple[Node, ...]:
        """The nodes that read this one, once for each read; two or more reads make a fork."""
        return tuple(other for other in self.nodes for x in other.inputs if x is node)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<Graph of {len(self)} nodes, {len(self.leaves)} of them leaves>"
