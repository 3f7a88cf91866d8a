"""Two threads beside one, alone and with another process busy on one core."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.bench import OURS, Bench
from benchmarks.cases import Case
from benchmarks.report import Section, at_least, at_most, microseconds
from benchmarks.runner import Entry, Kind, Times, cpus

LARGE = ("mnist-1", "mnist-2", "wide")
FASTER, SLOWER, DISTURBED = 1.6, 1.05, 1.5
TAIL = 0.99
ABOUT = (
    "Microseconds per step of an epoch with plain SGD, one thread and two; then two threads while "
    "another process keeps one of the two cores busy, with the 99th percentile of single steps."
)
BUSY = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {int(sys.argv[1])})
while True:
    pass
"""


def threads(bench: Bench) -> Section:
    """Every net: the small ones must not suffer."""
    headings = ["net", "1 thread", "2 threads", "1 / 2", "2, one core busy", "its p99 step"]
    section = Section("threads", "Threads", ABOUT, headings)
    if len(cpus()) < 2:
        section.notes.append("Left out: this process may use one CPU only.")
        return section
    before = len(bench.field.missing)
    for case in bench.nets:
        quiet = bench.field.times([_entry(case, "epoch", 1), _entry(case, "epoch", 2)])
        if len(quiet) < 2:
            continue
        with _busy_core():
            busy = bench.field.times([_entry(case, "epoch", 2), _entry(case, "each", 2)])
        _add(section, case, quiet, busy)
    section.notes += bench.notes(before)
    return section


def _entry(case: Case, form: str, count: int) -> Entry:
    return Entry(f"{form} {count}", Kind(OURS, count), form, case, is_checked=form == "epoch")


def _add(section: Section, case: Case, quiet: dict[str, Times], busy: dict[str, Times]) -> None:
    one, two = quiet["epoch 1"].median, quiet["epoch 2"].median
    disturbed, tail = busy["epoch 2"].median, busy["each 2"].percentile(TAIL)
    times = (one, two, disturbed, tail)
    cells = [microseconds(seconds) for seconds in times]
    section.rows.append([case.name, *cells[:2], f"{one / two:.2f}x", *cells[2:]])
    if case.name in LARGE:
        section.claims.append(at_least(f"{case.name}: 1 thread / 2 threads", one / two, FASTER))
    else:
        section.claims.append(at_most(f"{case.name}: 2 threads / 1 thread", two / one, SLOWER))
    section.claims.append(
        at_most(f"{case.name}: one core busy / undisturbed", disturbed / one, DISTURBED)
    )


@contextlib.contextmanager
def _busy_core() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BUSY, str(cpus()[-1])])
    try:
        yield
    finally:
        process.kill()
        process.wait()
