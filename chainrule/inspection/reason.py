"""What why answers: the cause, the place, the numbers, one sentence and one thing to try.

Imports svg and json_schema. why.py and the files that look for causes make it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chainrule.inspection import json_schema as schemas
from chainrule.inspection.svg import element, escaped

CAUSES = (
    "not_reached",
    "stopped",
    "dead_unit",
    "not_selected",
    "saturated",
    "cancelled",
    "small_factor",
    "large_factor",
    "non_finite",
    "healthy",
)
NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Reason:
    """Why a gradient is what it is; print it, or show it in a notebook.

    Parameters
    ----------
    cause : str
        "not_reached": the loss was not made from it. "stopped": only an op that lets no gradient
        through reads it. "dead_unit": units with a silent side are silent. "not_selected": a gate
        chose something else, or a constant factor is 0. "saturated": the slope of a bounded op is
        nearly 0. "cancelled": what comes back adds up to 0. "small_factor", "large_factor": a
        local gradient is small (or 0), or large. "non_finite": NaN or infinity. "healthy": none.
    node : str
        Where, as ``cr.show`` names the node; "" where there is no such place.
    numbers : mapping of str to float
        The evidence.
    advice : str
        One thing to try; "" for a healthy gradient.
    sentence : str
        All of it in words.
    parameter : str
        Of which tensor, and which entry.
    op : str
        The op at the node; "" for none.
    id : int or None
        The place of the node among those of the loss, in the order of creation.
    """

    cause: str
    node: str
    numbers: Mapping[str, float]
    advice: str
    sentence: str
    parameter: str = ""
    op: str = ""
    id: int | None = None
    weight: float = field(default=0.0, repr=False, compare=False)  # how much gradient ends here

    def to_dict(self) -> dict[str, Any]:
        """The same as data for JSON, as :meth:`schema` says; what is not finite as text."""
        names = ("cause", "node", "id", "op", "parameter", "sentence", "advice")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        return schemas.for_json({"kind": "reason", **found, "numbers": dict(self.numbers)})

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON schema of :meth:`to_dict`."""
        names = ("node", "op", "parameter", "sentence", "advice")
        found = schemas.object_of(
            kind={"const": "reason"},
            cause={"enum": list(CAUSES)},
            **dict.fromkeys(names, schemas.text()),
            id={"anyOf": [schemas.whole(), {"const": None}]},
            numbers={"type": "object", "additionalProperties": schemas.number()},
        )
        return {"$schema": schemas.DRAFT, **found}

    def _repr_html_(self) -> str:
        rows = [
            element("tr", element("th", escaped(name)), element("td", escaped(f"{value:.4g}")))
            for name, value in self.numbers.items()
        ]
        parts = [
            element("p", element("strong", escaped(self.cause)), escaped(f": {self.sentence}")),
            element("p", escaped(self.advice)) if self.advice else "",
            element("table", *rows) if rows else "",
        ]
        return element("div", *parts, class_="cr-why")

    def __str__(self) -> str:
        return "\n".join(filter(None, (f"{self.cause}: {self.sentence}", self.advice)))
