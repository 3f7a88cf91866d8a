"""Markup: elements with everything escaped, and the card in which things show in a notebook.

Floor 1: imports nothing of chainrule. Tensors, Jacobians, models, histories, reports and pictures
are written with it: no script, no id, nothing from outside, readable on light and dark paper.
"""

from collections.abc import Iterable, Sequence
from types import MappingProxyType

# Characters that XML 1.0 forbids (section 2.2): a name may hold them, a page may not. A table,
# because a regular expression of them takes milliseconds to compile, and html to import.
_CONTROLS = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20))
_SURROGATES = range(0xD800, 0xE000)
_WRITTEN = MappingProxyType(
    dict.fromkeys((*_CONTROLS, *_SURROGATES, 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
    | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", 39: "&#x27;"}
)

STYLE = """
.cr-card{--cr-ink:#1f2430;--cr-quiet:#687080;--cr-line:#dfe3ea;--cr-value:#0a7a3b;
--cr-gradient:#c62828;color:var(--cr-ink);overflow-x:auto;font:13px/1.45 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media screen and (prefers-color-scheme:dark){.cr-card{--cr-ink:#e4e8ef;--cr-quiet:#97a0b0;
--cr-line:#3a4252;--cr-value:#58c98b;--cr-gradient:#ff8a80}}
.cr-card table{border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit}
.cr-card caption,.cr-card figcaption{text-align:left;font-weight:600;padding:2px 8px}
.cr-card th,.cr-card td{text-align:left;vertical-align:top;padding:2px 8px;
border-top:1px solid var(--cr-line);max-width:28em;overflow-wrap:anywhere;
white-space:pre-wrap;background:none}
.cr-card th{font-weight:600}
.cr-card .role{display:block;color:var(--cr-quiet);font-style:italic;font-weight:400}
.cr-card .value{color:var(--cr-value)}
.cr-card .gradient{color:var(--cr-gradient)}
.cr-card pre{margin:0;padding:2px 8px;font:12px/1.45 ui-monospace,Menlo,Consolas,monospace;
white-space:pre;color:inherit;background:none}
"""


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element; ``class_`` is class, ``stroke_width`` is stroke-width; children are markup.

    Examples
    --------
    >>> element("text", escaped("a < b"), x=1.25, class_="name")
    '<text x="1.25" class="name">a &lt; b</text>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    body = "".join(children)
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def escaped(text: object) -> str:
    """Text as markup, whatever it holds."""
    return str(text).translate(_WRITTEN)


def number(x: float) -> str:
    """A coordinate with at most two decimals: px finer than that cannot be seen."""
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def card(caption: str, *children: str) -> str:
    """What a notebook shows: some markup under a caption, with its style."""
    head = element("figcaption", escaped(caption)) if caption else ""
    return element(
        "figure", element("style", STYLE), head, *children, class_="cr-card", style="margin:0"
    )


def text_card(caption: str, text: object) -> str:
    """Something that is printed in columns, as it is printed."""
    return card(caption, element("pre", escaped(text)))


def facts_card(caption: str, facts: Iterable[tuple[str, object]], *children: str) -> str:
    """A few facts, each with its name; empty ones are left out."""
    rows = [
        element("tr", element("th", escaped(name), scope="row"), element("td", escaped(fact)))
        for name, fact in facts
        if str(fact)
    ]
    return card(caption, element("table", element("tbody", *rows)), *children)


def table_card(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a heading for each column; the first cell of a row names it."""
    head = element("tr", *(element("th", escaped(word), scope="col") for word in headings))
    body = [
        element(
            "tr",
            *(
                element("td" if i else "th", escaped(cell), scope="" if i else "row")
                for i, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    return card(caption, element("table", element("thead", head), element("tbody", *body)))


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, float) else escaped(value)
