"""Other activations, LayerNorm, dropout and float64, beside JAX's scan."""

from benchmarks.bench import OURS, Bench, lineup
from benchmarks.cases import NETS
from benchmarks.report import Section, at_least, microseconds, spread
from benchmarks.runner import Kind

FORMS = {OURS: (Kind(OURS), "epoch"), "scan": (Kind("jax"), "scan")}
ACTIVATIONS = ("gelu", "silu", "elu", "tanh", "sigmoid")
CHANGES = {name: {"activation": name} for name in ACTIVATIONS} | {
    "LayerNorm": {"norm": True},
    "dropout 0.1": {"dropout": 0.1},
    "float64": {"dtype": "float64"},
}
ABOUT = (
    "Microseconds per step of an epoch with plain SGD, one thread, float32 where nothing else is "
    "said. With dropout every library draws masks of its own, so the losses are not compared."
)


def variants(bench: Bench) -> Section:
    """Each change alone, on a small net and a larger one."""
    headings = ["net", "with", "chainrule µs", "spread", "JAX scan", "JAX / ours"]
    section = Section("variants", "Other layers and types", ABOUT, headings)
    before = len(bench.field.missing)
    for net in ("digits",) if bench.quick else ("digits", "mnist-1"):
        for change, settings in CHANGES.items():
            times = bench.field.times(lineup(NETS[net].but(**settings), FORMS))
            ours, scan = times.get(OURS), times.get("scan")
            row = [microseconds(ours.median), spread(ours)] if ours else ["", ""]
            row += [microseconds(scan.median) if scan else ""]
            row += [f"{scan.median / ours.median:.2f}x" if ours and scan else ""]
            section.rows.append([net, change, *row])
            if ours and scan:
                ratio = scan.median / ours.median
                section.claims.append(at_least(f"{net} with {change}: JAX scan / ours", ratio, 1))
    section.notes += bench.notes(before)
    return section
