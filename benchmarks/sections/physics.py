"""A physics-informed net: derivatives within the loss, and arrays larger than the cache."""

import statistics

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import PHYSICS
from benchmarks.report import Section, at_most, milliseconds, spread
from benchmarks.runner import Entry, Kind

FORMS = {OURS: (Kind(OURS), "equation"), "jit": (Kind("jax"), "equation")}
MOST_STEP, MOST_FIRST = 0.75, 1
ABOUT = (
    "Milliseconds of the loss of u_t + u u_x - 0.01 u_xx at 2,000 points and of its gradient, for "
    "a tanh net 2-64-64-64-1: `cr.compile` beside JAX's jit, and the first call of both in fresh "
    "processes, with an empty cache folder."
)


def physics(bench: Bench) -> Section:
    """The step, then the first call."""
    headings = ["", "chainrule ms", "spread", "JAX jit", "ours / JAX"]
    section = Section("physics", "A physics-informed net", ABOUT, headings)
    before = len(bench.field.missing)
    times = bench.field.times(lineup(PHYSICS, FORMS))
    ours = times.get(OURS)
    medians = {name: each.median for name, each in times.items()}
    _row(section, "step", medians, spread(ours) if ours else "", MOST_STEP)
    firsts: dict[str, list[float]] = {OURS: [], "jit": []}
    for _ in range(3 if bench.quick else 7):
        cache = (("CHAINRULE_CACHE", str(bench.folder())),)
        for name, peer in ((OURS, OURS), ("jit", "jax")):
            entry = Entry(peer, Kind(peer, 1, cache), "equation first", PHYSICS)
            seconds = bench.field.fresh(entry)
            firsts[name] += [] if seconds is None else [seconds]
    medians = {name: statistics.median(some) for name, some in firsts.items() if some}
    _row(section, "first call", medians, "", MOST_FIRST)
    section.notes += bench.notes(before)
    return section


def _row(section: Section, what: str, medians: dict[str, float], around: str, most: float) -> None:
    ours, jit = medians.get(OURS), medians.get("jit")
    row = [what, milliseconds(ours) if ours else "", around, milliseconds(jit) if jit else ""]
    section.rows.append([*row, f"{ours / jit:.2f}x" if ours and jit else ""])
    if ours and jit:
        section.claims.append(at_most(f"physics: {what} / JAX's", ours / jit, most))
