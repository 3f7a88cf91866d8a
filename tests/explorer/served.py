"""A site as tests reach it: in this process; behind a real server, byte by byte; in a browser."""

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

import chainrule.explorer as explorer
from chainrule.explorer.page_files import is_built
from chainrule.explorer.serving import listening, server

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOKEN = "a-token-of-tests"
PORT = 8123
HOST = f"127.0.0.1:{PORT}"
PATIENCE = 20.0  # seconds
SILENCE = 0.25  # seconds without a byte
IN_CI = os.environ.get("CI") == "true"
# At a desk the page may be missing. In CI its tests run all the same, and fail.
wants_page = pytest.mark.skipif(
    not is_built() and not IN_CI, reason="the page is not built: run scripts/build_page"
)
SWITCHING = 101  # to the socket's own protocol


def client(**keywords) -> TestClient:
    """A client on this machine, which knows the address but says no token of its own."""
    application = explorer.app(token=TOKEN, **keywords)
    return TestClient(application, base_url=f"http://{HOST}", client=("127.0.0.1", 50_000))


def talk(site: TestClient, query: str = f"?token={TOKEN}", **headers: str):
    """A socket of the page."""
    address = f"ws://{HOST}/socket{query}"
    return site.websocket_connect(address, headers={"origin": f"http://{HOST}", **headers})


@dataclass(frozen=True)
class Reply:
    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True)
class Served:
    """A site behind uvicorn, on a port of its own."""

    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def exchange(self, request: bytes) -> bytes:
        """Send bytes as they are; read until the server closes, or says no more."""
        found = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as link:
            with suppress(ConnectionError):  # refused while still being sent
                link.sendall(request)
            link.settimeout(SILENCE)
            try:
                while piece := link.recv(65536):
                    found += piece
            except TimeoutError:  # the server waits for the rest of the request: there is none
                with suppress(OSError):
                    link.shutdown(socket.SHUT_WR)
                    while piece := link.recv(65536):
                        found += piece
            except ConnectionError:
                pass
        return found

    def raw(self, request: bytes) -> list[Reply]:
        """What comes back for bytes: a reply for each request in them."""
        replies: list[Reply] = []
        rest = self.exchange(request)
        while rest:
            reply, rest = _reply(rest)
            replies.append(reply)
        return replies

    def request(
        self, target: str, method: str = "GET", host: str | None = None, extra: str = ""
    ) -> Reply:
        """One request with a Host header, and closed behind it."""
        lines = f"{method} {target} HTTP/1.1\r\nHost: {host or self.host}\r\n{extra}"
        (reply,) = self.raw(f"{lines}Connection: close\r\n\r\n".encode("latin-1", "replace"))
        return reply


def _reply(found: bytes) -> tuple[Reply, bytes]:
    """The first reply, and what stands behind it."""
    head, _, rest = found.partition(b"\r\n\r\n")
    first = head.split(b"\r\n", 1)[0].split()
    status = int(first[1])
    if status == SWITCHING or rest.startswith(b"HTTP/1.1"):  # to HEAD there is no body
        return Reply(status, head, b""), b"" if status == SWITCHING else rest
    length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
    if length:
        n = int(length[1])
        return Reply(status, head, rest[:n]), rest[n:]
    if not re.search(rb"(?i)^transfer-encoding: chunked", head, re.MULTILINE):
        return Reply(status, head, rest), b""  # up to the end of the connection
    size, _, rest = rest.partition(b"\r\n")  # one chunk, and the empty one
    n = int(size, 16)
    return Reply(status, head, rest[:n]), rest[n + len(b"\r\n0\r\n\r\n") :]


@contextmanager
def served(application=None, port=0) -> Iterator[Served]:
    """Serve a site until the block ends."""
    found = listening(port)
    running = server(application or explorer.app(token=TOKEN))
    thread = threading.Thread(target=lambda: running.run(sockets=[found]), daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not running.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield Served(found.getsockname()[1])
    finally:
        running.should_exit = True
        thread.join(PATIENCE)
        found.close()


@contextmanager
def page_of_ones_own(browser_page: "Page", *hosts: str, **options) -> Iterator["Page"]:
    """A page that may say nothing to the console, and ask for nothing that begins otherwise.

    ``options`` are those of a browser's context. Nor may a text have run in it: those that would
    set ``window.hurt``.
    """
    options = {"viewport": {"width": 1280, "height": 900}, **options}
    context = browser_page.context.browser.new_context(**options)
    page = context.new_page()
    faults, asked = [], []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    hurt = page.evaluate("window.hurt")
    context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(hosts)] == []
    assert hurt is None


def opened(page: "Page", site: Served, fragment: str = "", **place) -> "Page":
    """Open what stands behind the # of an address: as it is given, and part by part."""
    rest = "".join(f"&{key}={quote(str(value), safe='')}" for key, value in place.items())
    page.goto("about:blank")  # from one fragment to another nothing would be loaded anew
    page.goto(f"http://{site.host}/?token={TOKEN}{fragment}{rest}")
    return page


def graph_at(page: "Page", site: Served, **place) -> "Page":
    """Open the Graph view, and wait until it is drawn."""
    opened(page, site, "#view=graph", **place)
    page.wait_for_selector("svg .node")
    return page
