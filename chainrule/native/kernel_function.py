"""Function: a kernel's function while it is being written.

Imports frame and the target. Every emitter is given one.
"""

from dataclasses import dataclass

from chainrule.native.frame import Frame
from chainrule.native.ir import Builder, Value
from chainrule.native.target import Target


@dataclass(frozen=True, eq=False)
class Function:
    """``void @name(ptr %table, i64 %begin, i64 %end)``, which computes some units of a kernel.

    Attributes
    ----------
    frame : Frame
        Where the kernel's buffers lie.
    table : Value
        The table of pointers, of which the frame has loaded those of the buffers.
    begin, end : Value
        The units to compute.
    number : int
        The kernel's place in the plan.
    """

    frame: Frame
    table: Value
    begin: Value
    end: Value
    target: Target
    number: int

    @property
    def builder(self) -> Builder:
        """What the instructions are written with."""
        return self.frame.builder
