"""Faults in the numbers of a rule: factors, signs, transpositions, sums, terms, indices."""

import numpy as np

from tests.doctor.blind.making import bug
from tests.doctor.corpus.entry import normal, positive

S = normal(1, 3, 3)
T = normal(2, 3, 3)
R = normal(3, 4, 3)
V, W = normal(4, 5), normal(5, 5)
P = positive(6, 5)
IDS = np.array([0, 2, 2, 1, 0])


def softmax(x, axis=-1):
    weights = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weights / np.sum(weights, axis=axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rest_of_cumsum(u, axis=0):
    return np.flip(np.cumsum(np.flip(u, axis), axis), axis)


def scattered(table, ids, u):
    grad = np.zeros_like(table)
    grad[ids] = u
    return grad


def scattered_columns(x, ids, u):
    grad = np.zeros_like(x)
    grad[:, ids] = u
    return grad


def rms(x):
    return np.sqrt((x * x).mean(axis=-1, keepdims=True))


def length(x):
    return np.sqrt((x * x).sum())


FACTORS = [
    bug(
        "constant_factor",
        "MeanSquare",
        lambda s, x: (x * x).mean(),
        lambda s, u, x, out: (2 * u * x,),
        V,
    ),
    bug(
        "constant_factor",
        "ColumnMeans",
        lambda s, x: x.mean(axis=0),
        lambda s, u, x, out: (u + 0 * x,),
        R,
    ),
    bug(
        "constant_factor",
        "HalfEnergy",
        lambda s, x, a: 0.5 * (x @ (a + a.T) @ x) / 2,
        lambda s, u, x, a, out: (u * ((a + a.T) @ x), u * 0.5 * np.outer(x, x)),
        normal(7, 3),
        S,
    ),
    bug(
        "constant_factor",
        "SmallHuber",
        lambda s, d: np.where(abs(d) < 9, 0.5 * d * d, 9 * abs(d)),
        lambda s, u, d, out: (u * np.where(abs(d) < 9, 2 * d, 9 * np.sign(d)),),
        V,
    ),
    bug(
        "sign",
        "CrossEntropy",
        lambda s, x, t: -(t * np.log(softmax(x))).sum(),
        lambda s, u, x, t, out: (
            u * (t - softmax(x) * t.sum(axis=-1, keepdims=True)),
            -u * np.log(softmax(x)),
        ),
        R,
        positive(8, 4, 3),
    ),
    bug("sign", "Residual", lambda s, x, y: x - y, lambda s, u, x, y, out: (u, u), V, W, at=(1,)),
    bug("sign", "Decay", lambda s, t: np.exp(-t), lambda s, u, t, out: (u * out,), V),
]
TRANSPOSITIONS = [
    bug(
        "transposed",
        "AttentionScores",
        lambda s, q, k: q @ k.T,
        lambda s, u, q, k, out: (u.T @ k, u.T @ q),
        S,
        T,
    ),
    bug(
        "transposed",
        "Projection",
        lambda s, x, w: x @ w,
        lambda s, u, x, w, out: (u @ w.T, u.T @ x),
        S,
        T,
        at=(1,),
    ),
    bug(
        "transposed",
        "TraceOfProduct",
        lambda s, a, b: np.trace(a @ b),
        lambda s, u, a, b, out: (u * b, u * a.T),
        S,
        T,
    ),
    bug(
        "swapped_inputs",
        "SquareProduct",
        lambda s, x, w: x @ w,
        lambda s, u, x, w, out: (x.T @ u, u @ w.T),
        S,
        T,
        at=(0, 1),
    ),
    bug(
        "swapped_inputs",
        "Ratio",
        lambda s, x, y: x / y,
        lambda s, u, x, y, out: (-u * x / y**2, u / y),
        V,
        W,
        at=(0, 1),
    ),
    bug(
        "swapped_inputs",
        "Tilted",
        lambda s, p, x: (np.sin(p) * np.exp(x)).sum(),
        lambda s, u, p, x, out: (u * np.sin(p) * np.exp(x), u * np.cos(p) * np.exp(x)),
        V,
        W,
        at=(0, 1),
    ),
    bug(
        "swapped_inputs",
        "Raised",
        lambda s, x, y: x**y,
        lambda s, u, x, y, out: (u * out * np.log(x), u * y * x ** (y - 1)),
        P,
        positive(9, 5),
        at=(0, 1),
    ),
]
SUMS = [
    bug(
        "missing_fork_sum",
        "Swish",
        lambda s, x: x * sigmoid(x),
        lambda s, u, x, out: (u * sigmoid(x),),
        V,
        also="missing_term",
    ),
    bug(
        "missing_fork_sum",
        "ResidualTanh",
        lambda s, x: x + np.tanh(x),
        lambda s, u, x, out: (u * (1 - np.tanh(x) ** 2),),
        V,
        also="missing_term",
    ),
    bug(
        "missing_fork_sum",
        "Gram",
        lambda s, x: x @ x.T,
        lambda s, u, x, out: (u @ x,),
        R,
        also="missing_term",
    ),
    bug(
        "missing_broadcast_sum",
        "RowBias",
        lambda s, x, b: x + b,
        lambda s, u, x, b, out: (u, u[:1]),
        R,
        normal(10, 1, 3),
        at=(1,),
    ),
    bug(
        "missing_broadcast_sum",
        "Temperature",
        lambda s, t, x: t * x,
        lambda s, u, t, x, out: ((u * x)[0, 0], u * t),
        np.array(1.5),
        R,
    ),
    bug(
        "missing_broadcast_sum",
        "Distances",
        lambda s, x, y: x[:, None] - y[None, :],
        lambda s, u, x, y, out: (u.sum(axis=1), -u[0]),
        V,
        W,
        at=(1,),
    ),
    bug(
        "wrong_axis",
        "SquareBias",
        lambda s, x, b: x + b,
        lambda s, u, x, b, out: (u, u.sum(axis=1)),
        S,
        normal(11, 3),
        at=(1,),
    ),
    bug(
        "wrong_axis",
        "RowSoftmax",
        lambda s, x: softmax(x),
        lambda s, u, x, out: (out * (u - (u * out).sum(axis=0, keepdims=True)),),
        S,
    ),
    bug(
        "wrong_axis",
        "RowCumsum",
        lambda s, x: np.cumsum(x, axis=1),
        lambda s, u, x, out: (rest_of_cumsum(u, 0),),
        S,
    ),
    bug(
        "wrong_axis",
        "MeanOverRows",
        lambda s, x: x.mean(axis=0),
        lambda s, u, x, out: ((u[:, None] + 0 * x) / 3,),
        S,
    ),
    bug(
        "scatter_last_wins",
        "Embedding",
        lambda s, table, ids: table[ids],
        lambda s, u, table, ids, out: (scattered(table, ids, u), None),
        R,
        IDS,
    ),
    bug(
        "scatter_last_wins",
        "Columns",
        lambda s, x, ids: x[:, ids],
        lambda s, u, x, ids, out: (scattered_columns(x, ids, u), None),
        S,
        IDS,
    ),
]
TERMS = [
    bug("missing_term", "Shares", lambda s, x: softmax(x), lambda s, u, x, out: (u * out,), R),
    bug("missing_term", "RMSNorm", lambda s, x: x / rms(x), lambda s, u, x, out: (u / rms(x),), R),
    bug(
        "missing_term",
        "Cosine",
        lambda s, x, y: (x @ y) / (length(x) * length(y)),
        lambda s, u, x, y, out: (
            u * y / (length(x) * length(y)),
            u * (x / length(x) - out * y / length(y)) / length(y),
        ),
        V,
        W,
    ),
    bug(
        "missing_term",
        "Cubic",
        lambda s, x: 3 * x**3 + 2 * x**2 + x,
        lambda s, u, x, out: (u * (9 * x**2 + 4 * x),),
        V,
        also="missing_fork_sum",
    ),
    bug(
        "missing_term",
        "Standardized",
        lambda s, x: (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True),
        lambda s, u, x, out: (
            (u - u.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True),
        ),
        normal(12, 4, 5),
    ),
]
CHAINS = [
    bug("upstream_ignored", "Sine", lambda s, x: np.sin(x), lambda s, u, x, out: (np.cos(x),), V),
    bug(
        "upstream_ignored",
        "Dot",
        lambda s, x, y: x @ y,
        lambda s, u, x, y, out: (y, x),
        V,
        W,
        at=(0, 1),
    ),
    bug(
        "not_linear_in_upstream",
        "SquaredChain",
        lambda s, x: np.tanh(x),
        lambda s, u, x, out: (u * u * (1 - out**2),),
        V,
    ),
    bug(
        "not_linear_in_upstream",
        "Clipped",
        lambda s, x: x * x,
        lambda s, u, x, out: (np.clip(u, -0.3, 0.3) * 2 * x,),
        V,
    ),
    bug(
        "shifted_index",
        "ExclusiveCumsum",
        lambda s, x: np.cumsum(x),
        lambda s, u, x, out: (rest_of_cumsum(u) - u,),
        V,
    ),
    bug(
        "shifted_index",
        "Differences",
        lambda s, x: x[1:] - x[:-1],
        lambda s, u, x, out: (np.roll(np.append(-u, 0) + np.append(0, u), 1),),
        V,
    ),
    bug(
        "shifted_index",
        "Rolled",
        lambda s, x: np.roll(x, 1),
        lambda s, u, x, out: (np.roll(u, 1),),
        normal(13, 6),
    ),
]
BUGS = [*FACTORS, *TRANSPOSITIONS, *SUMS, *TERMS, *CHAINS]
