"""Small data and helpers that the tests of learning share."""

import numpy as np


def two_moons(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, rows)
    label = rng.integers(0, 2, rows)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    x = np.where(label[:, None] == 1, lower, upper) + rng.normal(0, 0.1, (rows, 2))
    return x, label


def numbers(rows=60, features=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    return x, (x @ np.arange(1.0, features + 1))[:, None]


def weights(model):
    return {name: p.data.copy() for name, p in model.parameters().items()}


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)
