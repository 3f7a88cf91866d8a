"""Graph: the nodes that lead to some ends, in the order of their creation.

Imports node. check, show and the pictures read it; it is a view, made when asked for.
"""

from dataclasses import dataclass
from operator import attrgetter

from chainrule.graph.nodes.node import Node


@dataclass(frozen=True)
class Graph:
    """All nodes that the ends were made from, oldest first."""

    ends: tuple[Node, ...]
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, *ends: Node) -> "Graph":
        """Collect the nodes behind the ends, without recursion."""
        seen = dict.fromkeys(ends)
        stack = list(ends)
        while stack:
            for x in stack.pop().inputs:
                if x is not None and x not in seen:
                    seen[x] = None
                    stack.append(x)
        return cls(tuple(ends), tuple(sorted(seen, key=attrgetter("serial"))))

    @property
    def leaves(self) -> tuple[Node, ...]:
        """Nodes that no op made."""
        return tuple(node for node in self.nodes if node.op is None)

    def readers(self, node: Node) -> tuple[Node, ...]:
        """The nodes that read this one, once for each read; two or more reads make a fork."""
        return tuple(other for other in self.nodes for x in other.inputs if x is node)

    def __len__(self) -> int:
        return len(self.nodes)
