"""Schedules: how the learning rate falls: by steps, along a curve, or with the step's root.

Imports letters and what all schedules share.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

from chainrule.ops.letters.arithmetic import Floor, maximum, sqrt
from chainrule.ops.letters.transcendental import cos
from chainrule.optim.arguments import not_negative, positive, share, whole
from chainrule.optim.by_step import Descent, Schedule

floor = Floor.function


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step, after the warm-up.

    Examples
    --------
    >>> schedule = Constant(0.1, warmup=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]
    """

    def factor(self, step: Any) -> Any:
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """The rate falls by a factor at regular intervals.

    Parameters
    ----------
    every : int, default 1000
        Steps (batches, not epochs) between two falls.
    shrink : float, default 0.1
        What the rate is multiplied by.

    Examples
    --------
    >>> schedule = Step(1.0, every=2, shrink=0.5)
    >>> [schedule(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    every: int = 1000
    shrink: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self._owner, "every", self.every, least=1)
        positive(self._owner, "shrink", self.shrink)

    def factor(self, step: Any) -> Any:
        return self.shrink ** floor(step / self.every)


@dataclass(frozen=True)
class Cosine(Descent):
    """Half a cosine wave, from the full rate down to ``final``.

    Parameters
    ----------
    steps : int, optional
        Step at which ``final`` is reached, warm-up included. Default: the last step of ``fit``.
    final : float, default 0
        Learning rate at the end.

    Source
    ------
    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", section 3.

    Examples
    --------
    >>> schedule = Cosine(1.0, steps=4)
    >>> [round(schedule(step), 4) for step in range(6)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """

    def left(self, way: Any) -> Any:
        return 0.5 + 0.5 * cos(pi * way)


@dataclass(frozen=True)
class FlatCosine(Descent):
    """The full rate for a while, then half a cosine wave down to ``final``.

    Made for what goes with the learning rate: a weight decay, the rate of a dropout.

    Parameters
    ----------
    steps : int, optional
        Step at which ``final`` is reached, warm-up included. Default: the last step of ``fit``.
    final : float, default 0
        Learning rate at the end.
    flat : float, default 0.5
        Share of the steps at the full rate.

    Examples
    --------
    >>> schedule = FlatCosine(1.0, steps=8)
    >>> [round(schedule(step), 4) for step in range(9)]
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    flat: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        share(self._owner, "flat", self.flat)

    def left(self, way: Any) -> Any:
        return 0.5 + 0.5 * cos(pi * maximum((way - self.flat) / (1 - self.flat), 0.0))


@dataclass(frozen=True)
class Linear(Descent):
    """A straight line from the full rate down to ``final``.

    Parameters
    ----------
    steps : int, optional
        Step at which ``final`` is reached, warm-up included. Default: the last step of ``fit``.
    final : float, default 0
        Learning rate at the end.

    Examples
    --------
    >>> schedule = Linear(1.0, steps=4, final=0.2)
    >>> [round(schedule(step), 4) for step in range(6)]
    [1.0, 0.8, 0.6, 0.4, 0.2, 0.2]
    """

    def left(self, way: Any) -> Any:
        return 1 - way


@dataclass(frozen=True)
class Polynomial(Descent):
    """A power of the way that is left, from the full rate down to ``final``.

    Parameters
    ----------
    steps : int, optional
        Step at which ``final`` is reached, warm-up included. Default: the last step of ``fit``.
    final : float, default 0
        Learning rate at the end.
    power : float, default 2
        1 is a straight line; larger ones fall sooner, smaller ones later.

    Source
    ------
    Liu, Rabinovich and Berg 2015, "ParseNet: looking wider to see better" (the "poly" policy).

    Examples
    --------
    >>> schedule = Polynomial(1.0, steps=4)
    >>> [round(schedule(step), 4) for step in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """

    power: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self._owner, "power", self.power)

    def left(self, way: Any) -> Any:
        return (1 - way) ** self.power


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate falls by the same factor at every step.

    Parameters
    ----------
    steps : int, optional
        Steps in which the rate falls to ``shrink`` of itself; it goes on falling after them, as
        fast. Those of an epoch make ``shrink`` a factor per epoch. Default: all steps of ``fit``.
    shrink : float, default 0.01
        What is left of the rate after ``steps``.

    Examples
    --------
    >>> schedule = Exponential(1.0, steps=2, shrink=0.25)
    >>> [schedule(step) for step in range(5)]
    [1.0, 0.5, 0.25, 0.125, 0.0625]
    """

    steps: int | None = None
    shrink: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self._owner, "shrink", self.shrink)
        if self.steps is not None:
            whole(self._owner, "steps", self.steps, least=1)

    def factor(self, step: Any) -> Any:
        return self.shrink ** (maximum(step - self.warming, 0.0) / (self.steps or 1))


@dataclass(frozen=True)
class InverseSqrt(Schedule):
    """The rate falls with the square root of the step, counted from the end of the warm-up.

    The factor is sqrt(w / max(step + 1, w)), w being the warm-up, at least 1: it needs no end.

    Source
    ------
    Vaswani et al. 2017, "Attention is all you need", section 5.3.

    Examples
    --------
    >>> schedule = InverseSqrt(1.0, warmup=4)
    >>> [round(schedule(step), 4) for step in (0, 3, 15, 63)]
    [0.25, 1.0, 0.5, 0.25]
    """

    def factor(self, step: Any) -> Any:
        start = max(self.warming, 1)
        return sqrt(start / maximum(step + 1, start))


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """The rate falls with a power of the rows seen, from epoch to epoch: scikit-learn's rule.

    The factor is 1 / (1 + rows * e)**power in epoch e, counted from 0.

    Parameters
    ----------
    every : int, default 1
        Steps of an epoch.
    rows : int, default 1
        Rows of an epoch.
    power : float, default 0.5
        scikit-learn's ``power_t``.

    Source
    ------
    scikit-learn, ``learning_rate="invscaling"`` of MLPClassifier.

    Examples
    --------
    >>> schedule = InverseScaling(1.0, every=2, rows=8)
    >>> [round(schedule(step), 4) for step in range(6)]
    [1.0, 1.0, 0.3333, 0.3333, 0.2425, 0.2425]
    """

    every: int = 1
    rows: int = 1
    power: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self._owner, "every", self.every, least=1)
        whole(self._owner, "rows", self.rows, least=1)
        not_negative(self._owner, "power", self.power)

    def factor(self, step: Any) -> Any:
        return 1 / (1 + self.rows * floor(step / self.every)) ** self.power
