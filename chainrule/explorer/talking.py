"""The socket: limits on size, count and time, and the newest question wins.

Imports the mailbox, error_cards and the playground's seats. One question is answered at a time,
in a thread of its own; of those that come meanwhile the last is kept. Orders to a playground are
passed on, each of them; what it says goes to the page beside the answers.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from starlette.websockets import WebSocket, WebSocketDisconnect

from chainrule.explorer.error_cards import error_card
from chainrule.explorer.mailbox import Mailbox
from chainrule.explorer.playground.play_room import PlayRoom, PlaySeat
from chainrule.spec import is_dict

LARGEST_QUESTION = 320 * 1024  # bytes: a table of 5,000 rows
QUESTIONS_AT_ONCE = 240  # within WINDOW seconds: a dragged slider asks 60 times a second
WINDOW = 4.0
SOCKETS = 16
ANSWERS = 16  # that are worked on, those for pages that have gone among them
SEEN = '{"ask":"seen"}'  # a page's word for a frame that it has shown
ANSWER_TAKEN_WITHIN = 10.0  # seconds until a page that reads nothing is left alone
TOO_MUCH, WRONG_KIND, BUSY, FAREWELL = 1009, 1003, 1013, 1008  # RFC 6455 section 7.4.1
# What says that a page has gone; RuntimeError is starlette's word for a closed socket.
GONE = (WebSocketDisconnect, TimeoutError, RuntimeError, OSError)

Answer = Callable[[Any], dict[str, Any]]


class Talk:
    """All sockets of a site.

    Parameters
    ----------
    answered : callable
        From a question, as JSON read it, to a card.
    """

    def __init__(self, answered: Answer) -> None:
        self.answered = answered
        self.open = self.working = 0
        self._counting = Lock()
        self.room = PlayRoom()

    async def __call__(self, socket: WebSocket) -> None:
        """Talk with one page until it leaves."""
        if self.open >= SOCKETS or self.working >= ANSWERS:
            await socket.close(BUSY)
            return
        self.open += 1
        try:
            with suppress(*GONE):
                await socket.accept()
                await self._talk(socket)
        finally:
            self.open -= 1

    async def _talk(self, socket: WebSocket) -> None:
        questions: Mailbox[Any] = Mailbox()
        seat, one = PlaySeat(self.room), asyncio.Lock()
        try:
            async with anyio.create_task_group() as tasks:
                for job in (
                    partial(self._listen, socket, questions, seat),
                    partial(self._answer, socket, one, questions),
                    partial(_show, socket, one, seat),
                ):
                    tasks.start_soon(_until, job, tasks.cancel_scope)
        finally:
            seat.leave()

    async def _answer(self, socket: WebSocket, one: asyncio.Lock, questions: Mailbox[Any]) -> None:
        limiter = CapacityLimiter(1)
        while (asked := await questions.take()) is not None:
            card = await anyio.to_thread.run_sync(
                partial(self._card, *asked), limiter=limiter, abandon_on_cancel=True
            )
            await _send(socket, one, card)

    async def _listen(self, socket: WebSocket, questions: Mailbox[Any], seat: PlaySeat) -> None:
        times: deque[float] = deque(maxlen=QUESTIONS_AT_ONCE)
        clock = asyncio.get_running_loop().time
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                await socket.close(WRONG_KIND)
                return
            if len(text) > LARGEST_QUESTION:
                await socket.close(TOO_MUCH)
                return
            if text == SEEN and seat.outbox.seen():
                continue  # an answer to a frame, and no question
            now = clock()
            if len(times) == QUESTIONS_AT_ONCE and now - times[0] < WINDOW:
                await socket.close(FAREWELL)
                return
            times.append(now)
            question = _read(text)
            if is_dict(question) and question.get("ask") == "play":
                seat.tell(question)
            else:
                questions.put((question,))

    def _card(self, question: Any) -> str:
        if isinstance(question, _NoJson):
            return _text(error_card("This is no JSON."))
        self._work(1)
        try:
            return _text(self.answered(question))
        finally:  # a page that has gone does not stop who answers it
            self._work(-1)

    def _work(self, more: int) -> None:
        with self._counting:
            self.working += more


async def _until(job: Callable[[], Awaitable[None]], all_of_them: anyio.CancelScope) -> None:
    """A job of a page: whichever ends first, the page has gone, or takes nothing any more."""
    with suppress(*GONE):
        await job()
    all_of_them.cancel()


class _NoJson:
    """What stands for a text that is none."""


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NoJson()


def _text(card: dict[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=True, allow_nan=False)


async def _show(socket: WebSocket, one: asyncio.Lock, seat: PlaySeat) -> None:
    """Send what a training says, as fast as the page takes it."""
    while (said := await seat.outbox.take()) is not None:
        await _send(socket, one, said if isinstance(said, bytes) else _text(said))


async def _send(socket: WebSocket, one: asyncio.Lock, message: str | bytes) -> None:
    """One message at a time; a page that takes none is left alone."""
    async with asyncio.timeout(ANSWER_TAKEN_WITHIN), one:
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_text(message)
