"""What an estimator of a run says of rows.

Imports the estimators. prediction.py calls it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chainrule.cli.answers import Answers, classified, numbers
from chainrule.cli.figure_table import in_words
from chainrule.cli.said_class import level_of, threshold_of
from chainrule.cli.screen import counted
from chainrule.errors import DataError
from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.intervals import LEVEL
from chainrule.runs import load_run
from chainrule.train.data import Preprocessing
from chainrule.train.data.rows import Rows
from chainrule.train.judgement import judge_classes, judge_numbers


def opened(
    path: Path, threshold: str | None, interval: float | None
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
    moved = threshold_of(threshold, classes, "probability")
    level = level_of(interval, classes, has_intervals=True) or LEVEL

    def answer(given: Rows) -> tuple[Answers, str]:
        judged, y = "", given.y
        how = ("threshold", str(moved)) if moved else None
        if isinstance(estimator, TabularClassifier):
            shares = estimator.predict_proba(given.table)
            chosen = moved.chosen(shares) if moved else shares.argmax(axis=1)
            found = classified(preprocessing, shares, chosen, y, given.answered)
            if y is not None and len(y):
                rows = given.answered
                judged = in_words(judge_classes(shares[rows], y, classes, chosen[rows]), target)
        else:
            said = estimator.predict(given.table)
            ends = estimator.interval_around(said, level)
            how = ("interval", _told(estimator, level))
            found = numbers(preprocessing, said, y, given.answered, ends)
            if y is not None and len(y):
                truth = preprocessing.original(y)
                margin = estimator.margin_of(level)
                judged = in_words(judge_numbers(said[given.answered], truth, margin), target)
        return replace(found, named=given.named, how=how), judged

    return preprocessing, answer


def _told(estimator: TabularRegressor, level: float) -> str:
    """What the ends around a number are; wider than the largest miss they never are."""
    most, rows = estimator.highest_level, counted(len(estimator.misses_), "row")
    if 0 < most < level:
        told = f"as wide as the largest miss of the {rows} left out in training"
        return f"{told}, which tell of {most:.4g} at most, not of {level:.4g}"
    return f"{level:.4g} of such numbers lie between lowest and highest"
