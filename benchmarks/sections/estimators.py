"""MLPClassifier beside scikit-learn's own: the same settings and seed, whole fits."""

import importlib.util
import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.report import Section, at_least, at_most, milliseconds
from benchmarks.runner import Kind, cpus, figures
from benchmarks.sections.tables import FOLDER

FASHION = Path("/usr/share/datasets/fashion-mnist")
THEIRS = "sklearn"
# How many times faster than scikit-learn's, with what a fit needs on disk already.
AIMS = {
    "digits": 8.0, "digits, float32": 8.0, "letter": 5.0, "fashion-mnist": 2.0, "search": 3.0,
    "search, 2 processes": 3.0, "lbfgs": 3.0,
}  # fmt: skip
QUICK = ("digits, float32", "lbfgs")
COLD = 1.0
ROW = 100.0  # microseconds of one row's prediction
APART = 0.02  # of accuracy: between seeds it differs by more
ABOUT = (
    "Milliseconds of whole fits of MLPClassifier, each in a process of its own with one thread, "
    "imports apart, and accuracy on a fifth of the rows: digits (64 hidden units, batches of 32, "
    "20 epochs), letter (20,000 rows, 100 units, 20 epochs), Fashion-MNIST (float32, 128 units, "
    "batches of 128, 3 epochs), L-BFGS on the scaled breast cancer data, and a search through 24 "
    "settings in five folds on digits (120 fits of 20 epochs). Same settings and seed in both "
    "libraries. Warm: two other processes have left their machine code on disk."
)


def estimators(bench: Bench) -> Section:
    """In turns."""
    columns = ["fit", "cold ms", "warm ms", "scikit-learn ms", "accuracy", "scikit-learn"]
    section = Section("estimators", "MLPClassifier", ABOUT, columns)
    folder = os.environ.get(FOLDER, "")
    for case, aim in AIMS.items():
        if bench.quick and case not in QUICK:
            continue
        if case == "letter" and not (folder and importlib.util.find_spec("pyreadr")):
            section.notes.append(f"letter is read from the folder that {FOLDER} names.")
            continue
        if case == "fashion-mnist" and not FASHION.exists():
            section.notes.append("Fashion-MNIST is Debian's package dataset-fashion-mnist.")
            continue
        _compare(section, case, aim, folder, 1 if case.startswith("search") else 5)
    return section


def _compare(section: Section, case: str, aim: float, folder: str, turns: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        cold = _run(OURS, case, folder, cache)
        _run(OURS, case, folder, cache)  # which makes faster code: it is the second one
        warm, theirs = [], []
        for _ in range(turns):
            warm.append(_run(OURS, case, folder, cache))
            theirs.append(_run(THEIRS, case, folder, cache))
    ours, other = (statistics.median(run["wall"] for run in runs) for runs in (warm, theirs))
    scores = warm[0]["score"], theirs[0]["score"]
    section.rows.append([
        case, *map(milliseconds, (cold["wall"], ours, other)), *(f"{x:.4f}" for x in scores)
    ])  # fmt: skip
    section.claims.append(at_least(f"{case}: scikit-learn / ours", other / ours, aim))
    section.claims.append(at_most(f"{case}: accuracy below", scores[1] - scores[0], APART, ""))
    if case.startswith("digits"):
        section.claims.append(at_most(f"{case}, cold: time", cold["wall"] / other, COLD))
        row = min(run["row"] for run in warm)
        section.claims.append(at_most(f"{case}: one row predicted", row, ROW, " us"))


def _run(library: str, case: str, folder: str, cache: str) -> dict[str, float]:
    words = [library, case, *([str(Path(folder).resolve())] if folder else [])]
    kind = Kind(library, 1, (("CHAINRULE_CACHE", cache),))
    on = cpus() if case.endswith("2 processes") else cpus()[-1:]
    return figures("estimator_run", words, kind, on)
