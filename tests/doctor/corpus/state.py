"""What one call does to the next: memory, chance, and writing where others read."""

from typing import Any

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal


class Square(cr.Op):
    def forward(self, x):
        return x * x

    def backward(self, upstream, x, out):
        return (upstream * 2 * x,)


class SquareRemembersItsInput(Square):
    """The last forward wins: two nodes of one op mix."""

    def forward(self, x):
        object.__setattr__(self, "saved", x)
        return x * x

    def backward(self, upstream, x, out):
        return (upstream * 2 * getattr(self, "saved", x),)


class TanhRemembersItsResult(cr.Op):
    memory: Any

    def forward(self, x):
        self.memory["out"] = np.tanh(x)
        return self.memory["out"]

    def backward(self, upstream, x, out):
        return (upstream * (1 - self.memory["out"] ** 2),)


def tanh_with_a_memory():
    return TanhRemembersItsResult({})


class CentredByTheFirstBatch(cr.Op):
    """The width of the first batch, kept for good in backward only."""

    memory: Any

    def forward(self, x):
        self.memory.setdefault("width", np.sqrt(np.mean(x * x)))
        return x / np.sqrt(np.mean(x * x))

    def backward(self, upstream, x, out):
        width = self.memory["width"]
        return ((upstream - out * np.mean(upstream * out)) / width,)


def centred_with_a_memory():
    return CentredByTheFirstBatch({})


class Dropout(cr.Op):
    """Keeps half of its input; the mask is drawn from the seed it was given."""

    seed: int = 0

    def forward(self, x):
        return x * self.mask(x.shape) * 2.0

    def backward(self, upstream, x, out):
        return (upstream * self.mask(x.shape) * 2.0,)

    def mask(self, shape):
        return np.where(np.random.default_rng(self.seed).random(shape) < 0.5, 1.0, 0.0)


class DropoutDrawsAnewInBackward(Dropout):
    source: Any = None

    def backward(self, upstream, x, out):
        mask = np.where(self.source.random(x.shape) < 0.5, 1.0, 0.0)
        return (upstream * mask * 2.0,)


def dropout_with_two_masks():
    return DropoutDrawsAnewInBackward(0, np.random.default_rng(71))


class NoisyGradient(Square):
    """Noise of one thousandth, as for differential privacy, left switched on."""

    source: Any = None

    def backward(self, upstream, x, out):
        return (upstream * 2 * x + self.source.normal(scale=1e-3, size=x.shape),)


def square_with_noise():
    return NoisyGradient(np.random.default_rng(72))


class RoundedAtRandom(Square):
    """Stochastic rounding of the gradient to sixteenths."""

    source: Any = None

    def backward(self, upstream, x, out):
        return (np.floor(upstream * 2 * x * 16 + self.source.random(x.shape)) / 16,)


def square_rounded_at_random():
    return RoundedAtRandom(np.random.default_rng(73))


class Relu(cr.Op):
    def forward(self, x):
        return np.maximum(x, 0.0)

    def backward(self, upstream, x, out):
        return (np.where(x > 0, upstream, 0.0),)


class ReluWritesIntoUpstream(Relu):
    def backward(self, upstream, x, out):
        upstream[x <= 0] = 0
        return (upstream,)


class SquareScalesUpstreamInPlace(Square):
    def backward(self, upstream, x, out):
        upstream *= 2 * x
        return (upstream,)


class CubeReusesItsInput(cr.Op):
    def forward(self, x):
        return x * x * x

    def backward(self, upstream, x, out):
        x *= x
        x *= 3
        return (upstream * x,)


class CentreInPlace(cr.Op):
    def forward(self, x):
        x -= np.mean(x)
        return x * 1.0

    def backward(self, upstream, x, out):
        return (upstream - np.mean(upstream),)


X = normal(75, 6)

BUGS = [
    Bug(SquareRemembersItsInput, (X,), "stale_state"),
    Bug(tanh_with_a_memory, (X,), "stale_state"),
    Bug(centred_with_a_memory, (X,), "stale_state"),
    Bug(dropout_with_two_masks, (X,), "nondeterministic"),
    Bug(square_with_noise, (X,), "nondeterministic"),
    Bug(square_rounded_at_random, (X,), "nondeterministic"),
    Bug(ReluWritesIntoUpstream, (X,), "mutates_input", ()),
    Bug(SquareScalesUpstreamInPlace, (X,), "mutates_input", ()),
    Bug(CubeReusesItsInput, (X,), "mutates_input"),
    Bug(CentreInPlace, (X,), "mutates_input"),
]

RIGHT = [
    Right(Square, (X,)),
    Right(Dropout, (X,)),
    Right(Relu, (np.array([[0.0, -1.0], [2.0, 0.0]]),), "at its kink"),
]
