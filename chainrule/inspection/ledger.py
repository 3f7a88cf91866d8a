"""cr.ledger: what a graph keeps in memory for its backward pass, for whom, and until when.

Imports the graph and kept. One row per node that holds bytes of its own.
"""

from dataclasses import dataclass
from typing import Any

from chainrule.graph.nodes.node import Node
from chainrule.inspection.flow_record import Kept
from chainrule.inspection.flow_text import one_line
from chainrule.inspection.given_graph import graph_given
from chainrule.inspection.kept import kept_by
from chainrule.inspection.observed import names_of
from chainrule.inspection.svg import shortened, squeezed
from chainrule.jacobians.sizes import size_text
from chainrule.markup import table_card
from chainrule.tensors import Parameter

LONGEST_NAME, LONGEST_WHY = 24, 110  # characters
WITH_MODEL = "with its model"
WITH_GRAPH = "when the last tensor made from it is let go: del loss"
HEADINGS = ("node", "bytes", "gradient", "why", "freed")
VERSION = 1  # of what to_dict returns


@dataclass(frozen=True)
class LedgerRow:
    """What one node holds.

    Attributes
    ----------
    name : str
    made_by : str
        The op, "parameter" or "data".
    kept : Kept
        Bytes, for whom, and why.
    freed : str
        Until when it is held.
    """

    name: str
    made_by: str
    kept: Kept
    freed: str


@dataclass(frozen=True)
class Ledger:
    """Every byte that a graph holds; print it for a table.

    Attributes
    ----------
    rows : tuple of LedgerRow
        In the order of creation.
    """

    rows: tuple[LedgerRow, ...]

    @property
    def total(self) -> int:
        """All bytes: values and gradients."""
        return sum(row.kept.nbytes + row.kept.gradient_bytes for row in self.rows)

    @property
    def read_by_rules(self) -> int:
        """Bytes of values, other than parameters, that a backward rule reads."""
        return sum(row.kept.nbytes for row in self._values if row.kept.readers)

    @property
    def unread(self) -> int:
        """Bytes of values that no rule reads: the graph holds them all the same."""
        return sum(row.kept.nbytes for row in self._values if not row.kept.readers)

    @property
    def parameters(self) -> int:
        """Bytes of parameters, which stay with their model."""
        return sum(row.kept.nbytes for row in self.rows if row.freed == WITH_MODEL)

    @property
    def gradients(self) -> int:
        """Bytes of the gradients that ``backward()`` left."""
        return sum(row.kept.gradient_bytes for row in self.rows)

    @property
    def _values(self) -> list[LedgerRow]:
        return [row for row in self.rows if row.freed != WITH_MODEL]

    def to_dict(self) -> dict[str, Any]:
        """For JSON, as ledger.schema.json says."""
        return {
            "version": VERSION,
            "nodes": [
                {
                    "name": row.name,
                    "made_by": row.made_by,
                    "kept": row.kept.to_dict(),
                    "freed": row.freed,
                }
                for row in self.rows
            ],
            "total": self.total,
            "read_by_rules": self.read_by_rules,
            "unread": self.unread,
            "parameters": self.parameters,
            "gradients": self.gradients,
        }

    def __str__(self) -> str:
        cells = [HEADINGS[:4], *(_cells(row)[:4] for row in self.rows if _bytes(row))]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if i in (1, 2) else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        return "\n".join([*lines, *self._sums()])

    def _sums(self) -> list[str]:
        return [
            f"{size_text(self.total)} in all: {size_text(self.read_by_rules)} of values that "
            f"rules read, {size_text(self.unread)} that none reads, "
            f"{size_text(self.parameters)} of parameters, {size_text(self.gradients)} of "
            "gradients.",
            "backward() frees nothing, so it can run again: values and gradients go when the "
            "last tensor made from them is let go (del loss), parameters with their model.",
        ]

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [_cells(row) for row in self.rows if _bytes(row)]
        return table_card(" ".join(self._sums()), HEADINGS, rows)


def ledger(*given: Any, loss: Any = None) -> Ledger:
    """What a graph keeps for its backward pass: bytes, for which rule, and until when.

    Parameters
    ----------
    *given, loss
        As for :func:`flow`: a loss; a model and a batch; a function and its arguments.

    Notes
    -----
    Each rule is run once on values that note when they are read. Memory that two nodes share
    counts once, at the older one. A compiled step keeps none of this: its plan reuses memory.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(np.ones(1000), name="x")
    >>> book = cr.ledger(cr.exp(x * 2.0).sum())
    >>> book.total, book.read_by_rules
    (24008, 8000)
    >>> book.rows[3].kept.why
    'exp (n2) reads it for the gradient of x'
    """
    graph = graph_given("cr.ledger", given, loss).graph
    names = names_of(graph)
    place = {node: i for i, node in enumerate(graph.nodes)}
    kept = kept_by(graph, place, names)
    return Ledger(tuple(LedgerRow(names[x], _maker(x), kept[x], _freed(x)) for x in graph.nodes))


def _maker(node: Node) -> str:
    if node.op is not None:
        return node.op.name
    return "parameter" if isinstance(node, Parameter) else "data"


def _freed(node: Node) -> str:
    return WITH_MODEL if isinstance(node, Parameter) else WITH_GRAPH


def _bytes(row: LedgerRow) -> int:
    return row.kept.nbytes + row.kept.gradient_bytes


def _cells(row: LedgerRow) -> tuple[str, ...]:
    return (
        squeezed(one_line(row.name), LONGEST_NAME),
        size_text(row.kept.nbytes),
        size_text(row.kept.gradient_bytes) if row.kept.gradient_bytes else "",
        shortened(one_line(row.kept.why), LONGEST_WHY),
        row.freed,
    )
