"""The job of `chainrule explore`: what is to be seen, and the page that shows it.

Imports the explorer, and loads a user's file as `chainrule check` does. app.py calls it.
"""

import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from chainrule.cli.check_job import load, member, split
from chainrule.errors import ArgumentError, MissingLibraryError
from chainrule.explorer import missing
from chainrule.explorer.page_files import SAYS, is_built
from chainrule.explorer.subjects import Subject, function_subject


def explore(place: str, *, port: int, opens: bool) -> int:
    """Serve the page until Ctrl-C; the exit code."""
    if not is_built():
        raise MissingLibraryError(SAYS)
    try:
        # Here, not above: what is wrong with the words of the command is told without the extra.
        from chainrule.explorer.serving import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error) from error
    subjects = [_subject(place)] if place else []
    fragment = f"#view=graph&subject={quote(subjects[0].name, safe='')}" if subjects else ""

    def ready(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        if opens:
            webbrowser.open(address)

    with suppress(KeyboardInterrupt):  # how a reader ends it
        serve(subjects, port, ready, fragment)
    return 0


def _subject(place: str) -> Subject:
    path, name = split(place)
    if not name:
        raise ArgumentError(
            f"{place} names no function to explore.",
            do="Name a file and a function in it: chainrule explore file.py:loss",
        )
    function = member(load(path), name)
    return function_subject(function, name, str(Path(path).name))
