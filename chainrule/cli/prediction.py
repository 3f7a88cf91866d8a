"""The job of `chainrule predict`: what a saved net says about rows.

Imports the files beside it, data and saving. app.py calls it.
"""

import difflib
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chainrule.cli.answers import Answers, answers, classified
from chainrule.cli.bar import reading
from chainrule.cli.configuration import trained_on
from chainrule.cli.figure_table import shown
from chainrule.cli.folder import RUNS
from chainrule.cli.part_figures import heading, values, values_of_classes
from chainrule.cli.said_class import level_of, threshold_of
from chainrule.cli.screen import counted, say, table
from chainrule.errors import ArgumentError, MissingDataError
from chainrule.ops.losses.loss import facts_of_named
from chainrule.runs import ESTIMATOR, NET, needs_scikit_learn
from chainrule.train import predict as outputs_of
from chainrule.train.data import Preprocessing, names, open_rows
from chainrule.train.data.rows import Rows
from chainrule.train.files import write_atomically
from chainrule.train.saving import load_model

STANDARD_OUTPUT = Path("-")
MOST_RUNS = 8  # that are named where one is missing
OTHERS = (".xlsx", ".xls", ".ods", ".parquet", ".json", ".jsonl", ".gz", ".zst", ".npz", ".db")
Answer = Callable[[Rows], tuple[Answers, str]]  # and its figures, where the truth is known


def predict(
    run: Path,
    source: str,
    *,
    out: Path | None,
    rows: int,
    folder: Path | None,
    query: str | None,
    threshold: str | None,
    interval: float | None,
    overwrite: bool,
) -> int:
    """Read the model and the rows, show some answers, write all of them; the exit code."""
    if rows < 0:
        raise ArgumentError(f"--rows is a whole number from 0 upwards; found {rows}.")
    path = model_file(run, source)
    preprocessing, answer = _trained(path, threshold, interval)
    if out is not None:
        _refuse_taken(out, source, overwrite)
    with reading(source) as progress:
        given = open_rows(source, preprocessing, folder, query, progress)
    found, judged = answer(given)
    if judged:
        judged += f" over {counted(len(given.answered), 'row')}"
        if _is_same(trained_on(path.parent), source):
            judged += ", those it was trained on among them"
    for warning in given.warnings:
        say("warning", warning, to_stderr=True)
    for note in given.notes:
        say("note", note, to_stderr=True)
    _show(found, rows, judged, to_stderr=out == STANDARD_OUTPUT)
    _write(found, out)
    return 0


def _trained(
    path: Path, threshold: str | None, interval: float | None
) -> tuple[Preprocessing, Answer]:
    """How rows are prepared for what was trained, and what it says of them."""
    if path.suffix == Path(ESTIMATOR).suffix:
        try:
            # Here, not above: scikit-learn takes a second to load, and a plain net goes without.
            from chainrule.cli.table_prediction import opened  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise needs_scikit_learn(error) from error
        return opened(path, threshold, interval)
    model, saved = load_model(path)
    preprocessing = saved.preprocessing
    kind = "probability" if facts_of_named(saved.architecture.loss).link else "score"
    moved = threshold_of(threshold, preprocessing.classes, kind)
    level_of(interval, preprocessing.classes, has_intervals=False)

    def answer(given: Rows) -> tuple[Answers, str]:
        outputs = outputs_of(model, given.x)
        found = answers(saved.architecture, preprocessing, outputs, given.y, given.answered)
        if moved:
            chosen = moved.chosen(found.shares)
            found = classified(preprocessing, found.shares, chosen, given.y, given.answered)
            found = replace(found, how=("threshold", str(moved)))
        judged = ""
        if given.y is not None and len(given.y):
            known = values(preprocessing, outputs[given.answered], given.y)
            if moved:
                known |= values_of_classes(found.chosen[given.answered], given.y)
            told = (
                f"{heading(name, preprocessing)} {shown(name, x)}" for name, x in known.items()
            )
            judged = ", ".join(told)
        return replace(found, named=given.named), judged

    return preprocessing, answer


def _show(found: Answers, most: int, judged: str, to_stderr: bool) -> None:
    if most:
        headings, rows = found.preview(most)
        words = [*found.named, *(["prediction", "truth"] if found.classes else [])]
        table(headings, rows, texts=words, to_stderr=to_stderr)
    if found.how:
        say(*found.how, to_stderr)
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


def model_file(run: Path, source: str) -> Path:
    """The model of a run's folder, or the file itself; a wrong name is told the runs there are."""
    if run.is_file():
        return run
    if run.is_dir():
        for name in (NET, ESTIMATOR):
            if (run / name).is_file():
                return run / name
        do = "Give the folder that chainrule train has written."
        raise MissingDataError(
            f"{run} holds no {NET} and no {ESTIMATOR}.", do=_known_runs(run.name, run) or do
        )
    target = "" if source in names() else " --target COLUMN"
    data = f"{shlex.quote(source)}{target}" if source else "DATA"
    train = f"Train one first: chainrule train {data} --out {run}"
    raise MissingDataError(
        f"there is no run {run}.", do=_known_runs(run.name, run.parent, RUNS) or train
    )


def _known_runs(wanted: str, *folders: Path) -> str:
    """The finished runs in some folders, the likeliest first; "" if there is none."""
    found = dict.fromkeys(
        place
        for folder in folders
        for place in sorted(folder.glob("*"))
        if any((place / name).is_file() for name in (NET, ESTIMATOR))
    )
    if not found:
        return ""
    near = difflib.get_close_matches(wanted, [place.name for place in found], n=1)
    first = [place for place in found if place.name in near][:1]
    hint = f"Did you mean {first[0]}?\n" if first else ""
    shown = ", ".join(str(place) for place in [*found][:MOST_RUNS])
    more = f" and {len(found) - MOST_RUNS} more" if len(found) > MOST_RUNS else ""
    return f"{hint}Finished runs: {shown}{more}."


def _refuse_taken(out: Path, source: str, overwrite: bool) -> None:
    if out.suffix.lower() in OTHERS:
        raise ArgumentError(
            f"predictions are written as CSV, which {out.name} does not say.",
            do=f"Name it {out.with_suffix('.csv').name}.",
        )
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
