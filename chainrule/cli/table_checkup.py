"""The sanity checks of a run of estimators: of one of its nets, on the rows of its table.

Imports the estimators. checkup_job.py calls it.
"""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.bar import reading
from chainrule.cli.screen import counted
from chainrule.errors import DataError
from chainrule.estimators import TabularClassifier
from chainrule.estimators.one_member import one_member
from chainrule.inspection import Checkup, checkup
from chainrule.ops.losses.classification import SoftmaxCrossEntropy
from chainrule.ops.losses.regression import SquaredError
from chainrule.runs import load_run
from chainrule.train.data import open_rows


def table_checkup(path: Path, source: str, data: dict[str, Any]) -> tuple[Checkup, str]:
    """What there is to say of the first net, and which rows it was asked of."""
    estimator = load_run(path)
    preprocessing = estimator.table_.preprocessing
    if preprocessing is None:
        raise DataError(
            f"{path} was trained on an array, whose columns have no names.",
            do="Ask it in Python: chainrule.checkup(net, (X, y), loss)",
        )
    folder = Path(data["folder"]) if "folder" in data else None
    with reading(source) as progress:
        given = open_rows(source, preprocessing, folder, data.get("query"), progress)
    if given.y is None or not len(given.answered):
        raise DataError(
            f"{source} has no column {preprocessing.target.name}, whose values the net answers.",
            do="Give the table that it was trained on.",
        )
    x = np.asarray(estimator.inputs(given.table))[given.answered]
    if isinstance(estimator, TabularClassifier):
        y, loss = given.y, SoftmaxCrossEntropy.function
    else:
        truth = preprocessing.original(given.y).reshape(-1, 1)
        y, loss = (truth - estimator.mean_) / estimator.scale_, SquaredError.function
    nets = len(estimator.epochs_)
    told = f"the first of {counted(nets, 'net')}, {counted(len(x), 'row')} of {source}"
    return checkup(one_member(estimator), (x, y), loss), told
