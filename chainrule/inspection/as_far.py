"""The graph of a function that failed on its way, as far as it had come.

Imports the graph. The explorer shows it beside the error.
"""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.inspection.given_graph import Given
from chainrule.spec import is_dict, is_sequence, is_tuple

MOST_IN_A_LIST = 200  # entries of a list that are looked at
MOST_NODES = 5_000


def as_far(error: BaseException) -> Given | None:
    """The graph behind all tensors that the calls under an error still hold.

    None where there are none, or more than a page can show.

    Parameters
    ----------
    error : exception
        With the traceback of where it was caught. The op that failed holds its operands, the
        functions that called it their variables.
    """
    nodes: dict[Node, None] = {}
    for frame in _frames(error.__traceback__):
        for x in list(frame.values()):
            nodes |= dict.fromkeys(_nodes_in(x))
    behind = _behind(nodes)
    if len(behind) > MOST_NODES:
        return None
    read = {x for node in behind for x in node.inputs}
    ends = tuple(node for node in behind if node not in read)
    return Given(ends) if ends else None


def _frames(traceback: TracebackType | None) -> Iterator[dict[str, Any]]:
    """The variables of every call, the outermost first."""
    while traceback is not None:
        yield traceback.tb_frame.f_locals
        traceback = traceback.tb_next


def _nodes_in(x: Any, depth: int = 2) -> Iterator[Node]:
    """A tensor, or those in a list, tuple or dict; none that a derivative is being taken of."""
    if isinstance(x, Node):
        is_made = hasattr(x, "serial")  # the code may have been stopped while making it
        if is_made and not (x.traced or isinstance(x.value, Symbol) or is_tuple(x.value)):
            yield x
    elif depth and (is_sequence(x) or is_dict(x)):
        parts: Iterable[Any] = x.values() if is_dict(x) else x
        for part, _ in zip(parts, range(MOST_IN_A_LIST), strict=False):
            yield from _nodes_in(part, depth - 1)


def _behind(nodes: Iterable[Node]) -> list[Node]:
    """These and all that they were made from, oldest first; of too many, not all."""
    found = dict.fromkeys(nodes)
    stack = list(found)
    while stack and len(found) <= MOST_NODES:
        for x in stack.pop().inputs:
            if x is not None and x not in found:
                found[x] = None
                stack.append(x)
    return sorted(found, key=lambda node: node.serial)
