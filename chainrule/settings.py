"""The switches of a run, each a ContextVar, so that threads and tasks never see one another's.

Floor 1: imports nothing of chainrule. The recorder, the tensors and the training loop read it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

RECORDING: ContextVar[bool] = ContextVar("chainrule_recording", default=True)


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
