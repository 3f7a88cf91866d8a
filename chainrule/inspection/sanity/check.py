"""Check: one question about a net, with what was found, the likely cause and one thing to try.

Imports nothing of chainrule. The checks beside it return them; the checkup gathers them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

State = Literal["fine", "alarm", "left out"]

# Every alarm there is, in the order of a report: data, units, signal, loss, learning.
ALARMS = (
    "input_scale",
    "imbalance",
    "label_noise",
    "dead_units",
    "dying_units",
    "saturated",
    "symmetric",
    "duplicate_units",
    "linear_collapse",
    "vanishing",
    "exploding",
    "chance_loss",
    "worse_than_constant",
    "penalty_dominates",
    "cannot_overfit",
    "update_ratio",
    "underfitting",
    "overfitting",
)


@dataclass(frozen=True)
class Check:
    """The answer to one question.

    Parameters
    ----------
    name : str
        That of its alarm, one of ALARMS.
    state : {"fine", "alarm", "left out"}
    evidence : str
        What was found, with its numbers; of one that was left out: what it would need.
    place : str
        The layer, parameter or column; "" for the whole net.
    cause, suggestion : str
        What is likely behind an alarm, and one change that would help.
    numbers : mapping of str to number, or a list of them
        What the evidence says, for programs.
    """

    name: str
    state: State
    evidence: str
    place: str = ""
    cause: str = ""
    suggestion: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def sentence(self) -> str:
        """Where, what, and what to do."""
        place = f"{self.place}: " if self.place else ""
        return f"{place}{self.evidence}. {self.suggestion}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "state": self.state,
            "place": self.place,
            "evidence": self.evidence,
            "cause": self.cause,
            "suggestion": self.suggestion,
            "numbers": {key: known(value) for key, value in self.numbers.items()},
        }


def fine(name: str, evidence: str, **numbers: Any) -> Check:
    """An answer that is well."""
    return Check(name, "fine", evidence, numbers=numbers)


def left_out(name: str, why: str) -> Check:
    """A question that cannot be asked of what was given."""
    return Check(name, "left out", why)


def alarm(
    name: str, place: str, evidence: str, cause: str, suggestion: str, **numbers: Any
) -> Check:
    """An answer to worry about."""
    return Check(name, "alarm", evidence, place, cause, suggestion, numbers)


def known(value: Any) -> Any:
    """A number as JSON knows it: None for NaN and infinity, whose names it does not."""
    if isinstance(value, list | tuple):
        return [known(each) for each in value]  # pyright: ignore[reportUnknownVariableType]  any
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isfinite(value) else None
