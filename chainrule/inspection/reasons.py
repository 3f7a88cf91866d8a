"""What why answers about a whole model: the reason of each parameter, one line for each.

Imports reason, svg and json_schema. why.py makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.inspection import json_schema as schemas
from chainrule.inspection.reason import Reason
from chainrule.inspection.svg import element, escaped


@dataclass(frozen=True)
class Reasons:
    """Why each gradient of a model is what it is; print it, or show it in a notebook.

    Parameters
    ----------
    reasons : mapping of str to Reason
        By the names of the parameters.
    """

    reasons: Mapping[str, Reason]

    def __getitem__(self, name: str) -> Reason:
        return self.reasons[name]

    def __len__(self) -> int:
        return len(self.reasons)

    def to_dict(self) -> dict[str, Any]:
        """The same as data for JSON, as :meth:`schema` says."""
        found = [{"name": name, "reason": each.to_dict()} for name, each in self.reasons.items()]
        return {"kind": "reasons", "reasons": found}

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON schema of :meth:`to_dict`."""
        one = schemas.object_of(name=schemas.text(), reason=Reason.schema())
        found = schemas.object_of(kind={"const": "reasons"}, reasons=schemas.list_of(one))
        return {"$schema": schemas.DRAFT, **found}

    def _repr_html_(self) -> str:
        rows = [
            element("tr", *(element("td", escaped(text)) for text in (name, each.cause, said)))
            for name, each, said in self._lines()
        ]
        return element("div", element("table", *rows), class_="cr-why")

    def __str__(self) -> str:
        wide = max((len(name) for name in self.reasons), default=0)
        causes = max((len(each.cause) for each in self.reasons.values()), default=0)
        return "\n".join(
            f"{name:<{wide}}  {each.cause:<{causes}}  {said}" for name, each, said in self._lines()
        )

    def _lines(self) -> list[tuple[str, Reason, str]]:
        """Name, reason, and its sentence without the name of the parameter."""
        return [
            (name, each, each.sentence.removeprefix(f"{each.parameter}: "))
            for name, each in self.reasons.items()
        ]
