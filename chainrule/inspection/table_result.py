"""What is worth a look in the figures of estimators: read beside a constant answer.

Imports NumPy and result.py. The report and the command line say what it finds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.inspection.result import told_outweighing

HANDFUL = 10  # rows of a class; with fewer, what is said of it hangs on a few rows
ONE_SIDED = 0.8  # share of the most frequent class from which on an accuracy says little
FAR = {"accuracy": 0.1, "r2": 0.2}  # between two parts that neither has been seen: less is usual
ERRORS = 2.0  # standard errors of an accuracy: a smaller gap may be chance
LISTED = 5


def read_table(
    lines: Mapping[str, Mapping[str, Any]],
    last: str,
    seen: Any,
    classes: Sequence[str] = (),
    outweighing: int = 0,
) -> tuple[str, ...]:
    """Sentences, one per finding.

    Parameters
    ----------
    lines : mapping of str to figures
        Of the parts, and of a "constant" answer to the last one.
    last : str
        The part that was kept away longest.
    seen : ndarray
        The training rows' classes, or numbers.
    outweighing : int
        How many rows of a target of numbers outweigh all others.
    """
    name = "accuracy" if classes else "r2"
    value, constant = lines[last][name], lines["constant"][name]
    if outweighing:
        return (told_outweighing(outweighing),)
    found: list[str] = []
    if value <= constant:
        answer = "the most frequent class" if classes else "the mean"
        found.append(
            f"The {last} {_title(name)} of {_shown(name, value)} is no better than the "
            f"{_shown(name, constant)} of always answering {answer}: these columns do not tell "
            "the target, or there are too few rows."
        )
    watched = lines.get("validation", {}).get(name, np.nan)
    gap = watched - value
    chance = ERRORS * np.sqrt(max(value * (1 - value), 0) / max(lines[last]["rows"], 1))
    if last == "test" and gap > max(FAR[name], chance if classes else 0.0):
        found.append(
            f"The test {_title(name)} of {_shown(name, value)} is far below the "
            f"{_shown(name, watched)} on validation rows, which no net has seen either: the test "
            "rows differ from the others."
        )
    return (*found, *(_of_classes(seen, classes) if classes else ()))


def _of_classes(seen: Any, classes: Sequence[str]) -> list[str]:
    counts = np.bincount(seen, minlength=len(classes))
    most, found = int(counts.argmax()), list[str]()
    if counts[most] >= ONE_SIDED * counts.sum():
        found.append(
            f"{counts[most] / counts.sum():.0%} of the training rows are {classes[most]!r}: an "
            "accuracy says little here. Look at the balanced accuracy, and at the recall of each "
            "class."
        )
    few = [
        f"{name!r} {count}"
        for name, count in zip(classes, counts.tolist(), strict=True)
        if count < HANDFUL
    ]
    if few:
        more = f" and {len(few) - LISTED} more" if len(few) > LISTED else ""
        noun = "class has" if len(few) == 1 else "classes have"
        found.append(
            f"{len(few)} {noun} a handful of training rows ({', '.join(few[:LISTED])}{more}): "
            "what is said of them hangs on a few rows."
        )
    return found


def _title(name: str) -> str:
    return "R²" if name == "r2" else name


def _shown(name: str, value: float) -> str:
    return f"{value:.2%}" if name == "accuracy" else f"{round(value, 4) + 0.0:.4g}"
