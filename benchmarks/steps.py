"""A quick look: microseconds per training step beside the peers', on one pinned CPU.

    python -m benchmarks.steps --nets digits,moons --peers scan
    python -m benchmarks.steps --optimizer adam --activation gelu

Peers: scan and jit (JAX), torch, numpy, sklearn; ours are epoch and step. Imports the runner.
"""

import argparse

from benchmarks.cases import NETS, Case
from benchmarks.runner import Entry, Field, Kind, NotMeasuredError, Times

FORMS = {
    "epoch": ("chainrule", "epoch"),
    "step": ("chainrule", "step"),
    "scan": ("jax", "scan"),
    "jit": ("jax", "step"),
    "torch": ("torch", "fused"),
    "numpy": ("numpy", "epoch"),
    "sklearn": ("sklearn", "epoch"),
}


def main() -> None:
    """Time the nets and print a line each."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--nets", default="moons,digits,small,mnist-1")
    options.add_argument("--peers", default="scan")
    options.add_argument("--ours", default="epoch", help="epoch, step, or both: epoch,step")
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--optimizer", default="sgd", choices=("sgd", "adam"))
    options.add_argument("--activation", default="relu")
    options.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    options.add_argument("--norm", action="store_true")
    options.add_argument("--dropout", type=float, default=0.0)
    given = options.parse_args()
    names = [name for name in (*given.ours.split(","), *given.peers.split(",")) if name]
    field = Field([FORMS[name][0] for name in names], given.rounds, turn_seconds=0.03)
    try:
        for net in given.nets.split(","):
            case = NETS[net].but(
                optimizer=given.optimizer,
                activation=given.activation,
                dtype=given.dtype,
                norm=given.norm,
                dropout=given.dropout,
            )
            times = field.times(entry(name, case) for name in names)
            print(line(case, times), flush=True)
    except NotMeasuredError as error:
        print(error)
    finally:
        field.close()
    for name, error in field.missing.items():
        print(f"{name} is left out: {error}")


def entry(name: str, case: Case) -> Entry:
    """With JAX's switch for float64; masks of dropout are every library's own."""
    peer, form = FORMS[name]
    wide = (("JAX_ENABLE_X64", "1"),) if case.dtype == "float64" else ()
    return Entry(name, Kind(peer, 1, wide), form, case, not case.dropout)


def line(case: Case, times: dict[str, Times]) -> str:
    """Median and middle half of each peer, and how many times slower it is than ours."""
    ours = times.get("epoch") or times.get("step")
    cells = []
    for name, took in times.items():
        low, high = (1e6 * end for end in took.quartiles)
        rate = case.flops / took.median / 1e9
        ratio = f" {took.median / ours.median:5.2f}x" if ours and took is not ours else ""
        spread = f"({low:.2f}-{high:.2f})"
        cells.append(f"{name} {took.median * 1e6:9.2f} us {spread} {rate:4.0f} GF/s{ratio}")
    return f"{case.name:8}" + " | ".join(cells)


if __name__ == "__main__":
    main()
