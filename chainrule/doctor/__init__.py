"""The gradient doctor: compares a derivative with everything that knows better, and names the bug.

Floor 8: imports the graph, tensors, ops and differentiate. chainrule.testing and the command line
stand above it.

    examination.py  check, the examination, from first to last
    subject.py     what is checked, in one form      draw.py    inputs where none were given
    rules.py       the written rule, run as it stands
    numbers.py     slopes from values, each with an error bar
    truth.py       the expected gradient             evidence.py  found beside expected
    contracts.py   what is asked before any number   judge.py   right or wrong, entry by entry
    kinks.py       which side every max and where took   ties.py  shares that add up
    hypotheses.py  the bugs, in the order they are tried
    elementary.py, structural.py   one function for each of them
    derivation.py  the formula's own gradient, path by path
    repairs.py     the rule with one step changed    precision.py  digits lost
    forward_mode.py, second_order.py   jvp, and the gradient of the gradient
    high_differences.py   derivatives to the fourth, from values
    higher_order.py   the third and fourth derivative: kinks inside smooth functions
    finding.py, report.py   the answer
    nonfinite.py   the first op that is not finite   audit.py  float32 beside float64
"""

from chainrule.doctor.audit import audit_precision
from chainrule.doctor.examination import check
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.kinds import KINDS
from chainrule.doctor.nonfinite import trace_nonfinite
from chainrule.doctor.report import Report

__all__ = [
    "Comparison",
    "Finding",
    "KINDS",
    "Report",
    "audit_precision",
    "check",
    "trace_nonfinite",
]
