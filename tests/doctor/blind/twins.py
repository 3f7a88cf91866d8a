"""Right rules, tried where a hasty check would complain: ties, kinks, edges, odd shapes."""

import numpy as np

from tests.doctor.blind.making import right
from tests.doctor.blind.rules import IDS, P, R, S, T, V, W, rest_of_cumsum, rms, softmax
from tests.doctor.corpus.entry import normal

ZEROS = np.array([-1.0, 0.0, 2.0, 0.0])
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


def added(x, ids, u):
    grad = np.zeros_like(x)
    np.add.at(grad, ids, u)
    return grad


def shared(x, out, u):
    winners = x == out[:, None]
    return u[:, None] * winners / winners.sum(axis=1, keepdims=True)


RIGHT = [
    right("Relu", lambda s, x: np.maximum(x, 0), lambda s, u, x, out: (u * (x > 0),), ZEROS),
    right(
        "ReluOpenAtZero",
        lambda s, x: np.maximum(x, 0),
        lambda s, u, x, out: (u * (x >= 0),),
        ZEROS,
    ),
    right("Absolute", lambda s, x: abs(x), lambda s, u, x, out: (u * np.sign(x),), ZEROS),
    right(
        "Leaky",
        lambda s, x: np.where(x > 0, x, 0.1 * x),
        lambda s, u, x, out: (np.where(x > 0, u, 0.1 * u),),
        ZEROS,
    ),
    right(
        "RowMaximum",
        lambda s, x: np.max(x, axis=1),
        lambda s, u, x, out: (shared(x, out, u),),
        TIES,
    ),
    right(
        "Larger",
        lambda s, x, y: np.maximum(x, y),
        lambda s, u, x, y, out: (u * ((x > y) + 0.5 * (x == y)), u * ((y > x) + 0.5 * (x == y))),
        np.array([1.0, 2.0]),
        np.array([1.0, 3.0]),
    ),
    right(
        "FirstWins",
        lambda s, x, y: np.maximum(x, y),
        lambda s, u, x, y, out: (u * (x >= y), u * (y > x)),
        np.array([1.0, 2.0]),
        np.array([1.0, 3.0]),
    ),
    right(
        "Clip",
        lambda s, x: np.clip(x, -1, 1),
        lambda s, u, x, out: (u * (abs(x) < 1),),
        np.array([-1.0, 0.5, 1.0, 3.0]),
    ),
    right(
        "Shares",
        lambda s, x: softmax(x),
        lambda s, u, x, out: (out * (u - (u * out).sum(axis=-1, keepdims=True)),),
        R,
    ),
    right("Product", lambda s, x, w: x @ w, lambda s, u, x, w, out: (u @ w.T, x.T @ u), S, T),
    right("Gram", lambda s, x: x @ x.T, lambda s, u, x, out: (u @ x + u.T @ x,), R),
    right(
        "RMSNorm",
        lambda s, x: x / rms(x),
        lambda s, u, x, out: ((u - out * (u * out).mean(axis=-1, keepdims=True)) / rms(x),),
        R,
    ),
    right(
        "Embedding",
        lambda s, table, ids: table[ids],
        lambda s, u, table, ids, out: (added(table, ids, u), None),
        R,
        IDS,
    ),
    right("Cumsum", lambda s, x: np.cumsum(x), lambda s, u, x, out: (rest_of_cumsum(u),), V),
    right(
        "RowBias",
        lambda s, x, b: x + b,
        lambda s, u, x, b, out: (u, u.sum(axis=0)),
        S,
        normal(30, 3),
    ),
    right(
        "Logarithm",
        lambda s, x: np.log(x),
        lambda s, u, x, out: (u / x,),
        np.array([1e-6, 1e-3, 1.0, 1e6]),
    ),
    right(
        "Root",
        lambda s, x: np.sqrt(x),
        lambda s, u, x, out: (u / (2 * out),),
        np.array([1e-8, 1.0, 1e8]),
    ),
    right(
        "Exponential",
        lambda s, x: np.exp(x),
        lambda s, u, x, out: (u * out,),
        np.array([-30.0, 0.0, 30.0]),
    ),
    right(
        "SquaresInSinglePrecision",
        lambda s, x: x * x,
        lambda s, u, x, out: (2 * u * x,),
        normal(31, 4, dtype=np.float32),
    ),
    right(
        "SortedValues",
        lambda s, x: np.sort(x),
        lambda s, u, x, out: (
            added(x, np.argsort(x.data if hasattr(x, "op") else x, kind="stable"), u),
        ),
        np.array([3.0, 1.0, 2.0]),
    ),
    right("Steps", lambda s, x: np.floor(x), lambda s, u, x, out: (0 * u,), np.array([0.5, 1.0])),
    right("Ratio", lambda s, x, y: x / y, lambda s, u, x, y, out: (u / y, -u * out / y), V, W),
    right("Raised", lambda s, x: x**2.5, lambda s, u, x, out: (2.5 * u * x**1.5,), P),
    right(
        "NumberWithoutAxes",
        lambda s, x: x**3,
        lambda s, u, x, out: (3 * u * x * x,),
        np.array(-1.5),
    ),
    right("Nothing", lambda s, x: x * 2, lambda s, u, x, out: (2 * u,), np.zeros((0, 3))),
]
