"""Calls beyond an op's own samples: other attributes, axes, ranks, weights, repeated indices."""

import numpy as np


def _matrix(rng):
    return rng.normal(size=(3, 4))


def _cube(rng):
    return rng.normal(size=(2, 3, 4))


def _pair(rng):
    return rng.normal(size=(4, 2)), rng.normal(size=(4, 2))


def _weights(rng):
    return rng.uniform(0.5, 2.0, size=(4, 2))


LABELS = np.array([0, 4, 2])
UPPER = np.triu(np.ones((3, 4), bool))


def _axes(**more):
    """A reduction over every kind of axis."""
    axes = (None, 0, -1, (0, 2), (2, 0), ())
    calls = [lambda rng, axis=axis: ((_cube(rng),), {"axis": axis, **more}) for axis in axes]
    calls += [
        lambda rng, axis=axis: ((_cube(rng),), {"axis": axis, "keepdims": True, **more})
        for axis in axes
    ]
    return [
        *calls,
        lambda rng: ((rng.normal(size=(3, 1)),), {"axis": 1, **more}),
        lambda rng: ((rng.normal(size=(1, 3)),), {"axis": 1, **more}),
        lambda rng: ((rng.normal(size=5),), more),
    ]


def _rows():
    return [
        lambda rng: ((_cube(rng),), {"axis": 0}),
        lambda rng: ((_cube(rng),), {"axis": 1}),
        lambda rng: ((rng.normal(size=5),), {}),
        lambda rng: ((rng.normal(size=(4, 1)),), {}),
    ]


def _masked():
    return [
        lambda rng: ((_matrix(rng),), {"axis": 1, "where": UPPER}),
        lambda rng: ((_cube(rng),), {"axis": (0, 2), "where": rng.normal(size=(2, 3, 4)) > -1}),
    ]


def _pair_loss(*more):
    return [
        lambda rng: (_pair(rng), {"reduction": "sum"}),
        lambda rng: (_pair(rng), {"reduction": "none"}),
        lambda rng: (_pair(rng), {"weights": _weights(rng)}),
        lambda rng: (_pair(rng), {"weights": _weights(rng), "reduction": "sum"}),
        lambda rng: (_pair(rng), {"weights": _weights(rng), "reduction": "none"}),
        lambda rng: ((rng.normal(size=5), rng.normal(size=5)), {}),
        *more,
    ]


def _label_loss(*more):
    def call(**keywords):
        return lambda rng: ((rng.normal(size=(3, 5)), LABELS), keywords)

    def weighted(**keywords):
        return lambda rng: (
            (rng.normal(size=(3, 5)), LABELS),
            {"weights": rng.uniform(0.5, 2.0, size=3), **keywords},
        )

    return [
        call(reduction="sum"),
        call(reduction="none"),
        weighted(),
        weighted(reduction="sum"),
        weighted(reduction="none"),
        lambda rng: ((rng.normal(size=(2, 3, 5)), np.array([[0, 1, 2], [4, 4, 0]])), {}),
        *more,
    ]


def _ignoring():
    """Rows that count nothing: some, with weights too, and all."""
    return [
        lambda rng: ((rng.normal(size=(3, 5)), np.array([0, -100, 2])), {"ignore_index": -100}),
        lambda rng: (
            (rng.normal(size=(3, 5)), LABELS),
            {"ignore_index": 4, "weights": rng.uniform(0.5, 2.0, size=3)},
        ),
        lambda rng: ((rng.normal(size=(3, 5)), np.full(3, 9)), {"ignore_index": 9}),
    ]


def _share_loss(*more):
    """Losses of shares, from 0 to 1."""
    plain = ({}, {"reduction": "sum"}, {"reduction": "none"})
    return [
        lambda rng, keywords=keywords, weighted=weighted: (
            (rng.normal(size=(4, 2)), rng.uniform(0.2, 0.8, size=(4, 2))),
            {**keywords, **({"weights": _weights(rng)} if weighted else {})},
        )
        for weighted in (False, True)
        for keywords in (*plain, *more)
    ]


def _matmuls():
    shapes = [
        ((4,), (4,)),
        ((3, 4), (4,)),
        ((4,), (4, 5)),
        ((2, 3, 4), (4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (5, 4, 2)),
        ((1, 4), (4, 1)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 5)),
    ]
    return [
        lambda rng, a=a, b=b: ((rng.normal(size=a), rng.normal(size=b)), {}) for a, b in shapes
    ]


def _einsums():
    calls = {
        "ii->i": [(3, 3)],
        "ii->": [(3, 3)],
        "ij->": [(3, 4)],
        "ij->ji": [(3, 4)],
        "ij->i": [(3, 4)],
        "i,j->ij": [(3,), (4,)],
        "i,i": [(3,), (3,)],
        "ij,ij": [(3, 4), (3, 4)],
        "ij,jk,kl->il": [(2, 3), (3, 4), (4, 2)],
        "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)],
        "...ij,jk->...ik": [(2, 3, 4), (4, 5)],
        "...i,...i->...": [(2, 3), (1, 3)],
        "ij,k->i": [(2, 3), (4,)],
        "iij->j": [(3, 3, 2)],
        "ij,jk": [(2, 3), (3, 4)],
        "ji": [(2, 3)],
        "i j , j k": [(2, 3), (3, 4)],
        ",ij->ji": [(), (2, 3)],
        "...": [(2, 3)],
        "...i->...": [(2, 3)],
        "i...,i...->...": [(2, 3), (2, 1)],
        "ij,ij->i": [(3, 4), (3, 1)],
        "ii,ij,jj->j": [(2, 2), (2, 3), (3, 3)],
        "b...,b...": [(2, 3), (2, 3)],
    }
    texts = [
        lambda rng, s=subscripts, shapes=shapes: ((s, *(rng.normal(size=n) for n in shapes)), {})
        for subscripts, shapes in calls.items()
    ]
    lists = [
        lambda rng: ((rng.normal(size=(2, 3)), [0, 1], rng.normal(size=(3, 4)), [1, 2]), {}),
        lambda rng: ((rng.normal(size=(2, 3)), [5, 1], rng.normal(size=3), [1], [5]), {}),
        lambda rng: ((rng.normal(size=(3, 3)), [30, 30]), {}),
        lambda rng: ((rng.normal(size=(2, 3)), [..., 0], [0, ...]), {"optimize": True}),
    ]
    return texts + lists


def _keys():
    keys = [
        0,
        -1,
        slice(1, 3),
        slice(None, None, -1),
        (slice(None), 0),
        (Ellipsis, 1),
        (None, slice(None), None),
        np.array([0, 0, 3]),
        np.array([[0, -1], [2, 2]]),
        (np.array([0, 0]), np.array([1, 1])),
        (np.array([0, 2]), slice(None)),
        (slice(None), np.array([1, 1, -1])),
        (np.array([[0], [2]]), np.array([1, 3])),
        np.triu(np.ones((4, 5), bool)),
        np.array([True, False, True, True]),
        (slice(None), np.array([True, False, True, True, False])),
        (np.array([True, False, True, True]), np.array([0, 1, 1])),
        [0, 2, 0],
        np.array([], int),
        (),
        (np.array([0, 1]), None, np.array([1, 2])),
        (0, slice(None), np.newaxis),
    ]
    return [lambda rng, key=key: ((rng.normal(size=(4, 5)), key), {}) for key in keys]


CALLS = {
    "sum": _axes(),
    "mean": _axes(),
    "max": _axes(),
    "min": _axes(),
    "prod": _axes(),
    "var": [*_axes(), *_axes(ddof=1)[:5]],
    "std": [*_axes()[:5], *_axes(ddof=1)[:5]],
    "logsumexp": _axes() + _masked(),
    "softmax": _rows() + _masked(),
    "log_softmax": _rows(),
    "leaky_relu": [lambda rng: ((_matrix(rng), 0.3), {}), lambda rng: ((_matrix(rng), 0.0), {})],
    "elu": [lambda rng: ((_matrix(rng), 0.5), {}), lambda rng: ((_matrix(rng), 2.0), {})],
    "gelu": [lambda rng: ((_matrix(rng),), {"approximate": "tanh"})],
    "power": [
        lambda rng: ((rng.uniform(0.5, 2, (3, 4)), np.array([[2.0], [0.0], [3.0]])), {}),
        lambda rng: ((-rng.uniform(0.5, 2, (3, 4)), np.array([[2], [0], [3]], np.int8)), {}),
        lambda rng: ((_matrix(rng), 2), {}),
        lambda rng: ((_matrix(rng), 3), {}),
        lambda rng: ((_matrix(rng), 0), {}),
        lambda rng: ((-rng.uniform(0.5, 2, (3, 4)), -2), {}),
        lambda rng: ((2, _matrix(rng)), {}),
        lambda rng: ((rng.uniform(0.5, 2, (3, 4)), 2.5), {}),
        lambda rng: ((_matrix(rng), 5), {}),
        lambda rng: ((rng.uniform(0.5, 2, (3, 4)), -0.5), {}),
        lambda rng: ((_matrix(rng), np.asarray(3, np.int8)), {}),
        lambda rng: ((rng.uniform(0.5, 2, 4), np.ones((3, 1))), {}),
        lambda rng: ((rng.uniform(0.5, 2, (3, 4)), np.full((2, 1, 1), -1.0)), {}),
    ],
    "where": [
        lambda rng: ((rng.normal(size=(3, 1)) > 0, rng.normal(size=4), rng.normal(size=())), {}),
        lambda rng: ((np.array([1, 0, 2]), rng.normal(size=3), rng.normal(size=3)), {}),
    ],
    "clip": [
        lambda rng: ((_matrix(rng), np.full(4, -0.4), np.full((3, 1), 0.6)), {}),
        lambda rng: ((_matrix(rng), np.full((3, 4), 0.5), np.full((3, 4), -0.5)), {}),
    ],
    "reshape": [
        lambda rng: ((_matrix(rng), -1), {}),
        lambda rng: ((_matrix(rng), (2, -1, 3)), {}),
    ],
    "transpose": [lambda rng: ((_cube(rng),), {}), lambda rng: ((_cube(rng), (2, 0, 1)), {})],
    "squeeze": [lambda rng: ((rng.normal(size=(1, 3, 1)),), {})],
    "expand_dims": [lambda rng: ((_matrix(rng), (0, -1)), {})],
    "flip": [lambda rng: ((_cube(rng),), {}), lambda rng: ((_cube(rng), (0, 2)), {})],
    "pad": [lambda rng: ((_matrix(rng), 2), {}), lambda rng: ((_matrix(rng), (1, 0)), {})],
    "concatenate": [
        lambda rng: (([_matrix(rng), _matrix(rng), rng.normal(size=(3, 0))], -1), {}),
        lambda rng: (([_matrix(rng), rng.normal(size=2)], None), {}),
        lambda rng: (([_matrix(rng)],), {}),
    ],
    "stack": [lambda rng: (([_matrix(rng)] * 2, -1), {}), lambda rng: (([_matrix(rng)] * 3,), {})],
    "split": [lambda rng: ((_cube(rng), (1, 3), 2), {}), lambda rng: ((_matrix(rng), 2, 1), {})],
    "broadcast_to": [
        lambda rng: ((rng.normal(size=()), (3, 2)), {}),
        lambda rng: ((rng.normal(size=(2, 1)), (3, 2, 4)), {}),
    ],
    "sum_to": [
        lambda rng: ((_cube(rng), (1, 4)), {}),
        lambda rng: ((_cube(rng), ()), {}),
        lambda rng: ((_cube(rng), (2, 3, 4)), {}),
    ],
    "take": [
        lambda rng: ((_matrix(rng), np.array([[5, -1], [0, 5]])), {}),
        lambda rng: ((_cube(rng), np.array([1, 1, -1]), 1), {}),
        lambda rng: ((_cube(rng), np.array(2), -1), {}),
    ],
    "take_along_axis": [lambda rng: ((_matrix(rng), np.array([[0, 0, 2, 1]]), 0), {})],
    "put_along_axis": [
        lambda rng: ((rng.normal(size=(1, 4)), np.array([[0, 0, 2, 1]]), 3, 0), {})
    ],
    "getitem": _keys(),
    "matmul": _matmuls(),
    "linear": [
        lambda rng: ((rng.normal(size=(3, 4)), rng.normal(size=(4, 5))), {}),
        lambda rng: ((rng.normal(size=4), rng.normal(size=(4, 5)), rng.normal(size=5)), {}),
        lambda rng: ((_cube(rng), rng.normal(size=(4, 5)), rng.normal(size=5)), {}),
        lambda rng: ((rng.normal(size=(1, 1)), rng.normal(size=(1, 1)), rng.normal(size=1)), {}),
    ],
    "einsum": _einsums(),
    "softmax_cross_entropy": _label_loss(
        lambda rng: ((rng.normal(size=(3, 5)), LABELS), {"label_smoothing": 0.1}),
        lambda rng: (
            (rng.normal(size=(3, 5)), LABELS),
            {"label_smoothing": 0.3, "weights": rng.uniform(0.5, 2.0, size=3)},
        ),
        *_ignoring(),
        lambda rng: (
            (rng.normal(size=(3, 5)), LABELS),
            {"label_smoothing": 0.3, "ignore_index": 4},
        ),
    ),
    "softmax_focal": _label_loss(
        *_ignoring(),
        *(
            lambda rng, gamma=gamma: ((rng.normal(size=(3, 5)), LABELS), {"gamma": gamma})
            for gamma in (0.0, 0.5, 1.0, 3.5)
        ),
    ),
    "hinge": _label_loss(lambda rng: ((rng.normal(size=(3, 5)), LABELS, 0.3), {})),
    "squared_error": _pair_loss(),
    "absolute_error": _pair_loss(),
    "huber": _pair_loss(lambda rng: (_pair(rng), {"delta": 0.3})),
    "quantile": _pair_loss(lambda rng: (_pair(rng), {"q": 0.9})),
    "poisson": _pair_loss(),
    "log_cosh": _pair_loss(),
    "gaussian_likelihood": [
        lambda rng, keywords=keywords: (
            (rng.normal(size=(4, 4)), rng.normal(size=(4, 2))),
            {name: value(rng) if callable(value) else value for name, value in keywords.items()},
        )
        for keywords in (
            {"reduction": "sum"},
            {"reduction": "none"},
            {"weights": _weights},
            {"weights": _weights, "reduction": "sum"},
            {"weights": _weights, "reduction": "none"},
            {"eps": 0.5},
        )
    ],
    "binary_cross_entropy": _share_loss({"pos_weight": 2.5}, {"pos_weight": (0.5, 3.0)}),
    "binary_focal": _share_loss({"gamma": 0.0}, {"gamma": 0.5}, {"gamma": 3.0, "alpha": 0.25}),
}
