"""Calls of scans, sorting, products, matrices, arrangement, decompositions and norms."""

import numpy as np


def _call(*shapes, **keywords):
    """A call on random tensors of these shapes."""
    return lambda rng: (tuple(rng.normal(size=shape) for shape in shapes), keywords)


def _each(shape, *choices):
    return [_call(shape, **keywords) for keywords in choices]


def _axes(shape, *axes, **more):
    return [_call(shape, axis=axis, **more) for axis in axes]


def _regular(rng, *stack):
    return rng.normal(size=(*stack, 3, 3)) + 3 * np.eye(3)


def _positive(rng, *stack):
    half = rng.normal(size=(*stack, 3, 3))
    return half @ np.swapaxes(half, -1, -2) + 3 * np.eye(3)


def _singular(rank):
    """A matrix of the given rank; the differences of det are exact polynomials."""

    def call(rng):
        left, right = rng.normal(size=(2, 4, 4))
        return ((left[:, :rank] @ right[:rank],), {})

    return call


SCANS = [
    *_axes((2, 3, 4), None, 0, 1, -1),
    *_axes((1, 4), 0, 1),
    *_axes((3, 0), 0, 1, None),
    _call(()),
    _call((5,), axis=0),
]

NORMS = [
    {"ord": 1, "axis": 0},
    {"ord": 2, "axis": 1},
    {"ord": 3, "axis": 1, "keepdims": True},
    {"ord": 1.5, "axis": 0},
    {"ord": 0.5, "axis": 0},
    {"ord": -2, "axis": 0},
    {"ord": np.inf, "axis": -1},
    {"ord": -np.inf, "axis": 0},
    {"ord": "fro"},
    {"ord": 1},
    {"ord": -1, "keepdims": True},
    {"ord": np.inf},
    {"ord": -np.inf, "axis": (1, 0)},
    {"ord": 1, "axis": (1, 0)},
    {"axis": (0, 1), "keepdims": True},
]

QUANTILES = [
    {"q": 0},
    {"q": 1.0, "axis": 0},
    {"q": 0.5, "axis": -1, "keepdims": True},
    {"q": [0.1, 0.9], "axis": 0},
    {"q": [[0.1, 0.9, 0.5]], "axis": (0, 1)},
    {"q": [0.1, 0.9], "axis": (0, 2), "keepdims": True},
    *({"q": [0.3, 0.45, 1], "axis": 1, "method": m} for m in ("lower", "higher", "nearest")),
    {"q": 0.4, "axis": 1, "method": "midpoint"},
]

STRUCTURED_CALLS = {
    "cumsum": SCANS,
    "cumprod": [
        *SCANS,
        lambda rng: ((np.array([2.0, 0.0, 3.0, -1.0]),), {}),
        lambda rng: ((np.array([2.0, 0.0, 3.0, 0.0, -1.0]),), {}),
        lambda rng: ((np.zeros(4),), {}),
    ],
    "recurrence": [_call((4,), (4,)), _call((3, 2), (3, 2), axis=0), _call((0,), (0,))],
    "diff": [
        *_each((3, 5), {"n": 2}, {"n": 0}, {"axis": 0}, {"n": 4}, {"n": 6}),
        lambda rng: ((rng.normal(size=(3, 4)),), {"prepend": rng.normal(size=(3, 2))}),
        lambda rng: (
            (rng.normal(size=(3, 4)), 2, 0, rng.normal(size=()), rng.normal(size=(1, 4))),
            {},
        ),
        _call((1,)),
    ],
    "sort": [
        *_axes((2, 3, 4), None, 0, 1),
        _call((0,)),
        _call((1, 1)),
        _call((4,), kind="stable"),
    ],
    "argsort": _axes((2, 3, 4), None, 0, 1),
    "median": [
        *_axes((2, 3, 4), None, 0, -1, (0, 2), (2, 1)),
        *_axes((2, 3, 4), None, 1, (0, 2), keepdims=True),
        _call((1,)),
        _call(()),
        _call((5, 1), axis=1),
    ],
    "sample_quantile": _each((2, 3, 4), *QUANTILES[:3], *QUANTILES[4:])
    + _each((3, 5), *QUANTILES[:5]),
    "percentile": _each((3, 5), {"q": [10, 60], "axis": 1}, {"q": 100}),
    "argmax": _axes((2, 3, 4), None, 0, -1),
    "argmin": _axes((2, 3, 4), None, 0, -1, keepdims=True),
    "ptp": _axes((2, 3, 4), None, 0, -1, (0, 2), keepdims=True),
    "nansum": _axes((2, 3, 4), None, 0, (0, 2), keepdims=True),
    "nanmean": _axes((2, 3, 4), None, 0, (0, 2), keepdims=True),
    "average": [
        *_axes((2, 3), None, 0, -1),
        lambda rng: ((rng.normal(size=(2, 3)),), {"weights": rng.uniform(0.5, 2, (2, 3))}),
        lambda rng: ((rng.normal(size=(2, 3)),), {"weights": rng.uniform(0.5, 2, 2), "axis": 0}),
    ],
    "outer": [_call((2, 2), (3,)), _call((), (3,)), _call((0,), (3,))],
    "inner": [
        _call((2, 3), (4, 3)),
        _call((2, 3), (3,)),
        _call((), (2, 3)),
        _call((2, 2, 3), (4, 3)),
        _call((2, 0), (3, 0)),
    ],
    "dot": [
        _call((2, 3), (3, 4)),
        _call((2, 3), (3,)),
        _call((3,), (3, 2)),
        _call((), (2, 3)),
        _call((2, 2, 3), (4, 3, 2)),
        _call((2, 2, 3), (3,)),
        _call((1, 1), (1, 1)),
    ],
    "vdot": [_call((2, 3), (3, 2)), _call((), ()), _call((0,), (0,))],
    "vecdot": [_call((2, 3), (2, 3)), _call((2, 3), (3,)), _call((3, 1, 2), (3, 4, 2), axis=0)],
    "tensordot": [
        _call((2, 3, 4), (3, 4, 5)),
        _call((2, 3), (4, 5), axes=0),
        _call((2, 3), (3, 5), axes=1),
        _call((2, 3), (5, 3), axes=(1, 1)),
        _call((2, 3), (5, 3), axes=(-1, -1)),
        _call((2, 3, 4), (4, 2), axes=[[0, 2], [1, 0]]),
    ],
    "kron": [_call((3,), (2,)), _call((2, 2), (3,)), _call((), (2,)), _call((2,), (2, 1, 3))],
    "diagonal": _each(
        (3, 4), {"offset": 1}, {"offset": -2}, {"offset": 4}, {"axis1": 1, "axis2": 0}
    )
    + _each((2, 3, 4), {}, {"axis1": -1, "axis2": 0}, {"axis1": 1, "axis2": 2, "offset": -1}),
    "trace": [*_each((3, 4), {"offset": 1}, {"offset": -1}), _call((2, 3, 3), axis1=1, axis2=2)],
    "diag": [
        *_each((3,), {"k": 1}, {"k": -2}),
        *_each((3, 4), {}, {"k": 1}, {"k": -1}, {"k": 9}),
        _call((0,)),
    ],
    "tril": [*_each((3, 4), {"k": 1}, {"k": -1}), _call((2, 3, 3)), _call((3,))],
    "triu": [*_each((3, 4), {"k": 1}, {"k": -1}), _call((2, 3, 3)), _call((3,))],
    "roll": _each(
        (2, 3, 4),
        {"shift": 5},
        {"shift": -1, "axis": -1},
        {"shift": (1, -2), "axis": (0, 2)},
        {"shift": (1, 2), "axis": 1},
        {"shift": 1, "axis": (0, 1)},
    ),
    "rot90": _each((2, 3, 4), {}, {"k": 2}, {"k": -1, "axes": (1, 2)}, {"k": 3, "axes": (2, 0)}),
    "moveaxis": _each(
        (2, 3, 4),
        {"source": -1, "destination": 0},
        {"source": (0, 1), "destination": (-1, 0)},
        {"source": [2, 0], "destination": [0, 1]},
    ),
    "ravel": [_call(()), _call((0, 2)), _call((2, 3, 4))],
    "atleast_1d": [_call((2,))],
    "atleast_2d": [_call(()), _call((2, 3))],
    "atleast_3d": [_call(()), _call((2,)), _call((2, 3, 4, 1))],
    "tile": [
        _call((), reps=3),
        _call((2, 3), reps=2),
        _call((2,), reps=(3, 1, 2)),
        _call((2, 3), reps=(0, 2)),
        _call((2, 3, 2), reps=(2, 1)),
    ],
    "repeat": [
        _call((2, 3), repeats=2),
        _call((2, 3), repeats=3, axis=1),
        _call((2, 3), repeats=[2, 0, 1], axis=-1),
        _call((2, 3), repeats=np.array([1, 3]), axis=0),
        _call((), repeats=2),
        _call((2, 3), repeats=0),
    ],
    "vstack": [lambda rng: (([rng.normal(size=3), rng.normal(size=(2, 3))],), {})],
    "hstack": [lambda rng: (([rng.normal(size=3), rng.normal(size=2)],), {})],
    "dstack": [lambda rng: (([rng.normal(size=3)] * 2,), {})],
    "column_stack": [lambda rng: (([rng.normal(size=3), rng.normal(size=(3, 2))],), {})],
    "array_split": [
        _call((5, 4), indices_or_sections=3, axis=1),
        _call((5,), indices_or_sections=[1, 3]),
        _call((2,), indices_or_sections=3),
    ],
    "select": [
        lambda rng: (([rng.normal(size=4) > 0], [rng.normal(size=4)]), {}),
        lambda rng: (([rng.normal(size=4) > 0], [rng.normal(size=(3, 1))]), {"default": 2.0}),
    ],
    "inv": [
        lambda rng: ((_regular(rng, 2),), {}),
        lambda rng: ((rng.uniform(1, 2, (1, 1)),), {}),
        _call((0, 0)),
    ],
    "solve": [
        lambda rng: ((_regular(rng), rng.normal(size=3)), {}),
        lambda rng: ((_regular(rng, 2), rng.normal(size=(2, 3, 2))), {}),
        lambda rng: ((_regular(rng, 2), rng.normal(size=3)), {}),
        lambda rng: ((_regular(rng), rng.normal(size=(2, 3, 1))), {}),
        lambda rng: ((_regular(rng, 2, 1), rng.normal(size=(4, 3, 2))), {}),
    ],
    "det": [
        lambda rng: ((_regular(rng, 2),), {}),
        *(_singular(rank) for rank in (0, 1, 2, 3)),
        _call((1, 1)),
        _call((2, 2)),
        _call((0, 0)),
    ],
    "cofactors": [lambda rng: ((_regular(rng, 2),), {}), _call((1, 1)), _call((2, 2))],
    "cofactors_slope": [lambda rng: ((_regular(rng, 2), rng.normal(size=(2, 3, 3))), {})],
    "slogdet": [
        lambda rng: ((_regular(rng, 2),), {}),
        lambda rng: ((-_regular(rng),), {}),
    ],
    "cholesky": [
        lambda rng: ((_positive(rng, 2),), {}),
        lambda rng: ((_positive(rng),), {"upper": True}),
        lambda rng: ((rng.uniform(1, 2, (1, 1)),), {}),
    ],
    "norm": [
        *_axes((2, 3, 4), None, 0, -1),
        *_axes((2, 3, 4), None, 0, (0, 2), keepdims=True),
        *_each((3, 4), *NORMS),
        _call((4,), ord=np.inf),
        _call((4,), ord=3),
        _call((2, 3, 4), ord=1, axis=(2, 0)),
        _call((5,)),
    ],
    "vector_norm": _each((2, 3), {"ord": 3}, {"ord": 1, "axis": 0}, {"ord": 0}, {"ord": np.inf}),
    "power_norm": _each((2, 3), {"p": 1.5}, {"p": 3.0, "axis": 0, "keepdims": True}),
    "matrix_norm": _each((2, 3, 4), {}, {"ord": 1}, {"ord": np.inf, "keepdims": True}),
    "batch_norm": [
        lambda rng: ((rng.normal(size=(5, 3)), 1e-5), {}),
        lambda rng: ((rng.normal(size=(5, 2, 3)),), {}),
    ],
    "batch_norm_with_statistics": [_call((5, 3))],
}
