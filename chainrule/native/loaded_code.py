"""Loaded code: machine code in memory, and what is on its way there.

Imports nothing of chainrule. The engine makes it; programs hold what they call.
"""

import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

LOCK = threading.RLock()  # around every use of LLVM


class Code:
    """Machine code in memory, or on its way there.

    Parameters
    ----------
    make : callable
        Brings it there: where its functions begin, and LLVM's library, or None.
    unused : deque
        Where the library goes when nobody can run it any more.
    units : dict of str to int
        How many units there are of those functions that are kernels.
    tier : int
        The place of its tier: 0 is that of the dearest.
    """

    def __init__(
        self,
        make: Callable[[], tuple[Mapping[str, int], Any]],
        unused: deque[Any],
        units: Mapping[str, int],
        tier: int = 0,
    ) -> None:
        self.units, self.tier = units, tier
        self._make: Callable[[], tuple[Mapping[str, int], Any]] | None = make
        self._unused = unused
        self._addresses: Mapping[str, int] = {}

    @property
    def addresses(self) -> Mapping[str, int]:
        """Where its functions begin. They are there as long as this object is."""
        if self._make is not None:
            self.finish()
        return self._addresses

    def finish(self) -> None:
        """Bring it into memory, unless it is there: whoever comes first."""
        with LOCK:
            if self._make is not None:
                self._unused.clear()
                self._addresses, library = self._make()
                # At exit a daemon may still be running it.
                weakref.finalize(self, _unload, self._unused, [library]).atexit = False
                self._make = None  # last: after a Ctrl-C before it, all of this is done again

    def finish_beside(self) -> None:
        """The same in another thread; what fails there fails once more where it is needed."""
        with contextlib.suppress(RuntimeError):  # no more threads for this process
            threading.Thread(target=_finished, args=(self,), name="chainrule-compiler").start()


def _finished(code: Code) -> None:
    with contextlib.suppress(Exception):
        code.finish()


def _unload(unused: deque[Any], trackers: list[Any]) -> None:
    """Let LLVM unload a library that nobody can run any more.

    The garbage collector calls this in any thread, whatever locks that thread holds: it waits for
    none. Where LLVM is in use, the library goes at the next one's compilation.
    """
    unused.append(trackers.pop())  # which nothing else may hold: dropping it unloads
    if LOCK.acquire(blocking=False):
        try:
            unused.clear()
        finally:
            LOCK.release()
