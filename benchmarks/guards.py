"""What it costs a compiled function to look whether what it closes over has changed.

    python benchmarks/guards.py --layers 50

The net is plain: Linear layers of four units, each with weight and bias. The table shows medians
of a call, of its guards alone, of the first look around, and of a call of a function that closes
over nothing; in microseconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import chainrule as cr
from chainrule.compiled.surroundings import Surroundings

UNITS = 4


def median(function: Callable[[], object], rounds: int) -> float:
    """Microseconds of a call."""
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3000)
    given = parser.parse_args()
    model = cr.nn.Sequential(*(cr.nn.Linear(UNITS, UNITS) for _ in range(given.layers)))
    net, double = cr.compile(model), cr.compile(lambda x: 2 * x)
    x = np.ones((1, UNITS), "float32")
    net(x), net(x), double(x)
    around = Surroundings((model,))
    rows = {
        f"call of a net of {len(model.parameters())} parameters": median(
            lambda: net(x), given.rounds
        ),
        "its guards": median(around.snapshot.stands, given.rounds),
        "looking around anew": median(
            lambda: Surroundings((model,), (), frozenset(around.names)), given.rounds // 20
        ),
        "call of a function that closes over nothing": median(lambda: double(x), given.rounds),
    }
    print("| what | us |\n|---|---|")
    for name, microseconds in rows.items():
        print(f"| {name} | {microseconds:.1f} |")


if __name__ == "__main__":
    main()
