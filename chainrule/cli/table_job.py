"""The job of `chainrule train TABLE`: an estimator on the table as it is, and what it is worth.

Imports the files beside it, data and the estimators. train_job.py calls it.
"""

import time

from chainrule.cli.bar import reading
from chainrule.cli.collector import held_still
from chainrule.cli.failures import FAILED
from chainrule.cli.figure_table import NAMES, show_lines
from chainrule.cli.folder import CONFIG, METRICS, REPORT, leave_only, run_folder
from chainrule.cli.member_bar import following
from chainrule.cli.metrics_file import metrics_text
from chainrule.cli.options import TrainSettings
from chainrule.cli.screen import complain, counted, say, show_columns
from chainrule.cli.table_configuration import config_of_table
from chainrule.cli.table_outcome import TableOutcome
from chainrule.cli.table_report import report_of_table
from chainrule.cli.table_trial import classes_of, splits_of, targets, tried
from chainrule.errors import ChainruleError
from chainrule.estimators.baseline import NAME
from chainrule.inspection.table_result import read_table
from chainrule.runs import ESTIMATOR
from chainrule.starting import INTERRUPTED
from chainrule.train.data.sources import open_source
from chainrule.train.data.split import Split
from chainrule.train.data.tables import RawData
from chainrule.train.data.wanted import wanted_of
from chainrule.train.files import prepare_folder, write_atomically

PRESETS = {
    "strong": "strong: eight nets, each leaves out another eighth of the rows",
    "fast": "fast: one net, which leaves out a fifth of the rows",
    "realmlp": "realmlp: the published recipe RealMLP-TD, one net of 256 epochs",
}


def train_table(source: str, settings: TrainSettings) -> int:
    """Train, write everything, and say what came out; the exit code."""
    raw = _opened(source, settings)
    splits = splits_of(raw, settings)
    show_columns(raw.roles, raw.notes)
    _announce(raw, settings, splits)
    with run_folder(settings.out, raw.name, settings.overwrite) as folder:
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
    _show(outcome, bar.is_interrupted)
    is_reported = _report(outcome)  # takes a second: the figures are there meanwhile
    _show_places(outcome, is_reported)
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
        say("rows", f"{len(splits[0].train):,} training{tested}")
    limit = f"; {settings.time_limit:g} s at most" if settings.time_limit else ""
    say("learning", PRESETS[settings.preset or "strong"] + limit)
    if settings.baseline:
        say("baseline", f"boosted trees: scikit-learn's {NAME}, its defaults, the same rows")


def _show(outcome: TableOutcome, is_interrupted: bool) -> None:
    trial = outcome.trial
    lines = {outcome.called(name): figures for name, figures in trial.lines.items()}
    show_lines(lines, trial.raw.target_name)
    seen = targets(trial.raw)[trial.kept]
    classes = classes_of(trial.raw)
    for sentence in read_table(trial.lines, trial.last, seen, classes, trial.outweighing):
        say("worth a look", sentence)
    stopped = "; interrupted: what was learned is kept" if is_interrupted else ""
    say("trained", f"{outcome.seconds:.1f} s, {outcome.nets}{stopped}")


def _report(outcome: TableOutcome) -> bool:
    """Write report.html; a failure is told, but the estimator is there and counts more."""
    try:
        with held_still():
            page = report_of_table(outcome)
        write_atomically(outcome.folder / REPORT, page)
    except ChainruleError as error:
        complain(f"The report was not written: {error.short()}")
        return False
    return True


def _show_places(outcome: TableOutcome, is_reported: bool) -> None:
    say("report", f"{outcome.folder / REPORT}" if is_reported else "not written")
    say("model", f"{outcome.folder / ESTIMATOR}")
    say("metrics", f"{outcome.folder / METRICS}")
    say("settings", f"{outcome.folder / CONFIG}")
    for number, (_, command) in enumerate(outcome.next_commands()):
        say("" if number else "next", command)
