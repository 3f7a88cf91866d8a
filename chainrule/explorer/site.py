"""The Starlette application: a fixed table of files and one socket, behind the guard.

Imports starlette, and the parts beside it. ``chainrule.explorer.app`` and serving.py make it.
"""

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from chainrule.explorer.graph_cards import Graphs
from chainrule.explorer.guarding import Guard
from chainrule.explorer.page_files import PageFile, page_files
from chainrule.explorer.questions import Card, answered
from chainrule.explorer.subjects import Subject
from chainrule.explorer.talking import Talk

TOKEN_BYTES = 24  # 192 bits: nobody guesses it


def site(
    *,
    token: str = "",
    subjects: Sequence[Subject] = (),
    answer: Callable[[Any], Card] | None = None,
) -> Starlette:
    """The application.

    Parameters
    ----------
    token : str, optional
        Default: a new random one.
    subjects : sequence of Subject, optional
    answer : callable, optional
        From a question to its card. Default: what the engine answers about the subjects.
    """
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    routes: list[Route | WebSocketRoute] = [
        Route(address, _endpoint(file), methods=["GET"]) for address, file in page_files().items()
    ]
    named = {each.name: each for each in subjects}
    talk = Talk(answer or partial(answered, subjects=named, graphs=Graphs(named)))
    routes.append(WebSocketRoute("/socket", talk.__call__))
    made = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={HTTPException: _said},
    )
    made.router.redirect_slashes = False  # a redirect would repeat what was asked
    made.state.token = token
    return made


def _endpoint(file: PageFile):
    def served(_: Request) -> Response:
        return Response(file.content, media_type=file.media_type)

    return served


def _said(_: Request, error: Exception) -> Response:
    """A refusal that repeats nothing of what was asked."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse("There is nothing here.", status_code=status)
