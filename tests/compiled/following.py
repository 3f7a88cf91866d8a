"""Whether a compiled function follows what it closes over, and a net to close over."""

import numpy as np
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import nn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3)).astype("float32")
V = np.array([1.0, 2.0, 3.0])


def net(seed=1):
    made = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.ReLU(), nn.Linear(4, 2))
    made.initialize(seed)
    return made


def eager(function, *args):
    with cr.no_grad():
        return np.asarray(function(*args))


def follows(compiled, function, changes, args, recordings=1):
    """Whether the compiled function gives arrays, and the right ones after every change."""
    assert type(compiled(*args)) in (np.ndarray, np.float64, np.float32)
    for change in (lambda: None, *changes):
        change()
        for _ in range(2):
            assert_allclose(compiled(*args), eager(function, *args), rtol=1e-5)
    if recordings is not None:
        assert repr(compiled).endswith(f"{recordings} recordings>")
