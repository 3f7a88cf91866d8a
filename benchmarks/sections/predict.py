"""Predictions of a 784-128-10 net, beside ONNX Runtime and JAX."""

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import NETS
from benchmarks.report import Section, at_least, microseconds, spread
from benchmarks.runner import Kind
from chainrule.cli.screen import counted

ROWS = (1, 32, 1024)
PEERS = {"ONNX Runtime": Kind("onnxruntime"), "JAX jit": Kind("jax")}
ABOUT = (
    "Microseconds of one call with a NumPy array that returns a NumPy array of scores: "
    "784-128-10, one thread, float32."
)


def predict(bench: Bench) -> Section:
    """One row, a small batch, a large one."""
    headings = ["rows", "chainrule µs", "spread", *PEERS]
    section = Section("predict", "Predictions", ABOUT, headings)
    forms = {OURS: (Kind(OURS), "predict")} | {n: (k, "predict") for n, k in PEERS.items()}
    before = len(bench.field.missing)
    for rows in ROWS:
        what = f"predict, {counted(rows, 'row')}"
        case = NETS["mnist-1"].but(name=what, rows=rows, batches=1)
        times = bench.field.times(lineup(case, forms))
        ours = times.get(OURS)
        row = [microseconds(ours.median), spread(ours)] if ours else ["", ""]
        for name in PEERS:
            took = times.get(name)
            ratio = took.median / ours.median if took and ours else None
            cell = microseconds(took.median) if took else ""
            row.append(f"{cell} ({ratio:.2f}x)" if ratio else cell)
            if ratio:
                section.claims.append(at_least(f"{what}: {name} / ours", ratio, 1))
        section.rows.append([str(rows), *row])
    section.notes += bench.notes(before)
    return section
