"""What fit and Program are told about learning: the optimiser, the clipping, the rates.

Imports optim and errors. Whatever does not fit is refused before the first step.
"""

import dataclasses
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.nn import Module
from chainrule.optim import ClipNorm, ClipValue, Optimizer, Schedule
from chainrule.optim.arguments import NUMBERS
from chainrule.optim.by_group import check_used
from chainrule.spec import is_array
from chainrule.train.hooks import GradientHook

Rates = Callable[[int, int], Sequence[float]]  # of so many steps, from the first one on


def checked_rate(rate: Any, place: str) -> float:
    """A learning rate that a step can be made with; ``place`` says which step it is for.

    Raises
    ------
    ArgumentError
        Where it is negative, NaN or infinite, or no number at all.
    """
    if type(rate) is float and 0 <= rate < inf:
        return rate
    if type(rate) is not bool and isinstance(rate, NUMBERS) and 0 <= rate < inf:
        return float(rate)
    raise ArgumentError(
        f"the learning rate of {place} is {rate!r}.",
        do="A rate is a finite number from 0 upwards; look at the schedule, at optimizer.rate "
        "and at callbacks that set it. The parameters are those from before that step.",
    )


def check_optimizer(optimizer: Any, model: Module) -> None:
    """Raise unless this is an optimiser, each of whose groups has a parameter of the net."""
    if not isinstance(optimizer, Optimizer):
        shown = optimizer.__name__ if isinstance(optimizer, type) else repr(optimizer)
        raise ArgumentError(
            f"the optimiser is an instance of one of chainrule.optim, but this is {shown}.",
            do="Pass for example optimizer=chainrule.optim.Adam(1e-3).",
        )
    if optimizer.groups:
        check_used(type(optimizer).__name__, optimizer.groups, model.parameters())


def clipping(clip: Any, owner: str) -> tuple[GradientHook, ...]:
    """The gradient hooks that clip; a number is the largest norm."""
    if clip is None:
        return ()
    if isinstance(clip, ClipNorm | ClipValue):
        return (clip,)
    if type(clip) is not bool and isinstance(clip, NUMBERS):
        return (ClipNorm(clip),)
    raise ArgumentError(
        f"{owner} was given clip={clip!r}.",
        do="clip is the largest norm of all gradients, or an optim.ClipNorm or optim.ClipValue.",
    )


def rates_of(schedule: Any, optimizer: Optimizer, steps: int | None, owner: str) -> Rates | None:
    """The learning rates of steps in a row; None while the optimiser's own is used.

    ``steps`` fills in what the schedule leaves open; None where nobody knows it. Whether each is
    a rate at all is found out when its step comes: see checked_rate.
    """
    if schedule is None:
        return None
    if isinstance(schedule, Schedule):
        if steps is not None:
            complete = schedule.completed(optimizer.rate, steps)
        else:
            rate = optimizer.rate if schedule.rate is None else schedule.rate
            complete = dataclasses.replace(schedule, rate=rate)
        complete(0)  # raises where something is still open
        return lambda first, count: complete(np.arange(first, first + count)).tolist()
    if callable(schedule) and not isinstance(schedule, type):
        by_step: Callable[[int], Any] = schedule
        return lambda first, count: [_number(by_step(i), i) for i in range(first, first + count)]
    raise ArgumentError(
        f"{owner} was given schedule={schedule!r}.",
        do="Pass for example schedule=chainrule.optim.Cosine(), or a function of the step.",
    )


def _number(rate: Any, step: int) -> float:
    """What a function of the user's answered for a step, counted from 0."""
    if is_array(rate) and not rate.shape:
        rate = rate.item()
    if type(rate) is bool or not isinstance(rate, NUMBERS):
        raise ArgumentError(
            f"the schedule returned {rate!r:.60} for step {step}.",
            do="Return the learning rate of that step: a finite number from 0 upwards.",
        )
    return float(rate)
