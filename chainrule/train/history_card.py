"""A history as a notebook shows it: the curves of the losses, and the table of the epochs.

Imports markup. History shows itself with it.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

from chainrule.markup import card, element, escaped, number

WIDTH, HEIGHT, EDGE = 360.0, 120.0, 6.0  # px
# Source: Okabe and Ito 2008, "Color universal design".
COLOURS = ("#0072b2", "#d55e00")


def history_card(
    lines: Sequence[Sequence[str]], curves: Mapping[str, Sequence[float]], stopped: str
) -> str:
    """Curves over a table, whose first line holds the headings."""
    head = element("tr", *(element("th", escaped(word), scope="col") for word in lines[0]))
    rows = [element("tr", *(element("td", escaped(x)) for x in line)) for line in lines[1:]]
    table = element("table", element("thead", head), element("tbody", *rows))
    end = element("p", escaped(f"stopped: {stopped}")) if stopped else ""
    return card("", _picture(curves), table, end)


def _picture(curves: Mapping[str, Sequence[float]]) -> str:
    """The losses by epoch, from the smallest to the largest."""
    finite = [y for curve in curves.values() for y in curve if isfinite(y)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    parts: list[str] = []
    for place, ((name, curve), colour) in enumerate(zip(curves.items(), COLOURS, strict=False)):
        points = [
            f"{number(_x(i, len(curve)))},{number(_y(y, low, high))}"
            for i, y in enumerate(curve)
            if isfinite(y)
        ]
        parts.append(
            element("polyline", points=" ".join(points), fill="none", stroke=colour,
                    stroke_width=1.8)
        )  # fmt: skip
        words = escaped(f"{name} {curve[-1]:.4g}")
        at = {"x": WIDTH + EDGE, "y": 16.0 + 16 * place, "fill": colour, "font_size": 12.0}
        parts.append(element("text", words, **at))
    told = ", ".join(f"{name} from {c[0]:.4g} to {c[-1]:.4g}" for name, c in curves.items())
    return element(
        "svg", element("title", escaped(told)), *parts, role="img", aria_label=told,
        width=WIDTH + 190, height=HEIGHT, viewBox=f"0 0 {number(WIDTH + 190)} {number(HEIGHT)}",
    )  # fmt: skip


def _x(place: int, count: int) -> float:
    return EDGE + (WIDTH - 2 * EDGE) * place / max(count - 1, 1)


def _y(loss: float, low: float, high: float) -> float:
    share = (loss - low) / (high - low) if high > low else 0.5
    return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * share
