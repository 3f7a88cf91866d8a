"""A single step called from Python, beside JAX's jitted call."""

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import NETS
from benchmarks.report import Section, at_least, microseconds, spread
from benchmarks.runner import Kind

FORMS = {OURS: (Kind(OURS), "step"), "jit": (Kind("jax"), "step")}
AIM = 3.0
ABOUT = (
    "Microseconds of one call from Python with a new batch each time: `program.step` beside a "
    "jitted, donated step of JAX."
)


def calls(bench: Bench) -> Section:
    """The small nets, where the call itself weighs most."""
    headings = ["net", "chainrule µs", "spread", "JAX jit", "JAX / ours"]
    section = Section("calls", "One step called from Python", ABOUT, headings)
    before = len(bench.field.missing)
    for name in ("moons", "digits", "small"):
        times = bench.field.times(lineup(NETS[name], FORMS))
        ours, jit = times.get(OURS), times.get("jit")
        row = [microseconds(ours.median), spread(ours)] if ours else ["", ""]
        row += [microseconds(jit.median) if jit else ""]
        row += [f"{jit.median / ours.median:.2f}x" if ours and jit else ""]
        section.rows.append([name, *row])
        if ours and jit:
            ratio = jit.median / ours.median
            section.claims.append(at_least(f"{name}: JAX jit / program.step", ratio, AIM))
    section.notes += bench.notes(before)
    return section
