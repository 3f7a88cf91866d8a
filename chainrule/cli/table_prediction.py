"""What an estimator of a run says of rows.

Imports the estimators. prediction.py calls it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from chainrule.cli.answers import Answers, chosen_by, classified, numbers
from chainrule.cli.figure_table import in_words
from chainrule.errors import DataError
from chainrule.estimators import TabularClassifier
from chainrule.runs import load_run
from chainrule.train.data import Preprocessing
from chainrule.train.data.rows import Rows
from chainrule.train.judgement import judge_classes, judge_numbers


def opened(
    path: Path, threshold: float | None
) -> tuple[Preprocessing, Callable[[Rows], tuple[Answers, str]]]:
    """How rows are prepared for an estimator, and what it says of them."""
    estimator = load_run(path)
    preprocessing = estimator.table_.preprocessing
    if preprocessing is None:
        raise DataError(
            f"{path} was trained on an array, whose columns have no names.",
            do="Ask it in Python: chainrule.load_run(path).predict(array)",
        )
    classes, target = preprocessing.classes, preprocessing.target.name
    if threshold is not None:
        chosen_by(np.empty((0, 2)), threshold, classes)

    def answer(given: Rows) -> tuple[Answers, str]:
        judged, y = "", given.y
        if isinstance(estimator, TabularClassifier):
            shares = estimator.predict_proba(given.table)
            chosen = chosen_by(shares, threshold, classes)
            found = classified(preprocessing, shares, chosen, y, given.answered)
            if y is not None and len(y):
                rows = given.answered
                judged = in_words(judge_classes(shares[rows], y, classes, chosen[rows]), target)
        else:
            said = estimator.predict(given.table)
            ends = estimator.interval_around(said)
            found = numbers(preprocessing, said, y, given.answered, ends)
            if y is not None and len(y):
                truth = preprocessing.original(y)
                figures = judge_numbers(said[given.answered], truth, estimator.margin_)
                judged = in_words(figures, target)
        return replace(found, named=given.named), judged

    return preprocessing, answer
