"""The socket: limits on size, count and time, and the newest question wins.

Imports the mailbox and error_cards. One question is answered at a time, in a thread of its own;
of those that come meanwhile the last is kept.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.websockets import WebSocket, WebSocketDisconnect

from chainrule.explorer.error_cards import error_card
from chainrule.explorer.mailbox import Mailbox

LARGEST_QUESTION = 64 * 1024  # bytes
QUESTIONS_AT_ONCE = 240  # within WINDOW seconds: a dragged slider asks 60 times a second
WINDOW = 4.0
SOCKETS = 16
ANSWER_TAKEN_WITHIN = 10.0  # seconds until a page that reads nothing is left alone
TOO_MUCH, WRONG_KIND, BUSY, FAREWELL = 1009, 1003, 1013, 1008  # RFC 6455 section 7.4.1

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
        self.open = 0

    async def __call__(self, socket: WebSocket) -> None:
        """Talk with one page until it leaves."""
        if self.open >= SOCKETS:
            await socket.close(BUSY)
            return
        self.open += 1
        try:
            await socket.accept()
            await self._talk(socket)
        except (WebSocketDisconnect, TimeoutError, RuntimeError, OSError):
            pass  # the page has gone; RuntimeError is starlette's word for a closed socket
        finally:
            self.open -= 1

    async def _talk(self, socket: WebSocket) -> None:
        questions: Mailbox[Any] = Mailbox()
        listening = asyncio.create_task(self._listen(socket, questions))
        limiter = CapacityLimiter(1)
        try:
            while (text := await questions.take()) is not None:
                card = await anyio.to_thread.run_sync(
                    partial(self._card, text), limiter=limiter, abandon_on_cancel=True
                )
                async with asyncio.timeout(ANSWER_TAKEN_WITHIN):
                    await socket.send_text(card)
            await listening
        finally:
            listening.cancel()

    async def _listen(self, socket: WebSocket, questions: Mailbox[Any]) -> None:
        times: deque[float] = deque(maxlen=QUESTIONS_AT_ONCE)
        clock = asyncio.get_running_loop().time
        try:
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
                now = clock()
                if len(times) == QUESTIONS_AT_ONCE and now - times[0] < WINDOW:
                    await socket.close(FAREWELL)
                    return
                times.append(now)
                questions.put(text)
        finally:
            questions.close()

    def _card(self, text: str) -> str:
        try:
            question = json.loads(text)
        except (ValueError, RecursionError):
            card = error_card("This is no JSON.")
        else:
            card = self.answered(question)
        return json.dumps(card, ensure_ascii=True, allow_nan=False)
