"""What is paid before the first step: compilation, and imports."""

import statistics
import subprocess
import sys

from benchmarks.bench import OURS, Bench
from benchmarks.cases import DEEP, NETS, RECURRENT, SCANNED, Case
from benchmarks.report import Section, at_most, milliseconds
from benchmarks.runner import CHECKOUT, Entry, Kind, environment

ABOUT_FIRST = (
    "Milliseconds from a new net to its first loss, in fresh processes, imports apart: ours with "
    "an empty cache folder and with a filled one, and JAX's trace and compilation. 12 x 64 is a "
    "net of twelve equal layers, with Adam; of the RNN it is the gradient, whose steps are a loop "
    "in Python or a cr.scan here, and a lax.scan for JAX."
)
ABOUT_IMPORTS = (
    "Milliseconds of an import, each in a fresh process that finds its bytecode. chainrule must "
    "not import LLVM."
)
COLD, WARM = 0.25, 0.02  # seconds
MOST = {DEEP.name: 0.9, RECURRENT.name: 1.5}  # seconds
IMPORT_FACTOR, IMPORT_MORE = 1.5, 0.1  # times NumPy, plus seconds
TIMED = """
import sys, time
started = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - started, "llvmlite" in sys.modules)
"""
IMPORTS = {"numpy": "numpy", "jax": "jax", "torch": "torch", "sklearn": "sklearn.neural_network"}


def first(bench: Bench) -> Section:
    """Cold, from the disk, and JAX."""
    headings = ["net", "chainrule ms", "from the disk", "JAX"]
    section = Section("first", "The first call", ABOUT_FIRST, headings)
    before = len(bench.field.missing)
    names = ("digits",) if bench.quick else ("moons", "digits", "mnist-1", "wide")
    cases = [(NETS[name].but(batches=1), "first") for name in names]
    cases += [(DEEP, "first"), (RECURRENT, "recurrent"), (SCANNED, "recurrent by scan")]
    for case, form in cases:
        times: dict[str, list[float | None]] = {"cold": [], "warm": [], "jax": []}
        for _ in range(3 if bench.quick else 7):
            cache = str(bench.folder())
            times["cold"].append(_first(bench, case, OURS, cache, form))
            times["warm"].append(_first(bench, case, OURS, cache, form))
            times["jax"].append(_first(bench, case, "jax", cache, form))
        found = {n: [s for s in all_ if s is not None] for n, all_ in times.items()}
        medians = {n: statistics.median(some) for n, some in found.items() if some}
        section.rows.append(
            [case.name, *(milliseconds(medians[n]) if n in medians else "" for n in times)]
        )
        if case.name == "digits":
            _claim(section, medians)
        elif case is SCANNED and "cold" in medians and "jax" in medians:
            what = f"{case.name}: first call / JAX's"
            section.claims.append(at_most(what, medians["cold"] / medians["jax"], 1))
        elif case.name in MOST and "cold" in medians:
            most = 1e3 * MOST[case.name]
            what = f"{case.name}: first call"
            section.claims.append(at_most(what, 1e3 * medians["cold"], most, " ms"))
    section.notes += bench.notes(before)
    return section


def _first(bench: Bench, case: Case, peer: str, cache: str, form: str) -> float | None:
    kind = Kind(peer, 1, (("CHAINRULE_CACHE", cache),))
    return bench.field.fresh(Entry(peer, kind, form, case))


def _claim(section: Section, medians: dict[str, float]) -> None:
    cold, warm, jax = (medians.get(name) for name in ("cold", "warm", "jax"))
    if cold:
        section.claims.append(at_most("digits: first call", 1e3 * cold, 1e3 * COLD, " ms"))
    if cold and jax:
        section.claims.append(at_most("digits: first call / JAX's", cold / jax, 1))
    if warm:
        what = "digits: first call from the disk"
        section.claims.append(at_most(what, 1e3 * warm, 1e3 * WARM, " ms"))


def imports(bench: Bench) -> Section:
    """In turns, each time a new process."""
    section = Section("imports", "Imports", ABOUT_IMPORTS, ["import", "ms", "beside NumPy"])
    modules = {OURS: OURS, "numpy": "numpy"}
    modules |= {peer: module for peer, module in IMPORTS.items() if bench.has(peer)}
    times: dict[str, list[float]] = {name: [] for name in modules}
    has_llvm = False
    for turn in range(6 if bench.quick else 12):
        for name, module in modules.items():
            seconds, llvm = _import(module)
            if seconds is not None and turn:  # the first turn leaves the bytecode
                times[name].append(seconds)
            has_llvm |= llvm and name == OURS
    medians = {name: statistics.median(some) for name, some in times.items() if some}
    for name, seconds in medians.items():
        ratio = f"{seconds / medians['numpy']:.1f}x"
        section.rows.append([name, milliseconds(seconds), ratio])
    most = IMPORT_FACTOR * medians["numpy"] + IMPORT_MORE
    section.claims.append(
        at_most("import chainrule", 1e3 * medians[OURS], round(1e3 * most), " ms")
    )
    section.notes += ["import chainrule imports LLVM."] if has_llvm else []
    gone = [name for name in modules if name not in medians]
    section.notes += [f"{name} is left out: it cannot be imported." for name in gone]
    return section


def _import(module: str) -> tuple[float | None, bool]:
    done = subprocess.run(
        [sys.executable, "-c", TIMED, module],
        cwd=CHECKOUT,
        env=environment(Kind(module)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None, False
    seconds, llvm = done.stdout.split()
    return float(seconds), llvm == "True"
