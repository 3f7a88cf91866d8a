"""Products of matrices as machine code: tiles of sums in registers, and a body at their end."""

from chainrule.native.matmul.emit import emit_matmul

__all__ = ["emit_matmul"]
