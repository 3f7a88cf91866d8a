"""All playgrounds of a site: how many may train at once, and each page's place among them.

Imports the session. The socket gives every page a seat, and takes it back when the page goes.
"""

import threading
from collections.abc import Mapping
from typing import Any

from chainrule.explorer.playground.play_outbox import PlayOutbox
from chainrule.explorer.playground.play_session import PlaySession

MOST_SESSIONS = 4
FULL = f"{MOST_SESSIONS} playgrounds are open already."
DO = "Close the page of one of them, then press reset."


class PlayRoom:
    """The places of a site in which nets are trained."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    def enter(self) -> bool:
        """Take a place; False where there is none left."""
        with self._lock:
            if self.taken >= MOST_SESSIONS:
                return False
            self.taken += 1
            return True

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self.taken -= 1


class PlaySeat:
    """A page's seat: it has a training as soon as it asks for one.

    Made in the event loop of the page's socket.
    """

    def __init__(self, room: PlayRoom) -> None:
        self.outbox = PlayOutbox()
        self._room = room
        self._session: PlaySession | None = None

    def tell(self, order: Mapping[str, Any]) -> None:
        """Pass an order on; returns at once."""
        if self._session is None:
            if not self._room.enter():
                run: Any = order.get("run")
                error = {"what": FULL, "do": DO}
                known = run if isinstance(run, int) else 0
                card = {"id": None, "card": "play", "run": known, "says": "error"}
                self.outbox.put_card({**card, "error": error})
                return
            self._session = PlaySession(self.outbox, self._room.leave)
            self._session.start()
        self._session.tell(order)

    def leave(self) -> None:
        """The page has gone."""
        self.outbox.close()
        if self._session is not None:
            self._session.close()
