"""Undisturbed: a function is recorded and planned without the garbage collector.

Imports nothing of chainrule. Compiled functions and the training program record inside of it.
"""

import contextlib
import gc
from collections.abc import Generator


@contextlib.contextmanager
def undisturbed() -> Generator[None]:
    """Without the collector: most of what is made here stays, and it takes a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
