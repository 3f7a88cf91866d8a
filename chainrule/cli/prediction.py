"""The job of `chainrule predict`: what a saved net says about rows.

Imports the files beside it, data and saving. app.py calls it.
"""

import difflib
import os
import sys
from pathlib import Path

from chainrule.cli.answers import Answers, answers
from chainrule.cli.bar import reading
from chainrule.cli.configuration import trained_on
from chainrule.cli.part_figures import heading, shown, values
from chainrule.cli.screen import counted, say, table
from chainrule.errors import ArgumentError, MissingDataError
from chainrule.runs import NET
from chainrule.train import predict as outputs_of
from chainrule.train.data import open_rows
from chainrule.train.files import write_atomically
from chainrule.train.saving import load_model

STANDARD_OUTPUT = Path("-")


def predict(
    run: Path,
    source: str,
    *,
    out: Path | None,
    rows: int,
    folder: Path | None,
    query: str | None,
    overwrite: bool,
) -> int:
    """Read the model and the rows, show some answers, write all of them; the exit code."""
    if rows < 0:
        raise ArgumentError(f"--rows is a whole number from 0 upwards; found {rows}.")
    path = _model_file(run)
    model, saved = load_model(path)
    if out is not None:
        _refuse_taken(out, source, overwrite)
    with reading(source) as progress:
        given = open_rows(source, saved.preprocessing, folder, query, progress)
    outputs = outputs_of(model, given.x)
    found = answers(saved.architecture, saved.preprocessing, outputs, given.y, given.answered)

    judged = ""
    if given.y is not None and len(given.y):
        known = outputs[given.answered]
        preprocessing = saved.preprocessing
        judged = ", ".join(
            f"{heading(name, preprocessing)} {shown(name, value)}"
            for name, value in values(preprocessing, known, given.y).items()
        )
        judged += f" over {counted(len(known), 'row')}"
        if _is_same(trained_on(path.parent), source):
            judged += ", those it was trained on among them"
    for note in given.notes:
        say("note", note, to_stderr=out == STANDARD_OUTPUT)
    _show(found, rows, judged, to_stderr=out == STANDARD_OUTPUT)
    _write(found, out)
    return 0


def _show(found: Answers, most: int, judged: str, to_stderr: bool) -> None:
    if most:
        headings, rows = found.preview(most)
        words = ["prediction", "truth"] if found.classes else []
        table(headings, rows, texts=words, to_stderr=to_stderr)
    if judged:
        say("figures", judged, to_stderr)


def _write(found: Answers, out: Path | None) -> None:
    count = counted(len(found.said), "row")
    if out is None:
        say("all rows", f"{count}; to write them: --out predictions.csv")
    elif out == STANDARD_OUTPUT:
        sys.stdout.write(found.to_csv())
    else:
        write_atomically(out, found.to_csv())
        say("written", f"{out}, {count}")


def _model_file(run: Path) -> Path:
    """The model of a run's folder, or the file itself; a wrong name is told the nearest one."""
    if run.is_file():
        return run
    if run.is_dir():
        if (run / NET).is_file():
            return run / NET
        raise MissingDataError(
            f"{run} holds no {NET}.", do="Give the folder that chainrule train has written."
        )
    try:
        neighbours = sorted(place.name for place in run.parent.iterdir())
    except OSError:
        neighbours = []
    near = difflib.get_close_matches(run.name, neighbours, n=1)
    hint = f"Did you mean {run.with_name(near[0])}?\n" if near else ""
    raise MissingDataError(
        f"there is no run {run}.", do=f"{hint}Train one first: chainrule train digits"
    )


def _refuse_taken(out: Path, source: str, overwrite: bool) -> None:
    if out == STANDARD_OUTPUT or not out.exists():
        return
    if out.is_dir():
        raise ArgumentError(f"{out} is a folder.", do="Give --out the name of a file in it.")
    if _is_same(str(out), source):
        raise ArgumentError(
            f"--out {out} is the file that the rows are read from.", do="Choose another name."
        )
    if out.is_file() and not overwrite:
        raise ArgumentError(
            f"{out} exists already.", do="Choose another name, or replace it: --overwrite"
        )


def _is_same(one: str, other: str) -> bool:
    """Whether two words mean the same data set or the same file."""
    return bool(one) and (one == other or os.path.realpath(one) == os.path.realpath(other))
