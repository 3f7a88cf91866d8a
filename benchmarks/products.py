"""How fast matrix products can be: the arithmetic limit stands on the fastest of them.

Imports NumPy. The peers that have a product of their own call it.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = ((32, 64, 64), (128, 784, 128), (256, 1024, 1024), (512, 512, 512), (1024, 1024, 1024))
MEASURED_SECONDS = 0.03  # of each size
FLOPS_BETWEEN_LOOKS = 2e6  # so that a look at the clock costs nothing beside them


def best_product(multiply: Callable[[Any, Any], Any]) -> tuple[Callable[[], Any], int]:
    """The product that is fastest for its size, and its floating-point operations."""
    random = np.random.default_rng(0)
    drawn = [
        tuple(random.standard_normal(shape, np.float32) for shape in ((m, k), (k, n)))
        for m, k, n in SIZES
    ]
    x, w = max(drawn, key=lambda pair: _rate(multiply, *pair))
    return lambda: multiply(x, w), 2 * x.shape[0] * w.size


def _rate(multiply: Callable[[Any, Any], Any], x: np.ndarray, w: np.ndarray) -> float:
    multiply(x, w)  # a new shape may be compiled first
    flops, best, end = 2 * x.shape[0] * w.size, 0.0, time.perf_counter() + MEASURED_SECONDS
    calls = 1 + int(FLOPS_BETWEEN_LOOKS / flops)
    while time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(calls):
            multiply(x, w)
        best = max(best, flops * calls / (time.perf_counter() - started))
    return best
