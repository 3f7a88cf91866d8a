"""A training that belongs to one page: a thread of its own, orders in, frames out.

Imports the parts beside it. It ends when its page goes, and pauses when a limit is met.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chainrule.errors import ArgumentError, ChainruleError, NonFiniteError
from chainrule.explorer.playground.moment import KeptMoments, Moment
from chainrule.explorer.playground.play_frame import Field, Look
from chainrule.explorer.playground.play_outbox import PlayOutbox
from chainrule.explorer.playground.play_settings import (
    MOST_LAYERS,
    MOST_UNITS,
    PlaySettings,
    read_settings,
    whole_number,
)
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.explorer.playground.point_set import points_for
from chainrule.spec import is_list

MOST_ORDERS = 64  # that wait; of more the oldest are left out
MOST_EPOCHS = 200_000
LONGEST_PLAY = 1_800.0  # seconds of training without anybody's order
FRAME = 1 / 60  # seconds from frame to frame
LATE_FRAME = 0.2  # to a page that is behind
LARGEST_RUN = 2**53 - 1  # a number of the page
# Epochs a second; None: as many as there is time for.
PACES = MappingProxyType[str, float | None]({"slow": 5.0, "steady": 60.0, "fast": None})
TOO_HIGH = "Lower the learning rate and begin anew: it is {rate:g}, try {lower:g}."
LOWER = 10.0  # times

Order = Mapping[str, Any]


class PlaySession:
    """A thread that trains a net as a page orders.

    Parameters
    ----------
    outbox : PlayOutbox
        Where cards and frames go.
    ended : callable
        Called once the thread is over.
    """

    def __init__(self, outbox: PlayOutbox, ended: Callable[[], None]) -> None:
        self._outbox, self._ended = outbox, ended
        self._orders: deque[Order] = deque(maxlen=MOST_ORDERS)
        self._told = threading.Condition()
        self._closed = self._plays = False
        self._pace, self._look, self._run = "steady", Look(), 0
        self._playing: _Playing | None = None
        self._unbegun: ChainruleError = ArgumentError("Nothing has begun yet.", where="")
        self._until = 0.0
        self._thread = threading.Thread(target=self._live, daemon=True, name="playground")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def tell(self, order: Order) -> None:
        """Leave an order; returns at once."""
        with self._told:
            if order.get("do") == "begin":  # what was ordered before is of a training that ends
                self._orders.clear()
            self._orders.append(order)
            self._told.notify()

    def close(self) -> None:
        """The page has gone; the thread ends after the epoch that it is in."""
        with self._told:
            self._closed = True
            self._told.notify()

    def join(self, seconds: float) -> None:
        """Wait until the thread is over."""
        self._thread.join(seconds)

    # ------------------------------------------------------------------------ the thread

    def _live(self) -> None:
        try:
            while not self._closed:
                order = self._next()
                if order is None:
                    self._guarded(self._advance)
                else:
                    self._until = time.monotonic() + LONGEST_PLAY
                    self._guarded(self._follow, order)
        finally:
            self._playing = None
            self._ended()

    def _next(self) -> Order | None:
        """The next order; waits for one while nothing is trained."""
        with self._told:
            while not (self._orders or self._plays or self._closed):
                self._told.wait()
            return self._orders.popleft() if self._orders and not self._closed else None

    def _guarded(self, call: Callable[..., None], *arguments: Any) -> None:
        """What goes wrong is a card, and the training pauses."""
        try:
            call(*arguments)
        except NonFiniteError as error:
            self._stop()
            self._say_error("The training went out of bounds: " + error.what, self._too_high())
        except ChainruleError as error:
            self._stop()
            self._say_error(error.what, "\n".join([*error.found, error.do]).strip())
        except Exception as error:  # whatever it is, the page says so and the server goes on
            self._stop()
            self._say_error(f"{type(error).__name__}: {error}", "")

    def _stop(self) -> None:
        self._plays = False
        if self._playing is not None:
            self._send(self._playing.latest, late=False)

    def _too_high(self) -> str:
        playing = self._playing
        if playing is None:
            return ""
        rate = playing.settings.rate
        return TOO_HIGH.format(rate=rate, lower=rate / LOWER)

    def _say_error(self, what: str, do: str) -> None:
        self._outbox.put_card(_card(self._run, "error", error={"what": what, "do": do}))

    def _follow(self, order: Order) -> None:
        do = order.get("do")
        if do == "begin":
            self._begin(order)
            return
        if do == "pace":
            self._pace = _pace(order)
            return
        if do == "look":
            self._look = _look(order)
        playing = self._playing
        if playing is None:
            # Nothing to pause or to show. To any other order: why there is no training.
            if do not in ("pause", "look"):
                raise self._unbegun
            return
        if do == "play":
            if playing.net.epoch >= MOST_EPOCHS:
                raise ArgumentError(f"{MOST_EPOCHS:,} epochs are the most.", where="")
            self._plays, self._until = True, time.monotonic() + LONGEST_PLAY
        elif do == "pause":
            self._plays = False
            self._send(playing.latest, late=False)
        elif do == "step":
            self._plays = False
            if playing.net.epoch >= MOST_EPOCHS:
                raise ArgumentError(f"{MOST_EPOCHS:,} epochs are the most.", where="")
            self._send(playing.train(), late=False)
        elif do == "look":
            if not self._plays:
                self._send(playing.shown, late=False)
        elif do == "past":
            self._plays = False
            epoch = whole_number(order.get("epoch"), "An epoch", 0, MOST_EPOCHS)
            self._send(playing.at(epoch), late=False, ticket=order.get("ticket"))
        else:
            raise ArgumentError("This order is not known.", where="")

    def _begin(self, order: Order) -> None:
        self._plays, self._playing = False, None
        self._outbox.forget()
        self._run = whole_number(order.get("run"), "A run", 0, LARGEST_RUN)
        try:
            self._playing = self._made(order)
        except ChainruleError as error:
            self._unbegun = error
            raise
        self._plays = order.get("plays") is True
        self._send(self._playing.latest, late=False)

    def _made(self, order: Order) -> "_Playing":
        settings = read_settings(order.get("settings"))
        if "pace" in order:
            self._pace = _pace(order)
        if "layer" in order:
            self._look = _look(order)
        task = PlayTask.of(points_for(settings, order.get("points")), settings)
        self._outbox.put_card(_begun(self._run, settings, task))
        return _Playing(settings, task)

    def _advance(self) -> None:
        """Epochs until the next frame is due, and the frame."""
        playing = self._playing
        if playing is None or self._closed:
            return
        due = time.monotonic() + FRAME
        per_second = PACES[self._pace]
        if per_second is None:
            while time.monotonic() < due and not self._orders and not self._closed:
                playing.hurry()
        else:
            due = time.monotonic() + max(FRAME, 1 / per_second)
        self._send(playing.train(), late=True)
        if playing.net.epoch >= MOST_EPOCHS or time.monotonic() > self._until:
            self._plays = False
            self._send(playing.latest, late=False)
            raise ArgumentError(
                f"Paused after {playing.net.epoch:,} epochs.",
                do="Press play to go on." if playing.net.epoch < MOST_EPOCHS else "Begin anew.",
                where="",
            )
        with self._told:
            if not self._orders and not self._closed:
                self._told.wait(max(0.0, due - time.monotonic()))

    def _send(self, moment: Moment, late: bool, ticket: Any = None) -> None:
        """A frame of a moment; ``late``: it may be left out where the page is behind."""
        playing = self._playing
        if playing is None:
            return
        now = time.monotonic()
        if late and self._outbox.is_behind and now - playing.sent < LATE_FRAME:
            return
        playing.sent, playing.shown = now, moment
        head = {
            "run": self._run,
            "plays": self._plays,
            "present": playing.net.epoch,
            "ticket": ticket if isinstance(ticket, int) else None,
        }
        moments = playing.kept.all
        self._outbox.put_frame(playing.field.frame(moment, moments, self._look, head))


class _Playing:
    """A net in training with the moments that are kept of it."""

    def __init__(self, settings: PlaySettings, task: PlayTask) -> None:
        self.settings, self.net = settings, PlayedNet(settings, task)
        self.net.compile()
        self.field, self.kept = Field(task, self.net), KeptMoments()
        self.latest = self.shown = self.net.moment()
        self.kept.add(self.latest)
        self.sent = 0.0

    def train(self) -> Moment:
        """One epoch; the moment after it."""
        self.net.train(watched=True)
        self.latest = self.net.moment()
        if self.kept.is_due(self.latest.epoch):
            self.kept.add(self.latest)
        return self.latest

    def hurry(self) -> None:
        """One epoch, measured only where its moment is kept."""
        if self.kept.is_due(self.net.epoch + 1):
            self.train()
        else:
            self.net.train(watched=False)

    def at(self, epoch: int) -> Moment:
        """The moment that was kept nearest to an epoch."""
        if epoch >= self.latest.epoch:
            return self.latest
        return self.kept.nearest(epoch)


def _pace(order: Order) -> str:
    pace: Any = order.get("pace")
    if not isinstance(pace, str) or pace not in PACES:
        raise ArgumentError(f"The pace is one of {', '.join(PACES)}.", where="")
    return pace


def _look(order: Order) -> Look:
    layer = whole_number(order.get("layer"), "The layer", 0, MOST_LAYERS)
    units: Any = order.get("units", [])
    if not is_list(units) or len(units) not in (0, 2):
        raise ArgumentError("Two units are the axes, or none.", where="")
    return Look(layer, tuple(whole_number(u, "A unit", 0, MOST_UNITS) for u in units))


def _begun(run: int, settings: PlaySettings, task: PlayTask) -> dict[str, Any]:
    """What stays as it is while a net is trained."""
    return _card(
        run,
        "begun",
        settings=settings.to_dict(),
        points=task.points.to_dict(),
        held=task.held.tolist(),
        box=list(task.points.box),
        outputs=task.outputs,
    )


def _card(run: int, says: str, **more: Any) -> dict[str, Any]:
    return {"id": None, "card": "play", "run": run, "says": says, **more}
