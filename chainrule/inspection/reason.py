"""What why answers: the cause, the place, the numbers, one sentence and one thing to try.

Imports svg and json_schema. why.py and the files that look for causes make it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
class Zeros:
    """Entries of a gradient that are 0 for one reason.

    Parameters
    ----------
    entries : str
        Which ones: "column 1", "rows 0 and 2", "entry (0, 1)".
    zeros : int
        How many.
    index : tuple of int
        One of them.
    cause, node, op, sentence, advice : str
        As of the :class:`Reason`.
    """

    entries: str
    zeros: int
    index: tuple[int, ...]
    cause: str
    node: str
    op: str
    sentence: str
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """The same as data for JSON."""
        return schemas.for_json(asdict(self))

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON schema of :meth:`to_dict`."""
        names = ("entries", "node", "op", "sentence", "advice")
        return schemas.object_of(
            **dict.fromkeys(names, schemas.text()),
            zeros=schemas.whole(),
            index=schemas.list_of(schemas.whole()),
            cause={"enum": list(CAUSES)},
        )


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
    groups : tuple of Zeros
        Of a whole gradient: its entries that are 0 where others are not, by their causes.
    """

    cause: str
    node: str
    numbers: Mapping[str, float]
    advice: str
    sentence: str
    parameter: str = ""
    op: str = ""
    id: int | None = None
    groups: tuple[Zeros, ...] = ()
    weight: float = field(default=0.0, repr=False, compare=False)  # how much gradient ends here

    def to_dict(self) -> dict[str, Any]:
        """The same as data for JSON, as :meth:`schema` says; what is not finite as text."""
        names = ("cause", "node", "id", "op", "parameter", "sentence", "advice")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        groups = [each.to_dict() for each in self.groups]
        numbers = dict(self.numbers)
        return schemas.for_json({"kind": "reason", **found, "numbers": numbers, "groups": groups})

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
            groups=schemas.list_of(Zeros.schema()),
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
