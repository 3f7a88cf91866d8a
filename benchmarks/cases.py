"""The nets that are measured, their first weights and their data: the same for every peer.

Imports NumPy. The workers build their steps from it, the sections choose from it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

RATE = {"sgd": 0.01, "adam": 0.001}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # of Adam, as every library has them by default
NORM_EPSILON = 1e-5  # of LayerNorm


@dataclass(frozen=True)
class Case:
    """A net and how it is trained.

    Attributes
    ----------
    outputs : int
        Classes; 1 is a regression with squared error, more is softmax cross-entropy.
    rows, batches : int
        Rows in a batch, and batches in the epoch that is one call of a peer.
    """

    name: str
    features: int
    hidden: tuple[int, ...]
    outputs: int
    rows: int
    batches: int
    activation: str = "relu"
    optimizer: str = "sgd"
    dtype: str = "float32"
    norm: bool = False
    dropout: float = 0.0

    @property
    def sizes(self) -> list[int]:
        """Widths of all layers, from the features to the outputs."""
        return [self.features, *self.hidden, self.outputs]

    @property
    def rate(self) -> float:
        """Learning rate."""
        return RATE[self.optimizer]

    @property
    def flops(self) -> int:
        """Of the matrix products of a step: forward, dW, and dX for all but the first layer."""
        pairs = enumerate(itertools.pairwise(self.sizes))
        return sum(2 * self.rows * m * n * (2 if i == 0 else 3) for i, (m, n) in pairs)

    def but(self, **changes: Any) -> "Case":
        """The same case with other settings."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """For the pipe to a worker."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Case":
        """From the pipe."""
        return cls(**{**fields, "hidden": tuple(fields["hidden"])})


NETS = {
    case.name: case
    for case in (
        Case("moons", 2, (16, 16), 1, 32, 100),
        Case("digits", 64, (64,), 10, 32, 100),
        Case("small", 16, (32, 32), 8, 64, 100),
        Case("mnist-1", 784, (128,), 10, 128, 25),
        Case("mnist-2", 784, (256, 128), 10, 128, 20),
        Case("wide", 784, (1024, 1024), 10, 256, 6),
    )
}


@dataclass(frozen=True)
class Data:
    """First weights and rows.

    Attributes
    ----------
    layers : list of (weight, bias)
        Weights are (D, C).
    x : ndarray, (batches * rows, features)
    y : ndarray
        Labels, int64 (N,), or numbers (N, 1).
    """

    layers: list[tuple[np.ndarray, np.ndarray]]
    x: np.ndarray
    y: np.ndarray


# So many rows that no run learns them by heart: gradients would be subnormal, on which the CPU
# spends many times as long, and which JAX takes for 0.
DEAR = [
    Case("-".join(map(str, (64, *hidden, 10))), 64, hidden, 10, rows, batches, name, "adam")
    for name, hidden, rows, batches in (
        ("silu", (200, 300), 400, 40),
        ("silu", (256, 256), 512, 40),
        ("silu", (300, 200), 600, 40),
        ("selu", (256, 256, 256), 256, 80),
        ("gelu", (90, 60), 48, 800),
        ("gelu", (90, 60), 64, 800),
    )
]
DEEP = Case("12 x 64", 64, (64,) * 11, 10, 32, 1, "tanh", "adam")
PHYSICS = Case("2-64-64-64-1", 2, (64,) * 3, 1, 2000, 1, "tanh")
RECURRENT = Case("RNN, 50 steps", 8, (64,), 1, 32, 50)  # a batch of rows for each step
SCANNED = RECURRENT.but(name="RNN by scan, 50 steps")


# Whole fits: ``batches`` are epochs. How many rows each table has stands in TABLES.
SMALL_FITS = [
    Case(f"iris, {' x '.join(map(str, hidden))}", 4, hidden, 3, 32, 200, optimizer="adam")
    for hidden in ((100,), (100, 50), (64, 64, 64), (37,))
]
SEARCHED = Case("search on digits", 64, (), 10, 32, 20, optimizer="adam")
STACKED = Case("300 layers", 32, (32,) * 300, 10, 64, 1, "tanh", "adam")
SHAPES = [
    *((n,) for n in (16, 24, 32, 40, 48, 50, 64, 72, 80, 96, 100, 128)),
    *((n, m) for n in (32, 48, 64, 100) for m in (16, 32)),
    *((20, 20), (32, 32, 32), (64, 64, 64), (100, 50, 25)),
]
TABLES = {4: 150, 64: 1797, 32: 256}  # by features
FOLDS = 5


def table(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Rows that a net can learn to tell apart, as many as the table has."""
    random = np.random.default_rng(0)
    x = random.standard_normal((TABLES[case.features], case.features), np.float32)
    return x, np.argmax(x @ random.standard_normal((case.features, case.outputs)), axis=1)


def folds(count: int) -> list[np.ndarray]:
    """The rows to train on, for each fold."""
    order = np.random.default_rng(0).permutation(count)
    parts = np.array_split(order, FOLDS)
    return [np.concatenate([*parts[:i], *parts[i + 1 :]]) for i in range(FOLDS)]


def recurrence(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a recurrent layer starts from: weights of its state and of its inputs, and these."""
    given = data(case)
    (u, _), *_ = given.layers
    w = np.linalg.qr(np.random.default_rng(0).standard_normal((u.shape[1],) * 2))[0]
    return w.astype(case.dtype), u, given.x.reshape(case.batches, case.rows, case.features)


def data(case: Case) -> Data:
    """Drawn with one seed; float64 cases start from the same float32 numbers."""
    random = np.random.default_rng(0)
    layers = [
        (
            (random.standard_normal((m, n)) * np.sqrt(2 / m)).astype("f").astype(case.dtype),
            np.zeros(n, case.dtype),
        )
        for m, n in itertools.pairwise(case.sizes)
    ]
    count = case.rows * case.batches
    x = random.standard_normal((count, case.features), np.float32).astype(case.dtype)
    if case.outputs > 1:
        return Data(layers, x, random.integers(0, case.outputs, count))
    return Data(layers, x, random.standard_normal((count, 1), np.float32).astype(case.dtype))
