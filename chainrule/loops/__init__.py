"""Loops: a function run step after step, which stays one op in the graph and one loop in its plan.

bad_input.py       what is said of a scan that cannot be run
body.py            what a function computes in one step, as the ops that it applied
body_recording.py  a function becomes a body; what it closes over becomes inputs of it
flat_step.py       the user's function of one step, over flat sequences of tensors
recorded_twice.py  whether two recordings of a body compute the same
scan_op.py         the op; its gradient is a scan as well
scanning.py        scan and fori
segments.py        a scan over scans, of which the way back runs one after another once more
tangents.py        the body of the scan that moves with some of its inputs
transposing.py     the body of the scan that goes back
"""

from chainrule.loops.scanning import fori as fori
from chainrule.loops.scanning import scan as scan
