"""What stands in the corpus: an op, the inputs at which it is tried, and what is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

PRODUCT_RULE = "missing_fork_sum"  # a product rule's lost term is a lost reading of the input


@dataclass(frozen=True)
class Bug:
    """One seeded fault, and the names that say what it is.

    Parameters
    ----------
    make : callable
        Makes the op afresh: some faults are state that an earlier forward left behind.
    inputs : tuple
        Where the fault shows.
    kind : str
        The name the fault was given before any doctor saw it.
    at : tuple of int
        The inputs whose gradient is wrong; empty if the fault belongs to no input.
    also : str
        A second name that says the same thing here, if there is one.
    """

    make: Callable[[], Any]
    inputs: tuple[Any, ...]
    kind: str
    at: tuple[int, ...] = (0,)
    also: str = ""

    @property
    def name(self) -> str:
        return self.make.__name__

    @property
    def kinds(self) -> set[str]:
        return {self.kind, self.also} - {""}


@dataclass(frozen=True)
class Right:
    """An op without a fault, tried at inputs where a hasty check would complain."""

    make: Callable[[], Any]
    inputs: tuple[Any, ...]
    where: str = ""

    @property
    def name(self) -> str:
        return f"{self.make.__name__} {self.where}".strip()


def fresh(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copies: a fault may write into its inputs."""
    return tuple(np.array(x) for x in inputs)


def normal(seed: int, *shape: int, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    """Entries that lie between 0.4 and 2 or between -2 and -0.4, so that no factor hides."""
    rng = np.random.default_rng(seed)
    signs = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    return np.asarray(signs * rng.uniform(0.4, 2.0, shape), dtype)


def positive(seed: int, *shape: int, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    """Entries between 0.4 and 2."""
    return np.abs(normal(seed, *shape, dtype=dtype))
