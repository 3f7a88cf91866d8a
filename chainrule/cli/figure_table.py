"""Figures as a table that a practitioner reads: a line for each part, beside a constant answer.

Imports the screen. The end of a training shows it, and so does a prediction whose truth is known.
"""

from collections.abc import Mapping, Sequence
from math import floor, isfinite, log10
from typing import Any

from chainrule.cli.screen import table

# The keys of metrics.json, and how they are printed: "_" as a space, abbreviations as such.
NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R^2",
    "coverage": "coverage",
}
SHARES = ("accuracy", "balanced_accuracy", "coverage")
OF_TARGET = ("rmse", "mae")  # have its unit
MANY = 9_999.5  # from here on decimals tell nothing
HARDLY = 0.001  # below it four decimals do
DIGITS, FEWEST, MOST = 6, 1e-4, 1e15  # of a column's largest number; beyond these, exponents


def shown(name: str, value: float | None) -> str:
    """A figure as text."""
    if value is None or not isfinite(value):
        return "–"
    if name in SHARES:
        return f"{value:.2%}"
    if abs(value) >= MANY:
        return f"{value:,.0f}"
    if name not in OF_TARGET and abs(value) < HARDLY:  # no -4.935e-05 for an R^2 of nothing
        return f"{round(value, 4) + 0.0:.4f}"
    return f"{value + 0.0:#.4g}".removesuffix(".")  # no "1637.", and no "-0"


def written_alike(numbers: Sequence[float], sign: str = "") -> list[str]:
    """Numbers of one unit with as many decimals each: 132000 beside 83282, not 1.32e+05.

    Parameters
    ----------
    sign : {"", "+"}
        Whether those above 0 have a sign, too.
    """
    largest = max((abs(number) for number in numbers if isfinite(number)), default=0.0)
    if largest and not FEWEST <= largest < MOST:
        return [f"{number + 0.0:{sign}.{DIGITS}g}" for number in numbers]
    decimals = max(DIGITS - 1 - floor(log10(largest or 1.0)), 0)
    if all(float(number).is_integer() for number in numbers if isfinite(number)):
        decimals = 0
    return [f"{round(number, decimals) + 0.0:{sign}.{decimals}f}" for number in numbers]


def heading(name: str, target: str) -> str:
    """A figure's name, with the target whose unit it has."""
    return f"{NAMES[name]} ({target})" if name in OF_TARGET else NAMES[name]


def show_lines(lines: Mapping[str, Mapping[str, Any]], target: str) -> None:
    """Print a line for each part."""
    names = [name for name in NAMES if any(name in figures for figures in lines.values())]
    rows = [
        (label, f"{figures['rows']:,}", *(shown(name, figures.get(name)) for name in names))
        for label, figures in lines.items()
    ]
    table(["part", "rows", *(heading(name, target) for name in names)], rows, texts=["part"])


def in_words(figures: Mapping[str, Any], target: str) -> str:
    """The same in one line."""
    return ", ".join(
        f"{heading(name, target)} {shown(name, figures[name])}"
        for name in NAMES
        if name in figures
    )
