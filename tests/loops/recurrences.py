"""Recurrences, each written twice: by cr.scan, and as a loop of Python's."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr


def python_scan(f, carry, xs=None, length=None, reverse=False, checkpoint=None):
    """What cr.scan stands for."""
    steps = range(length if xs is None else len(_first(xs)))
    ys: list[Any] = [None] * len(steps)
    for t in reversed(steps) if reverse else steps:
        carry, ys[t] = f(carry, _entry(xs, t))
    return carry, _stacked(ys)


def _first(xs):
    if isinstance(xs, dict | tuple | list):
        return _first(next(iter(xs.values())) if isinstance(xs, dict) else xs[0])
    return xs


def _entry(xs, t):
    if xs is None:
        return None
    if isinstance(xs, dict):
        return {name: _entry(x, t) for name, x in xs.items()}
    if isinstance(xs, tuple | list):
        return type(xs)(_entry(x, t) for x in xs)
    return xs[t]


def _stacked(ys):
    if not ys or ys[0] is None:
        return None
    if isinstance(ys[0], dict):
        return {name: _stacked([y[name] for y in ys]) for name in ys[0]}
    if isinstance(ys[0], tuple | list):
        return type(ys[0])(_stacked([y[i] for y in ys]) for i in range(len(ys[0])))
    return np.stack(ys)


@dataclass(frozen=True)
class Recurrence:
    """A function of (scan, keywords, arrays), and the arrays for a number of steps."""

    run: Any
    arrays: Any


def rnn(scan, keywords, w, u, xs, h):
    def step(h, x):
        h = np.tanh(h @ w + x @ u)
        return h, h * h

    h, ys = scan(step, h, xs, **keywords)
    return (h * h).sum() + _weighed(ys)


def by_dicts(scan, keywords, w, u, xs, h):
    def step(state, entry):
        gate = cr.sigmoid(entry["x"] @ u)
        new = {
            "h": gate * state["h"] + (1 - gate) * np.sin(state["h"] @ w),
            "count": state["count"] + 1,
        }
        return new, (new["h"].sum(axis=1), {"g": gate})

    state, (sums, gates) = scan(step, {"h": h, "count": np.int64(0)}, {"x": xs}, **keywords)
    return state["h"].sum() + _weighed(sums) + _weighed(gates["g"]) + state["count"]


def without_outputs(scan, keywords, rate):
    carry, _ = scan(lambda c, _: (c * np.cos(rate) + 0.1, None), rate, length=5, **keywords)
    return carry.sum()


def without_carry(scan, keywords, xs, w):
    _, ys = scan(lambda c, x: (c, np.exp(-((x @ w) ** 2))), (), xs, **keywords)
    return _weighed(ys)


def swapped(scan, keywords, a, b):
    """Each part of the carry is what the other was."""
    (a, b), ys = scan(lambda c, _: ((c[1], c[0] * c[1]), c[0]), (a, b), length=4, **keywords)
    return (a * a + b).sum() + _weighed(ys)


def new_every_time(scan, keywords, xs, w):
    """The carry does not depend on the one before."""
    c, ys = scan(lambda c, x: (np.sin(x @ w), c * x.sum()), w[0] * 0, xs, **keywords)
    return (c * c).sum() + _weighed(ys)


def cut_in_the_middle(scan, keywords, xs, w):
    """No gradient passes through one part of the carry."""

    def step(c, x):
        kept = cr.stop_gradient(c["a"]) * x.sum()
        return {"a": c["a"] * np.tanh(x @ w), "b": c["b"] + kept.sum()}, kept

    c, ys = scan(step, {"a": w[0], "b": np.float64(0)}, xs, **keywords)
    return c["a"].sum() + c["b"] + _weighed(ys)


def chosen(scan, keywords, xs, w):
    """Branches, extremes and places decide by element."""

    def step(c, x):
        y = np.where(x @ w > c, np.maximum(c, x @ w), c * 0.5)
        return y, y[::-1].cumsum()

    c, ys = scan(step, w[0] * 0.1, xs, **keywords)
    return c.sum() + _weighed(ys)


def nested(scan, keywords, xs, w):
    def outer(c, x):
        d, ys = scan(lambda d, k: (np.tanh(d * w[0] + k * c), d * k), c, x, **keywords)
        return d, ys.sum()

    c, ys = scan(outer, w[1], xs, **keywords)
    return c.sum() + _weighed(ys * ys)


def with_a_gradient_inside(scan, keywords, x, w):
    """Gradient descent on the way: the body takes a derivative itself."""

    def step(z, _):
        slope = cr.grad(lambda z: (np.sin(z * w) ** 2).sum())(z)
        return z - 0.1 * slope, slope

    z, ys = scan(step, x, length=3, **keywords)
    return (z * z).sum() + _weighed(ys)


def _weighed(ys):
    """No two entries count the same."""
    weights = np.cos(np.arange(np.size(ys)).reshape(np.shape(ys)))
    return (ys * weights).sum()


def _draw(*shapes):
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=shape) for shape in shapes)


RECURRENCES = {
    "rnn": Recurrence(rnn, lambda n: _draw((4, 4), (3, 4), (n, 2, 3), (2, 4))),
    "by dicts": Recurrence(by_dicts, lambda n: _draw((4, 4), (3, 4), (n, 2, 3), (2, 4))),
    "without outputs": Recurrence(without_outputs, lambda n: _draw((3,))),
    "without carry": Recurrence(without_carry, lambda n: _draw((n, 3), (3, 2))),
    "swapped": Recurrence(swapped, lambda n: _draw((3,), (3,))),
    "new every time": Recurrence(new_every_time, lambda n: _draw((n, 3), (3, 2))),
    "cut in the middle": Recurrence(cut_in_the_middle, lambda n: _draw((n, 3), (3, 2))),
    "chosen": Recurrence(chosen, lambda n: _draw((n, 3), (3, 2))),
    "nested": Recurrence(nested, lambda n: _draw((n, 3), (2, 2))),
    "with a gradient inside": Recurrence(with_a_gradient_inside, lambda n: _draw((3,), (3,))),
}
BY_LENGTH = ("rnn", "by dicts", "without carry", "new every time", "cut in the middle", "chosen")
