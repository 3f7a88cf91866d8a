"""A page that a thread serves while the program goes on, as ``cr.show(..., page=True)`` opens it.

Imports serving.py, and with it the extra; showing.py asks for it where a page is wanted.
"""

import builtins
import os
import socket
import sys
import threading
import weakref
import webbrowser
from contextlib import suppress
from typing import Self
from urllib.parse import quote

import uvicorn

from chainrule.explorer.serving import listening, page_address, server
from chainrule.explorer.site import site
from chainrule.explorer.subjects import Subject

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
    application = site(subjects=[subject])
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
