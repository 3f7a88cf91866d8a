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
        Where the kernel's buffers lie; their addresses have been loaded.
    begin, end : Value
        The units to compute.
    """

    frame: Frame
    begin: Value
    end: Value
    target: Target

    @property
    def builder(self) -> Builder:
        """What the instructions are written with."""
        return self.frame.builder
