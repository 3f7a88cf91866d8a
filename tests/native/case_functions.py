"""Cases of the catalogue as functions of arrays: value, gradient and second order at once."""

import numpy as np

import chainrule as cr
from chainrule.graph.op.operation import apply
from chainrule.testing.derivatives import sequence, value


class Question:
    """One op, asked for its value and, up to an order, for its derivatives.

    Attributes
    ----------
    arrays : list of ndarray
        What the function takes: the operands that are arrays, upstream gradients, directions.
    """

    def __init__(self, case, order=2, layout=None):
        self.case, self.layout = case, layout
        self.order = 0 if case.op.flat or not case.differentiable else order
        self._places = [i for i, x in enumerate(case.operands) if self._is_input(x)]
        self.arrays = [
            layout.stored(case.operands[i]) if layout and i in case.differentiable
            else case.operands[i]
            for i in self._places
        ]  # fmt: skip
        rng = np.random.default_rng(7)
        if self.order > 0:
            with np.errstate(all="ignore"):
                outs = value(case)
            self._ends = [i for i, x in enumerate(outs) if x.dtype.kind == "f"]
            self.arrays += [signed(rng, outs[i]) for i in self._ends]
        if self.order > 1:
            self.arrays += [signed(rng, case.operands[i]) for i in case.differentiable]

    def _is_input(self, x):
        """Whether recording may not know it: how many elements a mask picks is a shape."""
        picks = self.case.op.name in ("getitem", "putitem")
        return isinstance(x, np.ndarray) and not (picks and x.dtype == bool)

    def __call__(self, *arrays):
        case, arrays = self.case, iter(arrays)
        operands = list(case.operands)
        for i in self._places:
            operands[i] = next(arrays)
            if self.layout and i in case.differentiable:
                operands[i] = self.layout.view(operands[i])
        outs = sequence(apply(case.op, tuple(operands)))
        if self.order == 0:
            return list(outs)
        upstreams = tuple(next(arrays) for _ in self._ends)
        xs = [operands[i] for i in case.differentiable]

        def ends(*moved):
            mixed = list(operands)
            for i, x in zip(case.differentiable, moved, strict=True):
                mixed[i] = x
            results = sequence(apply(case.op, tuple(mixed)))
            return tuple(results[i] for i in self._ends)

        def gradients(*moved):
            return cr.vjp(ends, *moved)[1](upstreams)

        if self.order == 1:
            return [*outs, *gradients(*xs)]
        found, pull = cr.vjp(gradients, *xs)
        return [*outs, *found, *pull(tuple(arrays))]

    def __repr__(self):
        layout = f", {self.layout.__name__}" if self.layout else ""
        dtypes = {str(x.dtype) for x in self.arrays}
        return f"{self.case} to order {self.order}, {', '.join(sorted(dtypes))}{layout}"


def signed(rng, like):
    """Numbers of size 1/2 to 3/2 and either sign: none hides an error."""
    drawn = rng.choice([-1.0, 1.0], np.shape(like)) * rng.uniform(0.5, 1.5, np.shape(like))
    return np.asarray(drawn, like.dtype)


class Strided:
    """Every second element of a larger array."""

    @staticmethod
    def stored(x):
        room = np.full(tuple(2 * n for n in x.shape), 7, x.dtype)
        room[tuple(slice(None, None, 2) for _ in x.shape)] = x
        return room

    @staticmethod
    def view(x):
        return x[tuple(slice(None, None, 2) for _ in x.shape)] if x.shape else x


class Reversed:
    """Stored backwards."""

    @staticmethod
    def stored(x):
        return np.ascontiguousarray(np.flip(x))

    @staticmethod
    def view(x):
        return x[tuple(slice(None, None, -1) for _ in x.shape)] if x.shape else x


class Fortran:
    """The first axis runs fastest."""

    @staticmethod
    def stored(x):
        return np.ascontiguousarray(x.T)

    @staticmethod
    def view(x):
        return x.T


LAYOUTS = Strided, Reversed, Fortran
