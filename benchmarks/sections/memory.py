"""Memory: the peak of an epoch beside the plan's arena, and growth over many steps."""

from benchmarks.bench import OURS, Bench
from benchmarks.cases import NETS
from benchmarks.report import Section, at_most
from benchmarks.runner import Entry, Kind

PEAK, GROWTH = 1.1, 1.0  # times the arena and the copy; MiB
MIB = 2**20
# Large arrays go back to the system when they are freed, so that what counts is what lives.
RETURNED = tuple((f"MALLOC_{name}_THRESHOLD_", "65536") for name in ("MMAP", "TRIM"))
ABOUT = (
    "Peak memory of an epoch with Adam beyond parameters, gradients' memory and data, beside the "
    "arena that the plan lays out and the copy of parameters and memory that a spoilt step is "
    "taken back with; and the growth of the process over 100,000 steps. In fresh processes, after "
    "the same net has been compiled once."
)


def memory(bench: Bench) -> Section:
    """The widest net for the peak, the smallest for the growth."""
    section = Section("memory", "Memory", ABOUT, ["what", "MiB"])
    before = len(bench.field.missing)
    wide, moons = NETS["wide"].but(optimizer="adam"), NETS["moons"]
    found = {}
    for form, case in (("arena", wide), ("state", wide), ("peak", wide), ("growth", moons)):
        value = bench.field.fresh(Entry(form, Kind(OURS, 1, RETURNED), form, case))
        if value is not None:
            found[form] = value / MIB
    labels = {
        "arena": "the plan's arena, wide",
        "state": "a copy of parameters and state, wide",
        "peak": "peak over parameters, state and data, wide",
        "growth": "growth over 100,000 steps, moons",
    }
    section.rows += [[labels[form], f"{value:.2f}"] for form, value in found.items()]
    if {"arena", "state", "peak"} <= set(found):
        ratio = found["peak"] / (found["arena"] + found["state"])
        section.claims.append(at_most("wide: peak / the plan's arena and the copy", ratio, PEAK))
    if "growth" in found:
        growth = max(found["growth"], 0.0)
        section.claims.append(at_most("100,000 steps: growth", growth, GROWTH, " MiB"))
    section.notes += bench.notes(before)
    return section
