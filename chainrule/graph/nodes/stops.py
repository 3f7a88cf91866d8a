"""Stops: what a value was made of where no gradient passes on, kept without keeping it alive.

Imports nothing of chainrule. Recording leaves a stop where an op without a slope, such as a
comparison or ``stop_gradient``, reads what wants a gradient; ``why`` finds it.
"""

import weakref
from collections.abc import Iterable
from typing import Any

Behind = dict[int, weakref.ref[Any]]  # leaves, weakly, by their ids
MOST = 8  # stops of one value that are kept apart


# An op that ended a gradient, what it read, and the leaves behind that. They are looked up at once
# where what was read may soon be gone; a mask, which is made often, leaves them to be looked up
# while it is there. A plain tuple: a named one takes four times as long to make.
Stop = tuple[Any, weakref.ref[Any], Behind | None]
Stops = tuple[Stop, ...]


def stops_at(op: Any, operands: Iterable[Any], kind: type[Any], mask: bool) -> Stops | None:
    """The stops of a result that wants no gradient: its operands' own, and what ends here.

    Parameters
    ----------
    op : Op
    operands : iterable
    kind : type
        The class of nodes.
    mask : bool
        Whether the result is booleans.
    """
    found: Stops = ()
    for x in operands:
        if not isinstance(x, kind):
            continue
        more: Stops | None = x.stopped
        if x.wants_gradient:
            more = ((op, weakref.ref(x), None if mask else _behind(x)),)
        if more:
            found = _joined(found, more) if found else more
    return found or None


def stopped_by(stops: Stops, target: Any) -> Any:
    """The op that ended the gradient of a node, or None."""
    for op, read, behind in stops:
        x = read()
        if x is target:
            return op
        if behind is None:
            behind = {} if x is None else _behind(x)
        leaf = behind.get(id(target))
        if leaf is not None and leaf() is target:
            return op
    return None


def _joined(some: Stops, more: Stops) -> Stops:
    known = {(id(op), id(read)) for op, read, _ in some}
    joined = some + tuple(each for each in more if (id(each[0]), id(each[1])) not in known)
    if len(joined) <= MOST:
        return joined
    behind: Behind = {}
    for _, _, found in joined:
        behind |= {key: leaf for key, leaf in (found or {}).items() if leaf() is not None}
    op, read, _ = joined[-1]
    return ((op, read, behind),)


def _behind(x: Any) -> Behind:
    """The leaves behind a node; each node that was asked remembers them for those above it."""
    if x.stopped:
        return x.stopped[0][2]
    found: Behind = {}
    seen, stack = {x}, [x]
    while stack:
        node = stack.pop()
        if node.op is None:
            found[id(node)] = weakref.ref(node)
        elif node.stopped:
            found |= node.stopped[0][2]
        else:
            for each in node.inputs:
                if each is not None and each.wants_gradient and each not in seen:
                    seen.add(each)
                    stack.append(each)
    x.stopped = ((None, weakref.ref(x), found),)
    return found
