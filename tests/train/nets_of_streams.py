"""Nets with several inputs and several heads, their rows, and the loss of each by hand."""

from typing import ClassVar

import numpy as np

import chainrule as cr
from chainrule import nn

ROWS, SIZE, EPOCHS = 50, 16, 3  # the last batch has 2 rows
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(ROWS, 3)), RNG.normal(size=(ROWS, 2))
IDS, MASK = RNG.integers(0, 5, (ROWS, 4)), RNG.random((ROWS, 4)) < 0.7
LABELS, PRICES = RNG.integers(0, 3, ROWS), RNG.normal(size=(ROWS, 1))
WEIGHTS = RNG.uniform(0.1, 2, ROWS)


class Mean(cr.Op):
    """What an all-reduce is: Python code that is given all gradients in one array."""

    def forward(self, bucket):
        return np.multiply(bucket, 0.5)


def halved(gradients):
    """The gradients in one bucket and back."""
    bucket = Mean()(cr.concatenate([cr.reshape(each, (-1,)) for each in gradients], 0))
    found, start = [], 0
    for each in gradients:
        found.append(cr.reshape(bucket[start : start + each.size], each.shape))
        start += each.size
    return found


class Single(nn.Module):
    x, y = A, LABELS
    loss = staticmethod(cr.softmax_cross_entropy)
    weighted = staticmethod(cr.softmax_cross_entropy)

    def __init__(self):
        self.hidden, self.out = nn.Linear(3, 6, dtype="float64"), nn.Linear(6, 3, dtype="float64")
        self.quiet = nn.Dropout(0.2)

    def forward(self, x):
        return self.out(self.quiet(cr.tanh(self.hidden(x))))


class Pair(nn.Module):
    """Two inputs and two outputs, in tuples, with a loss of them all."""

    x, y = (A, B), (LABELS, PRICES)

    def __init__(self):
        self.left, self.right = nn.Linear(3, 6, dtype="float64"), nn.Linear(2, 6, dtype="float64")
        self.first, self.second = (
            nn.Linear(6, 3, dtype="float64"),
            nn.Linear(6, 1, dtype="float64"),
        )
        self.quiet = nn.Dropout(0.2)

    def forward(self, x):
        a, b = x
        hidden = self.quiet(cr.tanh(self.left(a) + self.right(b)))
        return self.first(hidden), self.second(hidden)

    @staticmethod
    def loss(out, y, weights=None):
        column = None if weights is None else weights.reshape(-1, 1)
        return cr.softmax_cross_entropy(out[0], y[0], weights=weights) + 0.5 * cr.squared_error(
            out[1], y[1], weights=column
        )


class Named(nn.Module):
    """Ids with a mask and numbers, by name; heads by name, each with a loss of its own."""

    x: ClassVar = {"ids": IDS, "mask": MASK, "numbers": A}
    y: ClassVar = {"class": LABELS, "price": PRICES}
    loss: ClassVar = {"class": cr.softmax_cross_entropy, "price": cr.squared_error}

    def __init__(self):
        self.words = nn.Embedding(5, 4, dtype="float64")
        self.numbers = nn.Linear(3, 4, dtype="float64")
        self.heads = {
            "class": nn.Linear(4, 3, dtype="float64"),
            "price": nn.Linear(4, 1, dtype="float64"),
        }

    def forward(self, x):
        words = cr.where(x["mask"][:, :, None], self.words(x["ids"]), 0.0)
        hidden = cr.tanh(words.sum(axis=1) + self.numbers(x["numbers"]))
        return {name: head(hidden) for name, head in self.heads.items()}


class Nested(Pair):
    """A dict with a tuple in it, and one output."""

    x, y = {"pair": (A, B), "more": B}, LABELS
    loss = staticmethod(cr.softmax_cross_entropy)

    def forward(self, x):
        a, b = x["pair"]
        hidden = self.left(a) + self.right(b) * self.right(x["more"])
        return self.first(cr.tanh(hidden)) * self.second(self.left(a))


class One(Named):
    """Heads by place in a tuple, from one array."""

    x, y = A, (LABELS, PRICES)
    loss = (cr.softmax_cross_entropy, cr.squared_error)

    def forward(self, x):
        hidden = cr.tanh(self.numbers(x))
        return tuple(head(hidden * self.words.weight.sum()) for head in self.heads.values())


KINDS = (Single, Pair, Named, Nested, One)
HOOKS = {"none": {}, "hooks": {"gradient_hooks": [halved], "clip": 0.05}}


def rows_of(tree, rows):
    if isinstance(tree, dict):
        return {name: rows_of(each, rows) for name, each in tree.items()}
    return tuple(rows_of(x, rows) for x in tree) if isinstance(tree, tuple) else tree[rows]


def loss_by_hand(kind, out, y, weights):
    if not callable(kind.loss):
        names = kind.loss if isinstance(kind.loss, dict) else range(2)
        column = None if weights is None else weights.reshape(-1, 1)
        first, second = names
        return cr.softmax_cross_entropy(out[first], y[first], weights=weights) + cr.squared_error(
            out[second], y[second], weights=column
        )
    return kind.loss(out, y) if weights is None else kind.loss(out, y, weights=weights)
