"""The properties every op must keep, as functions: for the catalogue and for ops of your own.

    from chainrule.testing import check_op
    check_op(MyOp)

Floor 10: imports everything below; nothing imports it. ``strategies`` needs hypothesis.
"""

from chainrule.testing.assertions import assert_gradient
from chainrule.testing.cases import Case, broadcast_cases, case_of
from chainrule.testing.suite import PROPERTIES, check_case, check_op

__all__ = [
    "Case",
    "PROPERTIES",
    "assert_gradient",
    "broadcast_cases",
    "case_of",
    "check_case",
    "check_op",
]
