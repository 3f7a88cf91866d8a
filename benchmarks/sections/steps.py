"""Time per training step, plain SGD and Adam, beside every peer and the arithmetic limit."""

from dataclasses import dataclass, replace

from benchmarks.bench import OURS, Bench, fastest, lineup
from benchmarks.cases import NETS, Case
from benchmarks.report import Claim, Section, at_least, at_most, either, microseconds, spread
from benchmarks.runner import Entry, Kind, Times

ONE = Kind("torch")
FORMS = {
    OURS: (Kind(OURS), "epoch"),
    "scan": (Kind("jax"), "scan"),
    "jit": (Kind("jax"), "step"),
    "eager": (ONE, "epoch"),
    "foreach": (ONE, "foreach"),
    "fused": (ONE, "fused"),
    "threads": (Kind("torch", 0), "fused"),
    "compiled": (ONE, "compiled"),
    "numpy": (Kind("numpy"), "epoch"),
    "sklearn": (Kind("sklearn"), "epoch"),
}
SHORTENED = 10  # times fewer batches
COMPILED = ("digits", "mnist-1")
EAGER = ("eager", "foreach", "fused")
COLUMNS = {
    "JAX scan": ("scan",),
    "JAX jit": ("jit",),
    "PyTorch": EAGER,
    "PyTorch, all cores": ("threads",),
    "torch.compile": ("compiled",),
    "NumPy": ("numpy",),
    "scikit-learn": ("sklearn",),
}
HEADINGS = ["net", "chainrule µs", "spread", *COLUMNS, "limit"]


@dataclass(frozen=True)
class Aim:
    """Times as fast as JAX's scan, or this near to the arithmetic limit; and as PyTorch."""

    scan: float
    torch: float
    limit: float | None = None


AIMS = {
    "moons": Aim(3.0, 20),
    "digits": Aim(2.5, 20),
    "small": Aim(2.5, 20),
    "mnist-1": Aim(1.15, 2.5, 1.15),
    "mnist-2": Aim(1.15, 2.5, 1.15),
    "wide": Aim(1.1, 2.3, 1.15),
}
ADAM_SHARE = 0.85  # of the aims for plain SGD, beside JAX's scan


def sgd(bench: Bench) -> Section:
    """Plain SGD."""
    section = Section("sgd", "A training step, plain SGD", _about("plain SGD"), HEADINGS)
    return _measured(bench, section, "sgd", 1.0)


def adam(bench: Bench) -> Section:
    """Adam."""
    section = Section("adam", "A training step, Adam", _about("Adam"), HEADINGS)
    return _measured(bench, section, "adam", ADAM_SHARE)


def _about(optimizer: str) -> str:
    return (
        f"Microseconds per step of an epoch with {optimizer}, one thread, float32: forward, loss, "
        "backward, update. PyTorch is the fastest of its plain, foreach and fused optimisers. The "
        "limit is the step's products at the rate of a large one, measured in turns with it."
    )


def _measured(bench: Bench, section: Section, optimizer: str, share: float) -> Section:
    before = len(bench.field.missing)
    for net in bench.nets:
        case = net.but(optimizer=optimizer)
        forms = {name: form for name, form in FORMS.items() if _is_run(bench, name, case)}
        entries = [_shortened(entry) for entry in lineup(case, forms)]
        times = bench.field.times([*entries, *products(bench)])
        limit = limit_of(case, times)
        section.rows.append(_row(case, times, limit))
        section.claims += _claims(case, times, limit, share)
        section.medians[net.name] = {n: t.median for n, t in _columns(times).items()}
    section.notes += bench.notes(before)
    return section


def _is_run(bench: Bench, name: str, case: Case) -> bool:
    # torch.compile takes up to a minute per net: two of them say what it can do.
    return name != "compiled" or (case.name in COMPILED and not bench.quick)


def _shortened(entry: Entry) -> Entry:
    """With all cores, PyTorch's threads spin: on a busy machine an epoch may take minutes."""
    if entry.kind.threads == 1:
        return entry
    batches = max(entry.case.batches // SHORTENED, 1)
    return replace(entry, case=entry.case.but(batches=batches))


def products(bench: Bench) -> list[Entry]:
    """Matrix products, NumPy's and ours, which take their turns beside what they limit."""
    kinds = (Kind("numpy"), Kind(OURS))
    return [Entry(f"product {k.peer}", k, "product", NETS["digits"], False) for k in kinds]


def limit_of(case: Case, times: dict[str, Times]) -> float | None:
    """Seconds of a step's products, at the rate of the faster one in the same turns."""
    found = fastest(times, f"product {OURS}", "product numpy")
    return case.flops * found.median if found else None


def _columns(times: dict[str, Times]) -> dict[str, Times]:
    found = {heading: fastest(times, *names) for heading, names in COLUMNS.items()}
    found = {OURS: times.get(OURS), **found}
    return {heading: took for heading, took in found.items() if took}


def _row(case: Case, times: dict[str, Times], limit: float | None) -> list[str]:
    ours, found = times.get(OURS), _columns(times)
    cells = [case.name, microseconds(ours.median), spread(ours)] if ours else [case.name, "", ""]
    for heading in COLUMNS:
        took = found.get(heading)
        cells.append(_beside(took.median, ours) if took else "")
    return [*cells, _beside(limit, ours) if limit else ""]


def _beside(seconds: float, ours: Times | None) -> str:
    """Microseconds, and how many times as long as ours."""
    ratio = f" ({seconds / ours.median:.2f}x)" if ours else ""
    return microseconds(seconds) + ratio


def _claims(case: Case, times: dict[str, Times], limit: float | None, share: float) -> list[Claim]:
    ours, scan, torch = times.get(OURS), times.get("scan"), fastest(times, *EAGER)
    aim, claims = AIMS[case.name], []
    what = f"{case.name}, {case.optimizer}"
    if ours and scan:
        claim = at_least(f"{what}: JAX scan / ours", scan.median / ours.median, aim.scan * share)
        if aim.limit and limit:
            near = at_most(what, ours.median / limit, aim.limit, " of the limit")
            claim = either(claim, near)
        claims.append(claim)
    if ours and torch:
        claim = at_least(f"{what}: PyTorch / ours", torch.median / ours.median, aim.torch)
        possible = torch.median / limit if limit else aim.torch
        if possible < aim.torch:  # no step can be faster than its products
            claim = replace(claim, found=f"{claim.found} of {possible:.2f}x that the limit allows")
        claims.append(claim)
    return claims
