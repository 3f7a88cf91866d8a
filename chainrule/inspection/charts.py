"""Charts of a training run: curves, residuals, the size of updates and of gradients.

Imports figures (the door to matplotlib), ratios and svg. report.py puts them in the page; each
takes plain numbers and a name for its ids, and returns inline SVG.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.inspection.figures import BLUE, COLOURS, EDGE, INK, ORANGE, figure
from chainrule.inspection.ratios import HEALTHY, HIGHEST, LOWEST, is_bias
from chainrule.inspection.svg import shortened

Array = np.ndarray[Any, np.dtype[Any]]
Curve = Sequence[float]

FEW = 12  # points of a curve that are marked one by one
STEEP = 30.0  # largest over smallest: from here on a curve needs a log scale
MOST_POINTS = 2000  # rows of a scatter plot; more only make the page heavy
MOST_LAYERS = len(COLOURS)
TICK_LEFT = 0  # matplotlib's number for a marker
LONGEST_LAYER = 24  # characters
NOTE_LINE, NOTE_WIDTH = 15.0, 28.0  # points that a note outside the axes takes
LATE = 0.8  # share of the epochs from which on a note above would leave the paper
TINY = 1e-6  # ratios below it are the end of a schedule and tell nothing
QUIET = 0.55  # opacity of what only guides the eye
SMALLEST_DOT, LARGEST_DOT = 12.0, 160.0  # areas, in square points
DOTS = 0.75  # opacity of dots, which may lie over one another


def curves(name: str, series: Mapping[str, Curve], ylabel: str, kept: int | None = None) -> str:
    """Loss or metric over the epochs, one line per part.

    Parameters
    ----------
    series : mapping of str to sequence of float
        "training" and, where there is one, "validation"; one value per epoch.
    ylabel : str
        What is drawn, with its unit.
    kept : int, optional
        The epoch whose weights were kept, counted from 1.
    """
    known = {part: values for part, values in series.items() if np.isfinite(values).any()}

    def draw(axes: Any) -> None:
        for (part, values), colour in zip(known.items(), COLOURS, strict=False):
            style = "--" if part == "validation" else "-"
            _line(axes, values, part, colour, style)
        _scale(axes, [v for values in known.values() for v in values])
        if kept:
            axes.axvline(kept, color=INK, alpha=QUIET, linewidth=0.8, linestyle=":")
            is_late = kept > LATE * _epochs(known)
            _note(axes, kept, 1.0, f"kept: epoch {kept}", "right" if is_late else "center")
        _label(axes, "epoch", ylabel)
        if ylabel.endswith("accuracy"):
            axes.yaxis.set_major_formatter(_per_cent)
        if len(known) > 1:
            axes.legend()

    ends = ", ".join(f"{part} ends at {values[-1]:.4g}" for part, values in known.items())
    alt = f"{ylabel} over {_epochs(series)} epochs: {ends}"
    return figure(draw, name, alt, above=NOTE_LINE if kept else EDGE)


def predicted_against_true(name: str, true: Array, predicted: Array, target: str) -> str:
    """One dot per row; a perfect net puts all of them on the line."""
    true, predicted = _sample(true, predicted)

    def draw(axes: Any) -> None:
        both = np.concatenate([true, predicted])
        ends = [float(both.min()), float(both.max())]
        axes.plot(ends, ends, color=INK, alpha=QUIET, linewidth=0.9, label="perfect")
        axes.scatter(true, predicted, s=14, color=BLUE, alpha=DOTS, linewidths=0)
        _label(axes, f"true {target}", f"predicted {target}")
        axes.legend()

    return figure(draw, name, f"Predicted against true {target}, {len(true)} rows")


def residuals(name: str, true: Array, predicted: Array, target: str) -> str:
    """What is left over, true minus predicted: a shape in it is something the net has missed."""
    true, predicted = _sample(true, predicted)

    def draw(axes: Any) -> None:
        axes.axhline(0, color=INK, alpha=QUIET, linewidth=0.9)
        axes.scatter(predicted, true - predicted, s=14, color=ORANGE, alpha=DOTS, linewidths=0)
        _label(axes, f"predicted {target}", "residual: true − predicted")

    return figure(draw, name, f"Residuals of {target}, {len(true)} rows")


def calibration(name: str, chances: Curve, shares: Curve, rows: Curve, said: str) -> str:
    """How often what was given a chance comes true: on the line, chances hold what they say.

    Parameters
    ----------
    chances, shares, rows : sequence of float
        Of each bin: the mean chance, how often it came true, and how many rows it has.
    said : str
        Whose chances these are.
    """

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=INK, alpha=QUIET, linewidth=0.9, label="calibrated")
        axes.plot(chances, shares, color=BLUE, alpha=DOTS, linewidth=1.2)
        sizes = [SMALLEST_DOT + LARGEST_DOT * count / max(rows) for count in rows]
        axes.scatter(chances, shares, s=sizes, color=BLUE, alpha=DOTS, linewidths=0)
        _label(axes, f"chance of {shortened(said, LONGEST_LAYER)}", "share that it is so")
        axes.xaxis.set_major_formatter(_per_cent)
        axes.yaxis.set_major_formatter(_per_cent)
        axes.legend()

    alt = f"Calibration of the chances of {said}, {len(chances)} bins"
    return figure(draw, name, alt)


def ratio_curves(name: str, ratios: Mapping[str, Curve]) -> str:
    """Update:weight ratio per layer; about 1e-3 is healthy, a factor of ten either way is well."""
    weights = {layer: values for layer, values in ratios.items() if not is_bias(layer)}

    def draw(axes: Any) -> None:
        axes.axhspan(LOWEST, HIGHEST, color=COLOURS[2], alpha=0.08, linewidth=0)
        axes.axhline(HEALTHY, color=INK, alpha=QUIET, linewidth=0.9, linestyle="--")
        _layers(axes, weights)
        _label(axes, "epoch", "update : weight (log scale)")
        _note(axes, 1.0, HEALTHY, "1e-3", "left")
        low, high = axes.get_ylim()
        axes.set_ylim(min(max(low, TINY), LOWEST / 3), max(high, HIGHEST * 3))
        _plain_numbers(axes)

    alt = f"Update to weight ratio of {len(weights)} layers; 1e-3 is healthy"
    return figure(draw, name, alt, right=NOTE_WIDTH)


def gradient_norms(name: str, norms: Mapping[str, Curve]) -> str:
    """Length of the gradient per layer: one that fades or bursts shows here first."""
    weights = {layer: values for layer, values in norms.items() if not is_bias(layer)}

    def draw(axes: Any) -> None:
        _layers(axes, weights)
        _label(axes, "epoch", "gradient norm (log scale)")
        _plain_numbers(axes)

    return figure(draw, name, f"Gradient norm of {len(weights)} layers over the epochs")


def _layers(axes: Any, layers: Mapping[str, Curve]) -> None:
    """One line per layer; of a deep net the first and the last ones."""
    names = list(layers)
    if len(names) > MOST_LAYERS:
        names = names[: MOST_LAYERS // 2] + names[-(MOST_LAYERS // 2) :]
    for layer, colour in zip(names, COLOURS, strict=False):
        _line(axes, layers[layer], shortened(layer, LONGEST_LAYER), colour, "-")
    positive = [v for layer in names for v in layers[layer] if np.isfinite(v) and v > 0]
    if positive:
        axes.set_yscale("log")
    if names:
        axes.legend(loc="best")


def _line(axes: Any, values: Curve, label: str, colour: str, style: str) -> None:
    marker = "o" if len(values) <= FEW else None
    epochs = range(1, len(values) + 1)
    axes.plot(
        epochs, values, label=label, color=colour, linestyle=style, marker=marker, markersize=3.5
    )


def _scale(axes: Any, values: Sequence[float]) -> None:
    """A log scale where a linear one would press most of the curve onto the axis."""
    known = [v for v in values if np.isfinite(v)]
    if known and min(known) > 0 and max(known) / min(known) > STEEP:
        axes.set_yscale("log")
        _plain_numbers(axes)


def _plain_numbers(axes: Any) -> None:
    """On a log scale, 0.01 rather than a power of ten in mathematical type."""
    if axes.get_yscale() != "log":
        return
    axes.yaxis.set_major_formatter(_plain)
    low, high = axes.get_ylim()
    if high / low > STEEP:  # several powers of ten: their numbers are enough
        _marks(axes, [y for y in axes.yaxis.get_minorticklocs() if low <= y <= high])
    else:
        axes.yaxis.set_minor_formatter(_plain_two_and_five)


def _marks(axes: Any, places: Sequence[float]) -> None:
    """Marks between the powers of ten: as one line of markers, for a tick costs five artists."""
    axes.yaxis.minorticks_off()
    axes.plot(
        [0.0] * len(places), places, transform=axes.get_yaxis_transform(), clip_on=False,
        color=INK, linestyle="", marker=TICK_LEFT, markersize=2, markeredgewidth=0.6,
        scalex=False, scaley=False,
    )  # fmt: skip


def _plain(value: float, _: int) -> str:
    return f"{value + 0.0:g}"  # no "-0"


def _plain_two_and_five(value: float, _: int) -> str:
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def _per_cent(value: float, _: int) -> str:
    return f"{100 * value:g} %"


def _label(axes: Any, xlabel: str, ylabel: str) -> None:
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(visible=True, linewidth=0.7)
    axes.set_axisbelow(True)
    if xlabel == "epoch":
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, 0.5), high)  # there is no epoch 0


def _note(axes: Any, x: float, y: float, words: str, side: str) -> None:
    """Small words beside a line: behind its right end, or above its upper one."""
    behind = side == "left"
    transform = axes.get_yaxis_transform() if behind else axes.get_xaxis_transform()
    axes.annotate(
        words, (x, y), xycoords=transform, xytext=(3, 2) if behind else (0, 2),
        textcoords="offset points", fontsize=8, alpha=0.8, annotation_clip=False,
        verticalalignment="bottom", horizontalalignment=side,
    )  # fmt: skip


def _sample(true: Array, predicted: Array) -> tuple[Array, Array]:
    """At most 2000 rows, evenly chosen: the same ones every time."""
    true, predicted = np.ravel(true), np.ravel(predicted)
    chosen = np.linspace(0, len(true) - 1, min(len(true), MOST_POINTS)).astype(int)
    return true[chosen], predicted[chosen]


def _epochs(series: Mapping[str, Curve]) -> int:
    return max((len(values) for values in series.values()), default=0)
