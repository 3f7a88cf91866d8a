"""Ctrl-C and SIGTERM during training: a flag first; the second time, as if nobody listened.

Imports the standard library only; the training loop uses it.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))


class Interruption:
    """Listens while it is entered. Only the main thread can listen; elsewhere it hears nothing.

    Attributes
    ----------
    requested : bool
        Whether somebody asked to stop.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                before = signal.getsignal(number)
                # None: installed by C code, and could not be put back. Ignored: stays ignored.
                if before is not None and before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._listener)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._put_back()

    @property
    def _listener(self) -> Callable[[int, FrameType | None], None]:
        def hear(number: int, frame: FrameType | None) -> None:
            if self.requested:
                self._put_back()
                signal.raise_signal(number)
            self.requested = True

        return hear

    def _put_back(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}
