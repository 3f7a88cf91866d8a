"""The net of a finished run as something to explore, with its loss on rows of its data.

Imports the explorer's subjects and what opens a run. explore_job.py calls it.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.bar import reading
from chainrule.cli.checkup_job import checkup_of, record_of
from chainrule.cli.prediction import model_file
from chainrule.explorer.subjects import Subject
from chainrule.inspection import Checkup
from chainrule.inspection.given_graph import Given, graph_given
from chainrule.nn import Module
from chainrule.runs import ESTIMATOR, NET, needs_scikit_learn
from chainrule.tensors import tensor
from chainrule.train.choices import losses
from chainrule.train.data import Preprocessing, open_rows
from chainrule.train.data.rows import Rows
from chainrule.train.saving import load_model

ROWS = 4  # few enough to be read one by one


class Trained(NamedTuple):
    """A net, a few rows that it reads, and the loss where their answers are known."""

    model: Module
    x: Any
    y: Any
    loss: Callable[..., Any]
    says: str


def run_subject(run: Path, source: str = "") -> Subject:
    """A run of any kind on a few of its rows; of estimators, the first net.

    Parameters
    ----------
    run : Path
        A folder that ``chainrule train`` has written, or the model in it.
    source : str, optional
        A table to take the rows from. Default: what the run was trained on.

    Raises
    ------
    MissingDataError
        If there is no run, or its data are gone.
    DataError
        If the rows are none that the net can read.
    """
    path = model_file(run, source)
    if path.suffix == Path(ESTIMATOR).suffix:
        try:
            # Here, not above: scikit-learn takes a second to load, and a plain net goes without.
            from chainrule.cli.table_subject import first_net  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise needs_scikit_learn(error) from error
        found = first_net(path, source)
    else:
        found = _plain_net(path, source)
    name = path.resolve().parent.name if path.name in (ESTIMATOR, NET) else path.stem
    x = np.asarray(found.x)

    def graphed(values: Mapping[str, Any]) -> Given:
        rows = tensor(values["x"], "x")
        if found.y is None:
            return graph_given("chainrule explore", [found.model, rows])
        return graph_given("chainrule explore", [found.model, (rows, found.y)], found.loss)

    @functools.cache
    def checked() -> Checkup:
        return checkup_of(path, source)[0]

    return Subject(name, found.says, {"x": x}, graphed, checked)


def _plain_net(path: Path, source: str) -> Trained:
    model, saved = load_model(path)
    rows = rows_of(path, source, saved.preprocessing)
    chosen, y = shown_rows(rows)
    loss = losses(saved.preprocessing.task)[saved.architecture.loss]
    return Trained(model, rows.x[chosen], y, loss, told("a run", rows, chosen))


def rows_of(path: Path, source: str, preprocessing: Preprocessing) -> Rows:
    """The rows of a source, or those that the run was trained on."""
    record: dict[str, Any] = {} if source else record_of(path.parent)["data"]
    source = source or str(record["source"])
    folder = Path(record["folder"]) if "folder" in record else None
    with reading(source) as progress:
        return open_rows(source, preprocessing, folder, record.get("query"), progress)


def shown_rows(rows: Rows) -> tuple[Any, Any]:
    """The places of the rows that are shown, and their answers where there are any."""
    if rows.y is None or len(rows.answered) == 0:
        return np.arange(min(ROWS, len(rows.table))), None
    chosen = spread(rows.y)
    return rows.answered[chosen], rows.y[chosen]


def spread(y: NDArray[Any]) -> NDArray[np.int64]:
    """A few places, over the classes or from the least number to the largest; always the same."""
    keys = y if y.ndim == 1 else y[:, 0]
    order = np.argsort(keys, kind="stable")
    if keys.dtype.kind == "f":
        steps = np.linspace(0, len(order) - 1, min(ROWS, len(order)))
        return np.sort(order[steps.round().astype(np.int64)])
    # The first row of every class comes before the second one of any.
    _, starts, sizes = np.unique(keys[order], return_index=True, return_counts=True)
    if len(starts) > ROWS:
        kept = np.linspace(0, len(starts) - 1, ROWS).round().astype(np.int64)
        starts, sizes = starts[kept], sizes[kept]
    turns = [(turn, k) for turn in range(ROWS) for k in range(len(starts)) if turn < sizes[k]]
    return np.sort(order[[starts[k] + turn for turn, k in turns[:ROWS]]])


def told(what: str, rows: Rows, chosen: Any) -> str:
    """Where the numbers come from: "a run, on rows 1, 2, 51 and 101 of iris"."""
    said = [rows.table.places[int(row)] for row in chosen]
    units = {place.partition(" ")[0] for place in said}
    if len(said) > 1 and len(units) == 1:  # lines of a file, or rows
        said = [place.partition(" ")[2] for place in said]
        said[0] = f"{units.pop()}s {said[0]}"
    listed = " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]])) or "no row"
    return f"{what}, on {listed} of {rows.table.source}"
