"""Small nets, data and optimisers for the tests of compiled steps, how far states are apart."""

import numpy as np

from chainrule import nn, optim

ROWS, FEATURES, CLASSES = 96, 6, 4
OPTIMIZERS = {
    "sgd": lambda: optim.SGD(0.05),
    "momentum": lambda: optim.SGD(0.02, momentum=0.9),
    "nesterov": lambda: optim.SGD(0.02, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optim.RMSProp(0.003),
    "adagrad": lambda: optim.Adagrad(0.03),
    "adam": lambda: optim.Adam(0.003),
    "adamw": lambda: optim.AdamW(0.003),
    "amsgrad": lambda: optim.Adam(0.003, amsgrad=True),
    "decaying": lambda: optim.SGD(0.05, weight_decay=0.1),
    "ema": lambda: optim.EMA(optim.Adam(0.003), decay=0.9),
    "swa": lambda: optim.SWA(optim.SGD(0.02, momentum=0.9), start=10, every=3),
    "gathering": lambda: optim.SGD(0.02, momentum=0.9, velocity="steps", weight_decay=0.1),
    "lion": lambda: optim.Lion(0.001, weight_decay=0.1),
    "nadam": lambda: optim.NAdam(0.003),
    "radam": lambda: optim.RAdam(0.003),
}


def data(dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, FEATURES)).astype(dtype)
    return x, rng.integers(0, CLASSES, ROWS), rng.normal(size=(ROWS, CLASSES)).astype(dtype)


def net(dtype="float32", *, activation=nn.Tanh, extra=()):
    layers = [nn.Linear(FEATURES, 8, dtype=dtype), *extra, activation()]
    return nn.Sequential(*layers, nn.Linear(8, CLASSES, dtype=dtype))


def apart(one, other):
    """The largest distance of two states, relative to the size of each array.

    A bias in front of a BatchNorm is rounding and nothing else: a tenth of the largest array's
    size counts at least.
    """
    largest = max(np.max(np.abs(array)) for array in one.values())
    return max(
        float(np.max(np.abs(one[path] - other[path])))
        / max(np.max(np.abs(one[path])), largest / 10)
        for path in one
    )
