"""A graph as text: one line per node, with the names of its inputs, its gate and its gradient.

Imports graph and calls.
"""

import numpy as np

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import plain
from chainrule.graph.op.calls import node_call


def show(graph: Graph) -> str:
    """Readable lines, oldest node first.

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y = cr.tensor(3.0, name="x"), cr.tensor(-4.0, name="y")
    >>> f = x * y + x
    >>> f.backward()
    >>> print(cr.show(f))
    x        ()         float64                      value 3      grad -3
    y        ()         float64                      value -4     grad 3
    n1       ()         float64  multiply(x, y)      value -12    grad 1     swap multiplier
    n2       ()         float64  add(n1, x)          value -9     grad 1     gradient distributor
    """
    names = node_names(graph)
    return "\n".join(_line(node, names).rstrip() for node in graph.nodes)


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


def _line(node: Node, names: dict[Node, str]) -> str:
    call = node_call(node, names)
    if isinstance(node.value, tuple):
        return f"{names[node]:<8} {'several':<10} {'':<8} {call}"
    grad = f"grad {_brief(node.gradient)}" if node.gradient is not None else ""
    gate = node.op.gate if node.op else ""
    return (
        f"{names[node]:<8} {str(node.shape):<10} {str(node.dtype):<8} {call:<19} "
        f"value {_brief(node.value):<6} {grad:<10} {gate}"
    )


def _brief(value: object) -> str:
    """A number, or the size of a larger array's values."""
    array = np.asarray(plain(value))
    if array.size == 1:
        return f"{array.item():.4g}"
    if array.size == 0:
        return "empty"
    return f"|{np.abs(array).max():.3g}|"
