"""Schedules: the learning rate as a function of the step number.

Imports letters and errors. The training loop asks a schedule for the rates of an epoch at once.
Every schedule is arithmetic of the step, written with ops, so that it can be compiled.

All of them warm up the same way: during the first ``warmup`` steps the rate rises along a line
from rate / warmup to what the schedule says, because the first gradients of a fresh net are wild.
"""

import dataclasses
from dataclasses import dataclass, field
from math import log as log_of
from math import pi
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.ops.letters.arithmetic import Floor, maximum, minimum, sqrt
from chainrule.ops.letters.transcendental import cos, log
from chainrule.optim.arguments import not_negative, positive, share, whole

floor = Floor.function


@dataclass(frozen=True)
class Schedule:
    """A pure function: step number (0 for the first step) to learning rate.

    Parameters
    ----------
    rate : float, optional
        The full learning rate, after the warm-up. Default: ``fit`` puts the optimiser's in.
    warmup : int, default 0
        Steps before the rate is full.
    """

    rate: float | None = None
    warmup: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.rate is not None:
            positive(self._owner, "rate", self.rate)
        whole(self._owner, "warmup", self.warmup)

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step; of many steps, if ``step`` is an array of numbers."""
        blank = next(
            (f.name for f in dataclasses.fields(self) if getattr(self, f.name) is None), ""
        )
        if blank:
            raise ArgumentError(
                f"{self._owner} does not know its {blank} yet.",
                do=f"Pass it: {self._owner}({blank}=...). fit() fills it in by itself.",
            )
        rate = self.rate * self.factor(step)
        if self.warmup:
            rate = rate * minimum((step + 1) / self.warmup, 1.0)
        if isinstance(rate, Symbol):
            return rate
        return np.broadcast_to(rate, np.shape(step)) if np.ndim(step) else float(rate)

    def factor(self, step: Any) -> Any:
        """Share of the full rate at this step; written with ops."""
        raise NotImplementedError(f"{self._owner} has no factor")

    def completed(self, rate: float, steps: int) -> "Schedule":
        """The same schedule, with what was left open filled in."""
        given = {"rate": rate, "steps": max(steps, 1)}
        blank = [f.name for f in dataclasses.fields(self) if getattr(self, f.name) is None]
        return dataclasses.replace(self, **{name: given[name] for name in blank})

    @property
    def _owner(self) -> str:
        return type(self).__name__


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
class _Descent(Schedule):
    """From the full rate down to ``final`` at a given step; the same from there on."""

    steps: int | None = None
    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative(self._owner, "final", self.final)
        if self.steps is not None and whole(self._owner, "steps", self.steps, 1) <= self.warmup:
            raise ArgumentError(
                f"{self._owner} warms up for {self.warmup} of its {self.steps} steps.",
                do="Give it more steps than the warm-up takes.",
            )

    def factor(self, step: Any) -> Any:
        steps, rate = self.steps or 0, self.rate or 0.0  # __call__ has refused None
        way = (step - self.warmup) / (steps - self.warmup)
        share = self.left(minimum(maximum(way, 0.0), 1.0))
        least = self.final / rate
        return least + (1 - least) * share

    def left(self, way: Any) -> Any:
        """From 1 at the start of the way (0) to 0 at its end (1)."""
        raise NotImplementedError(f"{self._owner} has no way down")


@dataclass(frozen=True)
class Cosine(_Descent):
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
class FlatCosine(_Descent):
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
class LogCosine(Schedule):
    """Cosine waves, each twice as long as the one before: small rates early and often.

    The factor is 1/2 - 1/2 cos(2 pi log2(1 + (2**cycles - 1) t)), t from 0 at the first step to 1
    at ``steps``: it starts and ends at 0.

    Parameters
    ----------
    steps : int, optional
        Length of all waves together. Default: all steps of ``fit``.
    cycles : int, default 4
        How many waves there are.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (coslog4).

    Examples
    --------
    >>> schedule = LogCosine(1.0, steps=30)
    >>> [round(schedule(step), 2) for step in (0, 1, 2, 4, 10, 30)]
    [0.0, 0.93, 0.0, 0.93, 0.93, 0.0]
    """

    steps: int | None = None
    cycles: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self._owner, "cycles", self.cycles, least=1)
        if self.steps is not None:
            whole(self._owner, "steps", self.steps, least=1)

    def factor(self, step: Any) -> Any:
        way = minimum(step / (self.steps or 1), 1.0)  # __call__ has refused None
        wave = log(1 + (2**self.cycles - 1) * way) / log_of(2)
        return maximum(0.5 - 0.5 * cos(2 * pi * wave), 0.0)


@dataclass(frozen=True)
class Linear(_Descent):
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
        start = max(self.warmup, 1)
        return sqrt(start / maximum(step + 1, start))
