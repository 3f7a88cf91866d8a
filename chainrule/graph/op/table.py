"""The catalogue as a table: which ops there are, and how gradients flow through each.

Imports the catalogue, the families, gates and markup. Error messages point here.
"""

from typing import Any

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import (
    Bilinear,
    Composite,
    Elementwise,
    Indexing,
    Letter,
    LinearOp,
    Movement,
    Reduction,
    Word,
)
from chainrule.graph.op.gates import role_says
from chainrule.graph.op.operation import Op
from chainrule.markup import table_card
from chainrule.spec import is_tuple

HEADINGS = ("name", "family", "NumPy", "gate")
VERSION = 1  # of what to_dict returns

FAMILIES = (
    Word, Letter, Elementwise, Bilinear, LinearOp, Movement, Indexing, Reduction, Composite, Op,
)  # fmt: skip


def family(op: type[Op]) -> str:
    """The kind of op, in one word."""
    return next(kind.__name__.lower() for kind in FAMILIES if issubclass(op, kind))


def numpy_names(op: type[Op]) -> tuple[str, ...]:
    """The NumPy functions that reach the op, such as ``np.tanh``."""
    functions: tuple[Any, ...] = op.numpy if is_tuple(op.numpy) else (op.numpy,)
    return tuple(f"np.{f.__name__}" for f in functions if f is not None)


class OpsTable(str):
    """The lines of :func:`ops_table`, which a prompt prints and a notebook shows as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = [(*row[:2], ", ".join(row[2]), row[3] or f"none: {row[4]}") for row in _rows()]
        return table_card(f"{len(rows)} ops", HEADINGS, rows)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, as ops.schema.json in inspection says."""
        keys = ("name", "family", "numpy", "role", "role_says")
        ops = [dict(zip(keys, row, strict=True)) for row in _rows()]
        return {"version": VERSION, "ops": [op | {"numpy": list(op["numpy"])} for op in ops]}


def ops_table() -> OpsTable:
    """Every built-in op: its name, family, the NumPy function it stands for, and its gate.

    The gate is the role of the op in the backward pass: how its gradient flows. An op without one
    says why.

    Examples
    --------
    >>> import chainrule as cr
    >>> print(cr.ops_table().splitlines()[0])
    name                  family       NumPy                   gate
    """
    lines = [f"{'name':<21} {'family':<12} {'NumPy':<23} gate"]
    for name, kind, numpy, role, says in _rows():
        gate = role or f"none: {says}"
        lines.append(f"{name:<21} {kind:<12} {', '.join(numpy):<23} {gate}")
    return OpsTable("\n".join(lines))


def _rows() -> list[tuple[str, str, tuple[str, ...], str, str]]:
    """Name, family, NumPy functions, role and what it says, of each op."""
    ops = [CATALOGUE[name] for name in sorted(CATALOGUE.names())]
    return [(op.name, family(op), numpy_names(op), op.gate, role_says(op)) for op in ops]
