"""cr.flow and cr.show: every number of a graph, forward and back, at your own graph and data.

Imports the records, what fills them, and their texts. The explorer's page reads ``to_dict()``.
"""

from typing import Any

from chainrule.inspection.flow_html import table_html
from chainrule.inspection.flow_record import FlowData
from chainrule.inspection.flow_text import story, table
from chainrule.inspection.given_graph import graph_given
from chainrule.inspection.observed import observed


class Flow(FlowData):
    """What flows through a graph; print it, show it in a notebook, or read its nodes.

    ``flow.nodes`` are in the order of creation; ``flow["name"]`` is one of them.
    """

    @property
    def table(self) -> str:
        """One line for each node, as :func:`show` gives it."""
        return table(self)

    def __str__(self) -> str:
        return story(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table_html(self)


class Shown(str):
    """The lines of :func:`show`, which a prompt prints as they are and a notebook as a table."""

    __slots__ = ("flow",)
    flow: Flow

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return table_html(self.flow)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; see :meth:`Flow.to_dict`."""
        return self.flow.to_dict()


def flow(*given: Any, loss: Any = None) -> Flow:
    """Everything that flows through a graph: values, gradients, what is kept, and why.

    Parameters
    ----------
    *given
        A loss, or several tensors; or a model and one batch of its input; or a function and its
        arguments, of which those of floats become tensors.
    loss : callable, optional
        Of the scores of a model and a target: ``flow(model, (X, y), loss=...)``.

    Returns
    -------
    Flow
        For each node its op and the gate's role, shape, value, upstream gradient, and for each
        input the local gradient and what flows to it; which bytes are kept, and for which rule.
        Arrays of up to 16 elements are shown in full, larger ones by sign, range and largest
        entries.

    Raises
    ------
    ArgumentError
        If something else is given; the message says what to give.

    Notes
    -----
    The gradients are those that ``backward()`` leaves, and no ``.grad`` is changed: the walk
    starts from the gradient that stands at the loss, or else from 1.

    Examples
    --------
    >>> import chainrule as cr
    >>> print(cr.flow(lambda x, y: x * y + x, 3.0, -4.0))
    x, a data   () float64
        value        3
        gradient     -3
        fork         read 2 times: (-4) + 1 = -3
        kept         8 B: multiply (n1) reads it for the gradient of y
    y, a data   () float64
        value        -4
        gradient     3
        kept         8 B: multiply (n1) reads it for the gradient of x
    n1 = multiply(x, y)   () float64
        role         swap multiplier: each input receives ...
        value        -12
        upstream     1
        to x         local -4; sends -4
        to y         local 3; sends 3
        kept         8 B: no rule reads it: the graph holds it all the same
    n2 = add(n1, x)   () float64
        role         gradient distributor: hands the upstream gradient to every input
        value        -9
        upstream     1
        to n1        local 1; sends 1
        to x         local 1; sends 1
        kept         8 B: no rule reads it: the graph holds it all the same
    """
    return _flow("cr.flow", given, loss)


def show(*given: Any, loss: Any = None) -> Shown:
    """The graph as text, one line per node, oldest first; takes what :func:`flow` takes.

    ``cr.show``, which makes pages too, has an example of the lines.
    """
    found = _flow("cr.show", given, loss, closely=False)
    shown = Shown(found.table)
    shown.flow = found
    return shown


def _flow(call: str, given: tuple[Any, ...], loss: Any, closely: bool = True) -> Flow:
    data = observed(graph_given(call, given, loss), closely=closely)
    return Flow(data.nodes, data.modules, data.notes)
