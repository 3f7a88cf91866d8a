"""A checkup as HTML: one table for what was asked, one for the layers; everything escaped.

Imports svg, which escapes. Notebooks show it; the schema of its figures is the checkup's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.inspection.svg import element, escaped

STYLE = (
    ".cr-checkup{font-family:system-ui,sans-serif;font-size:14px}"
    ".cr-checkup table{border-collapse:collapse;margin:.6em 0}"
    ".cr-checkup td,.cr-checkup th{text-align:left;vertical-align:top;padding:.25em .7em;"
    "border-bottom:1px solid rgba(127,127,127,.35)}"
    ".cr-checkup .alarm{color:#d55e00;font-weight:600}.cr-checkup .fine{color:#009e73}"
    ".cr-checkup .quiet{opacity:.7}"
)
SIGNS = {"alarm": "▲ alarm", "fine": "✓ fine", "left out": "– left out"}


def page_of(found: Mapping[str, Any], verdict: str) -> str:
    """The tables, as a part of a page."""
    order = ("alarm", "fine", "left out")
    checks = sorted(found["checks"], key=lambda check: order.index(check["state"]))
    parts = [
        element("style", STYLE),
        element("p", element("strong", escaped(verdict)), f" {found['rows']:,} rows."),
    ]
    if checks:
        parts.append(_table(("", "check", "what was found"), [_row(each) for each in checks]))
    if found["layers"]:
        headings = ("layer", "activation", "units", "dead", "dying", "saturated", "above 0")
        parts.append(_table(headings, [_of_layer(layer) for layer in found["layers"]]))
    if len(found["terms"]) > 1:
        rows = [
            _cells(term["name"], f"{term['value']:.4g}", f"{term['share']:.0%}")
            for term in found["terms"]
        ]
        parts.append(_table(("term of the loss", "value", "share of the gradient"), rows))
    return element("div", *parts, class_="cr-checkup")


def _row(check: Mapping[str, Any]) -> str:
    state = check["state"]
    place = f"{check['place']}: " if check["place"] else ""
    said = [escaped(f"{place}{check['evidence']}.")]
    if state == "alarm":
        said.append(element("br"))
        said.append(escaped(f"Likely: {check['cause']}."))
        said.append(element("br"))
        said.append(element("strong", escaped(f"Try: {check['suggestion']}.")))
    kind = "quiet" if state == "left out" else state
    return element(
        "tr",
        element("td", escaped(SIGNS[state]), class_=kind),
        element("td", escaped(check["name"])),
        element("td", *said),
    )


def _of_layer(layer: Mapping[str, Any]) -> str:
    counts = [len(layer[name]) for name in ("dead", "dying", "saturated")]
    active = layer["active"]
    share = "–" if active is None else f"{active:.0%}"
    return _cells(layer["name"], layer["activation"], layer["units"], *counts, share)


def _cells(*values: object) -> str:
    return element("tr", *(element("td", escaped(str(value))) for value in values))


def _table(headings: Sequence[str], rows: Sequence[str]) -> str:
    head = element("tr", *(element("th", escaped(each), scope="col") for each in headings))
    return element("table", element("thead", head), element("tbody", *rows))
