"""The job of `chainrule train`: from a data set's name to a folder with a model and a report.

Imports the files beside it, data, fit and saving. app.py calls it.
"""

import time
from collections.abc import Callable
from pathlib import Path

from threadpoolctl import threadpool_limits

from chainrule.cli.bar import reporter
from chainrule.cli.collector import held_still
from chainrule.cli.configuration import config_text
from chainrule.cli.failures import FAILED
from chainrule.cli.figure_table import shown
from chainrule.cli.folder import CONFIG, HISTORY, METRICS, leave_only, run_folder
from chainrule.cli.metrics_file import metrics_of_net
from chainrule.cli.options import TrainSettings, refuse_impossible
from chainrule.cli.outcome import Outcome
from chainrule.cli.part_figures import figures, heading
from chainrule.cli.reading_data import is_streamed, read
from chainrule.cli.reporting import report_page
from chainrule.cli.screen import counted, say, show_columns, table
from chainrule.cli.written import report_written, show_places
from chainrule.errors import ArgumentError, NonFiniteError
from chainrule.inspection import read_result
from chainrule.nn import Module
from chainrule.runs import NET, needs_scikit_learn
from chainrule.starting import INTERRUPTED
from chainrule.train import History
from chainrule.train.choices import TrainingPlan, check, plan
from chainrule.train.data import Dataset, names
from chainrule.train.data.sources import resolve
from chainrule.train.files import prepare_folder, write_atomically
from chainrule.train.saving import save_model


def train(source: str, settings: TrainSettings) -> int:
    """Train, write everything, and say what came out; the exit code."""
    refuse_impossible(settings)
    check(settings.choices())
    found = resolve(source, settings.folder)
    name = found if isinstance(found, str) else found.name
    # First: a folder that cannot be written is told before anything is read.
    with run_folder(settings.out, name, settings.overwrite) as folder:
        streams = is_streamed(source, settings)
        if not streams and not settings.of_a_net and _is_table(source, settings):
            with held_still():
                train_table = _for_tables()
            return train_table(source, settings, folder)
        return _train_net(source, settings, folder, streams)


def _train_net(source: str, settings: TrainSettings, folder: Path, streams: bool) -> int:
    dataset = read(source, settings, streams)
    show_columns(dataset.preprocessing.roles, dataset.notes)
    planned = plan(settings.choices(), dataset)
    model = planned.architecture.build(planned.seed)
    _announce(planned, dataset, model)
    started = time.perf_counter()
    history = _learn(planned, model, dataset)
    seconds = time.perf_counter() - started
    prepare_folder(folder)  # again, should somebody have removed it meanwhile
    save_model(folder / NET, model, planned.architecture, dataset.preprocessing)
    history.write_csv(folder / HISTORY)
    parts = figures(planned, model, dataset)
    outcome = Outcome(source, settings, planned, folder, dataset, model, history, seconds, parts)
    write_atomically(folder / METRICS, metrics_of_net(outcome))
    write_atomically(folder / CONFIG, config_text(outcome))
    leave_only(folder, NET, HISTORY, METRICS, CONFIG)
    _show_figures(outcome)
    places = {"model": NET, "history": HISTORY, "metrics": METRICS, "settings": CONFIG}
    is_reported = report_written(folder, lambda: report_page(outcome))
    show_places(folder, is_reported, places, outcome.next_commands())
    if history.stopped == "interrupted":
        return INTERRUPTED
    return 0 if is_reported else FAILED


def _is_table(source: str, settings: TrainSettings) -> bool:
    """Whether the source is a table, not a data set with a name."""
    if source not in names():
        return True
    if settings.of_an_estimator:
        raise ArgumentError(
            f"{settings.of_an_estimator[0]} speaks of how a table is learned; "
            f"the data set {source!r} trains one plain net.",
            do="Leave it out, or give the path of a table.",
        )
    return False


def _for_tables() -> Callable[[str, TrainSettings, Path], int]:
    """The job for tables; an error where scikit-learn is missing."""
    try:
        # Here, not above: scikit-learn takes a second to load, and a plain net goes without.
        from chainrule.cli.table_job import train_table  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise needs_scikit_learn(error) from error
    return train_table


def _learn(planned: TrainingPlan, model: Module, dataset: Dataset) -> History:
    try:
        with threadpool_limits(planned.threads(), user_api="blas"):
            return planned.fit(model, dataset, [reporter()])
    except NonFiniteError as error:
        options = f"--learning-rate {planned.rate / 10:g}, or --clip 1"
        raise NonFiniteError(
            error.what, found=error.found, do=f"Take smaller steps: {options}"
        ) from error


def _announce(planned: TrainingPlan, dataset: Dataset, model: Module) -> None:
    parts = {
        "training": dataset.rows,
        "validation": len(dataset.x_validation),
        "test": len(dataset.x_test),
    }
    split = " + ".join(f"{rows:,} {part}" for part, rows in parts.items() if rows)
    answer = dataset.preprocessing.target.name
    if dataset.classes:
        answer = f"{answer}, one of {counted(len(dataset.classes), 'class', 'classes')}"
    net = planned.architecture
    parameters = sum(p.size for p in model.parameters().values())
    say("data", f"{dataset.name}: {counted(dataset.inputs, 'input')} -> {answer}")
    say("rows", split)
    say(
        "net",
        f"{'-'.join(map(str, net.sizes))}, {net.activation}; "
        f"{counted(parameters, 'parameter')}; {net.loss}",
    )
    say(
        "learning",
        f"{planned.optimizer} at {planned.rate:g}, {planned.schedule}; l2 {planned.l2:g}; "
        f"{counted(planned.epochs, 'epoch')} of batches of {counted(planned.batch_size, 'row')}",
    )


def _show_figures(outcome: Outcome) -> None:
    names = list(outcome.parts[0].values)
    units = [heading(name, outcome.dataset.preprocessing) for name in names]
    rows = [
        (
            part.part,
            f"{part.rows:,}",
            f"{part.loss:.4f}",
            *(shown(name, part.values[name]) for name in names),
        )
        for part in outcome.parts
    ]
    table(["part", "rows", "loss", *units], rows, texts=["part"])
    parts = [part.part_of_report for part in outcome.parts]
    for sentence in read_result(parts, outcome.dataset.outweighing):
        say("worth a look", sentence)
    say("trained", f"{outcome.seconds:.1f} s, {_ending(outcome.history)}")
    say("steps", _timing(outcome.history))


def _timing(history: History) -> str:
    """How the steps ran, and where their time went."""
    timing = history.timing
    if not history.compiled:
        return f"eager, because {history.eager_because}" if history.eager_because else "eager"
    return (
        f"native: {timing.native:.2f} s in machine code, {timing.python:.2f} s in Python, "
        f"{timing.data:.2f} s for data, {timing.compiling:.2f} s to compile"
    )


def _ending(history: History) -> str:
    epochs = counted(len(history), "epoch")
    kept = f"; the weights are those of epoch {history.best_epoch}" if history.best_epoch else ""
    match history.stopped:
        case "interrupted":
            return f"interrupted in epoch {len(history)}: what was learned is kept{kept}"
        case "early stopping":
            return f"stopped early after {epochs}{kept}"
        case _:
            return f"{epochs}{kept}"
