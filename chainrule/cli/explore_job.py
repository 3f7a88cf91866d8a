"""The job of `chainrule explore`: what is to be seen, and the page that shows it.

Imports the explorer, and loads a user's file as `chainrule check` does. app.py calls it.
"""

import inspect
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from chainrule.cli.check_job import load, member, split
from chainrule.cli.run_subject import run_subject
from chainrule.cli.screen import say
from chainrule.errors import ArgumentError, MissingLibraryError
from chainrule.explorer import missing
from chainrule.explorer.one_file import file_of
from chainrule.explorer.page_files import SAYS, is_built
from chainrule.explorer.showing import HTML
from chainrule.explorer.subjects import Subject, function_subject
from chainrule.runs import ESTIMATOR, NET
from chainrule.train.files import write_atomically

EXAMPLE = "file.py:loss"
PYTHON = ".py"
MOST_NAMES = 8  # of functions that are listed
MODELS = (Path(NET).suffix, Path(ESTIMATOR).suffix)


def explore(
    place: str, rows: str, *, port: int, opens: bool, out: Path | None, overwrite: bool
) -> int:
    """Serve the page until Ctrl-C, or write it as one file; the exit code."""
    if not is_built():
        raise MissingLibraryError(SAYS)
    if out is not None:
        _refuse(out, place, overwrite)
        write_atomically(out, file_of(_subject(place, rows)))
        say("written", str(out))
        return 0
    try:
        # Here, not above: what is wrong with the words of the command is told without the extra.
        from chainrule.explorer.serving import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error) from error
    subjects = [_subject(place, rows)] if place else []
    fragment = f"#view=graph&subject={quote(subjects[0].name, safe='')}" if subjects else ""

    def ready(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        if opens:
            webbrowser.open(address)

    with suppress(KeyboardInterrupt):  # how a reader ends it
        serve(subjects, port, ready, fragment)
    return 0


def _refuse(out: Path, place: str, overwrite: bool) -> None:
    """Raise where there is nothing to keep, or no room for it under this name."""
    if not place:
        raise ArgumentError(
            "--out keeps one graph, and none was named.",
            do=f"Name it: chainrule explore {EXAMPLE} --out graph.html",
        )
    if out.suffix != HTML or out.is_dir():
        raise ArgumentError(
            f"{out} is no name of a page.", do=f"Name it {out.with_suffix(HTML).name}."
        )
    if out.exists() and not overwrite:
        raise ArgumentError(f"{out} is there already.", do="Replace it: --overwrite")


def _subject(place: str, rows: str = "") -> Subject:
    _refuse_misnamed(place)
    path, name = split(place)
    if path.is_dir() or path.suffix in MODELS or not (name or path.is_file()):
        return run_subject(path, rows)
    if not name:
        raise ArgumentError(f"{place} names no function to explore.", do=_names_in(path))
    if rows:
        raise ArgumentError(
            f"{rows} is for a run: a function has its numbers as its arguments' values."
        )
    function = member(load(path, EXAMPLE), name)
    if not callable(function):
        raise ArgumentError(
            f"{name} is no function: it is of the type {type(function).__name__}.",
            do=f"Give a function that returns it: def f(): return {name}",
        )
    return function_subject(function, name, str(Path(path).name))


def _refuse_misnamed(place: str) -> None:
    """Raise where a colon stands behind a Python file, and no name of a function behind that."""
    stem, colon, name = place.partition(f"{PYTHON}:")
    if not colon or name.isidentifier() or Path(place).exists():
        return
    whole, dot, _ = name.rpartition(".")
    if not name:
        what = f"{place} ends in a colon, and names no function to explore."
    elif dot and all(map(str.isidentifier, name.split("."))):
        what = f"{name} stands inside {whole}: a function to explore stands in the file by itself."
    else:
        what = f"{name!r:.60} is no name of a function."
    raise ArgumentError(what, do=_names_in(Path(f"{stem}{PYTHON}")))


def _names_in(path: Path) -> str:
    """Which functions a file has of its own, as they are given to the command."""
    module = load(path, EXAMPLE)
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    if not own:
        return f"Name a function in it, as in {EXAMPLE}; this file has none of its own."
    more = f", and {len(own) - MOST_NAMES} more" if len(own) > MOST_NAMES else ""
    return f"Name one of its own: {', '.join(f'{path}:{name}' for name in own[:MOST_NAMES])}{more}"
