"""All properties of an op in one call.

Imports the graph and every other module of this package but strategies.
"""

from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import Op
from chainrule.testing.cases import Case, broadcast_cases, case_of
from chainrule.testing.invariants import INVARIANTS
from chainrule.testing.properties import DERIVATIVES

PROPERTIES = (*DERIVATIVES, *INVARIANTS)


def check_op(op: type[Op], seed: int = 0) -> None:
    """Show every property of an op on its samples, or on draws from its domains.

    Raises
    ------
    AssertionError
        Where a property fails, or if the op cannot be exercised.

    Examples
    --------
    >>> import chainrule as cr
    >>> class Cube(cr.Op):
    ...     def forward(self, x):
    ...         return x ** 3
    ...     def backward(self, upstream, x, out):
    ...         return (upstream * 3 * x ** 2,)
    >>> check_op(Cube)
    """
    check_case(case_of(op, seed))
    if issubclass(op, Elementwise):
        for case in broadcast_cases(op, seed):
            check_case(case)


def check_case(case: Case) -> None:
    """Show every property of one case."""
    for keeps in PROPERTIES:
        keeps(case)
