"""Trial: estimators trained on a table, each judged by rows that it has not seen.

Imports the estimators, the judgement and data. table_job.py runs it and shows what came out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.member_bar import MemberBar
from chainrule.cli.options import TrainSettings
from chainrule.cli.screen import counted
from chainrule.errors import DataError
from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.baseline import Boosted
from chainrule.estimators.member_training import Unfinished
from chainrule.train.data.fitted import fit_rows
from chainrule.train.data.outliers import outweighing
from chainrule.train.data.split import Split, fold_rows
from chainrule.train.data.split_keys import split_raw
from chainrule.train.data.tables import (
    RawData,
    Table,
    Text,
    refuse_infinite,
    refuse_unusable_numbers,
)
from chainrule.train.judgement import Figures, judge_classes, judge_constant, judge_numbers

Rows = NDArray[np.int64]
Estimator = TabularClassifier | TabularRegressor
CONSTANT, BASELINE = "constant", "baseline"
STRETCHES = 8  # of time: the strongest preset has as many nets
LEAST_SHARE = 0.5  # of what a fold was to have of the time limit; with less it is left out


@dataclass(frozen=True, eq=False)
class Answered:
    """What is said of some rows.

    Parameters
    ----------
    rows : ndarray of int64
        Of the table.
    answers : ndarray
        Chances (N, C), or numbers (N,).
    margin : ndarray or None
        Half the width of the interval around each number.
    """

    rows: Rows
    answers: NDArray[Any]
    margin: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """An estimator, and the rows of the table that it was trained on."""

    rows: Rows
    estimator: Estimator


@dataclass(frozen=True, eq=False)
class Trial:
    """What the trainings on a table have come to.

    Parameters
    ----------
    raw : RawData
        All rows with an answer.
    kept : ndarray of int64
        The rows that the estimator was trained on.
    estimator : TabularClassifier or TabularRegressor
    parts : mapping of str to Answered
        "training"; "validation", each row by a net that left it out; "test", the rows that the
        estimator has not seen, or with folds those that each training has not seen.
    lines : mapping of str to figures
        Of the parts, of each fold, of the constant answer and of the baseline.
    stopped : str
        What ended the trainings early, and what is kept; "" if nothing did.
    """

    raw: RawData
    kept: Rows
    estimator: Estimator
    parts: dict[str, Answered]
    lines: dict[str, Figures]
    stopped: str = ""

    @property
    def outweighing(self) -> int:
        """How many rows of a target of numbers outweigh all others."""
        return 0 if isinstance(self.raw.target, Text) else len(outweighing(self.raw.target))

    @property
    def last(self) -> str:
        """The part that was kept away longest."""
        return list(self.parts)[-1]


def targets(raw: RawData) -> NDArray[Any]:
    """Places among the classes, or numbers."""
    return raw.target.codes if isinstance(raw.target, Text) else raw.target


def classes_of(raw: RawData) -> tuple[str, ...]:
    """Names of the classes; () for numbers."""
    return raw.target.values if isinstance(raw.target, Text) else ()


def splits_of(raw: RawData, settings: TrainSettings) -> list[Split]:
    """One for each training that is judged; refused where nothing could be learned."""
    _refuse_unusable(raw)
    if settings.folds:
        splits = fold_rows(raw.strata, settings.folds, settings.seed, raw.keys)
    else:
        splits = [split_raw(raw, 0.0, settings.test, settings.seed)]
    y = targets(raw)
    for split in splits:
        seen = y[split.train]
        if len(seen) < 2 or seen.min() == seen.max():
            raise DataError(
                f"the {len(seen):,} rows that are left to train on have the same "
                f"{raw.target_name!r} throughout.",
                do="Split in another way, or with a smaller --test.",
            )
    return splits


def _refuse_unusable(raw: RawData) -> None:
    """Raise for a number that no net can read, in whatever part it would come to stand."""
    table = raw.table
    for name, numbers in zip(table.numeric, table.numbers.T, strict=True):
        refuse_infinite(numbers, name, table.places, table.source)
    if not isinstance(raw.target, Text):
        refuse_unusable_numbers(raw.target[:, None], (raw.target_name,), table.places, raw.name)


def tried(raw: RawData, settings: TrainSettings, splits: list[Split], bar: MemberBar) -> Trial:
    """Train and judge."""
    if settings.folds:
        return _in_folds(raw, settings, splits, bar)
    split = splits[0]
    estimator = _fitted(raw, split.train, settings, settings.time_limit, bar)
    judged_on = [split] if len(split.test) else []
    test = [answered(estimator, raw, each.test) for each in judged_on]
    boosted = [_boosted(raw, each, settings) for each in judged_on if settings.baseline]
    stopped = "interrupted: what was learned is kept" if bar.is_interrupted else ""
    return _judged(raw, Trained(split.train, estimator), test, boosted, {}, stopped)


def _in_folds(raw: RawData, settings: TrainSettings, splits: list[Split], bar: MemberBar) -> Trial:
    """A training for each fold, then one on all rows.

    Ctrl-C keeps the folds that are done, and the last training; the time limit leaves out folds,
    but not the training on all rows.
    """
    done, test, boosted = list[Trained](), list[Answered](), list[Answered]()
    lines, stopped = dict[str, Figures](), ""
    planned = (settings.time_limit or 0.0) / (len(splits) + 1)  # 0: without a limit
    try:
        for number, split in enumerate(splits):
            share = (bar.left - planned) / (len(splits) - number)
            if done and share < LEAST_SHARE * planned:
                stopped = f"the time limit ended the folds after {number} of {len(splits)}"
                break
            bar.training = number
            limit = share if planned else None
            estimator = _fitted(raw, split.train, settings, limit, bar)
            if bar.is_interrupted and done:
                break  # some nets of a fold would be judged among folds of all nets
            done.append(Trained(split.train, estimator))
            test.append(answered(estimator, raw, split.test))
            lines[f"fold {number + 1}"] = judged(raw, test[-1])
            if bar.is_interrupted:
                break
            if settings.baseline:
                boosted.append(_boosted(raw, split, settings))
        if not bar.is_interrupted:
            rows, bar.training = np.arange(len(raw.table)), len(splits)
            limit = max(bar.left, LEAST_SHARE * planned) if planned else None
            done.append(Trained(rows, _fitted(raw, rows, settings, limit, bar)))
    except Unfinished:  # the others are done
        if not done:
            raise
    if bar.is_interrupted:
        folds = f"interrupted: {len(test)} of {counted(len(splits), 'fold')} done"
        is_whole = len(done) > len(test)
        stopped = f"{folds}; kept is " + ("what was learned" if is_whole else f"fold {len(test)}")
    return _judged(raw, done[-1], test, boosted, lines, stopped)


def _judged(
    raw: RawData,
    last: Trained,
    test: list[Answered],
    boosted: list[Answered],
    folds: dict[str, Figures],
    stopped: str,
) -> Trial:
    """What is kept, with the figures of all parts."""
    kept, estimator = last.rows, last.estimator
    parts = {"training": answered(estimator, raw, kept), **_held_out(estimator, kept)}
    if test:
        parts["test"] = _joined(test)
    lines = {part: judged(raw, each) for part, each in parts.items()} | folds
    y = targets(raw)
    lines[CONSTANT] = judge_constant(y[kept], y[parts[list(parts)[-1]].rows], classes_of(raw))
    if boosted:
        lines[BASELINE] = judged(raw, _joined(boosted))
    return Trial(raw, kept, estimator, parts, lines, stopped)


def _boosted(raw: RawData, split: Split, settings: TrainSettings) -> Answered:
    trees = Boosted(fit_rows(raw, split.train), settings.seed)
    return _answered(trees.answers, raw, split.test)


def judged(raw: RawData, given: Answered) -> Figures:
    """The figures of some answers."""
    y, classes = targets(raw), classes_of(raw)
    truth = y[given.rows]
    if classes:
        found = judge_classes(given.answers, truth, classes)
        return {"rows": found["rows"], "loss": found["log_loss"], **found}
    found = judge_numbers(given.answers, truth, given.margin)
    return {"rows": found["rows"], "loss": float((found["rmse"] / np.std(y)) ** 2), **found}


def answered(estimator: Estimator, raw: RawData, rows: Rows) -> Answered:
    """What an estimator says of rows of the table."""
    found = _answered(answers_of(estimator), raw, rows)
    if isinstance(estimator, TabularClassifier):
        return found
    return replace(found, margin=np.full(len(rows), estimator.margin_))


def answers_of(estimator: Estimator) -> Callable[[Any], NDArray[Any]]:
    """What gives its chances, or its numbers."""
    if isinstance(estimator, TabularClassifier):
        return estimator.predict_proba
    return estimator.predict


def _answered(answer: Callable[[Table], NDArray[Any]], raw: RawData, rows: Rows) -> Answered:
    return Answered(rows, answer(raw.table.take(rows)))


def _fitted(
    raw: RawData, rows: Rows, settings: TrainSettings, limit: float | None, bar: MemberBar
) -> Estimator:
    kind = TabularClassifier if classes_of(raw) else TabularRegressor
    made: Estimator = kind(
        settings.preset or "strong", time_limit=limit, random_state=settings.seed
    )
    return made.fit_table(fit_rows(raw, rows), bar.watch, _groups_of(raw, rows))


def _groups_of(raw: RawData, rows: Rows) -> NDArray[np.int64] | None:
    """What is left out together: a group; or, where rows are split in time, a stretch of it."""
    if raw.keys is None or raw.keys.dtype.kind == "i":
        return None if raw.keys is None else raw.keys[rows]
    times = raw.keys[rows]
    ends = np.quantile(times, np.arange(1, STRETCHES) / STRETCHES)
    return np.searchsorted(ends, times, side="right")


def _held_out(estimator: Estimator, kept: Rows) -> dict[str, Answered]:
    """The rows that a net has left out, as it answers them."""
    held = estimator.held_out_
    known = ~np.isnan(held.reshape(len(held), -1)[:, 0])
    if not known.any():
        return {}
    answers = Answered(kept[known], held[known])
    if isinstance(estimator, TabularRegressor):
        answers = replace(answers, margin=np.full(len(answers.rows), estimator.margin_))
    return {"validation": answers}


def _joined(parts: list[Answered]) -> Answered:
    margins = [each.margin for each in parts if each.margin is not None]
    return Answered(
        np.concatenate([each.rows for each in parts]),
        np.concatenate([each.answers for each in parts]),
        np.concatenate(margins) if margins else None,
    )
