"""The scale of the inputs, the balance of the classes, and labels that look wrong.

Imports the subject and the second opinion. What the inputs are is read where the first weights
meet them: a net that begins with a normalization takes them at any scale.
"""

from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Subject, indices
from chainrule.inspection.sanity.second_opinion import Opinion
from chainrule.tensors import Parameter

Array = np.ndarray[Any, np.dtype[Any]]

# LeCun, Bottou, Orr, Müller 1998, "Efficient backprop", section 4.3: inputs of mean 0 and a spread
# near 1. Initial weights are drawn for those; a factor of ten is a hundred in the curvature.
LARGE = 10.0  # root mean square of a column
SMALL = 0.03  # of the largest column
UNLIKE = 100.0  # the spread of one column over that of another
ROWS = 500  # in which it is seen how often a column differs from its median
DENSE = 0.5  # share of the rows that differ from the median: what is rare tells no scale
LISTED = 5  # columns that are named

RARE = 8.0  # rows of the most frequent class for each of the rarest one
RARE_MARK = 0.02  # share of a label among several that a row may have together

FEWEST = 60  # rows from which labels are doubted
WRONG = 0.04  # share of wrong labels among rows that are easy to tell
DEVIATIONS = 1.5  # by which the share must lie above that, as chance may have it
EVEN = 0.5  # wrong labels among easy rows, over those among all: mistakes fall on easy rows too
TELLING = 0.7  # errors over those of the constant answer: else nobody can tell which are easy ...
SURELY = 4.0  # ... and by so many standard errors fewer: the best of seven learners is lucky
SUSPECTS = 20  # rows that are listed


def data_checks(subject: Subject, opinion: Opinion | None) -> list[Check]:
    """Scale, balance and labels."""
    return [_scale(subject), _balance(subject), _labels(subject, opinion)]


def _scale(subject: Subject) -> Check:
    """As the first layer of weights receives it."""
    first = [each for each in subject.sample.weighted if each.depth == 0]
    if not first or indices(subject):
        return left_out("input_scale", "no layer of weights reads numbers of the inputs")
    found = [_columns(subject, each.data) for each in first]
    checks = [_scale_of(columns, plain) for columns, plain in found]
    return next((each for each in checks if each.state == "alarm"), checks[0])


def _columns(subject: Subject, data: Node) -> tuple[Array, bool]:
    """The numbers, and whether no parameter has changed them; all rows where nothing has."""
    behind: list[Node] = [data]
    seen: set[Node] = set(behind)
    while behind:
        for x in behind.pop().inputs:
            if x is not None and x not in seen:
                seen.add(x)
                behind.append(x)
    plain = not any(isinstance(each, Parameter) for each in seen)
    whole = any(data is leaf for leaf in subject.sample.inputs)
    values = subject.inputs if whole and subject.inputs is not None else np.asarray(data.value)
    return values.reshape(-1, values.shape[-1]), plain


def _scale_of(x: Array, plain: bool) -> Check:
    x = x.astype(np.float64)
    with np.errstate(all="ignore"):
        size = np.sqrt(np.square(x).mean(axis=0))
    spread = x.std(axis=0)
    largest = float(size.max(initial=0.0))
    some = x[:: max(len(x) // ROWS, 1)]
    dense = (spread > 0) & ((some != np.median(some, axis=0)).mean(axis=0) > DENSE)
    unlike = float(spread[dense].max() / spread[dense].min()) if dense.any() else 1.0
    numbers = {"largest": largest, "ratio": unlike}
    columns = np.argsort(-size, kind="stable")[:LISTED].tolist()
    if largest > LARGE:
        return alarm(
            "input_scale",
            f"columns {', '.join(str(i) for i in columns if size[i] > LARGE)}",
            f"{int((size > LARGE).sum())} of {x.shape[1]} columns have a root mean square above "
            f"{LARGE:g}; the largest is {largest:.3g}",
            "weights are drawn for inputs of mean 0 and a spread of 1: these make large scores, "
            "and steps that are too long along some columns",
            "Standardise the columns: (x - x.mean(0)) / x.std(0), with the figures of the "
            "training rows",
            **numbers,
        )
    if plain and 0 < largest < SMALL:
        return alarm(
            "input_scale",
            "all columns",
            f"no column has a root mean square above {largest:.2g}",
            "weights are drawn for inputs of a spread near 1: these hardly move the scores",
            "Standardise the columns: (x - x.mean(0)) / x.std(0)",
            **numbers,
        )
    if plain and unlike > UNLIKE:
        narrow = np.flatnonzero(dense & (spread * UNLIKE < spread[dense].max()))[:LISTED]
        return alarm(
            "input_scale",
            f"columns {', '.join(map(str, narrow.tolist()))}",
            f"the spread of one column is {unlike:.2g} times that of another",
            "what narrow columns say is drowned by the wide ones",
            "Standardise the columns: (x - x.mean(0)) / x.std(0)",
            **numbers,
        )
    return fine(
        "input_scale", f"the largest column has a root mean square of {largest:.2g}", **numbers
    )


def _balance(subject: Subject) -> Check:
    if subject.loss is None or not subject.single:
        return left_out("imbalance", "it is asked of one array of labels")
    y = subject.targets
    if subject.classes:
        counts = np.bincount(subject.facts.known(y), minlength=subject.classes)
        there = np.flatnonzero(counts)
        rare, common = int(there[counts[there].argmin()]), int(counts.argmax())
        return _of_counts(rare, common, counts.tolist())
    if subject.facts.targets != "shares":
        return left_out("imbalance", "the targets are numbers")
    positive = (y > 0.5).reshape(len(y), -1).mean(axis=0)
    rarer = np.minimum(positive, 1 - positive)
    if len(rarer) == 1:
        yes = round(float(positive[0]) * len(y))
        counts = [len(y) - yes, yes]
        return _of_counts(int(np.argmin(counts)), int(np.argmax(counts)), counts)
    worst = int(rarer.argmin())
    said = f"label {worst} has one answer on {rarer[worst]:.1%} of the rows"
    if rarer[worst] >= RARE_MARK:
        return fine("imbalance", said, shares=positive.tolist())
    return alarm(
        "imbalance",
        f"label {worst}",
        said,
        "answering the other one always is nearly right, and rare rows hardly count in the loss",
        "Weigh its rare rows: binary_cross_entropy's pos_weight, or more rows of them",
        shares=positive.tolist(),
    )


def _of_counts(rare: int, common: int, counts: list[int]) -> Check:
    said = f"class {rare} has {counts[rare]:,} rows, class {common} has {counts[common]:,}"
    if counts[common] <= RARE * (counts[rare] + 1):  # of a handful, one more may be missing
        return fine("imbalance", said, counts=counts)
    share = counts[common] / sum(counts)
    return alarm(
        "imbalance",
        f"class {rare}",
        f"{said}; always answering {common} is right on {share:.1%}",
        "the loss is that of the frequent class: the net may leave the rare one out and lose "
        "little",
        'Weigh the classes, fit(..., class_weight="balanced"), and judge by balanced accuracy',
        counts=counts,
    )


def _labels(subject: Subject, opinion: Opinion | None) -> Check:
    """Labels that plain learners contradict where they are surest.

    Where classes overlap, they are contradicted where they are least sure; labels that were
    mistaken or shuffled contradict them anywhere. Their share among easy rows is close to that of
    the mistakes (Northcutt, Jiang, Chuang 2021, "Confident learning").
    """
    if opinion is None or not opinion.of_labels:
        return left_out("label_noise", "it is asked of labels and numbers that can be compared")
    wrong, sure = opinion.misses > 0, opinion.sureness
    count = len(wrong)
    if count < FEWEST:
        return left_out("label_noise", f"{count} rows are too few to doubt one of them")
    half = np.argsort(-sure, kind="stable")[: count // 2]
    share, overall = float(wrong[half].mean()), float(wrong.mean())
    quarter = float(wrong[half[: len(half) // 2]].mean())
    certain = share - DEVIATIONS * np.sqrt(share * (1 - share) / len(half))
    suspects = opinion.rows[half[wrong[half]]][:SUSPECTS].tolist()
    numbers = {"share": share, "errors": overall, "suspects": suspects}
    said = (
        f"of the rows that are easiest to tell by their neighbours, {share:.1%} have another "
        f"label; of all rows, {overall:.1%}"
    )
    doubtful = certain > WRONG and min(share, quarter) > EVEN * overall
    luck = SURELY * np.sqrt(opinion.constant * (1 - opinion.constant) / count)
    if not doubtful or overall > min(TELLING * opinion.constant, opinion.constant - luck):
        return fine("label_noise", said, **numbers)
    return alarm(
        "label_noise",
        f"rows {', '.join(map(str, suspects[:LISTED]))} and others",
        said,
        "labels were mistaken or got out of step with their rows: overlapping classes would be "
        "confused where they meet, these are wrong anywhere",
        "Look at the rows named, correct or leave out what is wrong, or smooth the labels: "
        "functools.partial(loss, label_smoothing=0.1)",
        **numbers,
    )
