"""Widths 32, 33, ... 128: no width may cost much more than its neighbour."""

from benchmarks.bench import OURS, Bench
from benchmarks.cases import Case
from benchmarks.report import Section, at_most, microseconds
from benchmarks.runner import Entry, Kind

ALL = range(32, 129)
# Around multiples of the vector widths, and around 45, where threads may come in.
SOME = (32, 33, 45, 46, 47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128)
AIM = 1.5
ABOUT = (
    "Microseconds per step of 10-width-width-10 with Adam, batches of 128 rows, as many threads "
    "as the library chooses. The ratio is that to the next width."
)


def widths(bench: Bench) -> Section:
    """All widths in turns, so that noise cannot look like a step between neighbours."""
    headings = ["width", "chainrule µs", "ratio to the next"]
    section = Section("widths", "Neighbouring widths", ABOUT, headings)
    chosen, before = SOME if bench.quick else ALL, len(bench.field.missing)
    entries = [
        Entry(str(width), Kind(OURS, 0), "epoch", _case(width), is_checked=False)
        for width in chosen
    ]
    times = bench.field.times(entries)
    worst = 0.0
    for width in chosen:
        took, after = times.get(str(width)), times.get(str(width + 1))
        ratio = (
            max(took.median / after.median, after.median / took.median) if took and after else 0
        )
        worst = max(worst, ratio)
        shown = f"{ratio:.2f}x" if ratio else ""
        section.rows.append([str(width), microseconds(took.median) if took else "", shown])
    if worst:
        section.claims.append(at_most("neighbouring widths, largest ratio", worst, AIM))
    section.notes += bench.notes(before)
    return section


def _case(width: int) -> Case:
    return Case(f"10-{width}-{width}-10", 10, (width, width), 10, 128, 10, optimizer="adam")
