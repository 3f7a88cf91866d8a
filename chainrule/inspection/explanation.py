"""What explain answers: the chains of products that make one entry of a gradient, and their sum.

Imports spoken and json_schema. chains.py finds it; explanation_pages.py writes it for pages.
"""

from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from chainrule.inspection import json_schema as schemas
from chainrule.inspection.explanation_pages import as_html, as_latex
from chainrule.inspection.spoken import (
    entry_name,
    fork_lines,
    more_gates,
    product,
    rest_line,
    route_line,
    said,
    share_line,
    shortened,
    total_line,
)

MOST_FORKS = 6  # in a text; the data has all
WIDEST = 56  # characters of a formula in a column of text


@dataclass(frozen=True)
class Factor:
    """One gate on a path: what its result does when the entry of its input moves.

    Parameters
    ----------
    result, operand : str
        The entries, as ``cr.show`` names them: "n3[0, 2]".
    node : str
        The node of the result, without its entry.
    id : int
        Its place among the nodes of the loss, in the order of creation.
    op : str
    formula : str
        The call: "x * y".
    role : str
        The gate's pattern of gradient flow, in the lecture's words.
    local : float
        The local gradient: d result / d operand.
    upstream : float
        The gradient of the loss at the result, over all paths.
    value : float
        The result at this entry.
    """

    result: str
    operand: str
    node: str
    id: int
    op: str
    formula: str
    role: str
    local: float
    upstream: float
    value: float


@dataclass(frozen=True)
class Path:
    """One chain of products from the loss to the entry.

    Parameters
    ----------
    factors : tuple of Factor
        The gates, from the loss down.
    upstream : float
        What the loss starts with: 1.
    value : float
        The product of all: what this path adds to the gradient.
    share : float
        Its magnitude, as a share of the magnitudes of all that is added, from 0 to 1; 0 where the
        gradient is not finite.
    """

    factors: tuple[Factor, ...]
    upstream: float
    value: float
    share: float


@dataclass(frozen=True)
class Branch:
    """What comes back to a fork from one of its readers.

    Parameters
    ----------
    reader : str
        The node that reads.
    formula : str
        Its call.
    value : float
        What it adds to the gradient of the entry that was asked about.
    """

    reader: str
    formula: str
    value: float


@dataclass(frozen=True)
class Fork:
    """A tensor that is read several times: its gradients are added.

    Parameters
    ----------
    node : str
    branches : tuple of Branch
    value : float
        Their sum: the part of the entry's gradient that flows through this tensor.
    """

    node: str
    branches: tuple[Branch, ...]
    value: float


@dataclass(frozen=True)
class Route:
    """One way through the tensors, all entries of each taken together.

    Parameters
    ----------
    nodes, ops : tuple of str
        The tensors from the loss down to the parameter, and what made each; "" for a leaf.
    value : float
        What comes back on it.
    share : float
        Its magnitude, as a share of the magnitudes of all routes.
    """

    nodes: tuple[str, ...]
    ops: tuple[str, ...]
    value: float
    share: float


@dataclass(frozen=True)
class Rest:
    """The branches that are not followed to the loss, added up.

    Parameters
    ----------
    branches : int
        How many; each may hold many paths.
    value : float
        What they add to the gradient; NaN where that is not finite, and nobody adds them up.
    share : float
        As of a path.
    """

    branches: int
    value: float
    share: float


@dataclass(frozen=True)
class Explanation:
    """Why one entry has the gradient that it has; print it, or show it in a notebook.

    Parameters
    ----------
    loss, parameter : str
        Their names.
    index : tuple of int
        The entry.
    gradient : float
        As ``backward()`` leaves it.
    value : float
        The entry itself.
    paths : tuple of Path
        The dominant paths, the largest first.
    rest : Rest
        All others. The values of the paths and of the rest add up to the gradient.
    forks : tuple of Fork
        Where gradients are added, from the loss down; none where the gradient is not finite.
    routes : tuple of Route
        The ways through the tensors that carry most, where there are several: through a layer, or
        past it.
    nodes : tuple of dict
        The nodes on the paths, in order of creation: id, name, op, role, shape, dtype.
    """

    loss: str
    parameter: str
    index: tuple[int, ...]
    gradient: float
    value: float
    paths: tuple[Path, ...]
    rest: Rest
    forks: tuple[Fork, ...]
    routes: tuple[Route, ...] = ()
    nodes: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def entry(self) -> str:
        """The entry's name: "w[0, 2]"."""
        return entry_name(self.parameter, self.index)

    def to_dict(self) -> dict[str, Any]:
        """The same as data for JSON, as :meth:`schema` says; what is not finite as text."""
        return schemas.for_json({"kind": "explanation", **asdict(self)})

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON schema of :meth:`to_dict`."""
        text, number, whole = schemas.text(), schemas.number(), schemas.whole()
        names = dict.fromkeys(("result", "operand", "node", "op", "formula", "role"), text)
        numbers = dict.fromkeys(("local", "upstream", "value"), number)
        factor = schemas.object_of(**names, id=whole, **numbers)
        path = schemas.object_of(
            factors=schemas.list_of(factor), upstream=number, value=number, share=number
        )
        branch = schemas.object_of(reader=text, formula=text, value=number)
        fork = schemas.object_of(node=text, branches=schemas.list_of(branch), value=number)
        texts = schemas.list_of(text)
        route = schemas.object_of(nodes=texts, ops=texts, value=number, share=number)
        node = schemas.object_of(
            id=whole, name=text, op=text, role=text, shape=schemas.list_of(whole), dtype=text
        )
        return {
            "$schema": schemas.DRAFT,
            **schemas.object_of(
                kind={"const": "explanation"},
                loss=text,
                parameter=text,
                index=schemas.list_of(whole),
                gradient=number,
                value=number,
                paths=schemas.list_of(path),
                rest=schemas.object_of(branches=whole, value=number, share=number),
                forks=schemas.list_of(fork),
                routes=schemas.list_of(route),
                nodes=schemas.list_of(node),
            ),
        }

    def to_latex(self) -> str:
        """The chain of products as a formula, with its numbers; an ``aligned`` of LaTeX."""
        return as_latex(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def __str__(self) -> str:
        lines = [f"d {self.loss} / d {self.entry} = {said(self.gradient)}"]
        several = len(self.paths) > 1 or self.rest.branches > 0
        for number, path in enumerate(self.paths, start=1):
            title = f"path {number}: " if several else ""
            lines += ["", f"{title}{product(path)}{share_line(self, path)}", *_columns(path)]
        if self.rest.branches:
            lines += ["", rest_line(self.rest)]
        if several:
            lines += ["", f"sum: {total_line(self)}"]
        for route in self.routes:
            lines += ["", route_line(route)]
        if len(self.forks) > MOST_FORKS:
            lines += ["", f"the first of {len(self.forks)} forks:"]
        for fork in self.forks[:MOST_FORKS]:
            lines += ["", *fork_lines(fork)]
        if not isfinite(self.gradient):
            lines += ["", f"cr.why({self.loss}, {self.parameter}) says where it begins."]
        return "\n".join(lines)


def _columns(path: Path) -> list[str]:
    """A line for each gate, from the loss down."""
    if not path.factors:
        return ["    the loss itself"]
    first, others, last = shortened(path)
    shown = [*first, *last]
    calls = [f"{f.result} = {f.formula}" for f in shown]
    width = min(max(map(len, calls)), WIDEST)
    moves = [f"d/d {f.operand}" for f in shown]
    narrow = max(map(len, moves))
    lines = [
        f"    {call:<{width}}  {move:<{narrow}} = {said(f.local):<9}  {f.role}".rstrip()
        for call, move, f in zip(calls, moves, shown, strict=True)
    ]
    if others:
        lines.insert(len(first), f"    ... {more_gates(others)}")
    return lines
