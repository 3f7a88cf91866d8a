"""Template: what a unit looks for, as a picture or as signed bars.

Imports errors, images and svg. The report shows those of the first layer's weights (D, H), one
column per unit; unit_templates.py finds them in a net.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.graph.numpy.symbol import plain
from chainrule.inspection.images import diverging, png_uri
from chainrule.inspection.svg import element, escaped, shortened, text_width

Array = np.ndarray[Any, np.dtype[Any]]

MOST_IMAGES = 64  # units shown as pictures
MOST_BARS = 12  # units shown as bars
FEATURES = 8  # bars per unit
VOTES = 3  # classes named for and against
SHARED = 0.5  # of a unit's strongest voice: classes with that much share its template
BRIGHTEST = 99.0  # percentile of |weight| with full colour: one wild weight hides no other

# Sizes in px.
ROW, BAR_LEFT, BAR_HALF, LONGEST_NAME = 18.0, 132.0, 62.0, 18

STYLE = (
    ".cr-bars{font-family:system-ui,sans-serif}.cr-bars text{font-size:11px;fill:currentColor}"
    ".cr-bars .for{fill:#d55e00}.cr-bars .against{fill:#0072b2}"
    ".cr-bars line{stroke:currentColor;stroke-opacity:.35}"
)


@dataclass(frozen=True)
class Template:
    """The weights of one unit.

    Parameters
    ----------
    name : str
        "unit 3", or the class if there is no hidden layer.
    strength : float
        Length of its weight vector.
    picture : str
        A PNG data URI for image data; else "".
    bars : str
        Inline SVG for tables; else "".
    votes : str
        The classes it speaks for and against; else "".
    alt : str
        What the picture shows, in words.
    unit : int
        Its place in the layer.
    most, least : tuple of int
        The rows that activate it most and least, the strongest first; of a net with rows.
    shared : tuple of str
        The classes that it speaks for with at least half of its strongest voice.
    """

    name: str
    strength: float
    picture: str = ""
    bars: str = ""
    votes: str = ""
    alt: str = ""
    unit: int = 0
    most: tuple[int, ...] = ()
    least: tuple[int, ...] = ()
    shared: tuple[str, ...] = ()


def of_weights(
    weights: Array,
    *,
    image_shape: tuple[int, int] | None = None,
    features: Sequence[str] = (),
    output_weights: Array | None = None,
    classes: Sequence[str] = (),
    shown: str = "Weights",
) -> tuple[Template, ...]:
    """Show the most telling units of a layer: strong, and listened to by the layer behind.

    Parameters
    ----------
    weights : ndarray, (D, H)
        Of the first layer. The inputs should be standardised, or weights cannot be compared.
    image_shape : (int, int), optional
        Height and width, if a row is a picture: then pictures, else bars.
    features : sequence of str, optional
        Names of the D columns, for bars.
    output_weights : ndarray, (H, C), optional
        Of the second and last layer: which classes a unit speaks for.
    classes : sequence of str, optional
        Names of the C classes. If there is no second layer, the H units are the classes.
    shown : str, default "Weights"
        What the columns are, in words.

    Returns
    -------
    tuple of Template
        At most 64 pictures or 12 groups of bars, all on one scale.

    Raises
    ------
    ShapeError
        If the pictures or names do not fit the weights.
    """
    weights, output_weights = np.asarray(plain(weights), np.float64), plain(output_weights)
    if weights.ndim != 2:
        raise _misfit("templates are columns of a matrix (D, H)", "weights", weights)
    if image_shape is not None and image_shape[0] * image_shape[1] != weights.shape[0]:
        raise _misfit(f"pictures of {image_shape} do not fit these weights", "weights", weights)
    if output_weights is not None and np.shape(output_weights)[0] != weights.shape[1]:
        raise _misfit("the second layer reads another number of units", "output", output_weights)
    strengths = np.sqrt(np.square(weights).sum(axis=0))
    most = MOST_BARS if image_shape is None else MOST_IMAGES
    telling = strengths
    if output_weights is not None:  # a strong unit that nobody listens to tells nothing
        telling = strengths * np.sqrt(np.square(np.asarray(output_weights)).sum(axis=1))
    strongest = np.argsort(-np.nan_to_num(telling), kind="stable")[:most]
    scale = _scale(weights, image_shape is not None)
    named = output_weights is None and len(classes) == weights.shape[1]
    names = list(features) or [f"input {i}" for i in range(weights.shape[0])]
    made: list[Template] = []
    for unit in (int(i) for i in strongest):
        name = str(classes[unit]) if named else f"unit {unit}"
        column = weights[:, unit] / scale
        picture = bars = ""
        alt = f"{name} looks for {_words(weights[:, unit], names)}"
        if image_shape is not None:
            picture = png_uri(diverging(column.reshape(image_shape)))
            alt = f"{shown} of {name} as a picture of {image_shape[0]} by {image_shape[1]} pixels"
        else:
            bars = _bars(weights[:, unit], column, names, alt)
        votes = "" if output_weights is None else _votes(np.asarray(output_weights)[unit], classes)
        shared = () if output_weights is None else _shared(output_weights[unit], classes)
        made.append(
            Template(name, float(strengths[unit]), picture, bars, votes, alt, unit, shared=shared)
        )
    return tuple(made)


def _scale(weights: Array, clipped: bool) -> float:
    """The magnitude that gets the full colour or the full bar, the same for all units."""
    magnitudes = np.abs(weights[np.isfinite(weights)])
    if not magnitudes.size:
        return 1.0
    return float(np.percentile(magnitudes, BRIGHTEST) if clipped else magnitudes.max()) or 1.0


def _strongest(weights: Array) -> list[int]:
    order = np.argsort(-np.abs(np.nan_to_num(weights)), kind="stable")[:FEATURES]
    return [int(i) for i in order]


def _words(weights: Array, names: Sequence[str]) -> str:
    signs = [f"{'+' if weights[i] > 0 else '-'}{names[i]}" for i in _strongest(weights)[:VOTES]]
    return ", ".join(signs)


def _votes(weights: Array, classes: Sequence[str]) -> str:
    """The classes with the largest and the smallest weight: templates are shared."""
    names = list(classes) or [str(i) for i in range(len(weights))]
    if len(weights) == 1:
        return "raises the output" if weights[0] > 0 else "lowers the output"
    order = [int(i) for i in np.argsort(-weights, kind="stable")]
    most = min(VOTES, len(order) // 2)
    speaks_for = [names[i] for i in order[:most] if weights[i] > 0]
    against = [names[i] for i in order[::-1][:most] if weights[i] < 0]
    parts = [f"for {', '.join(speaks_for)}"] if speaks_for else []
    parts += [f"against {', '.join(against)}"] if against else []
    return "; ".join(parts)


def _shared(weights: Array, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes with a voice of at least half of the strongest one for."""
    if len(weights) < 2 or not weights.max() > 0:
        return ()
    names = list(classes) or [str(i) for i in range(len(weights))]
    strong = np.flatnonzero(weights >= SHARED * weights.max())
    return tuple(names[i] for i in strong.tolist())


def _bars(weights: Array, scaled: Array, names: Sequence[str], title: str) -> str:
    """The strongest features, one bar each: to the right of the line for, to the left against."""
    rows: list[str] = []
    chosen = _strongest(weights)
    middle = BAR_LEFT + BAR_HALF
    for place, i in enumerate(chosen):
        y = place * ROW
        length = float(abs(scaled[i])) * BAR_HALF if np.isfinite(scaled[i]) else 0.0
        left = middle if weights[i] > 0 else middle - length
        label = shortened(names[i], LONGEST_NAME)
        side = "for" if weights[i] > 0 else "against"
        rows.append(
            element(
                "g",
                element("title", escaped(f"{names[i]}: {weights[i]:+.3g}")),
                element("text", escaped(label), x=BAR_LEFT - 8, y=y + 13, text_anchor="end"),
                element("rect", class_=side, x=left, y=y + 3, width=length, height=ROW - 6, rx=2),
            )
        )
    room = max((text_width(shortened(names[i], LONGEST_NAME), 11) for i in chosen), default=0.0)
    left = max(0.0, BAR_LEFT - 12 - room)
    width, height = BAR_LEFT + 2 * BAR_HALF - left, len(chosen) * ROW
    return element(
        "svg",
        element("title", escaped(title)),
        element("style", STYLE),
        element("line", x1=middle, x2=middle, y1=0, y2=height),
        *rows,
        xmlns="http://www.w3.org/2000/svg",
        class_="cr-bars",
        role="img",
        aria_label=title,
        width=width,
        height=height,
        viewBox=f"{left:.0f} 0 {width:.0f} {height:.0f}",
    )


def _misfit(what: str, name: str, value: Any) -> ShapeError:
    return ShapeError(
        f"{what}.",
        found=[describe(name, value)],
        do="Give the weights of the first layer, (D, H), and what belongs to those D columns.",
    )
