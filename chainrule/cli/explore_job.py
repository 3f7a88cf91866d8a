"""The job of `chainrule explore`: what is to be seen, and the page that shows it.

Imports the explorer, and loads a user's file as `chainrule check` does. app.py calls it.
"""

import sys
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chainrule.cli.check_job import load, member, split
from chainrule.cli.configuration import trained_on
from chainrule.errors import ArgumentError, DataError, MissingDataError, MissingLibraryError
from chainrule.explorer import missing
from chainrule.explorer.page_files import SAYS, is_built
from chainrule.explorer.subjects import Subject, function_subject
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.given_graph import Given, graph_given
from chainrule.runs import ESTIMATOR, NET
from chainrule.train.data import read_rows
from chainrule.train.saving import load_model

ROWS = 4  # of the data a net was trained on: few enough to be read one by one


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
    if path.is_dir() or path.name == NET:
        return _of_run(path)
    if not name:
        raise ArgumentError(
            f"{place} names no function to explore.",
            do="Name a function in it, as in file.py:loss; or give the folder of a run.",
        )
    function = member(load(path), name)
    return function_subject(function, name, str(Path(path).name))


def _of_run(path: Path) -> Subject:
    """The net of a finished run, with its loss on the first rows that it was trained on."""
    folder = path if path.is_dir() else path.parent
    if not (folder / NET).is_file():
        if (folder / ESTIMATOR).is_file():
            raise DataError(
                f"{folder} is a run of several estimators; the graph of one plain net is shown.",
                do="Train one: chainrule train DATA --hidden 16",
            )
        raise MissingDataError(f"{folder} holds no {NET}.", do="Give a folder of chainrule train.")
    model, saved = load_model(folder / NET)
    x, y = read_rows(trained_on(folder), saved.preprocessing)

    def graphed(_: Mapping[str, Any]) -> Given:
        if y is None:
            return graph_given("chainrule explore", [model, x[:ROWS]])
        loss = CATALOGUE.function(saved.architecture.loss)
        return graph_given("chainrule explore", [model, (x[:ROWS], y[:ROWS])], loss)

    return Subject(folder.resolve().name, f"a run, on its first {ROWS} rows", {}, graphed)
