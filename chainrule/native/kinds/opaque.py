"""Opaque: the op is computed by Python, which the run calls back by the kernel's number.

Imports frame and ir.
"""

from collections.abc import Sequence

from chainrule.native.frame import CALLBACK_SLOT
from chainrule.native.ir import INDEX, POINTER, Builder, Module, integer
from chainrule.native.target import Target
from chainrule.plan.alone import View
from chainrule.plan.buffers import Buffer
from chainrule.plan.kinds.opaque import Opaque


def emit(
    module: Module,
    name: str,
    kernel: Opaque[View],
    buffers: Sequence[Buffer],
    target: Target,
    number: int = 0,
) -> int:
    """Write ``void @name(ptr %table, i64 %begin, i64 %end)``; it is one unit."""
    b = Builder(module, name, [("ptr", "table"), (INDEX, "begin"), (INDEX, "end")])
    back = b.load(b.at(b.arguments[0], integer(CALLBACK_SLOT), POINTER), POINTER, 8)
    b.line(f"call void {back.text}(i64 {number})")
    b.finish()
    return 1
