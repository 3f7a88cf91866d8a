"""The first net of a run of estimators as something to explore, on rows of its table.

Imports the estimators. run_subject.py calls it.
"""

from pathlib import Path

import numpy as np

from chainrule.cli.run_subject import Trained, rows_of, shown_rows, told
from chainrule.cli.screen import counted
from chainrule.errors import DataError
from chainrule.estimators import TabularClassifier
from chainrule.estimators.one_member import one_member
from chainrule.ops.losses.classification import SoftmaxCrossEntropy
from chainrule.ops.losses.regression import SquaredError
from chainrule.runs import load_run


def first_net(path: Path, source: str) -> Trained:
    """The first net of an ensemble, and a few rows, with answers where there are any."""
    estimator = load_run(path)
    preprocessing = estimator.table_.preprocessing
    if preprocessing is None:
        raise DataError(
            f"{path} was trained on an array, whose columns have no names.",
            do="Show it in Python: cr.show(net, (X, y), loss=..., page=True)",
        )
    rows = rows_of(path, source, preprocessing)
    chosen, y = shown_rows(rows)
    x = np.asarray(estimator.inputs(rows.table))[chosen]
    loss = SoftmaxCrossEntropy.function
    if not isinstance(estimator, TabularClassifier):
        loss = SquaredError.function
        if y is not None:
            y = (preprocessing.original(y).reshape(-1, 1) - estimator.mean_) / estimator.scale_
    what = f"the first of {counted(len(estimator.epochs_), 'net')}"
    return Trained(one_member(estimator), x, y, loss, told(what, rows, chosen))
