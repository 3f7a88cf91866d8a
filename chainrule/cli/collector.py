"""The garbage collector, held still where it only costs time: a command is a short process.

Imports nothing of chainrule. __init__.py, app.py and training.py use it.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def held_still() -> Generator[None]:
    """Collect nothing meanwhile.

    Thousands of new modules, classes and artists make Python search all objects for cycles again
    and again: a tenth of the time of a short command, and it finds nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def given_up() -> None:
    """Leave all objects to the end of the process.

    Python searches everything for cycles once more before it ends, for a third of a second if
    matplotlib is loaded; the system takes the memory back anyway.
    """
    gc.freeze()
