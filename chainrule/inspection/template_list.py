"""Templates: those of one layer, as text, as HTML, and as plain values.

Imports svg and templates.py. unit_templates.py makes one; notebooks show it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.inspection.svg import element, escaped
from chainrule.inspection.templates import Template

VERSION = 1  # of the schema
STYLE = (
    ".cr-templates{font-family:system-ui,sans-serif;font-size:13px;display:flex;flex-wrap:wrap;"
    "gap:12px}.cr-templates figure{margin:0;max-width:260px}.cr-templates img{width:96px;"
    "image-rendering:pixelated;display:block}.cr-templates .quiet{opacity:.7}"
)


@dataclass(frozen=True)
class Templates:
    """What the units of one layer look for; a sequence of Template, the most telling first.

    Parameters
    ----------
    layer : str
        The path of its weights.
    of : {"weights", "gradients"}
        What is shown: the weights of the first layer, or how a deeper unit moves with the inputs.
    rows : int
        How many rows were looked at.
    all_units : int
        Of the layer; no more than 64 pictures or 12 groups of bars are shown.
    units : tuple of Template
    """

    layer: str
    of: str
    rows: int
    all_units: int
    units: tuple[Template, ...]

    def __len__(self) -> int:
        return len(self.units)

    def __iter__(self) -> Iterator[Template]:
        return iter(self.units)

    def __getitem__(self, place: int) -> Template:
        return self.units[place]

    @property
    def sharing(self) -> str:
        """How many of the templates serve more than one class."""
        voiced = [unit for unit in self.units if unit.shared]
        several = sum(len(unit.shared) > 1 for unit in voiced)
        if not voiced:
            return ""
        return f"{several} of {len(voiced)} units speak for more than one class."

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, as templates.schema.json says."""
        return {
            "version": VERSION,
            "layer": self.layer,
            "of": self.of,
            "rows": self.rows,
            "all_units": self.all_units,
            "units": [
                {
                    "name": unit.name,
                    "unit": unit.unit,
                    "strength": unit.strength if np.isfinite(unit.strength) else None,
                    "picture": unit.picture,
                    "bars": unit.bars,
                    "votes": unit.votes,
                    "shared": list(unit.shared),
                    "most": list(unit.most),
                    "least": list(unit.least),
                    "alt": unit.alt,
                }
                for unit in self.units
            ],
        }

    def __str__(self) -> str:
        lines = [f"{self.layer}: {len(self)} of {self.all_units} units, by their {self.of}"]
        for unit in self.units:
            said = [unit.alt]
            said += [unit.votes] if unit.votes else []
            said += [f"most active on rows {_listed(unit.most)}"] if unit.most else []
            said += [f"least on {_listed(unit.least)}"] if unit.least else []
            lines.append(f"{unit.name:<10} " + "; ".join(said))
        return "\n".join([*lines, *([self.sharing] if self.sharing else [])])

    def _repr_html_(self) -> str:
        """For notebooks."""
        figures = [_figure(unit) for unit in self.units]
        head = element("p", escaped(f"{self.layer}, by their {self.of}. {self.sharing}"))
        return element("style", STYLE) + head + element("div", *figures, class_="cr-templates")


def _figure(unit: Template) -> str:
    shown = unit.bars or element("img", src=unit.picture, alt=unit.alt)
    words = [element("strong", escaped(unit.name))]
    if unit.votes:
        words.append(f" {escaped(unit.votes)}")
    if unit.most:
        rows = escaped(f"most: rows {_listed(unit.most)}; least: {_listed(unit.least)}")
        words += [element("br"), element("span", rows, class_="quiet")]
    return element("figure", shown, element("figcaption", *words))


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:5]))
