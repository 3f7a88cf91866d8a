"""Estimators on real tables: accuracy, ranks and CPU seconds beside other libraries' models."""

import importlib.util
import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.report import Claim, Section, at_least
from benchmarks.runner import Kind, cpus, figures

FOLDER = "CHAINRULE_TABLES"  # the variable that names the folder of R's tables
NUMBERS = ("boston", "ozone", "diabetes")
BUNDLED = ("breast_cancer", "wine", "digits", "diabetes")
OF_R = ("vowel", "vehicle", "pima", "boston", "ozone", "spam", "satellite", "dna", "income",
        "letter", "shuttle")  # fmt: skip
SMALL = 5  # of these lists, for a quick look
STRONG, FAST, MLP, TD = "strong", "fast", "scikit-learn's MLP", "RealMLP-TD"
# By the library that a model needs; the first ones are always there.
MODELS = {
    STRONG: "", FAST: "", "realmlp": "", MLP: "", "HistGradientBoosting": "",
    "CatBoost": "catboost", "RealMLP-TD-S": "pytabkit", TD: "pytabkit",
}  # fmt: skip
SEEDS = 3
STRONG_FASTER, FAST_FASTER = 8.0, 30.0  # than RealMLP-TD, CPU seconds of all fits
AHEAD = 1.2  # points of accuracy, strong before RealMLP-TD
SHARE_OF_SPREAD = 0.5  # of the seeds', that strong may lie below scikit-learn's MLP
POINTS = 100
ABOUT = (
    "Accuracy (R2 for numbers) on a fifth of the rows, mean of the seeds, and CPU seconds of a "
    "fit: each in a process of its own, with one thread on one CPU. Every model is given the "
    "table with its defaults. The rank is among the models that ran on the table; means and "
    "seconds are over the tables on which all of them ran."
)


@dataclass(frozen=True)
class Fit:
    """One model on one table: a score per seed, and the mean of its seconds."""

    scores: tuple[float, ...]
    seconds: float

    @property
    def score(self) -> float:
        """Their mean."""
        return statistics.mean(self.scores)


Found = Mapping[str, Mapping[str, Fit]]  # by table and model


def tables(bench: Bench) -> Section:
    """Each model on each table and seed."""
    folder = os.environ.get(FOLDER, "")
    names, models = _names(folder, bench.quick), _models()
    section = Section("tables", "Estimators on tables", ABOUT, ["table", *models])
    if not folder:
        section.notes.append(
            "Tables of scikit-learn alone: the eleven of R's mlbench and kernlab are read from "
            f"the folder that {FOLDER} names (and by pyreadr)."
        )
    left = [model for model in MODELS if model not in models]
    if left:
        section.notes.append(f"{', '.join(left)} left out: not installed.")
    found: dict[str, dict[str, Fit]] = {}
    for name in names:
        found[name] = {model: _fit(model, name, folder, bench.quick) for model in models}
        section.rows.append([name, *map(_cell, found[name].values())])
    section.rows += _means(found, models)
    section.claims += _claims(found)
    return section


def _names(folder: str, quick: bool) -> tuple[str, ...]:
    names = OF_R if folder and importlib.util.find_spec("pyreadr") else BUNDLED
    return names[:SMALL] if quick else names


def _models() -> list[str]:
    return [
        model
        for model, library in MODELS.items()
        if not library or importlib.util.find_spec(library)
    ]


def _fit(model: str, table: str, folder: str, quick: bool) -> Fit:
    runs = [_run(model, table, seed, folder) for seed in range(1 if quick else SEEDS)]
    seconds = statistics.mean(run["seconds"] for run in runs)
    return Fit(tuple(run["score"] for run in runs), seconds)


def _run(model: str, table: str, seed: int, folder: str) -> dict[str, float]:
    words = [model, table, str(seed), *([str(Path(folder).resolve())] if folder else [])]
    return figures("table_run", words, Kind(OURS, 1), cpus()[-1:])


def _cell(fit: Fit) -> str:
    return f"{fit.score:.3f} ({fit.seconds:.1f} s)"


def _means(found: Found, models: list[str]) -> list[list[str]]:
    """Three rows more: mean accuracy, mean rank, seconds of all."""
    of_classes = [fits for name, fits in found.items() if name not in NUMBERS]
    accuracy = [statistics.mean(fits[model].score for fits in of_classes) for model in models]
    ranks = [statistics.mean(rank(fits)[model] for fits in found.values()) for model in models]
    seconds = [sum(fits[model].seconds for fits in found.values()) for model in models]
    return [
        ["mean accuracy", *(f"{mean:.4f}" for mean in accuracy)],
        ["mean rank", *(f"{mean:.2f}" for mean in ranks)],
        ["CPU seconds of one fit of each", *(f"{total:.1f}" for total in seconds)],
    ]


def rank(fits: Mapping[str, Fit]) -> dict[str, float]:
    """1 for the best; who is level shares the mean of the places."""
    scores = [fit.score for fit in fits.values()]
    return {
        model: 1 + sum(other > fit.score for other in scores)
        + 0.5 * (sum(other == fit.score for other in scores) - 1)
        for model, fit in fits.items()
    }  # fmt: skip


def _claims(found: Found) -> list[Claim]:
    claims = [_not_below(name, fits[STRONG], fits[MLP]) for name, fits in found.items()]
    if not all(TD in fits for fits in found.values()):
        return claims
    seconds = {
        model: sum(fits[model].seconds for fits in found.values()) for model in (STRONG, FAST, TD)
    }
    gains = {
        model: statistics.mean(
            POINTS * (fits[model].score - fits[TD].score)
            for name, fits in found.items()
            if name not in NUMBERS
        )
        for model in (STRONG, FAST)
    }
    ranks = {
        model: statistics.mean(rank(fits)[model] for fits in found.values())
        for model in next(iter(found.values()))
    }
    best = min(value for model, value in ranks.items() if model != STRONG)
    return [
        *claims,
        at_least("CPU seconds, RealMLP-TD / strong", seconds[TD] / seconds[STRONG], STRONG_FASTER),
        at_least("CPU seconds, RealMLP-TD / fast", seconds[TD] / seconds[FAST], FAST_FASTER),
        at_least("accuracy, strong - RealMLP-TD", gains[STRONG], AHEAD, " points"),
        _difference("accuracy, fast - RealMLP-TD", gains[FAST], "points"),
        _difference("mean rank, best other - strong", best - ranks[STRONG], "places"),
    ]


def _not_below(name: str, strong: Fit, mlp: Fit) -> Claim:
    """Level with scikit-learn's net is within half of the spread of the seeds."""
    spread = statistics.stdev(mlp.scores) if len(mlp.scores) > 1 else 0.0
    gain = POINTS * (strong.score - mlp.score)
    allowed = POINTS * SHARE_OF_SPREAD * spread
    return Claim(
        f"{name}: strong - {MLP}", f"{gain:+.1f} points", f"at least {-allowed:.1f}",
        max(0.0, -(gain + allowed) / POINTS),
    )  # fmt: skip


def _difference(what: str, found: float, unit: str) -> Claim:
    return Claim(what, f"{found:+.2f} {unit}", "at least 0", max(0.0, -found / POINTS))
