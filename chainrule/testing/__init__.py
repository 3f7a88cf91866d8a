"""The properties every op must keep, as functions: for the catalogue and for ops of your own.

    from chainrule.testing import check_op
    check_op(MyOp)

Floor 10: imports everything below; nothing imports it. ``strategies`` needs hypothesis.

    agreement.py    how far a plan, interpreted or native, is from the eager run
    assertions.py   the gradient doctor as one line of a test
    cases.py        an op with operands and attributes on which its properties can be shown
    derivatives.py  derivatives of a case by chainrule itself
    differences.py  complex steps and extrapolated central differences
    invariants.py   what every op must keep besides its derivatives
    layouts.py      ways in which an array may lie in memory; none of them may change a gradient
    properties.py   what the derivatives of every op must keep
    strategies.py   keys for indexing, in every mixture that NumPy takes
    suite.py        all properties of an op in one call
    fuzz/           random graphs over the whole catalogue, differentiated in every way we know
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
