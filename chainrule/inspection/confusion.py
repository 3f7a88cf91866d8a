"""The confusion matrix of a classifier: a coloured cell for each pair of truth and answer.

Imports figures for its colours, and svg. report.py puts it in the page.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.inspection.figures import BLUE, ORANGE
from chainrule.inspection.svg import element, escaped, shortened, text_width

Array = np.ndarray[Any, np.dtype[Any]]

MOST_CELLS = 36  # classes whose counts are written into the cells
LONGEST_CLASS = 14  # characters
FULL = 0.75  # root of a share from which on a cell is dark and its number white
FAINT = 0.06  # opacity of a cell with a single row
LEVEL = 2  # characters of the longest name up to which the names below lie flat

# Sizes in px.
SMALLEST, LARGEST, MARGINS, CELL = 260.0, 1100.0, 115.0, 26.0  # of the whole, of what is no cell
NUMBER, NAME, TITLE = 8.5, 9.0, 10.0  # heights of letters
GAP = 5.0


def confusion_matrix(name: str, counts: Array, classes: Sequence[str]) -> str:
    """Rows are the truth, columns the answers; colours are shares of each row.

    Right answers are blue, wrong ones orange. The colour grows with the square root of the share,
    so that a few mistakes can be seen.

    Parameters
    ----------
    name : str
        The id of the drawing.
    counts : ndarray of int, (C, C)
    classes : sequence of str
    """
    counts = np.asarray(counts)
    labels = [shortened(str(label), LONGEST_CLASS) for label in classes]
    room = max((text_width(label, NAME) for label in labels), default=0.0)
    is_level = max(map(len, labels), default=0) <= LEVEL
    left = TITLE + 2 * GAP + room
    below = GAP + (NAME if is_level else room * 0.72 + NAME)  # at 45 degrees, rounded up
    side = min(max(SMALLEST, MARGINS + CELL * len(labels)), LARGEST)
    cell = max(side - max(left, below + TITLE + GAP), side / 2) / max(len(labels), 1)
    width, height = left + cell * len(labels) + 1, cell * len(labels) + below + TITLE + GAP
    middle = cell * len(labels) / 2
    right = int(np.trace(counts))
    alt = f"Confusion matrix of {len(labels)} classes: {right} of {int(counts.sum())} rows right"
    return element(
        "svg",
        *_cells(counts, left, cell),
        element(
            "rect",
            x=left, y=1.0, width=2 * middle, height=2 * middle,
            fill="none", stroke="currentColor", stroke_width=0.7,
        ),
        *_names(labels, left, cell, is_level),
        _text("answer of the net", left + middle, height - GAP / 2, TITLE),
        _text("truth", TITLE, middle, TITLE, turned=-90),
        xmlns="http://www.w3.org/2000/svg",
        id=name,
        class_="cr-chart",
        role="img",
        aria_label=alt,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
    )  # fmt: skip


def _cells(counts: Array, left: float, cell: float) -> list[str]:
    """A square for every pair that occurs, and how often it does."""
    roots = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    drawn: list[str] = []
    for truth, answer in np.argwhere(counts).tolist():
        root = float(roots[truth, answer])
        x, y = left + answer * cell, 1 + truth * cell
        colour, opacity = BLUE if truth == answer else ORANGE, FAINT + (1 - FAINT) * root
        square = element(
            "rect", x=x, y=y, width=cell, height=cell, fill=colour, fill_opacity=opacity
        )
        drawn.append(square)
        if len(counts) <= MOST_CELLS:
            ink = "white" if root > FULL else "currentColor"
            words = f"{counts[truth, answer]}"
            drawn.append(_text(words, x + cell / 2, y + cell / 2 + NUMBER * 0.36, NUMBER, ink))
    return drawn


def _names(labels: list[str], left: float, cell: float, is_level: bool) -> list[str]:
    """Each class beside its row, and below its column: there at 45 degrees if it is long."""
    end, bottom = left - GAP, 1 + len(labels) * cell + GAP
    names: list[str] = []
    for place, label in enumerate(labels):
        middle = (place + 0.5) * cell
        names.append(_text(label, end, 1 + middle + NAME * 0.36, NAME, anchor="end"))
        if is_level:
            names.append(_text(label, left + middle, bottom + NAME * 0.8, NAME))
        else:
            x, y = left + middle + NAME * 0.3, bottom + NAME * 0.5
            names.append(_text(label, x, y, NAME, anchor="end", turned=-45))
    return names


def _text(
    words: str,
    x: float,
    y: float,
    size: float,
    ink: str = "currentColor",
    anchor: str = "middle",
    turned: int = 0,
) -> str:
    turn = f"rotate({turned} {x:.1f} {y:.1f})" if turned else None
    return element(
        "text",
        escaped(words),
        x=x, y=y, font_size=size, text_anchor=anchor, fill=ink, transform=turn,
    )  # fmt: skip
