"""Waiting: what takes long is told to those who listen, from another thread, while it is done.

Imports the callbacks. `fit` compiles inside.
"""

import contextlib
import threading
from collections.abc import Generator
from contextlib import contextmanager

from chainrule.train.events import Hooks

COMPILING = "compiling the training steps"
SECONDS_UNSEEN = 1.0  # what takes less needs no word


@contextmanager
def telling(hooks: Hooks, what: str) -> Generator[None]:
    """Let callbacks say it, once, if what is done inside takes more than a second."""
    listeners = hooks.waiting()
    if not listeners:
        yield
        return
    done = threading.Event()

    def tell() -> None:
        if not done.wait(SECONDS_UNSEEN):
            for listener in listeners:
                listener(what)

    thread = threading.Thread(target=tell, name="chainrule-waiting", daemon=True)
    try:
        with contextlib.suppress(RuntimeError):  # no more threads for this process
            thread.start()
        yield
    finally:
        done.set()
        if thread.ident is not None:
            thread.join()  # a line that is being written comes before what follows
