"""Tools that follow a run: where it loses digits, and where the first NaN is made.

audit.py      where a function loses its digits in float32, forward and backward
nonfinite.py  stops at the first op that makes NaN or infinity out of finite numbers
"""

from chainrule.tracing.audit import audit_precision
from chainrule.tracing.nonfinite import trace_nonfinite

__all__ = ["audit_precision", "trace_nonfinite"]
