"""What preprocessing must know, from the training rows alone.

Imports the data model beside it. `loading.load` uses it, so that no held-out row leaks into the
means, the categories or the scale.
"""

from dataclasses import asdict, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Moment,
    Numeric,
    Quantity,
    Target,
    Written,
)
from chainrule.train.data.outliers import held_at, lies_far, middle_of
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.tables import (
    RawData,
    Rows,
    Text,
    refuse_infinite,
    refuse_unusable_numbers,
)
from chainrule.train.data.times import parts_of

Moments = NDArray[np.float64]
BLOCK = 4096  # rows at a time
BYTE_ROWS = 256  # whose sums of squares float32 holds exactly: 256 * 255**2 < 2**24


def learn(raw: RawData, rows: Rows) -> Preprocessing:
    """Means, scales, categories and classes of the training rows.

    Parameters
    ----------
    rows : ndarray, int64
        The training rows.

    Notes
    -----
    A picture's pixels have a mean each but share one std, the root of the mean of their
    variances. A std each would blow up the corners that are almost always empty; with one scale,
    a first-layer template stays a picture. Measured with scikit-learn's MLP on digits, 5 epochs:
    0.931 test accuracy against 0.919 with a std each, and 0.889 with the pixels divided by 16.
    """
    if raw.roles:
        return _learn_inferred(raw, rows)
    refuse_unusable_numbers(raw.table.numbers, raw.table.numeric, raw.table.places, raw.name)
    mean, std = _moments(raw.table.numbers, rows)
    if raw.image_shape:
        std = np.full_like(std, np.sqrt(np.mean(std**2)) or 1.0)
    std = np.where(std == 0, 1.0, std)
    scale = dict(
        zip(raw.table.numeric, zip(mean.tolist(), std.tolist(), strict=True), strict=True)
    )

    def column(name: str) -> Column:
        if name in scale:
            return Numeric(name, *scale[name])
        return Categorical(name, raw.table.texts[name].take(rows).used().values)

    return Preprocessing(tuple(column(name) for name in raw.table.order), _target(raw, rows))


def _learn_inferred(raw: RawData, rows: Rows) -> Preprocessing:
    """The same of a table as people have it: with gaps, dates and cells far from all others."""
    table, rows = raw.table, np.sort(rows)  # in the order of memory
    place = {name: index for index, name in enumerate(table.numeric)}

    def written(name: str) -> Written:
        return raw.written.get(name, Written())

    def column(name: str) -> Column:
        if name in place:
            numbers = table.numbers[:, place[name]]
            refuse_infinite(numbers, name, table.places, table.source)
            learned = learn_numeric(name, numbers[rows])
            return replace(learned, **asdict(written(name)))
        if name in table.times:
            moment = _moment(name, table.times[name][rows], raw.orders[name])
            return replace(moment, words=written(name).words)
        text = table.texts[name].take(rows)
        has_gaps = bool((text.codes < 0).any())
        return Categorical(name, text.used().values, has_gaps, takes_new=True)

    columns = tuple(column(name) for name in table.order)
    return Preprocessing(columns, _target(raw, rows), raw.roles, raw.marks, raw.decimal)


def learn_numeric(name: str, numbers: NDArray[np.float64]) -> Numeric:
    """What is known of a column of numbers, NaN in a gap, from its training rows."""
    gaps = np.isnan(numbers)
    has_gaps = bool(gaps.any())
    known = numbers[~gaps] if has_gaps else numbers
    if not known.size:  # in the training rows, at least
        return Numeric(name, 0.0, 1.0, median=0.0, has_gaps=True)
    median, spread = middle_of(known)
    low, high = held_at(median, spread)
    least, most = known.min(), known.max()
    is_far = lies_far(float(least), float(most), median, spread)
    if is_far:
        numbers = np.clip(numbers, low, high)
    if has_gaps:
        numbers = np.where(gaps, median, numbers)
    # A constant column, exactly: its mean would be off by a rounding, and its std not quite 0.
    mean = float(least) if least == most else float(numbers.mean())
    std = 0.0 if least == most else float(np.sqrt(np.square(numbers - mean).mean()))
    bounds = (low, high) if is_far else (None, None)
    column = Numeric(name, mean, std or 1.0, median, has_gaps, *bounds)
    return replace(column, least=float(least), most=float(most))


def _moment(name: str, times: NDArray[Any], order: str) -> Moment:
    """The parts of a date that differ; the elapsed days at least."""
    found = {part: learn_numeric(part, numbers) for part, numbers in parts_of(times).items()}
    known = times[~np.isnat(times)]
    constant = {
        part for part, numbers in parts_of(known).items() if np.unique(numbers).size < 2
    } - {"elapsed"}  # fmt: skip
    parts = tuple(
        replace(column, has_gaps=False) for part, column in found.items() if part not in constant
    )
    return Moment(name, parts, order, has_gaps=len(known) < len(times))


def _target(raw: RawData, rows: Rows) -> Target:
    if isinstance(raw.target, Text):
        return Classes(raw.target_name, raw.target.values)
    refuse_unusable_numbers(raw.target[:, None], (raw.target_name,), raw.table.places, raw.name)
    mean, std = _moments(raw.target[:, None], rows)
    written = raw.written.get(raw.target_name, Written())
    known = asdict(written)
    return Quantity(raw.target_name, float(mean[0]), float(std[0]) or 1.0, **known)


def _moments(numbers: NDArray[Any], rows: Rows) -> tuple[Moments, Moments]:
    """Mean and std of each numeric column, in float64, a block of rows at a time."""
    if numbers.dtype == np.uint8:
        return _moments_of_bytes(numbers, rows)
    columns = numbers.shape[1]
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    total, squares = np.zeros(columns), np.zeros(columns)
    blocks = _blocks(rows, BLOCK)
    for block in blocks:
        part = numbers[block]
        total += part.sum(axis=0, dtype=np.float64)
        low, high = np.minimum(low, part.min(axis=0)), np.maximum(high, part.max(axis=0))
    # A constant column, exactly: its mean would be off by a rounding, and its std not quite 0.
    mean = np.where(low == high, low, total / len(rows))
    for block in blocks:
        squares += np.square(numbers[block] - mean).sum(axis=0)
    return mean, np.sqrt(squares / len(rows))


def _moments_of_bytes(numbers: NDArray[np.uint8], rows: Rows) -> tuple[Moments, Moments]:
    """The same from sums of whole numbers, which nothing rounds: one pass over the pictures."""
    total = np.zeros(numbers.shape[1], np.int64)
    squares = np.zeros_like(total)
    for block in _blocks(rows, BYTE_ROWS):
        part = numbers[block].astype(np.float32)
        total += part.sum(axis=0).astype(np.int64)
        squares += np.square(part, out=part).sum(axis=0).astype(np.int64)
    count = len(rows)
    spread = [  # in Python's whole numbers: int64 would overflow from 12 million rows on
        sqrt(count * q - t * t) / count
        for t, q in zip(total.tolist(), squares.tolist(), strict=True)
    ]
    return total / count, np.array(spread)


def _blocks(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
