"""The gradient of a recurrent layer, as a scan and as a loop in Python, beside JAX's lax.scan."""

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import RECURRENT
from benchmarks.report import Section, at_most, microseconds, spread
from benchmarks.runner import Kind

LENGTHS = (50, 100)
UNROLLED, JAX = "in a loop", "JAX scan"
FORMS = {
    OURS: (Kind(OURS), "gradient by scan"),
    UNROLLED: (Kind(OURS), "gradient"),
    JAX: (Kind("jax"), "gradient"),
}
ABOUT = (
    "Microseconds of one gradient of a layer of 64 units on 32 sequences, one thread, float32: by "
    "cr.scan, by a compiled loop in Python, and by JAX's lax.scan."
)
MOST = 0.47  # of JAX's time


def recurrences(bench: Bench) -> Section:
    """Both ways, of two lengths."""
    headings = ["steps", "cr.scan µs", "spread", UNROLLED, JAX]
    section = Section("recurrences", "A recurrence", ABOUT, headings)
    before = len(bench.field.missing)
    for length in LENGTHS[:1] if bench.quick else LENGTHS:
        case = RECURRENT.but(name=f"RNN, {length} steps", batches=length)
        times = bench.field.times(lineup(case, FORMS))
        ours, jax = times.get(OURS), times.get(JAX)
        cells = [microseconds(times[n].median) if n in times else "" for n in (UNROLLED, JAX)]
        row = [microseconds(ours.median), spread(ours)] if ours else ["", ""]
        section.rows.append([str(length), *row, *cells])
        for name, way in ((OURS, "cr.scan"), (UNROLLED, UNROLLED)):
            if jax and name in times:
                ratio = times[name].median / jax.median
                section.claims.append(at_most(f"{case.name}, {way} / JAX's", ratio, MOST))
    section.notes += bench.notes(before)
    return section
