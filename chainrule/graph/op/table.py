"""The catalogue as a table: which ops there are, and how gradients flow through each.

Imports the catalogue and the families. Error messages point here; the stub is made from it too.
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
from chainrule.spec import is_tuple

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


def ops_table() -> str:
    """Every built-in op: its name, family, the NumPy function it stands for, and its gate.

    The gate is the role of the op in the backward pass, one of those in :data:`ROLES`: how its
    gradient flows. An op without one says why.

    Examples
    --------
    >>> import chainrule as cr
    >>> print(cr.ops_table().splitlines()[0])
    name                  family       NumPy                   gate
    """
    lines = [f"{'name':<21} {'family':<12} {'NumPy':<23} gate"]
    for name in sorted(CATALOGUE.names()):
        op = CATALOGUE[name]
        numpy = ", ".join(numpy_names(op))
        gate = op.gate or f"none: {role_says(op)}"
        lines.append(f"{name:<21} {family(op):<12} {numpy:<23} {gate}")
    return "\n".join(lines)
