"""What the report of a training on a table shows, gathered from its outcome.

Imports inspection, which draws the page. table_job.py writes what comes back.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.figure_table import NAMES, written_alike
from chainrule.cli.table_configuration import settings_of_table
from chainrule.cli.table_outcome import TableOutcome
from chainrule.cli.table_trial import Answered, Trial, answers_of, classes_of, targets
from chainrule.estimators.importance import column_importance
from chainrule.inspection import Part, ReportData, render_report
from chainrule.inspection.table_result import read_table
from chainrule.train.data.objects import cells_of
from chainrule.train.data.tables import Table, Text, Values
from chainrule.train.judgement import confusion, judge_answers, judge_numbers

WORST = 10  # rows that are shown
SAMPLE = 1000  # rows that a column is shuffled in
MANY_COLUMNS, REPEATS = 20, 3  # up to so many columns, each is shuffled so often; once beyond


def report_of_table(outcome: TableOutcome) -> str:
    """The whole page as HTML text."""
    trial = outcome.trial
    raw, classes, last = trial.raw, classes_of(trial.raw), trial.parts[trial.last]
    truth = targets(raw)[last.rows]
    seen = targets(raw)[trial.kept]
    figures = trial.lines[trial.last]
    return render_report(
        ReportData(
            title=raw.name,
            task="classification" if classes else "regression",
            parts=[_part(name, trial.lines[name]) for name in trial.parts],
            references=[
                _part(name, each) for name, each in trial.lines.items() if name not in trial.parts
            ],
            history={},
            loss="",
            parameters=sum(p.size for p in trial.estimator.ensemble_.parameters().values()),
            seconds=outcome.seconds,
            classes=classes,
            confusion=_confusion(last, truth, len(classes)) if classes else None,
            per_class=figures.get("classes", ()),
            calibration=figures.get("calibration", ()),
            true=None if classes else truth,
            predicted=None if classes else last.answers,
            target=raw.target_name,
            importance=[(each.name, each.fall, each.spread) for each in _importance(trial)],
            worst=_worst(trial, last),
            columns=[(role.name, role.kind, role.reason) for role in raw.roles],
            worries=(
                *read_table(trial.lines, trial.last, seen, classes, trial.outweighing),
                *raw.notes,
            ),
            summary=f"{outcome.nets}\n{trial.estimator.ensemble_}",
            settings=settings_of_table(outcome),
            commands=outcome.next_commands(),
        )
    )


def _part(name: str, figures: Mapping[str, Any]) -> Part:
    order = sorted(NAMES, key=lambda key: key != "r2")  # what has no unit makes the headline
    values = {NAMES[key]: figures[key] for key in order if key in figures}
    return Part(name, figures["rows"], figures.get("loss", np.nan), values)


def _confusion(last: Answered, truth: Any, classes: int) -> Any:
    return confusion(last.answers.argmax(1), truth, classes)


def _importance(trial: Trial) -> list[Any]:
    """On rows that were not trained on, if there are any."""
    raw, rows = trial.raw, trial.parts[trial.last].rows
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:SAMPLE])
    table, truth = raw.table.take(rows), targets(raw)[rows]
    answer, classes = answers_of(trial.estimator), classes_of(raw)

    def score(table: Table) -> float:
        said = answer(table)
        if classes:
            return judge_answers(said.argmax(1), truth, classes)["accuracy"]
        return judge_numbers(said, truth)["r2"]

    repeats = REPEATS if len(table.order) <= MANY_COLUMNS else 1
    return column_importance(score, table, repeats, seed=0)


def _worst(trial: Trial, last: Answered) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: those whose truth surprises the most."""
    raw, classes = trial.raw, classes_of(trial.raw)
    truth = targets(raw)[last.rows]
    own = last.answers[np.arange(len(truth)), truth] if classes else -np.abs(last.answers - truth)
    order = np.argsort(own, kind="stable")[:WORST]
    if classes:  # the others may be unsure, but are right
        order = order[last.answers[order].argmax(1) != truth[order]]
    headings = ["row", *raw.named, "truth", "answer"]
    headings.append("its chance" if classes else "off by")
    rows = last.rows[order]
    named = [cells_of(_taken(values, rows)) for values in raw.named.values()]
    numbers = [] if classes else _numbers(truth[order], last.answers[order])
    found: list[list[str]] = []
    for number, place in enumerate(order.tolist()):
        cells = [raw.table.places[int(last.rows[place])], *(names[number] for names in named)]
        if classes:
            said = int(last.answers[place].argmax())
            cells += [classes[truth[place]], classes[said], f"{last.answers[place, said]:.2f}"]
        else:
            cells += numbers[number]
        found.append(cells)
    return headings, found


def _numbers(truth: NDArray[Any], said: NDArray[Any]) -> list[list[str]]:
    """Truth, answer and what lies between, of each row."""
    both = written_alike([*truth.tolist(), *said.tolist()])
    off = written_alike((said - truth).tolist(), "+")
    return [list(row) for row in zip(both[: len(truth)], both[len(truth) :], off, strict=True)]


def _taken(values: Values, rows: NDArray[np.int64]) -> Values:
    return values.take(rows) if isinstance(values, Text) else values[rows]
