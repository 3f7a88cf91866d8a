"""Opaque: the op is computed by Python, which the run calls back by the kernel's number.

Imports frame and ir.
"""

from chainrule.native.frame import CALLBACK_SLOT, NUMBER_SLOT
from chainrule.native.ir import INDEX, POINTER
from chainrule.native.kernel_function import Function
from chainrule.plan.alone import View
from chainrule.plan.kinds.opaque import Opaque


def emit(kernel: Opaque[View], function: Function) -> int:
    """Write it; it is one unit."""
    b, frame = function.builder, function.frame
    back, number = frame.word(CALLBACK_SLOT, POINTER), frame.word(NUMBER_SLOT, INDEX)
    b.line(f"call void {back.text}({number})")
    return 1
