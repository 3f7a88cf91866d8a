"""Scatter: values added to, or written at, places that indices choose.

Imports alone and traffic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from chainrule.plan.alone import Alone, View, X, must, touched
from chainrule.plan.numpy_memory import Memory, wrapped
from chainrule.plan.steps import Number, Ref
from chainrule.plan.traffic import Touch


@dataclass(frozen=True)
class Scatter(Alone[X]):
    """Adds (or writes) each value to a place chosen by indices; the target was filled before.

    The place of values[c] is where the target shows c, and index[c] times its stride further on.
    Values come in C order; a negative index counts from the end of its length.
    """

    values: X | Number
    picks: tuple[tuple[X, int, int], ...]  # (index, stride in elements, length)
    target: X
    accumulate: bool

    numbers: ClassVar[tuple[str, ...]] = ("values",)
    clears: ClassVar[bool] = True

    @property
    def jumps(self) -> tuple[tuple[int, int], ...]:
        """(length, stride) of the indices."""
        return tuple((length, stride) for _, stride, length in self.picks)

    def reads(self: "Scatter[View]") -> Iterator[Touch]:
        """Values and indices, and the target."""
        yield from touched(self.sources())
        yield from self.writes()

    def writes(self: "Scatter[View]") -> Iterator[Touch]:
        """All that the indices may choose."""
        yield Touch(self.target.access, self.target.shape, self.target.dtype, -1, self.jumps)

    def run(self: "Scatter[View]", memory: Memory) -> None:
        """Every value to its place, in order."""
        places = memory.places(self.target.access, self.target.shape)
        for index, stride, length in self.picks:
            seen = memory.view(index.access, index.shape)
            places = places + wrapped(seen, length) * stride
        values: Any = self.values
        given = (
            np.asarray(values.value, values.dtype)
            if isinstance(values, Number)
            else memory.view(values.access, values.shape)
        )
        flat, given = memory.flat(self.target.access), np.broadcast_to(given, self.target.shape)
        if self.accumulate:
            np.add.at(flat, places, given)
        else:
            flat[places] = given

    def check(self: "Scatter[Ref]") -> None:
        """Indices are int64, of the values' shape."""
        target, values = self.target, self.values
        must(values.dtype == target.dtype, "operands have one dtype")
        whole = isinstance(values, Number) or values.shape == target.shape
        must(whole, "operands have the result's shape")
        for index, _, _ in self.picks:
            fits = index.shape == target.shape and index.dtype == "int64"
            must(fits, "positions are int64")

    def flops(self: "Scatter[View]") -> int:
        """One for every value."""
        return prod(self.target.shape)

    def what(self) -> str:
        """How a value meets its place."""
        return "add at places" if self.accumulate else "write at places"
