"""Schedule: the learning rate as a function of the step number; what all schedules share.

Imports letters and errors. The training loop asks a schedule for the rates of an epoch at once.
Every schedule is arithmetic of the step, written with ops, so that it can be compiled.

All of them warm up the same way: during the first ``warmup`` steps the rate rises along a line
from rate / warmup to what the schedule says, because the first gradients of a fresh net are wild.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.ops.letters.arithmetic import maximum, minimum
from chainrule.optim.arguments import not_negative, positive, share, whole


@dataclass(frozen=True)
class Schedule:
    """A pure function: step number (0 for the first step) to learning rate.

    Parameters
    ----------
    rate : float, optional
        The full learning rate, after the warm-up. Default: ``fit`` puts the optimiser's in.
    warmup : int or float, default 0
        Steps before the rate is full; a number with a decimal point is their share of all steps:
        of the schedule's ``steps``, or else of those of ``fit``.
    """

    rate: float | None = None
    warmup: float = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.rate is not None:
            positive(self._owner, "rate", self.rate)
        if isinstance(self.warmup, float):
            share(self._owner, "warmup", self.warmup)
        else:
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
        warming = self.warming
        if warming:
            rate = rate * minimum((step + 1) / warming, 1.0)
        if isinstance(rate, Symbol):
            return rate
        return np.broadcast_to(rate, np.shape(step)) if np.ndim(step) else float(rate)

    def factor(self, step: Any) -> Any:
        """Share of the full rate at this step; written with ops."""
        raise NotImplementedError(f"{self._owner} has no factor")

    @property
    def warming(self) -> int:
        """Steps of the warm-up."""
        if not isinstance(self.warmup, float):
            return self.warmup
        steps = getattr(self, "steps", None)
        if steps is None and self.warmup:
            raise ArgumentError(
                f"{self._owner} does not know of how many steps warmup={self.warmup} is a share.",
                do=f"Pass a number of steps: {self._owner}(warmup=100). fit() knows them.",
            )
        return round(self.warmup * (steps or 0))

    def completed(self, rate: float, steps: int) -> "Schedule":
        """The same schedule, with what was left open filled in."""
        own = getattr(self, "steps", None)
        given: dict[str, Any] = {"rate": rate, "steps": max(steps, 1)}
        blank = [f.name for f in dataclasses.fields(self) if getattr(self, f.name) is None]
        filled = {name: given[name] for name in blank}
        if isinstance(self.warmup, float):
            filled["warmup"] = round(self.warmup * (own or given["steps"]))
        return dataclasses.replace(self, **filled)

    @property
    def _owner(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Descent(Schedule):
    """From the full rate down to ``final`` at a given step; the same from there on."""

    steps: int | None = None
    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative(self._owner, "final", self.final)
        if self.steps is not None and whole(self._owner, "steps", self.steps, 1) <= self.warming:
            raise ArgumentError(
                f"{self._owner} warms up for {self.warming} of its {self.steps} steps.",
                do="Give it more steps than the warm-up takes.",
            )

    def factor(self, step: Any) -> Any:
        steps, rate = self.steps or 0, self.rate or 0.0  # __call__ has refused None
        way = (step - self.warming) / (steps - self.warming)
        share = self.left(minimum(maximum(way, 0.0), 1.0))
        least = self.final / rate
        return least + (1 - least) * share

    def left(self, way: Any) -> Any:
        """From 1 at the start of the way (0) to 0 at its end (1)."""
        raise NotImplementedError(f"{self._owner} has no way down")
