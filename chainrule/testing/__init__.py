"""The properties every op must keep, as functions: for the catalogue and for ops of your own.

    from chainrule.testing import check_op
    check_op(MyOp)

Floor 10: imports everything below; nothing imports it. ``strategies`` needs hypothesis.
"""

from chainrule.graph.families import Elementwise
from chainrule.graph.op import Op
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
    """
    check_case(case_of(op, seed))
    if issubclass(op, Elementwise):
        for case in broadcast_cases(op, seed):
            check_case(case)


def check_case(case: Case) -> None:
    """Show every property of one case."""
    for keeps in PROPERTIES:
        keeps(case)


__all__ = [
    "Case",
    "DERIVATIVES",
    "INVARIANTS",
    "PROPERTIES",
    "broadcast_cases",
    "case_of",
    "check_case",
    "check_op",
]
