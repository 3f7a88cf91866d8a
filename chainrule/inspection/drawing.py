"""cr.draw: a graph as a picture, with every number on its wires; as SVG, Mermaid or DOT.

Imports the flow and the pictures. No other program is needed to see it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.errors import ArgumentError, OutputError, UnknownNameError
from chainrule.graph.op.operation import Op
from chainrule.inspection.flow import Flow
from chainrule.inspection.given_graph import Given, graph_given
from chainrule.inspection.graph_text import dot, mermaid
from chainrule.inspection.observed import modules_of, observed
from chainrule.inspection.picture import flow_svg
from chainrule.inspection.unfolding import unfolded, with_modules_folded
from chainrule.markup import card, element, escaped

MODULES = "modules"
Fold = bool | str | Collection[str]


@dataclass(frozen=True)
class Drawing:
    """A drawn graph; a notebook shows it, ``save`` writes it.

    Attributes
    ----------
    flow : Flow
        What is drawn, folded or unfolded as it was asked for.
    title : str
    """

    flow: Flow
    title: str = ""

    @property
    def svg(self) -> str:
        """A whole SVG document; of a graph beyond 150 nodes the last ones."""
        return flow_svg(self.flow, self.title)

    @property
    def mermaid(self) -> str:
        """A Mermaid flowchart, which READMEs and wikis show."""
        return mermaid(self.flow, self.title)

    @property
    def dot(self) -> str:
        """A digraph in DOT, the language of graphviz."""
        return dot(self.flow, self.title)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the flow that is drawn; see :meth:`Flow.to_dict`."""
        return self.flow.to_dict()

    def save(self, path: str | Path) -> None:
        """Write the drawing; the end of the name says how: .svg, .html, .mmd or .dot.

        Raises
        ------
        ArgumentError
            If the name ends in something else.
        OutputError
            If the place cannot be written.
        """
        ways = {
            ".svg": lambda: self.svg,
            ".html": self._page,
            ".mmd": lambda: self.mermaid,
            ".dot": lambda: self.dot,
        }
        place = Path(path)
        way = ways.get(place.suffix.lower())
        if way is None:
            raise ArgumentError(
                f"no drawing is written as {place.suffix or place.name!r}.",
                do=f"End the name in one of {', '.join(ways)}.",
            )
        try:
            place.write_text(way(), encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"the drawing cannot be written to {place}: {error.strerror}.",
                do="Name a file in a folder that exists.",
            ) from error

    def _page(self) -> str:
        title = escaped(self.title or "A computational graph")
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"</head><body>{self.svg}</body></html>\n"
        )

    def __str__(self) -> str:
        return self.flow.table

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.flow)} nodes; print it, or .save('graph.svg')>"

    def _repr_html_(self) -> str:
        notes = (element("p", escaped(note)) for note in self.flow.notes)
        return card("", self.svg, *notes)


def draw(*given: Any, loss: Any = None, fold: Fold = True, title: str = "") -> Drawing:
    """Draw a graph: values above the wires, gradients below, each gate with its role.

    Parameters
    ----------
    *given, loss
        As for :func:`flow`: a loss; a model and a batch; a function and its arguments.
    fold : bool, str or collection of str, default True
        What is one node. True: every op that was recorded. False: only what has no formula; a
        sigmoid becomes its gates, and the gradients stay equal. "modules": every module. Names
        of ops and paths of modules: these alone, and everything else is spelled out.
    title : str, optional

    Returns
    -------
    Drawing
        With ``.svg``, ``.mermaid`` and ``.dot``. The modules that made the nodes are boxes.

    Raises
    ------
    UnknownNameError
        If ``fold`` names what is not in the graph.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def neuron(w, x):
    ...     return cr.sigmoid((w * x).sum())
    >>> w, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0, 1.0])
    >>> [node.op for node in cr.draw(neuron, w, x).flow.nodes if node.op]
    ['multiply', 'sum', 'sigmoid']
    >>> six = cr.draw(neuron, w, x, fold=False)
    >>> [node.op for node in six.flow.nodes if node.op]
    ['multiply', 'sum', 'negative', 'exp', 'add', 'divide']
    >>> print(six.flow["w"].upstream)
    [-0.1966 -0.3932 0.1966]
    """
    found = graph_given("cr.draw", given, loss)
    names = _names(fold)
    notes: tuple[str, ...] = ()
    if names is not None:
        _check_names(found, names)
    if fold is False or names is not None:
        notes = _changed(found)
        found = unfolded(found, _opened(names or frozenset()))
    data = observed(found, closely=False)
    if fold == MODULES:
        data = with_modules_folded(data, lambda path: path)
    elif names:
        data = with_modules_folded(data, lambda path: _within(path, names))
    return Drawing(Flow(data.nodes, data.modules, data.notes + notes), title)


def _names(fold: Fold) -> frozenset[str] | None:
    """The names that are folded; None where fold names none."""
    if isinstance(fold, bool) or fold == MODULES:
        return None
    names = [fold] if isinstance(fold, str) else list(fold)
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(
                f"fold takes names of ops and paths of modules, not {name!r}.",
                do='fold=False spells everything out; fold=("softmax", "layers.0") all else.',
            )
    return frozenset(names)


def _check_names(found: Given, names: frozenset[str]) -> None:
    graph = found.graph
    ops = {node.op.name for node in graph.nodes if node.op is not None}
    paths = {call.path for call in found.calls} | set(modules_of(graph, found.calls).values())
    known = sorted((ops | paths) - {""})
    for name in sorted(names):
        if name not in known:
            raise UnknownNameError("op or module to fold", name, known)


def _changed(found: Given) -> tuple[str, ...]:
    """What is to be said where a parameter holds other values than the graph was computed with."""
    graph = found.graph
    changed = dict.fromkeys(
        x.label or "a parameter"
        for node in graph.nodes
        for x in node.inputs
        if x is not None and x.changed > node.serial
    )
    return tuple(f"{name} has changed since: its gates are computed anew." for name in changed)


def _opened(names: frozenset[str]) -> Callable[[Op], bool]:
    return lambda op: op.name not in names


def _within(path: str, names: frozenset[str]) -> str:
    """The outermost of the named modules that a path lies in, or ""."""
    return min((n for n in names if path == n or path.startswith(f"{n}.")), key=len, default="")
