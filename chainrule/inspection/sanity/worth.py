"""Worth: a loss between that of the best constant answer and that of a perfect one.

Imports the losses' facts. No loss is known by its name: candidates are tried, the best one counts.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.ops.losses.loss import LossFacts
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.objective import Objective

Array = np.ndarray[Any, np.dtype[Any]]
SURE = (1.0, 3.0, 10.0, 30.0)  # sizes of scores that a perfect answer may have
LEAST = 1e-6  # share of a class: log(0) is no score


@dataclass(frozen=True)
class Worth:
    """Losses to read another one against.

    Attributes
    ----------
    loss : float
        Of the outputs themselves.
    even : float
        Of scores that are all 0, of one who knows nothing.
    constant : float
        Of the best constant answer that was found: the shares of the classes, a mean, a median.
    perfect : float
        Of the best answer: with these targets no net has less.
    errors : float
        Share of the rows whose label is not the highest score; of numbers, the share of the
        spread that is not explained; NaN where neither is meant.
    constant_errors : float
        The same of the best constant answer.
    """

    loss: float
    even: float
    constant: float
    perfect: float
    errors: float
    constant_errors: float

    def left_of(self, loss: float) -> float:
        """How much of the way from constant to perfect a loss leaves; NaN: there is no way."""
        way = self.constant - self.perfect
        return (loss - self.perfect) / way if way > 0 else math.nan

    @property
    def left(self) -> float:
        """How much there is left to learn: 1 at the constant answer, 0 at the perfect one."""
        return self.left_of(self.loss)


def worth_of(objective: Objective, facts: LossFacts, out: Array, y: Array) -> Worth:
    """Of one array of outputs and its targets."""
    value = partial(loss_of, objective, y=y)
    zeros = np.zeros_like(out)
    constants = [value(each) for each in (zeros, *_constant(facts, out, y))]
    perfects = [value(each) for each in _perfect(facts, out, y)]
    loss = value(out)
    constant = _least(constants)
    errors, of_constant = _errors(facts, out, y)
    perfect = min(_least(perfects), constant)  # NaN where nobody knows what a perfect one says
    return Worth(loss, constants[0], constant, perfect, errors, of_constant)


def _least(values: Sequence[float]) -> float:
    return min((each for each in values if math.isfinite(each)), default=math.nan)


def loss_of(objective: Objective, out: Array, y: Array) -> float:
    """The loss of some outputs; NaN where it does not take them."""
    try:
        with no_grad(), np.errstate(all="ignore"):
            found: Any = objective(Tensor(out), y, None)
        return float(np.asarray(getattr(found, "value", found)).item())
    except (ValueError, TypeError, ArithmeticError, ChainruleError):
        return math.nan


def _labels(out: Array, y: Array) -> bool:
    return y.dtype.kind in "iu" and y.shape == out.shape[:-1] and out.shape[-1] > 1


def _known(facts: LossFacts, y: Array) -> Array:
    return facts.known(y)


def _constant(facts: LossFacts, out: Array, y: Array) -> Iterator[Array]:
    """Outputs that are the same for every row."""
    if _labels(out, y):
        labels = _known(facts, y)
        counts = np.bincount(labels.reshape(-1), minlength=out.shape[-1]) / labels.size
        yield _spread(np.log(np.maximum(counts, LEAST)), out)
        for sure in SURE:
            yield _spread(sure * (counts == counts.max()), out)
        return
    if y.dtype.kind not in "fiub" or y.shape != facts.answers(out.shape):
        return
    numbers = y.astype(np.float64)
    mean = numbers.mean(axis=0)
    variance = numbers.var(axis=0)
    for centre in (mean, np.median(numbers, axis=0)):
        if facts.columns == 1:
            yield _spread(centre, out)
        else:  # answers first, then what belongs to them: a variance, or its logarithm
            for beside in (variance, np.log(variance + LEAST), np.log(np.sqrt(variance) + LEAST)):
                yield _spread(np.concatenate([centre, beside], axis=-1), out)
    if facts.columns == 1 and numbers.min() >= 0:
        yield _spread(np.log(np.maximum(mean, LEAST)), out)
        if numbers.max() <= 1:
            share = np.clip(mean, LEAST, 1 - LEAST)
            yield _spread(np.log(share / (1 - share)), out)


def _perfect(facts: LossFacts, out: Array, y: Array) -> Iterator[Array]:
    """Outputs that say the target of each row."""
    if _labels(out, y):
        labels = _known(facts, y)
        hot = np.eye(out.shape[-1])[labels]
        for sure in SURE:
            yield (sure * hot).astype(out.dtype)
        return
    if y.dtype.kind not in "fiub" or y.shape != out.shape:
        return
    numbers = y.astype(np.float64)
    yield numbers.astype(out.dtype)
    if numbers.min() < 0:
        return
    yield np.log(np.maximum(numbers, LEAST)).astype(out.dtype)
    if numbers.max() <= 1:
        inside = np.clip(numbers, LEAST, 1 - LEAST)
        yield np.log(inside / (1 - inside)).astype(out.dtype)


def _spread(one: Array, out: Array) -> Array:
    return np.broadcast_to(np.asarray(one, out.dtype), out.shape).copy()


def _errors(facts: LossFacts, out: Array, y: Array) -> tuple[float, float]:
    """Of the outputs, and of the best constant answer."""
    if _labels(out, y):
        labels = _known(facts, y)
        share = np.count_nonzero(np.not_equal(out.argmax(axis=-1), labels)) / labels.size
        return share, 1 - float(np.bincount(labels.reshape(-1)).max()) / labels.size
    if y.dtype.kind not in "fiub" or y.shape != facts.answers(out.shape) or not facts.targets:
        return math.nan, math.nan
    numbers = y.astype(np.float64)
    with np.errstate(all="ignore"):
        said = np.asarray(facts.linked(out.astype(np.float64)))
    if facts.targets == "shares":
        positive = numbers > 0.5
        common = positive.mean(axis=0)
        wrong = np.count_nonzero(np.not_equal(np.greater(said, 0.5), positive)) / numbers.size
        rarer: Any = np.minimum(common, 1 - common)
        return wrong, float(rarer.mean())
    spread = float(np.square(numbers - numbers.mean(axis=0)).sum())
    missed = float(np.square(said - numbers).sum())
    return (missed / spread, 1.0) if spread else (math.nan, math.nan)
