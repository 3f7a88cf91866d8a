"""The one door to matplotlib: a figure in, one inline SVG out, the same bytes every time.

Imports errors and svg, and matplotlib when a chart is drawn. charts.py draws with it. Nothing
global is left changed: no pyplot, and the settings hold only while a figure is written.
"""

import importlib
import io
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chainrule.errors import MissingLibraryError
from chainrule.inspection.svg import escaped, text_width

# Colours that colour-blind readers can tell apart: Okabe and Ito 2008, "Color universal design".
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
COLOURS = (BLUE, ORANGE, GREEN, "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")

# Stands for the page's own text colour, so that one chart suits light and dark paper.
INK = "#0a0b0c"
# Sizes in points.
INCH = 72.0
WIDTH, HEIGHT = 5.4 * INCH, 3.1 * INCH
LABEL, TICK_LABEL = 10.0, 9.0  # heights of letters
EDGE = 3.0  # between the paper's edge and what stands next to it
TICK, GAP = 7.0, 4.0  # from an axis over its tick's mark to the number; from there to the label

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.labelsize": LABEL,
        "axes.linewidth": 0.7,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.family": "sans-serif",
        "font.sans-serif": [
            "DejaVu Sans"
        ],  # comes with matplotlib: widths are the same everywhere
        "font.size": LABEL,
        "grid.color": INK,
        "grid.alpha": 0.12,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.8,
        "svg.fonttype": "none",
        "svg.hashsalt": "chainrule",
        "text.color": INK,
        "text.parse_math": False,  # a class may be called "$5 to $9"
        "xtick.color": INK,
        "xtick.labelsize": TICK_LABEL,
        "ytick.color": INK,
        "ytick.labelsize": TICK_LABEL,
    }
)


def figure(
    draw: Callable[[Any], None], name: str, alt: str, *, above: float = EDGE, right: float = EDGE
) -> str:
    """Draw on a fresh figure and return it as inline SVG.

    Parameters
    ----------
    draw : callable
        Takes the axes.
    name : str
        Put before every id, so that several charts live in one page.
    alt : str
        What the chart shows, for readers who cannot see it.
    above, right : float
        Points to leave there for words outside the axes.
    """
    matplotlib, make_figure, svg_canvas = _matplotlib()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # not the user's own settings, fonts and styles
        matplotlib.rcParams.update(SETTINGS)
        page = make_figure(figsize=(WIDTH / INCH, HEIGHT / INCH))
        svg_canvas(page)
        page.patch.set_alpha(0)
        axes = page.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        _make_room(page, axes, above, right)
        file = io.StringIO()
        page.savefig(file, format="svg", metadata={"Date": None}, bbox_inches=None)
    return _inline(file.getvalue(), name, alt)


def _make_room(page: Any, axes: Any, above: float, right: float) -> None:
    """Leave the room that the words around the axes need.

    matplotlib's own layout engines draw all of it twice to find out, which takes as long as
    everything else together.
    """
    widest = max(_widths(axes.yaxis), default=0.0)
    left = EDGE + 1.2 * LABEL + GAP + widest + TICK
    below = EDGE + 1.2 * LABEL + GAP + 0.8 * TICK_LABEL + TICK  # numbers reach no lower
    if axes.yaxis.get_major_formatter().get_offset():  # "1e6" above the axis
        above = max(above, 1.5 * TICK_LABEL)
    # The last number below the axis may stand half beyond its end.
    right = max([right, *(width / 2 for width in _widths(axes.xaxis)[-1:])])
    page.subplots_adjust(
        left=left / WIDTH, right=1 - right / WIDTH, bottom=below / HEIGHT, top=1 - above / HEIGHT
    )


def _widths(axis: Any) -> list[float]:
    """Of the words beside the ticks, in points."""
    low, high = sorted(axis.get_view_interval())
    words: list[str] = []
    for places, formatter in (
        (axis.get_majorticklocs(), axis.get_major_formatter()),
        (axis.get_minorticklocs(), axis.get_minor_formatter()),
    ):
        words += formatter.format_ticks([x for x in places if low <= x <= high])
    return [text_width(each, TICK_LABEL) for each in words]


def _matplotlib() -> tuple[Any, Any, Any]:
    try:
        # Here, not above: matplotlib takes half a second to import, and only charts need it.
        matplotlib: Any = importlib.import_module("matplotlib")
        backend: Any = importlib.import_module("matplotlib.backends.backend_svg")
        figures: Any = importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise MissingLibraryError(
            "charts are drawn by matplotlib, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"',
        ) from error
    return matplotlib, figures.Figure, backend.FigureCanvasSVG


def _inline(document: str, name: str, alt: str) -> str:
    """Only the drawing: no prolog, metadata, page-wide style; own ids; the page's font."""
    drawing = document[document.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<style.*?</style>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'\bid="', f'id="{name}-', drawing)
    drawing = re.sub(r'(href="|url\()#', rf"\1#{name}-", drawing)
    drawing = re.sub(r"'DejaVu Sans'(, sans-serif)?", "inherit", drawing)
    drawing = re.sub(r"(font: [^;\"]*?)(\d[\d.]*px) inherit", r"font-size: \2", drawing)
    drawing = drawing.replace(INK, "currentColor")
    drawing = re.sub(r"\n\s*", "\n", drawing)
    size = re.search(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    assert size is not None
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'class="cr-chart" role="img" aria-label="{escaped(alt)}" '
        f'viewBox="0 0 {size[1]} {size[2]}" preserveAspectRatio="xMidYMid meet">'
    )
    return opening + drawing[drawing.index(">") + 1 :].rstrip()
