"""Threads: Python threads that wait in native code for units of large kernels.

Imports settings and spreading. The engine makes the pool, executables ask it for threads.
"""

import atexit
import ctypes
import os
import threading
from collections.abc import Mapping

from chainrule.native.spreading import DISMISS, PREPARE, WORKER
from chainrule.settings import threads as chosen

_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_int64)
PATIENCE = 1.0  # seconds for a worker to leave: it finishes the unit it is at


class Pool:
    """Workers, started when they are first wanted.

    They are daemons that hold no lock of Python's while they wait: the interpreter ends without
    them. Before a fork they leave, and are started anew when they are wanted again.
    """

    def __init__(self, addresses: Mapping[str, int]) -> None:
        self._work, self._dismiss = _FUNCTION(addresses[WORKER]), _FUNCTION(addresses[DISMISS])
        self._prepare = ctypes.CFUNCTYPE(None)(addresses[PREPARE])
        self._workers: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._prepare()
        atexit.register(self._end)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork,
                after_in_parent=self._after_fork,
                after_in_child=self._in_child,
            )

    def threads(self) -> int:
        """How many threads may share a kernel, the caller included; there are that many."""
        count = chosen()
        if len(self._workers) < count - 1:
            self._start(count - 1)
        return count

    def _start(self, wanted: int) -> None:
        with self._lock:
            while len(self._workers) < wanted:
                index = len(self._workers) + 1
                worker = threading.Thread(
                    target=self._work, args=(index,), name=f"chainrule-{index}", daemon=True
                )
                try:
                    worker.start()
                except RuntimeError:  # no more threads for this process, or it is ending
                    break
                self._workers.append(worker)

    def _leave(self) -> None:
        self._dismiss(1)
        for worker in self._workers:
            worker.join(PATIENCE)
        self._workers = []

    def _end(self) -> None:
        with self._lock:
            self._leave()

    def _before_fork(self) -> None:
        self._lock.acquire()
        self._leave()

    def _after_fork(self) -> None:
        self._dismiss(0)
        self._lock.release()

    def _in_child(self) -> None:
        self._prepare()  # another thread may have been in the middle of a kernel
        self._lock.release()
