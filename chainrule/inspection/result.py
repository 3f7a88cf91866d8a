"""Result: what a net came to on each part of the data, read against a constant answer.

Imports nothing but the standard library. The report and the command line say what it finds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

BOUNDED = ("accuracy", "R^2")  # 1 is perfect, and a constant answer has a figure of its own
GAP = {"accuracy": 0.1, "R^2": 0.2}  # between training and held-out rows: less is usual
HARDLY = 0.8  # share of the loss of equal scores that is left where hardly a thing is learned
ERRORS = 2.0  # standard errors of an accuracy: a smaller gap may be chance


@dataclass(frozen=True)
class Part:
    """What the net makes of one part of the data.

    Parameters
    ----------
    name : str
        "training", "validation" or "test".
    rows : int
    loss : float
        Without regularization.
    values : mapping of str to float
        Metrics, the most telling one first: "accuracy" (0 to 1); or "R^2" and "RMSE".
    constant : float
        What the best constant answer reaches by the first metric: the share of the most frequent
        class, or an R^2 of 0. NaN: unknown.
    even : float
        The loss of equal scores for all classes, of one who knows nothing. NaN: unknown.
    """

    name: str
    rows: int
    loss: float
    values: Mapping[str, float]
    constant: float = nan
    even: float = nan


def read_result(parts: Sequence[Part], outweighing: int = 0) -> tuple[str, ...]:
    """What to worry about in the figures of the parts, one sentence per finding.

    Parameters
    ----------
    parts : sequence of Part
        Training first, the part that was kept away longest last.
    outweighing : int
        How many rows of a target of numbers outweigh all others.

    Examples
    --------
    >>> learned = Part("training", 80, 0.01, {"accuracy": 1.0}, 0.6)
    >>> for sentence in read_result([learned, Part("test", 200, 2.5, {"accuracy": 0.55}, 0.6)]):
    ...     print(sentence)
    The test accuracy of 55.00% is no better than the 60.00% of always answering the most frequent
    class: what the net learned does not hold for new rows.
    The test accuracy of 55.00% is far below the 100.00% on training rows: the net is overfitted.
    More rows help, or a stronger --l2, a --dropout, fewer hidden units.
    """
    if not parts:
        return ()
    first, last = parts[0], parts[-1]
    name = next((each for each in last.values if each in BOUNDED), None)
    if name is None or not isfinite(last.values[name]):
        return ()
    if outweighing:
        return (told_outweighing(outweighing),)
    value, seen = last.values[name], first.values.get(name, nan)
    found: list[str] = []
    if value <= last.constant:
        found.append(_no_better(last, name, value, seen, first is last))
    if first is not last and seen - value > max(GAP[name], _chance(name, value, last.rows)):
        found.append(
            f"The {last.name} {_title(name)} of {_shown(name, value)} is far below the "
            f"{_shown(name, seen)} on training rows: the net is overfitted. "
            "More rows help, or a stronger --l2, a --dropout, fewer hidden units."
        )
    if first.loss > first.even:
        found.append(
            f"{_above(first)}: the steps were too long for the loss to fall. "
            "Choose a smaller --learning-rate."
        )
    elif last.loss > last.even and first.loss > HARDLY * first.even and not found:
        found.append(
            f"{_above(last)}, and the training loss of {first.loss:.4g} is hardly below it: the "
            "net has hardly learned. Train longer, with another --learning-rate, or a wider net."
        )
    elif last.loss > last.even and not found:
        found.append(
            f"{_above(last)}: where the net is wrong it is sure of it. More rows help, or a "
            "stronger --l2, a --dropout, fewer epochs."
        )
    return tuple(found)


def told_outweighing(rows: int) -> str:
    """What is left to say where a few rows make the figures of all: whatever they say of them."""
    verb = "1 row outweighs" if rows == 1 else f"{rows} rows outweigh"
    return (
        f"{verb} all others by a target far from theirs: R² and RMSE, of whatever part, hang on "
        "that. Correct it or leave it out, and train again; until then look at the MAE."
    )


def _above(part: Part) -> str:
    return (
        f"The {part.name} loss of {part.loss:.4g} is above the {part.even:.4g} of equal scores "
        "for all classes"
    )


def _no_better(part: Part, name: str, value: float, seen: float, alone: bool) -> str:
    answer = "the most frequent class" if name == "accuracy" else "the mean"
    learned = not alone and seen > part.constant + GAP[name]
    why = (
        "what the net learned does not hold for new rows."
        if learned
        else "the net has learned nothing. Train longer, or with another --learning-rate."
    )
    return (
        f"The {part.name} {_title(name)} of {_shown(name, value)} is no better than the "
        f"{_shown(name, part.constant)} of always answering {answer}: {why}"
    )


def _chance(name: str, value: float, rows: int) -> float:
    """What chance alone may take from an accuracy on so many rows."""
    return ERRORS * sqrt(value * (1 - value) / max(rows, 1)) if name == "accuracy" else 0.0


def _title(name: str) -> str:
    return "R²" if name == "R^2" else name


def _shown(name: str, value: float) -> str:
    return f"{value:.2%}" if name == "accuracy" else f"{round(value, 4) + 0.0:.4g}"
