"""Jacobians of what moves elements: Selection and Broadcast, and their adjoints.

Imports the base class and Identity. Movement and indexing select, broadcasting repeats; the way
back of both adds: Scatter and Summation.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.jacobians.diagonal import Identity
from chainrule.jacobians.jacobian import Jacobian
from chainrule.jacobians.sparse import Array, Coordinates, Shape

NOWHERE = -1


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Jacobian):
    """Every output is one of the inputs, or 0: a permutation where each is taken once.

    Parameters
    ----------
    index : array of int
        The flat place of the input for each output; -1 stands for none.
    """

    index: Array

    def push(self, v: Array) -> Array:
        out = np.zeros((len(v), self.index.size), v.dtype)
        places = np.flatnonzero(self.index != NOWHERE)
        out[:, places] = v[:, self.index[places]]
        return out

    def adjoint(self) -> Jacobian:
        return Scatter(self.inputs, self.outputs, self.dtype, self.index)

    def coordinates(self) -> Coordinates:
        places = np.flatnonzero(self.index != NOWHERE)
        return places, self.index[places], np.ones(places.size, self.dtype)

    @property
    def entries(self) -> int:
        """At most one per output."""
        return self.index.size

    @property
    def bytes_here(self) -> int:
        """Bytes of the index."""
        return self.index.nbytes

    def after(self, inner: Jacobian) -> Jacobian | None:
        if isinstance(inner, Broadcast) and inner.factor == 1:
            inner = inner.selection()
        if not isinstance(inner, Selection):
            return None
        index = np.full(self.index.size, NOWHERE, inner.index.dtype)
        places = np.flatnonzero(self.index != NOWHERE)
        index[places] = inner.index[self.index[places]]
        return selection(self.outputs, inner.inputs, inner.dtype, index)


@dataclass(frozen=True, eq=False, repr=False)
class Scatter(Jacobian):
    """Every input is added to one of the outputs, or to none: the transpose of a Selection.

    Parameters
    ----------
    index : array of int
        The flat place of the output for each input; -1 stands for none.
    """

    index: Array

    def push(self, v: Array) -> Array:
        out = np.zeros((prod(self.outputs), len(v)), v.dtype)
        places = np.flatnonzero(self.index != NOWHERE)
        np.add.at(out, self.index[places], v.T[places])
        return out.T

    def adjoint(self) -> Jacobian:
        return Selection(self.inputs, self.outputs, self.dtype, self.index)

    def coordinates(self) -> Coordinates:
        places = np.flatnonzero(self.index != NOWHERE)
        return self.index[places], places, np.ones(places.size, self.dtype)

    @property
    def entries(self) -> int:
        """At most one per input."""
        return self.index.size

    @property
    def bytes_here(self) -> int:
        """Bytes of the index."""
        return self.index.nbytes

    def after(self, inner: Jacobian) -> Jacobian | None:
        return _after_by_adjoints(self, inner)


@dataclass(frozen=True, eq=False, repr=False)
class Broadcast(Jacobian):
    """Every input is repeated along some axes, perhaps with a common factor.

    Parameters
    ----------
    narrow, wide : tuple of int
        Shapes of as many axes before and after; an axis of length 1 is repeated.
    factor : float
        What all of them are multiplied with.
    """

    narrow: Shape
    wide: Shape
    factor: float = 1.0

    def push(self, v: Array) -> Array:
        repeated = np.broadcast_to(v.reshape(len(v), *self.narrow), (len(v), *self.wide))
        return repeated.reshape(len(v), prod(self.wide)) * v.dtype.type(self.factor)

    def adjoint(self) -> Jacobian:
        return Summation(
            self.inputs, self.outputs, self.dtype, self.narrow, self.wide, self.factor
        )

    def selection(self) -> Selection:
        """The same without the factor, by the place of each output."""
        places = np.arange(prod(self.narrow)).reshape(self.narrow)
        index = np.broadcast_to(places, self.wide).reshape(prod(self.wide))
        return Selection(self.outputs, self.inputs, self.dtype, index)

    def coordinates(self) -> Coordinates:
        rows, columns, ones = self.selection().coordinates()
        return rows, columns, ones * ones.dtype.type(self.factor)

    @property
    def entries(self) -> int:
        """One per output."""
        return prod(self.outputs)

    def after(self, inner: Jacobian) -> Jacobian | None:
        if isinstance(inner, Broadcast) and prod(self.wide) and inner.wide == self.narrow:
            factor = self.factor * inner.factor
            return Broadcast(
                self.outputs, inner.inputs, self.dtype, inner.narrow, self.wide, factor
            )
        return self.selection().after(inner) if self.factor == 1 else None


@dataclass(frozen=True, eq=False, repr=False)
class Summation(Jacobian):
    """Every output is the sum of inputs along some axes, perhaps with a common factor: a mean.

    Parameters
    ----------
    narrow, wide : tuple of int
        Shapes of as many axes after and before; an axis of length 1 was summed.
    factor : float
        What all of them are multiplied with.
    """

    narrow: Shape
    wide: Shape
    factor: float = 1.0

    def push(self, v: Array) -> Array:
        pairs = zip(self.narrow, self.wide, strict=True)
        axes = tuple(i for i, (short, long) in enumerate(pairs, 1) if short != long)
        summed = v.reshape(len(v), *self.wide).sum(axis=axes)
        return summed.reshape(len(v), prod(self.narrow)) * v.dtype.type(self.factor)

    def adjoint(self) -> Jacobian:
        return Broadcast(
            self.inputs, self.outputs, self.dtype, self.narrow, self.wide, self.factor
        )

    def coordinates(self) -> Coordinates:
        found = self.adjoint().coordinates()
        assert found is not None
        columns, rows, values = found
        return rows, columns, values

    @property
    def entries(self) -> int:
        """One per input."""
        return prod(self.inputs)

    def after(self, inner: Jacobian) -> Jacobian | None:
        return _after_by_adjoints(self, inner)


def selection(
    outputs: Shape, inputs: Shape, dtype: np.dtype[np.generic], index: Array
) -> Jacobian:
    """A Selection, or what it is more simply: Identity, or Broadcast where axes are repeated."""
    if index.size == prod(inputs) and np.array_equal(index, np.arange(index.size)):
        return Identity(outputs, inputs, dtype)
    narrow = (1,) * (len(outputs) - len(inputs)) + inputs
    if len(narrow) == len(outputs) and all(
        n in (1, m) for n, m in zip(narrow, outputs, strict=True)
    ):
        candidate = Broadcast(outputs, inputs, dtype, narrow, outputs)
        if np.array_equal(candidate.selection().index, index):
            return candidate
    short = np.int32 if prod(inputs) <= np.iinfo(np.int32).max else np.int64
    return Selection(outputs, inputs, dtype, index.astype(short, copy=False))


def _after_by_adjoints(outer: Jacobian, inner: Jacobian) -> Jacobian | None:
    """A B = (B' A')', where both add: the rule is written once, for what they are adjoints of."""
    if not isinstance(inner, Scatter | Summation):
        return None
    found = inner.adjoint().after(outer.adjoint())
    return None if found is None else found.adjoint()
