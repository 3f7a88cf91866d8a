"""What the report of a run shows: its data, gathered from the outcome.

Imports inspection, which draws the page. training.py writes what comes back.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.configuration import settings_record
from chainrule.cli.outcome import Outcome
from chainrule.inspection import (
    Checkup,
    ReportData,
    Template,
    graph_svg,
    read_ratios,
    render_report,
    templates,
)
from chainrule.nn import objective
from chainrule.tensors import tensor
from chainrule.train.judgement import confusion

GRAPH_ROWS = 4  # a batch small enough to be looked at
RATIO = "update_ratio/"


def report_page(outcome: Outcome) -> str:
    """The whole page as HTML text."""
    dataset, history = outcome.dataset, outcome.history
    last = outcome.parts[-1]
    truth = dataset.targets[last.part]
    return render_report(
        ReportData(
            title=dataset.name,
            task=dataset.task,
            parts=[part.part_of_report for part in outcome.parts],
            outweighing=dataset.outweighing,
            history=history.to_dict(),
            loss=outcome.plan.architecture.loss,
            metric=history.metric,
            parameters=sum(p.size for p in outcome.model.parameters().values()),
            seconds=outcome.seconds,
            best_epoch=history.best_epoch,
            classes=dataset.classes,
            confusion=(
                confusion(last.outputs.argmax(axis=1), truth, len(dataset.classes))
                if dataset.classes
                else None
            ),
            true=None if dataset.classes else _original(outcome, truth),
            predicted=None if dataset.classes else _original(outcome, last.outputs),
            target=dataset.preprocessing.target.name,
            templates=_templates(outcome),
            graph=_graph(outcome),
            checkup=_checkup(outcome),
            summary=str(outcome.model.summary(dataset.inputs)),
            settings=settings_record(outcome),
            commands=outcome.next_commands(),
        )
    )


def _original(outcome: Outcome, y: NDArray[Any]) -> NDArray[np.float64]:
    return outcome.dataset.preprocessing.original(y)


def _templates(outcome: Outcome) -> tuple[Template, ...]:
    """The weights of the first layer; what they speak for, if the second is the last."""
    weights = [p.data for p in outcome.model.parameters().values() if p.ndim == 2]
    return templates(
        weights[0],
        image_shape=outcome.dataset.image_shape,
        features=outcome.dataset.features,
        output_weights=weights[1] if len(weights) == 2 else None,
        classes=outcome.dataset.classes,
    )


def _graph(outcome: Outcome) -> str:
    """The graph of a few rows' loss, after backward, with the regularization as a term of it."""
    dataset, plan = outcome.dataset, outcome.plan
    x = tensor(dataset.x_train[:GRAPH_ROWS], name="x")
    y = tensor(dataset.y_train[:GRAPH_ROWS], name="labels" if dataset.classes else "target")
    terms = objective(outcome.model, plan.loss(outcome.model(x), y), plan.regularization())
    loss = terms.total
    terms.data.name = "data loss"
    if terms.regularization is not None:
        terms.regularization.name, loss.name = "regularization", "loss"
    loss.backward()
    return graph_svg(loss, title=f"The loss of {len(x.data)} training rows, after backward()")


def _checkup(outcome: Outcome) -> Checkup:
    """Every unit on every training row."""
    columns = outcome.history.to_dict().items()
    ratios = {name[len(RATIO) :]: x for name, x in columns if name.startswith(RATIO)}
    training = outcome.parts[0]
    return Checkup(training.rows, training.layers, read_ratios(ratios))
