"""Lengths: the Euclidean norm, norms of other powers, and the standard deviation.

Imports the families, letters, movement, reductions and statistics. Powers are taken of entries
divided by the largest one: squares of 1e200 and of 1e-200 leave float64.

A length has a kink at 0. Its gradient there is 0, the subgradient of least norm; a second
derivative does not exist, since 1 / length is unbounded close by. It is NaN, and 0 only along a
direction of zeros: so says the pair of ops at the end, which is closed under differentiation.
"""

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Composite, Pulled, Reduction
from chainrule.graph.op.operation import Op, op
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import equal, logical_and, logical_not, not_equal, where
from chainrule.ops.movement import broadcast_to, reshape, widened
from chainrule.ops.reductions import centred, mean, summed, total
from chainrule.ops.scaling import finished, floating, freedom, largest_entry
from chainrule.ops.statistics import any_true
from chainrule.spec import normalize_axes


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)),)


class _Length(Reduction):
    """(sum |x|^p)^(1/p) over the axes, whose gradient points along x."""

    @property
    def power(self) -> float:
        """p, where it is a setting; else 2."""
        return getattr(self, "p", 2.0)

    def along(self, upstream: Any, x: Any) -> Any:
        """What a length sends back to x, with all its own derivatives."""
        axes = normalize_axes(self.axis, len(x.shape))
        kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        return Radial(p=self.power, axis=axes)(reshape(upstream, kept), x)

    def moved(self, tangent: Any, x: Any, out: Any) -> Any:
        """How far the length moves along a tangent."""
        axes = normalize_axes(self.axis, len(x.shape))
        return reshape(RadialPart(p=self.power, axis=axes)(tangent, x), out.shape)


@op("norm", numpy=np.linalg.norm, onnx="ReduceL2", samples=_matrix)
class Norm(_Length):
    """Euclidean length over the axes, or another norm.

    Parameters
    ----------
    ord : number, inf, -inf, "fro" or None, default None
        None is the Euclidean length over whatever axes are named; others as in
        ``numpy.linalg.norm``: of vectors where one axis is meant, of matrices where two are.
        Norms that are made of singular values ("nuc", 2 and -2 of matrices) are missing.

    Notes
    -----
    At 0 the gradient is 0, and the second derivative, which does not exist, is NaN along every
    direction but that of zeros. ``np.sum(x * x)`` is the square that is smooth there.
    """

    ord: Any = None
    axis: Any = None
    keepdims: bool = False

    @classmethod
    def of(cls, *values: Any) -> Op:
        """The Euclidean length, or the norm of the given order."""
        if not values or values[0] is None:
            return super().of(*values)
        return CATALOGUE["norm_of_order"].of(*values)

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        x = floating(x)
        if x.size == 0:
            return np.sqrt(summed(x * x, axes, self.keepdims))
        dtype, x = x.dtype, widened(x)
        scale = largest_entry(x, axes)
        scaled = x / scale
        length = np.sqrt(summed(scaled * scaled, axes, True)) * scale
        return finished(self, length, axes, dtype)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        if isinstance(upstream, Symbol) or isinstance(x, Symbol):
            return (self.along(upstream, x),)
        flat = equal(out, 0)
        length = self.spread(where(flat, 1, out), x.shape)
        return (self.spread(where(flat, 0, upstream), x.shape) * (x / length),)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The part of the tangent that points along x."""
        return self.moved(tangents[0], inputs[0], out)


@op("power_norm", smooth=False, edges=True, samples=lambda rng: (rng.normal(size=(3, 4)), 3.0, 1))
class PowerNorm(_Length):
    """(sum |x|^p)^(1/p) over the axes.

    Parameters
    ----------
    p : float, default 2.0
        The order, neither 0 nor infinite.

    Notes
    -----
    With an even p it is smooth wherever x is not 0 altogether. Up to p = 1 the gradient of an
    element that is 0 is 0.
    """

    p: float = 2.0
    axis: Any = None
    keepdims: bool = False

    def branch(self, *operands: Any) -> Any:
        """The signs of the elements: an odd power has a kink where one of them is 0."""
        return np.sign(operands[0])

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        x = floating(x)
        if x.size == 0:
            return summed(x, axes, self.keepdims)
        dtype, x = x.dtype, widened(x)
        scale = largest_entry(x, axes)
        powers = np.abs(x / scale) ** np.asarray(self.p, x.dtype)
        root = np.asarray(1 / self.p, x.dtype)
        return finished(self, summed(powers, axes, True) ** root * scale, axes, dtype)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        if self.p > 1:
            return (self.along(upstream, x),)
        # d out / dx = sign(x) (|x| / out)^(p - 1), which is infinite at 0.
        counts = not_equal(x, 0)
        length = where(counts, self.spread(out, x.shape), 1)
        share = where(counts, abs(x), 1) / length
        slope = sign(x) * share ** (self.p - 1)
        return (where(counts, self.spread(upstream, x.shape) * slope, 0),)


@op("std", numpy=np.std, samples=lambda rng: (*_matrix(rng), 1))
class Std(_Length):
    """Standard deviation over the axes: the length of the distances from the mean.

    Parameters
    ----------
    ddof : int, default 0
        The sum of squares is divided by the number of elements minus ddof, and by 0 where that
        is negative.

    Notes
    -----
    At constant input the gradient is 0, and the second derivative NaN, as those of ``norm``.
    ``var`` is smooth there.
    """

    axis: Any = None
    ddof: int = 0
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        axes, dtype = normalize_axes(self.axis, x.ndim), x.dtype
        x = floating(widened(x))
        far = centred(x, axes)
        scale = largest_entry(far, axes)  # squares of 1e200 and of 1e-200 leave float64
        far = far / scale
        left = freedom(x, axes, self.ddof)
        return finished(self, np.sqrt(summed(far * far, axes, True) / left) * scale, axes, dtype)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        upstream, x, out = widened(upstream), widened(x), widened(out)
        far, left = centred(x, axes), freedom(x, axes, self.ddof)
        if isinstance(upstream, Symbol) or isinstance(x, Symbol):
            # Centred already; but a direction that comes back through it is not.
            gradient = self.along(upstream, far)
            return ((gradient - mean(gradient, axes, True)) * _rate(left),)
        flat = equal(out, 0)
        share = self.spread(where(flat, 0, upstream), x.shape)
        return (share * (far / self.spread(where(flat, 1, out) * left, x.shape)),)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The part of the tangent's distances from their mean that points along those of x."""
        (tangent,), (x,) = tangents, inputs
        axes = normalize_axes(self.axis, len(x.shape))
        far, moved = (centred(each, axes) for each in (x, tangent))
        return self.moved(moved, far, out) * _rate(freedom(x, axes, self.ddof))


class _Pair(Composite):
    """What the two ops share: the direction of x, and how it turns."""

    p: float = 2.0
    axis: Any = None

    def direction(self, x: Any) -> Any:
        """x divided by its length, each entry to the power p - 1; 0 at 0."""
        length = self.length(x)
        share = x / where(equal(length, 0), 1, length)
        return share if self.p == 2 else _signed_power(share, self.p - 1)

    def length(self, x: Any) -> Any:
        """The length, which keeps its axes."""
        if self.p == 2:
            return Norm(axis=self.axis, keepdims=True)(x)
        return PowerNorm(p=self.p, axis=self.axis, keepdims=True)(x)

    def turned(self, v: Any, x: Any) -> Any:
        """How the direction moves along v: at 0 it is NaN, and 0 where all of v is 0."""
        length = self.length(x)
        flat = equal(length, 0)
        safe = where(flat, nan, length)
        bent = v if self.p == 2 else _even_power(x / safe, self.p - 2) * v
        if self.p < 2:  # infinite where x is 0, but not along 0
            bent = where(equal(v, 0), 0, bent)
        unit = self.radial(np.ones(length.shape, x.dtype), x)  # one node for all its readers
        across = bent - unit * total(unit * v, self.axis, True)
        return where(logical_and(flat, self.rests(v)), 0, (self.p - 1) * across / safe)

    def rests(self, v: Any) -> Any:
        """Whether a direction is one of zeros."""
        return logical_not(any_true(not_equal(v, 0), self.axis, True))

    def turned_part(self, v: Any, t: Any, x: Any) -> Any:
        """How the part of v along x moves as x moves along t."""
        moved = total(v * self.turned(t, x), self.axis, True)
        return where(logical_and(equal(self.length(x), 0), self.rests(v)), 0, moved)

    def radial(self, w: Any, x: Any) -> Any:
        """w times the direction of x."""
        return Radial(p=self.p, axis=self.axis)(w, x)

    def part(self, v: Any, x: Any) -> Any:
        """The part of v along the direction of x."""
        return RadialPart(p=self.p, axis=self.axis)(v, x)

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """The rule; a row whose results are all dead gets exactly 0."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)
        if live is None:
            return gradients, None
        row = any_true(live, self.axis, True)
        masks = [broadcast_to(row, x.shape) for x in inputs]
        pairs = zip(masks, gradients, strict=True)
        return [None if g is None else where(mask, g, 0) for mask, g in pairs], masks


def _rows(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 1)), rng.normal(size=(3, 4)), 2.0, 1


@op("radial", edges=True, samples=_rows)
class Radial(_Pair):
    """w times the unit vector along x: what a length sends back; 0 where x is 0.

    Parameters
    ----------
    p : float, default 2.0
        The length is (sum |x|^p)^(1/p), with p above 1.

    Notes
    -----
    w keeps the axes that are summed over, with length 1.
    """

    def forward(self, w: Any, x: Any) -> Any:
        length = self.length(x)
        if w.shape != length.shape:
            raise ValueError(f"one number for each length: w is {w.shape}, not {length.shape}")
        return where(equal(length, 0), 0, w) * self.direction(x)

    def backward(self, upstream: Any, w: Any, x: Any, out: Any) -> Any:
        return lambda: self.part(upstream, x), lambda: w * self.turned(upstream, x)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The product rule."""
        (dw, dx), (w, x) = tangents, inputs
        terms = [None if dw is None else self.radial(dw, x)]
        terms.append(None if dx is None else w * self.turned(dx, x))
        return _added(terms)


@op("radial_part", edges=True, samples=lambda rng: (*_matrix(rng), *_matrix(rng), 2.0, 1))
class RadialPart(_Pair):
    """The part of v along x, <v, x> / |x|: how a length moves along v; 0 where x is 0.

    Parameters
    ----------
    p : float, default 2.0
        The length is (sum |x|^p)^(1/p), with p above 1.
    """

    def forward(self, v: Any, x: Any) -> Any:
        if v.shape != x.shape:
            raise ValueError(f"v has the shape of x: {v.shape}, not {x.shape}")
        return total(v * self.direction(x), self.axis, True)

    def backward(self, upstream: Any, v: Any, x: Any, out: Any) -> Any:
        return lambda: self.radial(upstream, x), lambda: upstream * self.turned(v, x)

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The product rule."""
        (dv, dx), (v, x) = tangents, inputs
        terms = [None if dv is None else self.part(dv, x)]
        terms.append(None if dx is None else self.turned_part(v, dx, x))
        return _added(terms)


def _added(terms: Sequence[Any]) -> Any:
    one, other = terms
    return other if one is None else one if other is None else one + other


def _signed_power(z: Any, q: float) -> Any:
    """sign(z) |z|^q; an odd power is one without a kink."""
    if q % 2 == 1:
        return z**q
    return z * abs(z) ** (q - 1) if q > 1 else sign(z) * abs(z) ** q  # 0 * 0**(q - 1) is NaN


def _even_power(z: Any, q: float) -> Any:
    """|z|^q; an even power is one without a kink."""
    return z**q if q % 2 == 0 else abs(z) ** q


def _rate(left: Any) -> float:
    """Of a sum of squares that is divided by so many: none is left, none is known."""
    return float(left) ** -0.5 if left > 0 else nan


norm = Norm.function
