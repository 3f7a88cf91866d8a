"""Opaque: the op is computed by Python, which the run calls back by the kernel's number.

Imports frame and ir.
"""

from chainrule.native.frame import CALLBACK_SLOT
from chainrule.native.ir import POINTER, integer
from chainrule.native.kernel_function import Function
from chainrule.plan.alone import View
from chainrule.plan.kinds.opaque import Opaque


def emit(kernel: Opaque[View], function: Function) -> int:
    """Write it; it is one unit."""
    b = function.builder
    back = b.load(b.at(function.table, integer(CALLBACK_SLOT), POINTER), POINTER, 8)
    b.line(f"call void {back.text}(i64 {function.number})")
    return 1
