"""The computational graph as a picture: values above the wires, upstream gradients below.

Imports the graph through sketch.py; layout.py says where things stand. The report, the README and
the explorer show it. One SVG without scripts, fonts or ids, readable on light and dark paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.errors import ArgumentError
from chainrule.graph.nodes.node import Node
from chainrule.inspection.flow_record import FlowData
from chainrule.inspection.given_graph import Given
from chainrule.inspection.layered import Box
from chainrule.inspection.layout import Layout, Wire, lay_out
from chainrule.inspection.module_boxes import module_boxes
from chainrule.inspection.observed import observed
from chainrule.inspection.sketch import Sign, signs_of
from chainrule.inspection.svg import element, escaped, number, shortened, text_width

MOST_NODES = 150  # a wider picture cannot be read
SMALLEST = 0.75  # of its width: a page may shrink a picture to this, then must scroll
LONGEST_NAME = 26  # characters
MARGIN = 20.0  # px around the picture
TITLE_ROOM = 34.0  # px
LEGEND_ROOM = 34.0  # px
MODULE_ROOM = 18.0  # px, above the picture of a net, for the name of a module

# Sizes in px.
RADIUS = 19.0
BOX_HEIGHT = 36.0
NAME_SIZE, VALUE_SIZE, GATE_SIZE, LEGEND_SIZE = 13.0, 12.0, 10.0, 11.0
PAD = 10.0  # between the border of a box and its text
SHORT_NAME = 2  # characters that fit into a circle
LONG_NAME = 12  # an op's longer name is broken in two
ARROW = 6.0

STYLE = """
.cr-graph{--cr-paper:#fff;--cr-ink:#1f2430;--cr-quiet:#687080;--cr-line:#aab1bd;--cr-op:#f4f6f9;
--cr-leaf:#eaf1fd;--cr-leaf-line:#7ea2dc;--cr-value:#0a7a3b;--cr-gradient:#c62828;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media screen and (prefers-color-scheme:dark){.cr-graph{--cr-paper:#161a21;--cr-ink:#e4e8ef;
--cr-quiet:#97a0b0;--cr-line:#5b6473;--cr-op:#232933;--cr-leaf:#1c2b45;--cr-leaf-line:#5b86cb;
--cr-value:#58c98b;--cr-gradient:#ff8a80}}
.cr-graph text{fill:var(--cr-ink);font-variant-numeric:tabular-nums}
.cr-graph .paper{fill:var(--cr-paper)}
.cr-graph .wire{fill:none;stroke:var(--cr-line);stroke-width:1.4}
.cr-graph .tip{fill:var(--cr-line)}
.cr-graph .op{fill:var(--cr-op);stroke:var(--cr-line);stroke-width:1.2}
.cr-graph .parameter{fill:var(--cr-leaf);stroke:var(--cr-leaf-line);stroke-width:1.2}
.cr-graph .data{fill:var(--cr-paper);stroke:var(--cr-line);stroke-width:1.2}
.cr-graph .module{fill:var(--cr-ink);fill-opacity:.035;stroke:var(--cr-line);stroke-opacity:.6;
stroke-dasharray:4 3}
.cr-graph .fork{fill:var(--cr-ink)}
.cr-graph .heading{font-size:15px;font-weight:600}
.cr-graph .name{font-size:13px;text-anchor:middle}
.cr-graph .sign{font-size:17px;text-anchor:middle}
.cr-graph .quiet{font-size:10px;fill:var(--cr-quiet)}
.cr-graph .gate{font-size:10px;fill:var(--cr-quiet);text-anchor:middle;font-style:italic}
.cr-graph .legend{font-size:11px;fill:var(--cr-quiet)}
.cr-graph .value{fill:var(--cr-value)}
.cr-graph .gradient{fill:var(--cr-gradient)}
.cr-graph .number{font-size:12px}
"""


def graph_svg(*ends: Node, title: str = "") -> str:
    """Draw the graph behind some tensors, after ``backward()`` with its gradients.

    Parameters
    ----------
    *ends : Tensor
        Usually the loss.
    title : str, optional
        Printed above the picture.

    Returns
    -------
    str
        A whole SVG document. Of a graph beyond 150 nodes the last ones are drawn, and it says
        how many are left out.

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y, z = (cr.tensor(v, name=n) for v, n in ((-2.0, "x"), (5.0, "y"), (-4.0, "z")))
    >>> f = (x + y) * z
    >>> f.backward()
    >>> graph_svg(f).count("swap multiplier")
    2
    """
    if not ends:
        raise ArgumentError(
            "there is no graph to draw: no tensor was given.", do="Give the loss: graph_svg(loss)."
        )
    return flow_svg(observed(Given(ends), walks=False, closely=False), title)


def flow_svg(flow: FlowData, title: str = "") -> str:
    """Draw a graph that has been looked at."""
    signs, left_out = signs_of(flow, MOST_NODES)
    shapes = [_shape(sign) for sign in signs]
    plan = lay_out([shape.box for shape in shapes])
    notes = _notes(signs, left_out)
    above = MARGIN + (TITLE_ROOM if title else 0.0)
    above += MODULE_ROOM if any(sign.module for sign in signs) else 0.0
    legend_width = sum(text_width(text, LEGEND_SIZE) + 22 for _, text in notes)
    width = max(plan.width, legend_width, text_width(title, 15)) + 2 * MARGIN
    height = plan.height + above + LEGEND_ROOM + MARGIN
    shift = MARGIN + max(0.0, (width - 2 * MARGIN - plan.width) / 2)
    kinds = {module.path: module.kind for module in flow.modules}
    drawing = element(
        "g",
        *module_boxes(signs, [(s.box, s.lead, s.body) for s in shapes], plan, kinds),
        *_wires(plan, shapes),
        *(_node(signs[i], shapes[i], plan, i) for i in range(len(signs))),
        transform=f"translate({number(shift)} {number(above)})",
    )
    count = sum(sign.kind != "cut" for sign in signs)
    summary = f"Computational graph of {count} nodes" + (f": {title}" if title else "")
    return element(
        "svg",
        element("title", escaped(title or summary)),
        element("style", STYLE),
        element("rect", class_="paper", width=width, height=height, rx=10),
        element("text", escaped(title), class_="heading", x=MARGIN, y=32) if title else "",
        drawing,
        _legend(notes, height - 16),
        xmlns="http://www.w3.org/2000/svg",
        class_="cr-graph",
        role="img",
        aria_label=summary,
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        style=f"min-width:{number(SMALLEST * width)}px",
    )


@dataclass(frozen=True)
class _Shape:
    """How a sign is drawn: the room it takes, and where in it its body stands."""

    box: Box
    body: float  # width of the circle or box
    lead: float  # px from the left edge of the room to the body
    lines: tuple[str, ...]  # what is written in the body
    round: bool = False


def _shape(sign: Sign) -> _Shape:
    lines = _lines(sign)
    if sign.kind in ("number", "cut"):
        body = text_width(lines[0], NAME_SIZE) + 6
        return _Shape(Box(body, 10, 10), body, 0, lines)
    sizes = (NAME_SIZE, NAME_SIZE if sign.kind == "op" else GATE_SIZE)
    body = max(text_width(line, size) for line, size in zip(lines, sizes, strict=False)) + 2 * PAD
    is_round = sign.kind == "op" and len(lines[0]) <= SHORT_NAME
    body = 2 * RADIUS if is_round else body
    half = RADIUS if is_round else BOX_HEIGHT / 2
    gate = text_width(sign.gate, GATE_SIZE)
    lead = max(0.0, (gate - body) / 2)
    texts = [(sign.value, VALUE_SIZE), (sign.gradient, VALUE_SIZE), ("", 0)]
    texts += [(line, GATE_SIZE) for line in _fork_lines(sign)]
    stem = max(text_width(text, size) for text, size in texts) + 12
    below = max(half + (16 if gate else 0), _fork_top(sign) + 16 if sign.fork else 20)
    box = Box(lead + body + max(stem, lead), half, below, sign.inputs, half - 5, sign.ordered)
    return _Shape(box, body, lead, lines, is_round)


def _lines(sign: Sign) -> tuple[str, ...]:
    """The words in the body: a leaf's name and shape, or an op's name in one or two lines."""
    if sign.kind != "op":
        name = shortened(sign.label, LONGEST_NAME)
        return (name, sign.shape) if sign.shape else (name,)
    words = sign.label.split("_")
    if len(sign.label) <= LONG_NAME or len(words) == 1:
        return (shortened(" ".join(words), LONGEST_NAME),)
    return words[0], shortened(" ".join(words[1:]), LONGEST_NAME)


def _fork_lines(sign: Sign) -> tuple[str, ...]:
    return ("adder: gradients", "are summed") if sign.fork else ()


def _fork_top(sign: Sign) -> int:
    """How far below the wire a fork is explained: below the gate's role, which may be wide."""
    return 44 if sign.gate else 28


def _node(sign: Sign, shape: _Shape, plan: Layout, place: int) -> str:
    """The body with its words; the wire's first piece is written on, above and below."""
    left, y = plan.lefts[place] + shape.lead, plan.middles[place]
    middle, right = left + shape.body / 2, left + shape.body
    parts = [element("title", escaped(sign.title)), _body(sign, shape, left, y)]
    if len(shape.lines) == 1:
        size = "sign" if shape.round else "name"
        down = 6.0 if shape.round else 4.5
        parts.append(_text(size, middle, y + down, _typeset(shape.lines[0])))
    else:
        second = "name" if sign.kind == "op" else "quiet"
        parts.append(_text("name", middle, y - 3, shape.lines[0]))
        parts.append(_text(second, middle, y + 12, shape.lines[1], text_anchor="middle"))
    if sign.gate:
        parts.append(_text("gate", middle, y + shape.box.above + 13, sign.gate))
    if sign.value:
        parts.append(_text("number value", right + 6, y - 6, _typeset(sign.value)))
    if sign.gradient:
        parts.append(_text("number gradient", right + 6, y + 15, _typeset(sign.gradient)))
    end = plan.lefts[place] + shape.box.width
    if sign.kind not in ("number", "cut"):
        stem = element("path", class_="wire", d=f"M{number(right)} {number(y)}H{number(end)}")
        parts.insert(1, stem)
    if sign.fork:
        parts.append(element("circle", class_="fork", cx=end, cy=y, r=3.0))
        for i, line in enumerate(_fork_lines(sign)):
            parts.append(_text("quiet", right + 6, y + _fork_top(sign) + 12 * i, line))
    return element("g", *parts)


def _body(sign: Sign, shape: _Shape, left: float, y: float) -> str:
    if sign.kind in ("number", "cut"):
        return ""
    if shape.round:
        return element("circle", class_="op", cx=left + RADIUS, cy=y, r=RADIUS)
    half = BOX_HEIGHT / 2
    return element(
        "rect", class_=sign.kind, x=left, y=y - half, width=shape.body, height=BOX_HEIGHT,
        rx=6.0 if sign.kind == "op" else half if sign.kind == "data" else 3.0,
    )  # fmt: skip


def _wires(plan: Layout, shapes: Sequence[_Shape]) -> Iterator[str]:
    """All wires; the piece that two from one source share is drawn once."""
    drawn: set[tuple[int, tuple[float, float]]] = set()
    for wire in plan.wires:
        bends = range(1, len(wire.points) - 1, 2)
        shared = [i for i in bends if (wire.source, wire.points[i]) in drawn]
        drawn |= {(wire.source, wire.points[i]) for i in bends}
        first = shared[-1] if shared else 0
        yield _wire(wire, shapes[wire.target], plan.middles[wire.target], first)


def _wire(wire: Wire, shape: _Shape, middle: float, first: int) -> str:
    """From a point of the way to the border of the reader's body, with a tip."""
    x, y = wire.points[-1]
    x += shape.lead
    if shape.round:  # a wire that enters above the middle meets the circle later
        x += RADIUS - (RADIUS**2 - (y - middle) ** 2) ** 0.5
    points = [*wire.points[:-1], (x - ARROW, y)]
    path = [f"M{number(points[first][0])} {number(points[first][1])}"]
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        if i < first:
            continue
        half = (x0 + x1) / 2
        curve = (half, y0, half, y1, x1, y1)
        path.append("C" + " ".join(map(number, curve)) if i % 2 else f"H{number(x1)}")
    tip = f"M{number(x)} {number(y)}l-7 -3.6v7.2z"
    line = element("path", class_="wire", d="".join(path))
    return line + element("path", class_="tip", d=tip)


def _text(style: str, x: float, y: float, words: str, **attributes: object) -> str:
    return element("text", escaped(words), class_=style, x=x, y=y, **attributes)


def _typeset(value: str) -> str:
    """A number with a true minus sign."""
    return value.replace("-", "\N{MINUS SIGN}")


def _notes(signs: Sequence[Sign], left_out: int) -> list[tuple[str, str]]:
    """What the legend explains: only what can be seen."""
    seen = [sign for sign in signs if sign.value]
    notes = [("value", "forward: value")] if seen else []
    if any(sign.gradient for sign in signs):
        notes.append(("gradient", "backward: upstream gradient"))
    if any("|" in sign.value for sign in seen):
        notes.append(("legend", "|a|: largest magnitude of an array"))
    if left_out:
        notes.append(("legend", f"{left_out} earlier nodes are not drawn"))
    return notes


def _legend(notes: Sequence[tuple[str, str]], y: float) -> str:
    parts: list[str] = []
    x = MARGIN
    for style, words in notes:
        colour = {"value": "value", "gradient": "gradient"}.get(style)
        style_ = f"legend {colour}" if colour else "legend"
        parts.append(_text(style_, x, y, words))
        x += text_width(words, LEGEND_SIZE) + 22
    return element("g", *parts)
