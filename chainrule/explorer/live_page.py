"""A page that a thread serves while the program goes on, as ``cr.show(..., page=True)`` opens it.

Imports serving.py, and with it the extra; showing.py asks for it where a page is wanted.
"""

import builtins
import json
import os
import socket
import sys
import threading
import weakref
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self
from urllib.parse import quote

import uvicorn

from chainrule.explorer.graph_cards import Graphs
from chainrule.explorer.kept_cards import every_fold
from chainrule.explorer.questions import Card, answered
from chainrule.explorer.serving import listening, page_address, server
from chainrule.explorer.site import site
from chainrule.explorer.subjects import Subject
from chainrule.spec import is_dict

A_MOMENT = 0.5  # seconds between looks at whether the page is still served
GOING = 5.0  # seconds that a page may take to close


class Page:
    """A page of the explorer; it lives until it is closed, or until the program ends.

    Attributes
    ----------
    address : str
        To open it with a browser on this machine; it carries a token that nobody guesses.
    """

    def __init__(self, address: str, running: uvicorn.Server, thread: threading.Thread) -> None:
        self.address = address
        self._running = running
        self._thread = thread

    def close(self) -> None:
        """End the page; once it is closed nothing happens."""
        self._running.should_exit = True
        if self._thread is not threading.current_thread():
            self._thread.join(GOING)

    def wait(self) -> None:
        """Stay here until Ctrl-C: at the end of a script, whose end would be the page's."""
        with suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(A_MOMENT)
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "" if self._thread.is_alive() else ", closed"
        return f"<Page {self.address}{state}>"


def live_page(subject: Subject, browser: bool | None) -> Page:
    """Serve a subject from a thread, print the address, and open it where there is somebody."""
    application = site(subjects=[subject], answer=_answer(subject))
    found = listening()
    found.listen()  # a browser that is quicker than uvicorn waits in the queue
    running = server(application)
    _leave_to_the_parent(found)

    def run() -> None:
        with found:
            running.run(sockets=[found])

    thread = threading.Thread(target=run, name="chainrule page", daemon=True)
    thread.start()
    fragment = f"#view=graph&subject={quote(subject.name, safe='')}"
    address = page_address(found, application) + fragment
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if browser or (browser is None and _has_a_reader()):
        webbrowser.open(address)
    return Page(address, running, thread)


def _answer(subject: Subject) -> Callable[[Any], Card]:
    """Answers about a subject.

    One whose inputs cannot be set is shown as it is now, whatever becomes of its parameters.
    """
    subjects = {subject.name: subject}
    known: dict[str, Card] = {}
    if not subject.inputs:
        asked: dict[str, Any] = {
            "ask": "subject",
            "name": subject.name,
            "fold": "ops",
            "values": {},
        }
        first = every_fold(asked, partial(answered, subjects=subjects))
        known = {_key(question): card for question, card in first}
    graphs = Graphs(subjects)

    def answer(question: Any) -> Card:
        card = known.get(_key(question))
        if card is None:
            return answered(question, subjects, graphs)
        number = question.get("id")
        return {**card, "id": number if isinstance(number, int) else None}

    return answer


def _key(question: Any) -> str:
    if not is_dict(question):
        return ""
    said = {name: x for name, x in question.items() if name != "id" and x not in ([], {}, None)}
    return json.dumps(said, sort_keys=True)


def _leave_to_the_parent(found: socket.socket) -> None:
    """A process that is forked off serves no page: it lets the port go, which its parent keeps."""
    reference = weakref.ref(found)

    def let_go() -> None:
        mine = reference()
        if mine is not None:
            mine.close()

    if hasattr(os, "register_at_fork"):  # Windows knows no fork
        os.register_at_fork(after_in_child=let_go)


def _has_a_reader() -> bool:
    """Whether a browser may open by itself: not in CI, in a notebook, or without a screen."""
    if os.environ.get("CI") or _in_a_notebook():
        return False
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return not sys.platform.startswith("linux") or any(map(os.environ.get, screen))


def _in_a_notebook() -> bool:
    """Whether the address is read in a browser already, on which machine nobody knows."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    marimo = sys.modules.get("marimo")
    return hasattr(shell, "kernel") or bool(marimo and marimo.running_in_notebook())
