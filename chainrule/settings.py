"""The switches of a run, each a ContextVar, so that threads and tasks never see one another's.

Floor 1: imports nothing of chainrule. The recorder, the tensors and the training loop read it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

RECORDING: ContextVar[bool] = ContextVar("chainrule_recording", default=True)
# How many forward derivatives stand around this point. A derivative taken inside one of them is
# nested in it: its symbols read first, and take those of the outer ones for constants.
DEPTH: ContextVar[int] = ContextVar("chainrule_depth", default=0)
# The user's op whose rule or formula is being read by tensors, or "": there, a tensor that would
# quietly become an array (np.asarray, .data, float) cuts the graph, and raises instead.
RULE: ContextVar[str] = ContextVar("chainrule_rule", default="")


@contextmanager
def no_grad() -> Generator[None, None, None]:
    """Run without recording a graph: only values, no memory for a backward pass.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> w = cr.parameter(np.ones(3), name="w")
    >>> with cr.no_grad():
    ...     out = cr.relu(w)
    >>> out.wants_gradient
    False
    """
    token = RECORDING.set(False)
    try:
        yield
    finally:
        RECORDING.reset(token)
