"""A real server on a free port: two thousand random requests and a hundred chosen ones.

None may read a file, change what is answered, end in an error of the server, or end the server.
"""

import json
import random
import sys

import pytest

import chainrule.explorer as explorer
from chainrule.explorer.page_files import page_files

from .served import SWITCHING, TOKEN, Served, client, served, talk

FUZZED = 2_000
CONTENTS = {*(file.content for file in page_files().values()), b""}
SENTENCES = (
    b"Only this machine may ask.",
    b"This is not the address of the explorer.",
    b"A page of another address asked.",
    b"Only GET.",
    b"A question has no body here.",
    b"The address is too long.",
    b"The address lacks the token that `chainrule explore` printed with it.",
    b"There is nothing here.",
    b"Invalid HTTP request received.",  # h11's
    b"",
)
HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
TRAVERSALS = (
    "/../pyproject.toml",
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%2e%2e%2fguarding.py",
    "/..\\..\\windows\\win.ini",
    "/..%5c..%5cguarding.py",
    "/....//....//etc/passwd",
    "/%252e%252e/%252e%252e/etc/passwd",
    "/%c0%ae%c0%ae/etc/passwd",
    "/%uff0e%uff0e/etc/passwd",
    "/..;/guarding.py",
    "/app.js/../guarding.py",
    "/app.js%2f..%2fguarding.py",
    "/static/../guarding.py",
    "/static/index.html",
    "//etc/passwd",
    "///etc/passwd",
    "/./././etc/passwd",
    "/file:///etc/passwd",
    "file:///etc/passwd",
    "/app.js%00.html",
    "/app.js\x00",
    "/%00",
    "/index.html",
    "/guarding.py",
    "/__init__.py",
    "/.git/config",
    "/~root/",
    "/C:/Windows/win.ini",
    "/app.js?file=../../guarding.py",
    "/app.css?token[]=x",
    "/icon.svg#../guarding.py",
    "/socket/../guarding.py",
    "/" + "../" * 300 + "etc/passwd",
    "/" + "a/" * 1_000,
)
REBINDING = tuple(
    (method, host)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    for host in ("evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example")
)
ORIGINS = ("http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", "file://")


def attacks(site: Served) -> list[bytes]:
    """A hundred requests, each of which somebody has tried against such a page before."""
    good, host = f"/?token={TOKEN}", site.host
    origin = f"Origin: http://{host}\r\n"

    def http(target: str, method: str = "GET", named: str = host, extra: str = "") -> bytes:
        text = f"{method} {target} HTTP/1.1\r\nHost: {named}\r\n{extra}Connection: close\r\n\r\n"
        return text.encode("latin-1", "replace")

    def upgrade(target: str, named: str = host, extra: str = origin) -> bytes:
        return f"GET {target} HTTP/1.1\r\nHost: {named}\r\n{extra}{HANDSHAKE}\r\n".encode()

    socket = f"/socket?token={TOKEN}"
    chosen = [http(target) for target in TRAVERSALS]
    chosen += [http(good, method, named) for method, named in REBINDING]
    chosen += [http(good, "POST", extra=f"Origin: {each}\r\n") for each in ORIGINS]
    chosen += [http(good, extra=f"Origin: {each}\r\n") for each in ORIGINS]
    chosen += [upgrade(socket, extra=f"Origin: {each}\r\n") for each in ORIGINS]
    chosen += [
        upgrade("/socket"),
        upgrade("/socket?token="),
        upgrade("/socket?token=x"),
        upgrade(socket, extra=""),
        upgrade(socket, named="evil.example", extra="Origin: http://evil.example\r\n"),
        upgrade(socket, extra=origin + f"Host: {host}\r\n"),
        upgrade("/"),
        upgrade("/nothing"),
        http(good, extra="Content-Length: 1000000000\r\n"),
        http(good, "POST", extra="Content-Length: 1000000000\r\n") + b"x" * 100_000,
        http(good, extra="Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n0\r\n\r\n",
        http(good, extra="Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
        http(good, extra="Content-Length: -1\r\n"),
        http(good, extra="Content-Length: 1\r\nContent-Length: 2\r\n") + b"ab",
        http(good, extra="X: " + "y" * 100_000 + "\r\n"),
        http(good, extra="".join(f"X{i}: y\r\n" for i in range(5_000))),
        http(good, extra="X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil.example\r\n"),
        http(good, extra=f"X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /x\r\n{origin}"),
        http("/?token=" + "%41" * 10_000),
        http("/?token=%ff%fe"),
        http("/?" + "&".join(f"a{i}=b" for i in range(300))),
        http(f"http://evil.example/?token={TOKEN}", named="evil.example"),
        http("*", "OPTIONS"),
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 1_000,
        http(good, extra="Host: evil.example\r\n"),
        http(good, extra=" folded: x\r\n"),
    ]  # fmt: skip
    return chosen


def random_request(rng: random.Random, host: str) -> bytes:
    """Half a request that could be, half noise."""
    pick = rng.choice
    alphabet = "abz019/.%\\?&=;:#~ \t\u00e9\x00'\"<>{}|^`-_"
    junk = "".join(rng.choices(alphabet, k=rng.randrange(0, 60)))
    target = pick(["/", "/app.js", "/socket", "/app.css", "", "/..", f"/?token={TOKEN}"]) + junk
    lines = [
        f"{pick(['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'X', '', 'get'])} {target} "
        f"{pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2', ''])}"
    ]
    lines += [f"Host: {pick([host, host, host, 'evil.example', junk])}"] * pick([1, 1, 1, 1, 0, 2])
    extras = [
        f"Origin: {pick([f'http://{host}', 'http://evil.example', junk])}",
        f"Content-Length: {pick(['0', '5', '-1', '99999999999999999999', junk])}",
        "Transfer-Encoding: chunked",
        f"Cookie: {junk}",
        f"Sec-Fetch-Site: {pick(['none', 'cross-site', junk])}",
        f"Expect: {pick(['100-continue', junk])}",
        f"{junk}: {junk}",
        HANDSHAKE.rstrip(),
        f"Range: bytes={rng.randrange(9)}-{junk}",
    ]
    lines += rng.sample(extras, rng.randrange(0, 4))
    request = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")
    if rng.random() < 0.1:
        place = rng.randrange(len(request))
        request = request[:place] + rng.randbytes(rng.randrange(1, 9)) + request[place:]
    return request + (rng.randbytes(rng.randrange(200)) if rng.random() < 0.2 else b"")


class Opened:
    """The files that this process opens while it is on; hooks for audits stay for good."""

    def __init__(self) -> None:
        self.on = False
        self.paths: list[str] = []
        sys.addaudithook(self._told)

    def _told(self, event: str, arguments: tuple) -> None:
        if self.on and event in ("open", "os.listdir", "os.scandir", "subprocess.Popen", "exec"):
            self.paths.append(f"{event} {arguments[0]!r}")


OPENED = Opened()


@pytest.fixture(scope="module")
def site():
    application = explorer.app(token=TOKEN)
    with served(application) as running:
        yield running


@pytest.fixture
def unread(site):
    """Before and after: the same page; in between no file is opened."""
    before = site.request(f"/?token={TOKEN}")
    assert before.status == 200
    OPENED.paths.clear()
    OPENED.on = True
    yield
    OPENED.on = False
    assert OPENED.paths == []
    after = site.request(f"/?token={TOKEN}")
    assert (after.status, after.body) == (before.status, before.body)


def judge(site: Served, request: bytes) -> None:
    for reply in site.raw(request):
        shown = (request[:300], reply.head[:300], reply.body[:100])
        assert reply.status < 500, shown
        if reply.status == 200:
            assert reply.body in CONTENTS, shown
        elif reply.status == SWITCHING:  # only with everything that a page of ours sends
            assert f"token={TOKEN}".encode() in request, shown
            assert f"Origin: http://{site.host}".encode() in request, shown
        else:
            assert reply.body in SENTENCES, shown


def test_a_hundred_chosen_attacks_reach_nothing(site, unread):
    chosen = attacks(site)
    assert len(chosen) >= 100
    for request in chosen:
        judge(site, request)


def test_two_thousand_random_requests_reach_nothing(site, unread):
    rng = random.Random(15)
    for _ in range(FUZZED):
        judge(site, random_request(rng, site.host))


def test_no_attack_is_answered_with_the_page(site):
    page = page_files()["/"].content
    harmless = f"/?token={TOKEN}".encode()
    for request in attacks(site):
        # It held the token, the host and no origin: that is what a person opens.
        if page in [reply.body for reply in site.raw(request)]:
            assert request.startswith((b"GET " + harmless, b"HEAD " + harmless)), request[:200]
            assert b"evil.example/" not in request, request[:200]


def test_nothing_that_is_asked_changes_what_is_answered():
    question = {"id": 1, "ask": "write", "text": "x = 2\ny = 3\nf = x * y\n"}
    rng = random.Random(16)
    with talk(client()) as page:
        page.send_text(json.dumps(question))
        before = page.receive_json()
        for _ in range(150):
            page.send_text(random_question(rng))
            assert page.receive_json()["card"] in ("graph", "error", "start")
        page.send_text(json.dumps(question))
        assert page.receive_json() == before


def random_question(rng: random.Random) -> str:
    """JSON of all kinds, and what is none."""
    words = ["id", "ask", "write", "subject", "start", "text", "fold", "gates", "set", "name",
             "value", "x", "f = x * y", "__class__", "\x00", 1e308, -1, None, True]  # fmt: skip

    def any_value(depth: int):
        kind = rng.randrange(3 if depth else 1)
        if kind == 0:
            return rng.choice(words)
        if kind == 1:
            return [any_value(depth - 1) for _ in range(rng.randrange(4))]
        return {str(rng.choice(words)): any_value(depth - 1) for _ in range(rng.randrange(5))}

    if rng.random() < 0.2:
        return "".join(rng.choices('{}[]",:0e-\\u', k=rng.randrange(40)))
    question = any_value(3)
    if rng.random() < 0.7:
        question = {"ask": rng.choice(["write", "subject"]), "text": str(any_value(2)),
                    "fold": rng.choice(["ops", "gates", "modules", 1]), "set": any_value(2),
                    "name": any_value(1), "values": any_value(2), "id": any_value(1)}  # fmt: skip
    return json.dumps(question)
