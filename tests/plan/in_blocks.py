"""Functions of a batch whose plans can be cut into blocks, and a cache that asks for blocks."""

from dataclasses import dataclass

import numpy as np

import chainrule as cr
from chainrule.ops import random
from chainrule.plan.row_blocks import Cache


@dataclass(frozen=True)
class Always(Cache):
    """Blocks of so many rows wherever kernels go through rows."""

    nbytes: int = 0
    rows: int = 0
    size: int = 0

    def __init__(self, size):
        object.__setattr__(self, "size", size)

    def block(self, chain):
        many = chain.links and chain.rows > self.size
        return (len(chain.links), self.size) if many else None


def of_rows(x, w, v):
    """A net of two layers, its loss and its gradients."""

    def loss(w, v):
        return cr.mean((cr.tanh(x @ w) @ v) ** 2)

    value, slopes = cr.value_and_grad(loss, (0, 1))(w, v)
    return [value, *slopes]


def classified(x, w, v, labels):
    """Labels that choose a score in each row; a loss for every row, too."""

    def loss(w, v):
        each = cr.softmax_cross_entropy(cr.relu(x @ w) @ v, labels)
        return cr.mean(each), each

    (value, each), slopes = cr.value_and_grad(loss, (0, 1), has_aux=True)(w, v)
    return [value, each, *slopes]


def weighted(x, w, v, weights):
    """A mean divided by the sum of the weights, which the gradient waits for."""

    def loss(w, v):
        each = (cr.tanh(x @ w) @ v)[:, 0] ** 2
        return cr.sum(each * weights) / cr.sum(weights)

    value, slopes = cr.value_and_grad(loss, (0, 1))(w, v)
    return [value, *slopes]


def stepped(x, w, v):
    """Rows that stay, and new weights."""
    slopes = cr.grad(lambda w, v: cr.mean(cr.gelu(x @ w) @ v), (0, 1))(w, v)
    return [cr.softmax(x @ w), w - 0.1 * slopes[0], v - 0.1 * slopes[1]]


def normalized(x, w, v):
    """Over the batch, then over each row."""
    h = x @ w
    h = (h - cr.mean(h, axis=0)) / cr.sqrt(cr.mean(h * h, axis=0) + 1)
    h = cr.layer_norm(h)
    return [h @ v, cr.max(h, axis=0), cr.sum(h, axis=1), cr.cumsum(h, axis=0)]


def dropped(x, w, v):
    """Random numbers, whose order is that of the batch."""
    key = random.key(3)

    def loss(w, v):
        h = cr.dropout(cr.tanh(x @ w), key, 0.5)
        return cr.mean(h @ v)

    value, slopes = cr.value_and_grad(loss, (0, 1))(w, v)
    return [value, *slopes]


def second_order(x, w, v):
    """A derivative along the first column, in the loss: concatenated, and taken apart again."""
    t, rest = x[:, :1], x[:, 1:]

    def loss(w, v):
        def net(t):
            return cr.tanh(cr.concatenate([t, rest], axis=1) @ w) @ v

        u, slope = cr.jvp(net, (t,), (np.ones(t.shape, t.dtype),))
        return cr.mean((slope + u) ** 2)

    value, slopes = cr.value_and_grad(loss, (0, 1))(w, v)
    return [value, *slopes]


def of_sequences(x, w, v):
    """Three steps in every row, whose products are one product of many rows."""
    steps = cr.stack([x, x * 2, cr.tanh(x)], axis=1)
    return [cr.sum(cr.tanh(steps @ w) @ v, axis=1), cr.mean(steps), cr.sum(steps, axis=(0, 1))]


def turned(x, w, v):
    """Columns instead of rows."""
    h = cr.tanh(cr.transpose(w) @ cr.transpose(x))
    return [h, cr.transpose(v) @ h, h @ x]


CASES = (
    *(of_rows, classified, weighted, stepped, normalized, dropped),
    *(second_order, of_sequences, turned),
)


def arrays_of(case, rows):
    """Arrays for one of these functions: the batch, two layers, what each row has besides."""
    rng = np.random.default_rng(rows)
    shapes = (rows, 8), (8, 16), (16, 4 if case is classified else 1)
    arrays = [rng.normal(size=shape).astype("float32") for shape in shapes]
    if case is classified:
        arrays.append(rng.integers(0, 4, rows))
    if case is weighted:
        arrays.append(rng.uniform(0.5, 1, rows).astype("float32"))
    return arrays
