"""Weight decay: what an optimiser takes off each weight at a step, by a number or a schedule.

Imports the checks beside it. SGD adds it to the gradient (coupled); the others shrink the weights
themselves (decoupled).
"""

from typing import Any

from chainrule.optim.arguments import not_negative


def checked_decay(owner: str, value: Any) -> Any:
    """A number, or a function of the step that returns one, such as a schedule."""
    return value if callable(value) else not_negative(owner, "weight_decay", value)


def decay_at(decay: Any, step: Any) -> Any:
    """The weight decay of a step, which counts from 1; schedules count from 0."""
    return decay(step - 1) if callable(decay) else decay


def shrunk(parameter: Any, decay: Any, rate: Any, step: Any) -> Any:
    """The weights after a decoupled decay: w * (1 - rate * decay)."""
    if not decay:
        return parameter
    return parameter * (1 - rate * decay_at(decay, step))
