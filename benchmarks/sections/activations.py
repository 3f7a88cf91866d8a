"""Nets whose activations cost as much as their products: beside JAX's scan and the limit."""

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import DEAR
from benchmarks.report import Section, at_least, at_most, microseconds, spread
from benchmarks.runner import Kind
from benchmarks.sections.steps import limit_of, products

FORMS = {OURS: (Kind(OURS), "epoch"), "scan": (Kind("jax"), "scan")}
LIMITS = {"silu": 1.12, "selu": 1.3}  # times the arithmetic limit, at most
FASTER = 2  # times as fast as JAX's scan, where the net is small
ABOUT = (
    "Microseconds per step of an epoch with Adam, one thread, float32. The limit is the step's "
    "matrix products at the rate of a large one, measured in turns with it."
)


def activations(bench: Bench) -> Section:
    """Two hidden layers with silu, three with selu, and small nets of odd widths with gelu."""
    headings = ["net", "rows", "with", "chainrule µs", "spread", "JAX scan", "limit"]
    section = Section("activations", "Activations that cost much", ABOUT, headings)
    before = len(bench.field.missing)
    for case in DEAR:
        times = bench.field.times([*lineup(case, FORMS), *products(bench)])
        ours, scan = times.get(OURS), times.get("scan")
        if not ours:
            continue
        row = [case.name, str(case.rows), case.activation, microseconds(ours.median), spread(ours)]
        row += [f"{microseconds(scan.median)} ({scan.median / ours.median:.2f}x)" if scan else ""]
        limit = limit_of(case, times) or ours.median
        near = ours.median / limit
        section.rows.append([*row, f"{microseconds(limit)} ({1 / near:.2f}x)"])
        what = f"{case.name}, {case.rows} rows, {case.activation}"
        if case.activation in LIMITS:
            aim = LIMITS[case.activation]
            section.claims.append(at_most(what, near, aim, " of the limit"))
        elif scan:
            ratio = scan.median / ours.median
            section.claims.append(at_least(f"{what}: JAX scan / ours", ratio, FASTER))
    section.notes += bench.notes(before)
    return section
