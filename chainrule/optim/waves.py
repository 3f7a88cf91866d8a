"""Waves: schedules in which the learning rate rises and falls again.

Imports letters and what all schedules share.
"""

import dataclasses
from dataclasses import dataclass
from math import log as log_of
from math import pi
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.ops.letters.arithmetic import Floor, maximum, minimum
from chainrule.ops.letters.transcendental import cos, log
from chainrule.optim.arguments import not_negative, positive, share, whole
from chainrule.optim.by_step import Descent, Schedule

floor = Floor.function
ROUNDING = 1e-9  # of a logarithm: the first step of a wave belongs to that wave


@dataclass(frozen=True)
class OneCycle(Descent):
    """Half a cosine wave up to the full rate, and half a longer one down to ``final``.

    Parameters
    ----------
    steps : int, optional
        Step at which ``final`` is reached, warm-up included. Default: the last step of ``fit``.
    final : float, default 0
        Learning rate at the end.
    rise : float, default 0.3
        Share of the steps until the rate is full; as in PyTorch.
    start : float, default 0.04
        Share of the full rate at the first step; PyTorch's 1 / 25.

    Source
    ------
    Smith and Topin 2018, "Super-convergence: very fast training of neural networks using large
    learning rates". The momentum stays what it is.

    Examples
    --------
    >>> schedule = OneCycle(1.0, steps=20)
    >>> [round(schedule(step), 4) for step in (0, 3, 6, 13, 20)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    """

    rise: float = 0.3
    start: float = 0.04

    def __post_init__(self) -> None:
        super().__post_init__()
        if not share(self._owner, "rise", self.rise):
            raise ArgumentError(
                f"{self._owner} was given rise=0, but it begins with a rise.",
                do="Pass a share of the steps, such as 0.3; Cosine() only falls.",
            )
        share(self._owner, "start", self.start)

    def left(self, way: Any) -> Any:
        up = 0.5 - 0.5 * cos(pi * minimum(way / self.rise, 1.0))
        down = 0.5 + 0.5 * cos(pi * maximum((way - self.rise) / (1 - self.rise), 0.0))
        return (self.start + (1 - self.start) * up) * down


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    """Half a cosine wave down to ``final``, and again from the full rate, each wave longer.

    Parameters
    ----------
    first : float, optional
        Steps of the first wave, after the warm-up. Default: so many that ``cycles`` waves fill
        the steps of ``fit``.
    growth : float, default 2
        How many times as long as the wave before each one is, from 1 upwards.
    final : float, default 0
        Learning rate at the end of a wave.
    cycles : int, default 3
        Waves in ``fit``, where ``first`` is left to it.

    Source
    ------
    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts"; ``first``
    and ``growth`` are its T_0 and T_mult.

    Examples
    --------
    >>> schedule = CosineRestarts(1.0, first=2)
    >>> [round(schedule(step), 4) for step in range(7)]
    [1.0, 0.5, 1.0, 0.8536, 0.5, 0.1464, 1.0]
    """

    first: float | None = None
    growth: float = 2.0
    final: float = 0.0
    cycles: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.first is not None:
            positive(self._owner, "first", self.first)
        if positive(self._owner, "growth", self.growth) < 1:
            raise ArgumentError(
                f"{self._owner} was given growth={self.growth!r}: its waves would become ever "
                "shorter.",
                do="growth is a number from 1 upwards.",
            )
        not_negative(self._owner, "final", self.final)
        whole(self._owner, "cycles", self.cycles, least=1)

    def completed(self, rate: float, steps: int) -> "CosineRestarts":
        """The same schedule, with what was left open filled in."""
        known: Any = self
        if self.first is None:
            warming = self.warming if isinstance(self.warmup, int) else round(self.warmup * steps)
            waves = sum(self.growth**i for i in range(self.cycles))
            known = dataclasses.replace(self, first=max(steps - warming, 1) / waves)
        complete: Any = Schedule.completed(known, rate, steps)
        return complete

    def factor(self, step: Any) -> Any:
        first, growth, rate = self.first or 1.0, self.growth, self.rate or 1.0
        waves = maximum(step - self.warming, 0.0) / first  # as long as the first one
        if growth == 1:
            way = waves - floor(waves + ROUNDING)
        else:
            done = floor(log(1 + waves * (growth - 1)) / log_of(growth) + ROUNDING)
            length = growth**done
            way = (waves - (length - 1) / (growth - 1)) / length
        least = self.final / rate
        return least + (1 - least) * (0.5 + 0.5 * cos(pi * maximum(way, 0.0)))


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
