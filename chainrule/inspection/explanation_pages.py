"""An explanation as LaTeX and as HTML: escaped, without scripts, fonts or addresses.

Imports svg (for its elements) and spoken. explanation.py calls it.
"""

from typing import Any

from chainrule.inspection.spoken import (
    fork_title,
    more_gates,
    product,
    rest_line,
    route_line,
    said,
    share_line,
    shortened,
    total_line,
)
from chainrule.inspection.svg import element, escaped

STYLE = """
.cr-explain{max-width:60em;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.cr-explain table{border-collapse:collapse;margin:.3em 0 1em}
.cr-explain td,.cr-explain th{text-align:left;padding:.15em .9em .15em 0;font-weight:400}
.cr-explain th{opacity:.65}
.cr-explain .number{text-align:right;font-variant-numeric:tabular-nums}
.cr-explain code{font-family:ui-monospace,Menlo,Consolas,monospace}
"""
COLUMNS = ("gate", "what moves", "local gradient", "upstream", "role")


def as_html(explanation: Any) -> str:
    """A heading, a table for each path, and the sums."""
    heading = f"d {explanation.loss} / d {explanation.entry} = {said(explanation.gradient)}"
    parts = [element("p", element("strong", escaped(heading)))]
    several = len(explanation.paths) > 1 or explanation.rest.branches
    for number, path in enumerate(explanation.paths, start=1):
        title = f"path {number}: {product(path)}{share_line(explanation, path)}"
        parts += [element("div", escaped(title)), _table(path)]
    if explanation.rest.branches:
        parts.append(element("p", escaped(rest_line(explanation.rest))))
    if several:
        parts.append(element("p", escaped(f"sum: {total_line(explanation)}")))
    parts += [element("p", escaped(route_line(route))) for route in explanation.routes]
    for fork in explanation.forks:
        parts += [element("div", escaped(fork_title(fork))), _sums(fork)]
    return element("div", element("style", STYLE), *parts, class_="cr-explain")


def _table(path: Any) -> str:
    head = element("tr", *(element("th", escaped(name)) for name in COLUMNS))
    first, others, last = shortened(path)
    rows = [_row(factor) for factor in [*first, *last]]
    if others:
        left_out = element("td", escaped(more_gates(others)), colspan=str(len(COLUMNS)))
        rows.insert(len(first), element("tr", left_out))
    return element("table", head, *rows)


def _row(factor: Any) -> str:
    return element(
        "tr",
        element("td", element("code", escaped(f"{factor.result} = {factor.formula}"))),
        element("td", element("code", escaped(factor.operand))),
        element("td", escaped(said(factor.local)), class_="number"),
        element("td", escaped(said(factor.upstream)), class_="number"),
        element("td", escaped(factor.role)),
    )


def _sums(fork: Any) -> str:
    rows = [(f"{b.reader} = {b.formula}", b.value) for b in fork.branches]
    cells = [(element("code", escaped(call)), value) for call, value in rows]
    cells.append((escaped("together"), fork.value))
    lines = [
        element("tr", element("td", call), element("td", escaped(said(value)), class_="number"))
        for call, value in cells
    ]
    return element("table", *lines)


def as_latex(explanation: Any) -> str:
    """Three lines: the derivatives, their numbers, the gradient."""
    whole = _derivative(explanation.loss, explanation.entry)
    products = [_chain(path) or whole for path in explanation.paths]
    numbers = [_numbers(path) for path in explanation.paths]
    if explanation.rest.branches:
        products.append(r"\cdots")
        numbers.append(_number(explanation.rest.value))
    lines = [
        f"{whole} &= {' + '.join(products)}",
        f"&= {' + '.join(numbers)}",
        f"&= {_plain(explanation.gradient)}",
    ]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _chain(path: Any) -> str:
    return r" \, ".join(_derivative(f.result, f.operand) for f in path.factors)


def _derivative(of: str, by: str) -> str:
    return rf"\frac{{\partial\,{_name(of)}}}{{\partial\,{_name(by)}}}"


def _numbers(path: Any) -> str:
    factors = [_plain(path.upstream), *(_number(f.local) for f in path.factors)]
    return r" \cdot ".join(factors)


def _number(x: float) -> str:
    """A number as a factor or a term."""
    return rf"\left({_plain(x)}\right)" if said(x).startswith("-") else _plain(x)


def _plain(x: float) -> str:
    """A number as TeX writes it: powers of ten spelled out."""
    text = said(x)
    if text.lstrip("-") in ("inf", "nan"):
        return text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    digits, _, exponent = text.partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _name(entry: str) -> str:
    """A name, upright, with its entry as an index below."""
    name, bracket, place = entry.rpartition("[") if entry.endswith("]") else (entry, "", "")
    below = place.rstrip("]").replace(" ", "") if bracket else ""
    text = rf"\mathrm{{{''.join(map(_escaped, name))}}}"
    return f"{text}_{{{below}}}" if below else text


def _escaped(character: str) -> str:
    """A character that means itself in TeX."""
    if character in r"#$%&_{}":
        return "\\" + character
    if character in '\\^~<>|"`':
        return rf"\text{{\char{ord(character)}}}"
    return " " if not character.isprintable() else character
