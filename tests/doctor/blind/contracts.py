"""Faults of form, of memory and of chance; and rules that fail at hard points."""

import numpy as np

import chainrule as cr
from tests.doctor.blind.making import bug
from tests.doctor.blind.rules import IDS, P, R, S, V, W, sigmoid
from tests.doctor.corpus.entry import normal, positive

SINGLE = normal(20, 4, dtype=np.float32)


def doubled_in_place(u, x):
    u *= 2
    return (u * x,)


def shifted_in_place(x):
    x -= x.max()
    return np.exp(x)


def remembering():
    """A relu whose mask is that of the last forward pass, whoever ran it."""
    kept = {}

    def forward(self, x):
        kept["mask"] = np.asarray(x) > 0
        return np.where(x > 0, x, 0)

    return forward, lambda self, u, x, out: (u * kept["mask"],)


def scaled_by_the_first():
    """A normalization that keeps the scale of the very first batch for its gradient."""
    kept = []

    def forward(self, x):
        kept.append(float(np.sum(np.asarray(x) ** 2)))
        return x / np.sqrt((x * x).sum())

    def backward(self, u, x, out):
        length = np.sqrt(kept[0])
        return ((u - out * (u * out).sum()) / length,)

    return forward, backward


def noisy(u):
    return u * (1 + 1e-3 * np.random.default_rng().normal(size=np.shape(u)))


def masked_anew(u):
    return u * (np.random.default_rng().random(np.shape(u)) < 0.5) * 2


FORMS = [
    bug("wrong_shape", "RowSums", lambda s, x: x.sum(axis=1), lambda s, u, x, out: (u,), R),
    bug(
        "wrong_shape",
        "Shift",
        lambda s, x, b: x + b,
        lambda s, u, x, b, out: (u, u.sum(axis=0, keepdims=True)),
        R,
        normal(21, 3),
        at=(1,),
    ),
    bug(
        "wrong_dtype",
        "HalfSquare",
        lambda s, x: x * x / 2,
        lambda s, u, x, out: ((u * x).astype(np.float64),),
        SINGLE,
    ),
    bug(
        "wrong_dtype",
        "Absolute",
        lambda s, x: abs(x),
        lambda s, u, x, out: (np.sign(u * x).astype(np.int64),),
        V,
    ),
    bug("wrong_count", "Sum2", lambda s, x, y: x + y, lambda s, u, x, y, out: (u,), V, W, at=()),
    bug("wrong_count", "Negated", lambda s, x: -x, lambda s, u, x, out: (-u, -u), V, at=()),
    bug("none_returned", "Cubed", lambda s, x: x**3, lambda s, u, x, out: (None,), V),
    bug(
        "none_returned",
        "Gate",
        lambda s, x, y: x * sigmoid(y),
        lambda s, u, x, y, out: (u * sigmoid(y), None),
        V,
        W,
        at=(1,),
    ),
]
STATES = [
    bug(
        "mutates_input",
        "InPlaceUpstream",
        lambda s, x: x * x,
        lambda s, u, x, out: doubled_in_place(u, x),
        V,
        at=(),
    ),
    bug(
        "mutates_input",
        "InPlaceShift",
        lambda s, x: shifted_in_place(x),
        lambda s, u, x, out: (u * out,),
        V,
        at=(),
    ),
    bug("stale_state", "RememberedMask", *remembering(), V),
    bug("stale_state", "FirstScale", *scaled_by_the_first(), V),
    bug(
        "nondeterministic",
        "NoisyIdentity",
        lambda s, x: x + 0,
        lambda s, u, x, out: (noisy(u),),
        V,
    ),
    bug(
        "nondeterministic",
        "MaskDrawnAnew",
        lambda s, x: 3 * x,
        lambda s, u, x, out: (3 * masked_anew(u),),
        V,
    ),
]
ORDERS = [
    bug(
        "double_backward",
        "FrozenSlope",
        lambda s, x: x * x,
        lambda s, u, x, out: (u * 2 * cr.stop_gradient(x),),
        V,
    ),
    bug(
        "double_backward",
        "FrozenOut",
        lambda s, x: np.exp(x),
        lambda s, u, x, out: (u * cr.stop_gradient(out),),
        V,
    ),
]
HARD = [
    bug(
        "precision",
        "SaturatedSigmoid",
        lambda s, x: sigmoid(x),
        lambda s, u, x, out: (u * out * (1 - out),),
        np.array([30.0, 34.0, 36.0]),
    ),
    bug(
        "precision",
        "SaturatedTanh",
        lambda s, x: np.tanh(x),
        lambda s, u, x, out: (u * (1 - out * out),),
        np.array([14.0, 16.0, 17.5]),
    ),
    bug(
        "non_finite",
        "SinOverX",
        lambda s, x: np.sinc(x / np.pi),
        lambda s, u, x, out: (u * (np.cos(x) / x - np.sin(x) / x**2),),
        np.array([0.0, 1.0]),
    ),
    bug(
        "non_finite",
        "Softplus",
        lambda s, x: np.logaddexp(0, x),
        lambda s, u, x, out: (u * np.exp(x) / (1 + np.exp(x)),),
        np.array([1000.0, 1.0]),
    ),
    bug(
        "wrong_at_kink",
        "SteepAbsolute",
        lambda s, x: abs(x),
        lambda s, u, x, out: (u * np.where(x == 0, 2.0, np.sign(x)),),
        np.array([-1.0, 0.0, 2.0]),
    ),
    bug(
        "wrong_at_kink",
        "NegativeAtZero",
        lambda s, x: np.maximum(x, 0),
        lambda s, u, x, out: (u * np.where(x == 0, -1.0, x > 0),),
        np.array([-1.0, 0.0, 2.0]),
    ),
    bug(
        "wrong_at_kink",
        "BothWin",
        lambda s, x, y: np.maximum(x, y),
        lambda s, u, x, y, out: (u * (x >= y), u * (y >= x)),
        np.array([1.0, 2.0]),
        np.array([1.0, 3.0]),
        at=(0, 1),
    ),
]
MORE = [
    bug(
        "scatter_last_wins",
        "Segments",
        lambda s, x, ids: x[ids] * 2,
        lambda s, u, x, ids, out: (assigned(x, ids, 2 * u), None),
        normal(22, 3),
        IDS,
    ),
    bug(
        "missing_broadcast_sum",
        "Scale",
        lambda s, x, g: x * g,
        lambda s, u, x, g, out: (u * g, (u * x)[:1]),
        R,
        positive(23, 1, 3),
        at=(1,),
    ),
    bug("constant_factor", "LogBase2", lambda s, x: np.log2(x), lambda s, u, x, out: (u / x,), P),
    bug(
        "constant_factor",
        "Degrees",
        lambda s, x: np.sin(x * np.pi / 180),
        lambda s, u, x, out: (u * np.cos(x * np.pi / 180),),
        V,
    ),
    bug("sign", "CosineWave", lambda s, x: np.cos(x), lambda s, u, x, out: (u * np.sin(x),), V),
    bug(
        "transposed",
        "QuadraticForm",
        lambda s, x, a, y: x @ a @ y,
        lambda s, u, x, a, y, out: (u * (a @ y), u * np.outer(y, x), u * (a.T @ x)),
        normal(24, 3),
        S,
        normal(25, 3),
        at=(1,),
    ),
    bug(
        "missing_term",
        "InverseTimes",
        lambda s, x, y: y * np.exp(-x) * x,
        lambda s, u, x, y, out: (-u * y * np.exp(-x) * x, u * np.exp(-x) * x),
        V,
        W,
        also="missing_fork_sum",
    ),
    bug(
        "upstream_ignored",
        "MeanIgnored",
        lambda s, x: x.mean(),
        lambda s, u, x, out: (np.full_like(x, 1 / x.size),),
        V,
    ),
]


def assigned(x, ids, u):
    grad = np.zeros_like(x)
    grad[ids] = u
    return grad


BUGS = [*FORMS, *STATES, *ORDERS, *HARD, *MORE]
