"""Who may ask at all: this machine, under this address, with the token; nobody else.

Imports starlette's types. site.py puts it around every route, the socket and the unknown ones too:
what is checked here is checked before anybody looks at the path.
"""

import secrets
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "HEAD")
NEEDS_TOKEN = ("/", "/socket")
REFUSED_SOCKET = 1008  # "policy violation", RFC 6455 section 7.4.1
HTTP_PORT = 80
LONGEST_ADDRESS = 2048  # bytes of path and query

# A page may use what it was served from and nothing else, and nobody may frame it.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), usb=()"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """An application behind a guard."""

    def __init__(self, inner: ASGIApp, token: str) -> None:
        self.inner = inner
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if scope["type"] == "websocket":
            if refusal is None:
                await self.inner(scope, receive, send)
            else:  # before it is accepted: the client sees HTTP's 403
                await send({"type": "websocket.close", "code": REFUSED_SOCKET, "reason": ""})
        elif refusal is None:
            await self.inner(scope, receive, with_headers(send))
        else:
            await answer(with_headers(send), *refusal)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the sentence of a refusal, or None."""
        if not is_loopback(scope.get("client")):
            return 403, "Only this machine may ask."
        host = one(scope, b"host")
        # A page elsewhere may point a name of its own at 127.0.0.1; its requests carry that name.
        if host is None or host not in own_hosts(scope):
            return 421, "This is not the address of the explorer."
        origin = values(scope, b"origin")
        is_socket = scope["type"] == "websocket"
        if (origin or is_socket) and origin != [f"http://{host}"]:
            return 403, "A page of another address asked."
        if not is_socket:
            site, mode = one(scope, b"sec-fetch-site"), one(scope, b"sec-fetch-mode")
            if site not in (None, "none", "same-origin") and mode != "navigate":
                return 403, "A page of another address asked."
            if scope["method"] not in METHODS:
                return 405, "Only GET."
            if values(scope, b"transfer-encoding") or one(scope, b"content-length") not in (
                None,
                "0",
            ):
                return 413, "A question has no body here."
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
            return 414, "The address is too long."
        if scope["path"] in NEEDS_TOKEN and not self.has_token(scope):
            return 403, "The address lacks the token that `chainrule explore` printed with it."
        return None

    def has_token(self, scope: Scope) -> bool:
        """Whether the query holds the token, once."""
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=None)
        given = query.get("token", [])
        return len(given) == 1 and secrets.compare_digest(
            given[0].encode("utf-8", "surrogatepass"), self.token
        )


def is_loopback(client: tuple[str, int] | None) -> bool:
    """Whether a request came from this machine."""
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False


def own_hosts(scope: Scope) -> tuple[str, ...]:
    """The names under which the page is reached, as a Host header writes them."""
    server = scope.get("server")
    if server is None:
        return ()
    port = server[1]
    names = ("127.0.0.1", "localhost")
    with_port = tuple(f"{name}:{port}" for name in names)
    return (*with_port, *names) if port == HTTP_PORT else with_port


def values(scope: Scope, name: bytes) -> list[str]:
    """All headers of a name."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def one(scope: Scope, name: bytes) -> str | None:
    """The only header of a name; None where there is none, or more than one."""
    found = values(scope, name)
    return found[0] if len(found) == 1 else None


def with_headers(send: Send) -> Send:
    """Send with what every answer carries."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [pair for pair in message.get("headers", ()) if pair[0] not in dict(HEADERS)]
            message = {**message, "headers": [*own, *HEADERS]}
        await send(message)

    return sent


async def answer(send: Send, status: int, sentence: str) -> None:
    """A sentence in plain text."""
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == 405:
        headers.append((b"allow", ", ".join(METHODS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
