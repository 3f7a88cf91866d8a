"""Messages that wait for a slow reader: few, and the newest stays.

Imports nothing of chainrule. What writes (a training, a socket) never waits for who reads it.
"""

import asyncio
from collections import deque
from typing import Generic, TypeVar

Letter = TypeVar("Letter")


class Mailbox(Generic[Letter]):
    """At most ``room`` messages; when it is full, the oldest makes way for a new one.

    Parameters
    ----------
    room : int, default 1
        How many may wait.

    Notes
    -----
    ``put`` may be called from any thread, costs a microsecond and never blocks; ``take`` belongs
    to the event loop in which the mailbox was made.
    """

    def __init__(self, room: int = 1) -> None:
        self._waiting: deque[Letter] = deque(maxlen=room)
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._closed = False

    def put(self, letter: Letter) -> None:
        """Leave a message; one that was too slowly read is lost."""
        self._waiting.append(letter)
        self._ring()

    def close(self) -> None:
        """Let the reader go once it has taken what waits."""
        self._closed = True
        self._ring()

    async def take(self) -> Letter | None:
        """The oldest that waits; None once the mailbox is closed and empty."""
        while True:
            self._bell.clear()
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                return None
            await self._bell.wait()

    def __len__(self) -> int:
        return len(self._waiting)

    def _ring(self) -> None:
        if not self._loop.is_closed():  # the page's server has gone, and the training goes on
            self._loop.call_soon_threadsafe(self._bell.set)
