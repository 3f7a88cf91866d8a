"""The report of a training run: one HTML file that needs nothing else.

Imports charts, confusion, checkup, result, templates and pages (the door to jinja2). The command
line fills a ReportData and writes what render_report returns; the page is report.html.jinja.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.inspection import charts
from chainrule.inspection.checkup import SOUND, Checkup
from chainrule.inspection.confusion import confusion_matrix
from chainrule.inspection.learning_curves import read_curves
from chainrule.inspection.pages import render
from chainrule.inspection.ratios import read_ratios
from chainrule.inspection.result import Part, read_result
from chainrule.inspection.templates import Template
from chainrule.ops.losses.loss import facts_of_named

Array = np.ndarray[Any, np.dtype[Any]]
Task = Literal["classification", "regression"]

MISTAKES = 5  # pairs of classes that are named
LOG_LOSS = "log loss"  # is the loss, where it is among the metrics
SHARES = ("coverage", "precision", "recall", "f1")
BOUNDED, HARDLY = ("R^2", "r2"), 0.001
MANY = 10_000  # from here on decimals tell nothing


@dataclass(frozen=True, eq=False)
class ReportData:
    """All that a report shows, as plain values; what is left out is left out of the page.

    Parameters
    ----------
    title : str
        Such as "digits".
    task : {"classification", "regression"}
    parts : sequence of Part
        Training first, the part that was kept away longest last: it makes the headline.
    history : mapping of str to sequence
        Columns with one value per epoch, as ``History.to_dict()`` gives them: "loss",
        "data_loss" (without regularization), "validation_loss", the metric and "validation_" +
        metric, "update_ratio/PATH" and "gradient_norm/PATH".
    loss : str
        Name of the loss.
    metric : str
        Name of the metric's column in the history; "" if there is none.
    parameters : int
    seconds : float
        Of the training.
    best_epoch : int, optional
        The epoch whose weights were kept, from 1.
    classes : sequence of str
        Names of the C classes; () for regression.
    confusion : ndarray of int, (C, C), optional
        Rows of the last part: truth down, answers across.
    true, predicted : ndarray, (N,), optional
        Of a regression, for the last part, in the target's own unit.
    target : str
        What is predicted, with its unit if it has one.
    templates : sequence of Template
        From :func:`templates`.
    graph : str
        From :func:`graph_svg`: it goes into the page as it is.
    checkup : Checkup, optional
        From :func:`checkup`.
    summary : str
        The layers as text: ``str(model.summary(D))``.
    settings : mapping of str to object
        Of the run; a value may itself be a mapping, a group of settings.
    commands : sequence of (str, str)
        What to do next, and the command that does it.
    references : sequence of Part
        Lines below the parts, to read them against: a constant answer, another learner, folds.
    per_class, calibration : sequence of mapping
        As `train.judgement` gives them, for the last part.
    importance : sequence of (str, float, float)
        Name of a column, how much the first metric falls when it is shuffled, and the standard
        deviation of that; the most important first.
    worst : (sequence of str, sequence of sequence of str), optional
        Headings and cells of the rows that are missed by most.
    columns : sequence of (str, str, str)
        Each column of the table, what it is taken for, and why.
    outweighing : int
        How many rows of a target of numbers outweigh all others.
    worries : sequence of str
        What to look at, besides what is found in the parts and the checkup.
    """

    title: str
    task: Task
    parts: Sequence[Part]
    history: Mapping[str, Sequence[float]]
    loss: str
    metric: str = ""
    parameters: int = 0
    seconds: float = 0.0
    best_epoch: int | None = None
    classes: Sequence[str] = ()
    confusion: Array | None = None
    true: Array | None = None
    predicted: Array | None = None
    target: str = "target"
    templates: Sequence[Template] = ()
    graph: str = ""
    checkup: Checkup | None = None
    summary: str = ""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    commands: Sequence[tuple[str, str]] = ()
    references: Sequence[Part] = ()
    per_class: Sequence[Mapping[str, Any]] = ()
    calibration: Sequence[Mapping[str, Any]] = ()
    importance: Sequence[tuple[str, float, float]] = ()
    worst: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None
    columns: Sequence[tuple[str, str, str]] = ()
    outweighing: int = 0
    worries: Sequence[str] = ()

    def __post_init__(self) -> None:
        classes = len(self.classes)
        if self.confusion is not None and np.shape(self.confusion) != (classes, classes):
            raise ShapeError(
                f"a confusion matrix of {classes} classes has {classes} rows and columns.",
                found=[describe("confusion", self.confusion)],
                do="Count the answers of every class: one row per true class.",
            )
        if _size(self.true) != _size(self.predicted):
            raise ShapeError(
                "residuals need one prediction per true value.",
                found=[describe("true", self.true), describe("predicted", self.predicted)],
                do="Give both for the same rows.",
            )


def _size(values: Array | None) -> int:
    return 0 if values is None else np.size(values)


def render_report(data: ReportData) -> str:
    """The whole page as text; write it to a file as UTF-8.

    Raises
    ------
    MissingLibraryError
        If matplotlib or jinja2 is not installed.
    """
    ratios, norms = _per_layer(data, "update_ratio/"), _per_layer(data, "gradient_norm/")
    return render(
        "report.html.jinja",
        data=data,
        epochs=len(data.history.get("loss", ())),
        headline=_headline(data),
        metrics=list(data.parts[-1].values) if data.parts else [],
        curves=_curves(data) if data.history else [],
        reading=read_curves(*_losses(data)),
        has_loss=not data.parts or LOG_LOSS not in data.parts[-1].values,
        lines=[*data.parts, *data.references],
        calibration=_calibration(data),
        widest=max((abs(fall) for _, fall, _ in data.importance), default=0.0),
        confusion=_confusion(data),
        mistakes=_mistakes(data),
        baseline=_baseline(data),
        residuals=_residuals(data),
        worries=[
            *(() if data.references else read_result(data.parts, data.outweighing)),
            *(data.checkup.advice if data.checkup else ()),
            *data.worries,
        ],
        sound=_sound(data),
        ratios=data.checkup.ratios if data.checkup else read_ratios(ratios),
        ratio_chart=charts.ratio_curves("ratio", ratios) if _drawable(ratios) else "",
        norm_chart=charts.gradient_norms("norm", norms) if _drawable(norms) else "",
        settings=_flat(data.settings),
        shown=shown,
        printed=printed,
    )


def _sound(data: ReportData) -> str:
    """What may be said where nothing was found: no more than what was looked at."""
    if len(data.parts) < 2 or not np.isfinite(data.parts[-1].constant):
        return SOUND
    return (
        f"Nothing to worry about. {SOUND} The net does better than a constant answer, and not "
        "far worse on new rows than on those it was trained on."
    )


def shown(name: str, value: float) -> str:
    """A figure as text: accuracies in per cent, others with four digits."""
    if not np.isfinite(value):
        return "–"
    if "accuracy" in name or name in SHARES:
        return f"{value:.2%}"
    if name in BOUNDED and abs(value) < HARDLY:  # no -4.9e-05 for an R² of nothing
        return f"{round(value, 4) + 0.0:.4f}"
    return f"{value:,.0f}" if abs(value) >= MANY else f"{value:.4g}"


def printed(name: str) -> str:
    """A metric's name as a page writes it."""
    return "R²" if name in ("r2", "R^2") else name.replace("_", " ")


def _headline(data: ReportData) -> list[tuple[str, str]]:
    """The figures that a person asks for first, with their names."""
    cards: list[tuple[str, str]] = []
    if data.parts:
        last = data.parts[-1]
        cards += [
            (f"{last.name} {printed(name)}", shown(name, x)) for name, x in last.values.items()
        ]
        if LOG_LOSS not in last.values:
            cards.append((f"{last.name} loss", shown("loss", last.loss)))
        cards.append(("rows trained on", f"{data.parts[0].rows:,}"))
    cards.append(("parameters", f"{data.parameters:,}"))
    return [*cards, ("training", f"{data.seconds:.1f} s")]


def _curves(data: ReportData) -> list[str]:
    """Loss, and the metric if there is one, over the epochs."""
    unit = facts_of_named(data.loss).unit
    unit = f" ({unit})" if unit else ""
    label = data.loss.replace("_", " ")
    # Validation knows no regularization: without it the two lines can be compared.
    loss = "data_loss" if "data_loss" in data.history else "loss"
    drawn = [((loss, "validation_loss"), f"loss: {label}{unit}")]
    if data.metric:
        drawn.append(((data.metric, f"validation_{data.metric}"), printed(data.metric)))
    made: list[str] = []
    for columns, ylabel in drawn:
        series = {
            part: data.history[column]
            for part, column in zip(("training", "validation"), columns, strict=True)
            if column in data.history
        }
        if _drawable(series):
            made.append(charts.curves(f"curve{len(made)}", series, ylabel, data.best_epoch))
    return made


def _losses(data: ReportData) -> tuple[Sequence[float], Sequence[float]]:
    """Of the epochs, on training rows without regularization, and on validation rows."""
    history = data.history
    seen = history.get("data_loss", history.get("loss", ()))
    return seen, history.get("validation_loss", ())


def _drawable(series: Mapping[str, Sequence[float]]) -> bool:
    return any(np.isfinite(values).any() for values in series.values())


def _per_layer(data: ReportData, prefix: str) -> dict[str, Sequence[float]]:
    columns = data.history.items()
    return {name[len(prefix) :]: x for name, x in columns if name.startswith(prefix)}


def _confusion(data: ReportData) -> str:
    if data.confusion is None or not np.sum(data.confusion):
        return ""
    return confusion_matrix("confusion", data.confusion, data.classes)


def _mistakes(data: ReportData) -> list[tuple[str, str, int]]:
    """The most frequent confusions: truth, answer, rows."""
    if data.confusion is None:
        return []
    wrong = np.array(data.confusion)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MISTAKES]
    names = [str(name) for name in data.classes]
    pairs = [divmod(int(i), len(names)) for i in order]
    return [
        (names[truth], names[answer], int(wrong[truth, answer]))
        for truth, answer in pairs
        if wrong[truth, answer]
    ]


def _baseline(data: ReportData) -> str:
    """What knowing nothing gives, to read the headline against."""
    if data.task == "regression":
        return "Always answering the mean gives an R² of 0; a perfect net has 1."
    if data.confusion is None or not np.sum(data.confusion):
        return ""
    counts = np.sum(data.confusion, axis=1)
    share = float(np.max(counts) / np.sum(counts))
    return f"Always answering the most frequent class gives an accuracy of {share:.2%}."


def _calibration(data: ReportData) -> str:
    if not data.calibration:
        return ""
    chances, shares, rows = (
        [float(each[name]) for each in data.calibration] for name in ("chance", "share", "rows")
    )
    said = str(data.classes[1]) if len(data.classes) == 2 else "the class that is said"
    return charts.calibration("calibration", chances, shares, rows, said)


def _residuals(data: ReportData) -> list[str]:
    if data.true is None or data.predicted is None or not np.size(data.true):
        return []
    true, predicted = np.asarray(data.true), np.asarray(data.predicted)
    return [
        charts.predicted_against_true("against", true, predicted, data.target),
        charts.residuals("residual", true, predicted, data.target),
    ]


def _flat(settings: Mapping[str, object], group: str = "") -> list[tuple[str, str]]:
    """Groups of settings as one list: "training.epochs"."""
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        path = f"{group}.{name}" if group else name
        if isinstance(value, Mapping):
            members = cast(Mapping[object, object], value)
            rows += _flat({str(name): x for name, x in members.items()}, path)
        else:
            rows.append((path, str(value)))
    return rows
