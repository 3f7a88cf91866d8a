"""What why is asked about: the loss and the tensor, in each way that comes naturally.

Imports sweep, observed and the graph. A tensor may be given by its name, and the loss be left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index as whole
from typing import Any

from chainrule.errors import ArgumentError, NoGradientError, describe
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.inspection.observed import names_of
from chainrule.inspection.spoken import entry_name
from chainrule.inspection.sweep import Index, entry_of, plain_node
from chainrule.nn import Module
from chainrule.ops.indexing import GetItem
from chainrule.settings import LAST_BACKWARD
from chainrule.spec import is_dict, is_tuple

NOT_GIVEN: Any = object()
MOST_LISTED = 8  # names


@dataclass(frozen=True, eq=False)
class Question:
    """A tensor, and the ends of a graph that it may have a gradient of.

    Parameters
    ----------
    ends : list of Node
    starts : sequence of arrays or None
        Upstream gradients of the ends; None for a loss, whose own is 1.
    target : Node
    last : bool
        Whether the ends are those of the last backward pass.
    """

    ends: list[Node]
    starts: Sequence[Any] | None
    target: Node
    last: bool

    @property
    def called(self) -> str:
        """The tensor in words: its name, "the loss", "relu (n2)", "the parameter"."""
        target = self.target
        if target.label:
            return target.label
        if any(target is end for end in self.ends):
            return "the loss"
        name = names_of(Graph.of(*self.ends)).get(target, "")
        if target.op is None:
            return "the parameter"
        return f"{target.op.name} ({name})" if name else f"the result of {target.op.name}"

    def made_anew(self) -> tuple[str, str] | None:
        """What a tensor that the loss never saw was made from, and what to ask instead."""
        seen = set(Graph.of(*self.ends).nodes)
        source = next((x for x in reversed(Graph.of(self.target).nodes) if x in seen), None)
        if source is None or self.target.op is None:
            return None
        name = names_of(Graph.of(*self.ends))[source]
        given = name if source.label.isidentifier() else repr(name)
        place = _place_of(self.target, source)
        if place is not None:
            return entry_name(name, place), _call(given, place, self.last)
        return f"{self.target.op.name} of {name}", _call(given, None, self.last)


def question(loss: Any, parameter: Any) -> Question:
    """The loss and the tensor of a call, each by itself or by its name.

    Raises
    ------
    ArgumentError
        For what is no tensor, and for a name that the graph does not know.
    NoGradientError
        Without a loss, if no backward pass ran or nobody holds its loss any more.
    """
    if parameter is NOT_GIVEN:
        target = loss if isinstance(loss, str) else plain_node(loss, "parameter")
        ends, starts = _last_backward(target)
    else:
        target = parameter
        ends, starts = [plain_node(loss, "loss")], None
    named = isinstance(target, str)
    node = _named(target, ends) if named else plain_node(target, "parameter")
    return Question(ends, starts, node, parameter is NOT_GIVEN)


def names_an_entry(loss: Any, parameter: Any) -> bool:
    """Whether the second argument is an index, as in ``cr.why(w, (0, 1))``."""
    if not isinstance(loss, str) and not getattr(loss, "shape", ()):
        return False
    numbers: tuple[Any, ...] = parameter if is_tuple(parameter) else (parameter,)
    return bool(numbers) and all(map(_is_whole, numbers))


def several(given: Any) -> Mapping[str, Any] | None:
    """The parameters of a model, or those of a dictionary; None for a single tensor."""
    if isinstance(given, Module):
        return given.parameters()
    return given if is_dict(given) else None


def _is_whole(x: Any) -> bool:
    if isinstance(x, Node | bool):
        return False
    try:
        whole(x)
    except TypeError:
        return False
    return True


def _named(name: str, ends: Sequence[Node]) -> Node:
    names = names_of(Graph.of(*ends))
    for node, known in names.items():
        if name in (known, node.label):
            return node
    listed = [known for node, known in names.items() if node.label]
    known = ", ".join(map(repr, listed[:MOST_LISTED])) or "none: no tensor of it has a name"
    more = f" and {len(listed) - MOST_LISTED:,} more" if len(listed) > MOST_LISTED else ""
    raise ArgumentError(
        f"nothing that the loss was made from is called {name!r:.60}.",
        do=f"Its names are {known}{more}; cr.show(loss) lists every node.",
    )


def _place_of(target: Node, source: Node) -> Index | None:
    """The entry that was picked, where a single one was."""
    if not isinstance(target.op, GetItem) or target.inputs[0] is not source or target.shape:
        return None
    key: Any = target.op.key
    numbers: tuple[Any, ...] = key if is_tuple(key) else (key,)
    if not all(map(_is_whole, numbers)) or len(numbers) != len(source.shape):
        return None
    return entry_of(source, numbers, "")


def _call(name: str, place: Index | None, last: bool) -> str:
    which = "" if place is None else f"{place if len(place) != 1 else place[-1]}"
    if last:
        return f"cr.why({name}, index={which})" if which else f"cr.why({name})"
    return f"cr.why(loss, {name}, {which})" if which else f"cr.why(loss, {name})"


def _last_backward(target: Node | str) -> tuple[list[Node], Sequence[Any] | None]:
    """The losses of the last backward pass, and their upstream gradients."""
    held = LAST_BACKWARD.get()
    again = "Keep the loss and ask: loss = ...; loss.backward(); cr.why(loss, w)."
    found: list[str] = []
    if isinstance(target, Node):
        found = [describe(target.label or "tensor", target, getattr(target, "origin", ""))]
    if held is None:
        raise NoGradientError(
            "no backward() has run in this thread, so there is no gradient to ask about.",
            found=found,
            do=f"{again} Training by fit is compiled, and leaves no graph.",
        )
    references, starts = held if is_tuple(held) else ([held], None)
    ends = [reference() for reference in references]
    if any(end is None for end in ends):
        raise NoGradientError(
            "the graph of the last backward() is gone: nobody holds its loss any more.",
            found=found,
            do=again,
        )
    return [end for end in ends if end is not None], starts
