"""Builder: a program that grows line by line and knows the value of every line.

Imports program. generate.py decides which lines come; this file makes operands fit them.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.testing.fuzz.straight_line import (
    Array,
    Line,
    Program,
    Ref,
    call,
    parts_of,
    pick,
    sinks,
)

LARGEST = 8.0  # values beyond are scaled down, so that differences keep their digits
TOO_LARGE = 1e4  # a call whose result is beyond is taken back
TOO_MANY = 100  # elements of one value
INSIDE = 0.98  # share of a domain's sample interval that a squashed value fills
NEAR = 0.05  # how far an operand strays from the sample it stands for
RECENT = 0.5  # chance that an operand is one of the last few values


class CannotApply(Exception):
    """The operands at hand do not suit the call."""


class Builder:
    """Leaves, lines and values so far; ``floats`` and ``masks`` are what later lines may read."""

    def __init__(self, choose: random.Random, leaves: Sequence[Array]) -> None:
        self.choose = choose
        self.leaves = tuple(leaves)
        self.lines: list[Line] = []
        self.values: list[Any] = list(leaves)
        self.floats: list[Ref] = [Ref(i) for i in range(len(leaves))]
        self.masks: list[Ref] = []

    def program(self, seed: int) -> Program:
        """What has been built; every float that nobody reads is an end."""
        whole = Program(self.leaves, tuple(self.lines), (), seed)
        return Program(self.leaves, whole.lines, sinks(whole, self.values), seed)

    def line(self, name: str, *args: Any, **keywords: Any) -> Ref:
        """Add a call and return its (first) result."""
        made = Line(name, args, keywords)
        value: Any = call(made, self.values)
        if np.isscalar(value):
            value = np.asarray(value)
        self.lines.append(made)
        self.values.append(value)
        return parts_of(len(self.values) - 1, value)[0]

    def shared(self, name: str, *args: Any, **keywords: Any) -> None:
        """Add a call whose results may be read by later lines."""
        self.line(name, *args, **keywords)
        place = len(self.values) - 1
        for ref in parts_of(place, self.values[place]):
            value = self.value(ref)
            if value.dtype == bool:
                self.masks.append(ref)
            elif value.dtype == np.float64:
                if not np.isfinite(value).all() or magnitude(value) > TOO_LARGE:
                    raise CannotApply
                if np.size(value) <= TOO_MANY:
                    self.floats.append(self.bounded(ref))

    def mark(self) -> tuple[int, int, int]:
        """A state to come back to."""
        return len(self.lines), len(self.floats), len(self.masks)

    def back_to(self, mark: tuple[int, int, int]) -> None:
        """Forget what was added since."""
        lines, floats, masks = mark
        del self.lines[lines:], self.floats[floats:], self.masks[masks:]
        del self.values[len(self.leaves) + lines :]

    def value(self, ref: Ref) -> Any:
        """The value of a reference."""
        return pick(ref, self.values)

    def shape(self, ref: Ref) -> tuple[int, ...]:
        """The shape of a reference's value."""
        return np.shape(self.value(ref))

    def any_float(self, nonempty: bool = False) -> Ref:
        """An earlier value; recent ones are likelier, and the same one may come twice."""
        known = [r for r in self.floats if np.size(self.value(r))] if nonempty else self.floats
        if not known:
            raise CannotApply
        late = known[-4:] if self.choose.random() < RECENT else known
        return self.choose.choice(late)

    def partner(self, ref: Ref) -> Ref:
        """A value that broadcasts with another to something small."""
        shape = self.shape(ref)
        fitting = [r for r in self.floats if _join(shape, self.shape(r)) <= TOO_MANY]
        return self.choose.choice(fitting)

    def bounded(self, ref: Ref, most: float = LARGEST) -> Ref:
        """The value, or a small multiple of it."""
        size = magnitude(self.value(ref))
        if size <= most:
            return ref
        return self.line("multiply", ref, 2.0 ** -int(np.ceil(np.log2(size / most))))

    def squashed(self, ref: Ref, domain: Domain) -> Ref:
        """The value, brought into the interval that a domain's samples come from."""
        low, high = domain.sample_low, domain.sample_high
        value = self.value(ref)
        everywhere = (low, high) == (Domain.sample_low, Domain.sample_high)
        if (everywhere and domain.low < low and high < domain.high) or not np.size(value):
            return ref
        if low <= value.min() and value.max() <= high:
            return ref
        held = self.line("tanh", self.bounded(ref, 2.0))
        scaled = self.line("multiply", held, INSIDE * (high - low) / 2)
        return self.line("add", scaled, (low + high) / 2)

    def resized(self, ref: Ref, shape: tuple[int, ...]) -> Ref:
        """The elements of a value, repeated or cut to fill another shape."""
        if self.shape(ref) == shape:
            return ref
        size, wanted = int(np.size(self.value(ref))), int(np.prod(shape))
        if not size and wanted:
            raise CannotApply
        if size == wanted:
            return self.line("reshape", ref, shape)
        flat = ref if len(self.shape(ref)) == 1 else self.line("reshape", ref, (-1,))
        first = self.choose.randrange(max(size, 1))
        places = (first + np.arange(wanted)) % max(size, 1)
        picked = self.line("take", flat, places, 0)
        return picked if shape == (wanted,) else self.line("reshape", picked, shape)

    def near(self, sample: Array, far: float = NEAR) -> Ref:
        """A value that depends on an earlier one and stays close to a sample."""
        moved = self.resized(self.any_float(nonempty=sample.size > 0), sample.shape)
        held = self.line("tanh", self.bounded(moved, 2.0))
        return self.line("add", sample, self.line("multiply", held, far))

    def mask(self, shape: tuple[int, ...]) -> Ref:
        """An earlier mask of this shape, or a new comparison."""
        known = [r for r in self.masks if self.shape(r) == shape]
        if known and self.choose.random() < 0.5:
            return self.choose.choice(known)
        moved = self.resized(self.any_float(nonempty=0 not in shape), shape)
        return self.line("greater", moved, self.choose.choice([0.0, 0.1, -0.4]))


def magnitude(value: Any) -> float:
    """The largest absolute value; 0 for nothing."""
    return float(np.max(np.abs(value))) if np.size(value) else 0.0


def _join(shape: tuple[int, ...], other: tuple[int, ...]) -> float:
    try:
        return int(np.prod(np.broadcast_shapes(shape, other)))
    except ValueError:
        return np.inf
