"""What a training says to its page: cards, each of them; of frames the newest, and no more.

Imports the mailbox. The training writes from a thread of its own and never waits; the socket
reads.
"""

from collections import deque
from typing import Any

from chainrule.explorer.mailbox import Mailbox

MOST_CARDS = 16
UNSEEN = 2  # frames on their way: further ones wait until the page says that it has shown one


class PlayOutbox:
    """Cards and one frame for a page.

    Notes
    -----
    A page that shows frames more slowly than they come is sent fewer: it says "seen" for each, and
    never holds more than two. One that says nothing is sent two, and the training goes on.
    """

    def __init__(self) -> None:
        self._bell: Mailbox[bool] = Mailbox()
        self._cards: deque[dict[str, Any]] = deque(maxlen=MOST_CARDS)
        self._frames: deque[bytes] = deque(maxlen=1)
        self._unseen = 0

    @property
    def is_behind(self) -> bool:
        """Whether a frame waits already."""
        return bool(self._frames)

    def put_card(self, card: dict[str, Any]) -> None:
        """Leave a card, from any thread."""
        self._cards.append(card)
        self._bell.put(True)

    def put_frame(self, frame: bytes) -> None:
        """Leave a frame in the place of one that has not been taken, from any thread."""
        self._frames.append(frame)
        self._bell.put(True)

    def seen(self) -> bool:
        """The page has shown a frame; whether it had one to show."""
        if not self._unseen:
            return False
        self._unseen -= 1
        self._bell.put(True)
        return True

    def forget(self) -> None:
        """Another training begins: its first frame does not wait for those of the one before."""
        self._frames.clear()

    def close(self) -> None:
        """Let the reader go."""
        self._bell.close()

    async def take(self) -> dict[str, Any] | bytes | None:
        """The next card, or the newest frame; None once it is closed."""
        while True:
            if self._cards:
                return self._cards.popleft()
            if self._frames and self._unseen < UNSEEN:
                self._unseen += 1
                return self._frames.popleft()
            if await self._bell.take() is None:
                return None
