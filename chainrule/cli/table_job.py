"""The job of `chainrule train TABLE`: an estimator on the table as it is, and what it is worth.

Imports the files beside it, data and the estimators. train_job.py calls it.
"""

import time
from pathlib import Path

from chainrule.cli.bar import reading
from chainrule.cli.failures import FAILED
from chainrule.cli.figure_table import NAMES, show_lines
from chainrule.cli.folder import CONFIG, METRICS, leave_only
from chainrule.cli.member_bar import following
from chainrule.cli.metrics_file import metrics_text
from chainrule.cli.options import TrainSettings
from chainrule.cli.screen import counted, say, show_columns
from chainrule.cli.table_configuration import config_of_table
from chainrule.cli.table_outcome import TableOutcome
from chainrule.cli.table_report import report_of_table
from chainrule.cli.table_trial import classes_of, splits_of, targets, tried
from chainrule.cli.written import report_written, show_places
from chainrule.estimators.baseline import NAME
from chainrule.inspection.table_result import read_table
from chainrule.runs import ESTIMATOR
from chainrule.starting import INTERRUPTED
from chainrule.train.data.sources import open_source
from chainrule.train.data.split import Split
from chainrule.train.data.split_keys import told_start
from chainrule.train.data.tables import RawData
from chainrule.train.data.wanted import wanted_of
from chainrule.train.files import prepare_folder, write_atomically

PRESETS = {
    "strong": "strong: eight nets, each leaves out {eighth}",
    "fast": "fast: one net, which leaves out {fifth}",
    "realmlp": "realmlp: the published recipe RealMLP-TD, one net of 256 epochs",
}

LEFT_OUT = {
    "random": {"eighth": "another eighth of the rows", "fifth": "a fifth of the rows"},
    "time": {"eighth": "another eighth of the time", "fifth": "two eighths of the time"},
    "group": {"eighth": "other groups, about an eighth", "fifth": "groups, about a fifth"},
}


def train_table(source: str, settings: TrainSettings, folder: Path) -> int:
    """Train, write everything, and say what came out; the exit code."""
    raw = _opened(source, settings)
    splits = splits_of(raw, settings)
    show_columns(raw.roles, raw.notes)
    _announce(raw, settings, splits)
    started = time.perf_counter()
    trainings = len(splits) + 1 if settings.folds else 1
    metric = NAMES["accuracy" if classes_of(raw) else "r2"]
    with following(trainings, settings.time_limit, metric) as bar:
        trial = tried(raw, settings, splits, bar)
    outcome = TableOutcome(source, settings, folder, trial, time.perf_counter() - started)
    prepare_folder(folder)  # again, should somebody have removed it meanwhile
    trial.estimator.save(folder / ESTIMATOR)
    write_atomically(folder / METRICS, metrics_text(trial.lines))
    write_atomically(folder / CONFIG, config_of_table(outcome))
    leave_only(folder, ESTIMATOR, METRICS, CONFIG)
    _show(outcome)
    places = {"model": ESTIMATOR, "metrics": METRICS, "settings": CONFIG}
    is_reported = report_written(folder, lambda: report_of_table(outcome))
    show_places(folder, is_reported, places, outcome.next_commands())
    if bar.is_interrupted:
        return INTERRUPTED
    return 0 if is_reported else FAILED


def _opened(source: str, settings: TrainSettings) -> RawData:
    wanted = wanted_of(**settings.of_columns, split=settings.split)
    with reading(source) as progress:
        return open_source(
            source, settings.target, settings.folder, wanted, settings.query, progress
        )


def _announce(raw: RawData, settings: TrainSettings, splits: list[Split]) -> None:
    classes = classes_of(raw)
    answer = raw.target_name
    if classes:
        answer = f"{answer}, one of {counted(len(classes), 'class', 'classes')}"
    say("data", f"{raw.name}: {counted(len(raw.table.order), 'column')} -> {answer}")
    if settings.folds:
        rows = counted(len(raw.table), "row")
        say("rows", f"{rows}, judged in {settings.folds} folds; what is kept learns from all")
    else:
        tested = f" + {len(splits[0].test):,} test" if len(splits[0].test) else ""
        if start := told_start(raw, splits[0].test):
            tested += f", from {start} on by {settings.split.partition(':')[2]!r}"
        say("rows", f"{len(splits[0].train):,} training{tested}")
    limit = f"; {settings.time_limit:g} s at most" if settings.time_limit else ""
    left_out = LEFT_OUT[settings.split.partition(":")[0]]
    say("learning", PRESETS[settings.preset or "strong"].format(**left_out) + limit)
    constant = "the shares of the classes in training" if classes else "the mean in training"
    say("constant", f"{constant}, whatever the row holds: what any net has to beat")
    if settings.baseline:
        say("baseline", f"boosted trees: scikit-learn's {NAME}, its defaults, the same rows")


def _show(outcome: TableOutcome) -> None:
    trial = outcome.trial
    show_lines(trial.lines, trial.raw.target_name)
    seen = targets(trial.raw)[trial.kept]
    classes = classes_of(trial.raw)
    for sentence in read_table(trial.lines, trial.last, seen, classes, trial.outweighing):
        say("worth a look", sentence)
    stopped = f"; {trial.stopped}" if trial.stopped else ""
    say("trained", f"{outcome.seconds:.1f} s, {outcome.nets}{stopped}")
