"""Whole small fits in a process that has compiled nothing yet: what somebody waits for who tries.

Imports the first call's process. scikit-learn compiles nothing.
"""

import statistics
from collections.abc import Sequence

from benchmarks.bench import OURS, Bench
from benchmarks.cases import SEARCHED, SMALL_FITS, STACKED, Case
from benchmarks.report import Section, at_most, milliseconds
from benchmarks.runner import Entry, Kind

ABOUT = (
    "Milliseconds of whole fits with an empty cache folder, in fresh processes on one CPU, "
    "imports apart, compilation included: Adam, batches of 32, on as many rows and classes as "
    "iris has (200 epochs); of a search through 24 shapes of net in five folds on those of digits "
    "(20 epochs); and of the first epoch of a net of 300 pairs of Linear and Tanh. Beside "
    "scikit-learn's MLPClassifier."
)
FIT, SEARCH, LAYER = 1.0, 0.5, 3.0  # times scikit-learn's; milliseconds


def cold(bench: Bench) -> Section:
    """In turns; each run is a process of its own."""
    section = Section("cold", "The first second", ABOUT, ["fit", "chainrule ms", "scikit-learn"])
    before = len(bench.field.missing)
    for case in SMALL_FITS:
        _compare(bench, section, case, "fit", FIT, 3 if bench.quick else 7)
    if not bench.quick:
        _compare(bench, section, SEARCHED, "search", SEARCH, 1)
        (found,) = _medians(bench, STACKED, "fit", (OURS,), 3)
        section.rows.append([STACKED.name, _shown(found), ""])
        if found:
            each = 1e3 * found / (2 * len(STACKED.hidden))
            section.claims.append(at_most(f"{STACKED.name}: a layer", each, LAYER, " ms"))
    section.notes += bench.notes(before)
    return section


def _compare(
    bench: Bench, section: Section, case: Case, form: str, most: float, turns: int
) -> None:
    ours, theirs = _medians(bench, case, form, (OURS, "sklearn"), turns)
    section.rows.append([case.name, _shown(ours), _shown(theirs)])
    if ours and theirs:
        section.claims.append(at_most(f"{case.name}: time / scikit-learn's", ours / theirs, most))


def _medians(
    bench: Bench, case: Case, form: str, peers: Sequence[str], turns: int
) -> list[float | None]:
    """Seconds of each peer."""
    took: dict[str, list[float]] = {peer: [] for peer in peers}
    for _ in range(turns):
        for peer, some in took.items():
            kind = Kind(peer, 1, (("CHAINRULE_CACHE", str(bench.folder())),))
            seconds = bench.field.fresh(Entry(peer, kind, form, case))
            some += [] if seconds is None else [seconds]
    return [statistics.median(some) if some else None for some in took.values()]


def _shown(seconds: float | None) -> str:
    return "" if seconds is None else milliseconds(seconds)
