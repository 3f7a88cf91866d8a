"""A model as a notebook shows it: its layers, and its parameters with their sizes.

Imports member_paths and markup. Module shows itself with it.
"""

from chainrule.markup import card, element, escaped
from chainrule.nn.member_paths import Tree

HEADINGS = ("parameter", "shape", "elements", "numbers")


def model_card(model: Tree) -> str:
    """The layers as text, and a table of the parameters."""
    parameters = model.parameters()
    total = sum(p.size for p in parameters.values())
    head = element("tr", *(element("th", word, scope="col") for word in HEADINGS))
    rows = [
        element(
            "tr",
            element("th", escaped(path), scope="row"),
            element("td", escaped(p.shape)),
            element("td", escaped(f"{p.dtype}" if p.wants_gradient else f"{p.dtype}, frozen")),
            element("td", escaped(f"{p.size:,}")),
        )
        for path, p in parameters.items()
    ]
    table = element("table", element("thead", head), element("tbody", *rows)) if rows else ""
    caption = f"{type(model).__name__} of {total:,} parameters"
    return card(caption, element("pre", escaped(repr(model))), table)
