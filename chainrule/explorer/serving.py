"""One address on this machine, until Ctrl-C.

Imports uvicorn. The command line's ``explore`` calls it, and the page of cr.show its parts.
"""

import socket
from collections.abc import Callable, Sequence

import uvicorn
from starlette.applications import Starlette

from chainrule.errors import ArgumentError
from chainrule.explorer.site import site
from chainrule.explorer.subjects import Subject
from chainrule.explorer.talking import LARGEST_QUESTION

LOOPBACK = "127.0.0.1"
CONNECTIONS = 64  # beyond, uvicorn answers 503
LONGEST_HEADERS = 16 * 1024  # bytes
KEPT_ALIVE = 5  # seconds
WAITING = 2  # seconds that a page may take to go when the server stops


def listening(port: int = 0) -> socket.socket:
    """A socket that only this machine reaches.

    Raises
    ------
    ArgumentError
        If the port is taken, or there is none of this number.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(
            f"port {port} cannot be used: {reason}.",
            do="Leave --port away: a free one is taken.",
        ) from error
    return found


def serve(
    subjects: Sequence[Subject],
    port: int,
    ready: Callable[[str], None],
    fragment: str = "",
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    subjects : sequence of Subject
    port : int
        0 for a free one.
    ready : callable
        Takes the address, once it can be opened.
    fragment : str, optional
        What the page is to show first, behind a # in the address.
    """
    application = site(subjects=subjects)
    with listening(port) as found:
        found.listen()  # a browser that is quicker than uvicorn waits in the queue
        ready(page_address(found, application) + fragment)
        server(application).run(sockets=[found])


def page_address(found: socket.socket, application: Starlette) -> str:
    """What opens the page of an application."""
    return f"http://{LOOPBACK}:{found.getsockname()[1]}/?token={application.state.token}"


def server(application: Starlette) -> uvicorn.Server:
    """Uvicorn with limits, and without a word of its own."""
    config = uvicorn.Config(
        application,
        access_log=False,
        date_header=False,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
        http="h11",
        lifespan="off",
        limit_concurrency=CONNECTIONS,
        log_config=None,
        log_level="critical",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=WAITING,
        timeout_keep_alive=KEPT_ALIVE,
        ws="wsproto",
        ws_max_size=LARGEST_QUESTION,
    )
    return uvicorn.Server(config)
