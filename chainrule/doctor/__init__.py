"""The gradient doctor: compares a derivative with everything that knows better, and names the bug.

Floor 8: imports the graph, tensors, ops and differentiate. chainrule.testing and the command line
stand above it.

contracts.py         what every backward keeps before its numbers are looked at
derivation.py        the formula's own gradient as a sum over paths
digits.py            whether a rule that is right in a wider type loses its digits
draw.py              operands where none were given
elementary.py        upstream ignored, sign, factor, transposed, swapped
evidence.py          what a rule says beside what is true
examination.py       check: the examination, from first to last
finding.py           one thing the doctor found
forward_mode.py      <u, J v> is <J' u, v>, for an op that writes a jvp and for whole functions
high_differences.py  second to fourth derivatives from values alone
higher_order.py      the rule's derivatives along a line, against those of the function
hypotheses.py        the bugs, in the order in which they are tried
judge.py             holds every written gradient against the truth
kinds.py             the kinds of findings, each with what it means: the doctor's vocabulary
kinks.py             which side every max, where, abs and comparison took
numbers.py           a ladder of differences, each slope with its own error bar
paths.py             a fork that was not summed, a term that is missing or negative
repairs.py           the written rule is run again with one step changed
report.py            everything one check has found, as data and as a page
rules.py             the written backward is run as it stands
second_order.py      the gradient of <direction, gradient>
structural.py        broadcast copies, axes and indices that were forgotten
subject.py           what is checked, brought to one form
ties.py              at a kink all inputs are moved together
truth.py             what the gradient is, by numbers, with an error bar and, at kinks
"""

from chainrule.doctor.examination import check
from chainrule.doctor.finding import Comparison, Finding
from chainrule.doctor.kinds import KINDS
from chainrule.doctor.report import Report

__all__ = [
    "Comparison",
    "Finding",
    "KINDS",
    "Report",
    "check",
]
