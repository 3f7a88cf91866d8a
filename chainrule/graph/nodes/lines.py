"""The names by which the nodes of a graph are told from one another.

Imports graph. Listings and pictures of graphs print them.
"""

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node


def node_names(graph: Graph) -> dict[Node, str]:
    """The user's names where there are some; c1, c2 for constants and n1, n2 for results."""
    names: dict[Node, str] = {}
    taken: set[str] = set()
    counts = {"c": 0, "n": 0, "x": 0}
    for node in graph.nodes:
        name = node.label
        if not name or name in taken:
            kind = "n" if node.op else "x" if node.wants_gradient else "c"
            counts[kind] += 1
            name = f"{kind}{counts[kind]}"
        taken.add(name)
        names[node] = name
    return names
