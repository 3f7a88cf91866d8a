"""Linear algebra: matrix products and contractions.

Imports the families and movement. The Jacobian of Y = X W is never stored: dL/dX = dL/dY W^T and
dL/dW = X^T dL/dY.
"""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, UnsupportedError, describe
from chainrule.graph.op.downstream import summed_to
from chainrule.graph.op.families import Bilinear, Composite, Movement, Structured
from chainrule.graph.op.operation import op
from chainrule.jacobians import Broadcast, Jacobian, Sparse, product_jacobian
from chainrule.jacobians.sparse import places, sparse_matrix
from chainrule.ops.indexing import HERE, PutItem
from chainrule.ops.movement import broadcast_to, reshape, shaped, sum_to, swapaxes
from chainrule.ops.subscripts import as_text, complaint, named_axes
from chainrule.spec import Spec

MOST_ENTRIES = 1_000_000  # of an einsum's local Jacobian that are listed one by one


@op(
    "matmul",
    symbol="@",
    numpy=(np.matmul, np.linalg.matmul),
    onnx="MatMul",
    gate="swap multiplier",
    samples=lambda rng: (rng.normal(size=(3, 4)), rng.normal(size=(4, 5))),
)
class MatMul(Bilinear):
    """Matrix product Y = X W; vectors and stacks of matrices as in ``numpy.matmul``."""

    primitive = "product"

    def forward(self, x: Any, w: Any) -> Any:
        return np.matmul(x, w)

    def backward(self, upstream: Any, x: Any, w: Any, out: Any) -> Any:
        if x.ndim == 2 and w.ndim == 2:
            return (
                lambda: upstream @ w.T,  # dL/dX = dL/dY W^T
                lambda: x.T @ upstream,  # dL/dW = X^T dL/dY
            )
        rows, columns = _as_matrix(x, 0), _as_matrix(w, 1)
        stacked = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
        whole = reshape(upstream, (*stacked, rows.shape[-2], columns.shape[-1]))
        return (
            lambda: reshape(sum_to(whole @ swapaxes(columns, -1, -2), rows.shape), x.shape),
            lambda: reshape(sum_to(swapaxes(rows, -1, -2) @ whole, columns.shape), w.shape),
        )

    def local_jacobian(self, position: int, x: Any, w: Any, out: Any) -> Jacobian:
        """dY/dX = I (x) W^T and dY/dW = X (x) I."""
        return product_jacobian(x, w, position, np.shape(out))

    def spec(self, x: Spec, w: Spec) -> Spec:
        """Shape by the rule of matrix products, without computing one."""
        stand_ins = [np.broadcast_to(np.zeros((), s.dtype), s.shape) for s in (x, w)]
        rows, columns = _as_matrix(stand_ins[0], 0), _as_matrix(stand_ins[1], 1)
        if rows.shape[-1] != columns.shape[-2]:
            raise self.explain(ValueError(), stand_ins)
        shape = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
        shape += (rows.shape[-2],) * (len(x.shape) > 1) + (columns.shape[-1],) * (len(w.shape) > 1)
        return Spec(shape, np.result_type(x.dtype, w.dtype))

    def explain(self, error: Exception, operands: Any) -> Exception:
        """Say which lengths do not meet."""
        x, w = (np.asarray(v) for v in operands)
        if not x.ndim or not w.ndim:
            what, do = "matmul joins matrices, but one side is a single number.", "Use x * w."
        else:
            columns, rows = x.shape[-1], w.shape[0] if w.ndim == 1 else w.shape[-2]
            what = f"matmul cannot join these tensors: {columns} columns meet {rows} rows."
            do = f"Give the second tensor {columns} rows, or the first {rows} columns."
            if columns == rows:
                what = f"matmul cannot join stacks of {x.shape[:-2]} and {w.shape[:-2]} matrices."
                do = "Stacks are compared from the last axis; each pair is equal or contains a 1."
        return ShapeError(what, found=[describe("x", x), describe("w", w)], do=do)


@op(
    "linear",
    onnx="Gemm",
    views=False,
    gate="swap multiplier",
    samples=lambda rng: (
        rng.normal(size=(3, 4)),
        rng.normal(size=(4, 5)),
        rng.normal(size=5),
    ),
)
class Affine(Composite):
    """The score function of a layer, X W + b: one node, and one pass over the scores.

    Takes x (..., D), weights (D, C) and biases (C,) or None.
    """

    def forward(self, x: Any, weight: Any, bias: Any = None) -> Any:
        if len(weight.shape) != 2:
            raise ShapeError(
                f"linear takes weights of shape (features, classes), but these have "
                f"{len(weight.shape)} axes.",
                found=[describe("x", x), describe("weight", weight)],
                do="Give a matrix, one column per class; x @ w takes vectors and stacks.",
            )
        plain = type(x) is np.ndarray and type(weight) is np.ndarray
        if not plain and x.shape[-1:] != weight.shape[:1]:
            raise self.explain(ValueError(), (x, weight, bias))
        scores = _product(x, weight) if plain else matmul(x, weight)
        if bias is None:
            return scores
        if type(scores) is np.ndarray and scores.dtype == bias.dtype:
            return np.add(scores, bias, out=scores)  # nobody else holds the scores yet
        return scores + bias

    def backward(self, upstream: Any, x: Any, weight: Any, *bias_and_out: Any) -> Any:
        rules = (
            lambda: _product(upstream, weight.T),
            lambda: _product(_flat(x).T, _flat(upstream)),
        )
        if len(bias_and_out) == 1:
            return rules
        return (*rules, lambda: summed_to(upstream, bias_and_out[0].shape))

    def explain(self, error: Exception, operands: Any) -> Exception:
        """Say which lengths do not meet."""
        x, weight, *_ = operands
        columns, (rows, classes) = x.shape[-1:], weight.shape
        pairs = zip(self.inputs, operands, strict=False)
        found = [describe(name, v) for name, v in pairs if v is not None]
        if columns != (rows,):
            count = columns[0] if columns else "no"
            what = f"linear cannot join these tensors: {count} features meet {rows} rows."
            do = f"Give x {rows} columns, or the weights as many rows as x has columns."
        else:
            what = f"linear adds a bias to each of {classes} classes, which these do not fit."
            do = f"Give biases of shape ({classes},), or None."
        return ShapeError(what, found=found, do=do)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """The product rule, and the tangent of the bias."""
        (x, weight, *_), (dx, dw, *db) = inputs, tangents
        terms = [matmul(dx, weight)] if dx is not None else []
        terms += [matmul(x, dw)] if dw is not None else []
        terms += [broadcast_to(d, out.shape) for d in db if d is not None]
        return sum(terms[1:], terms[0])

    def local_jacobian(self, position: int, x: Any, weight: Any, *bias_and_out: Any) -> Jacobian:
        """Those of the product; the bias is repeated in every row."""
        out = bias_and_out[-1]
        if position == 2:
            narrow = (1,) * (out.ndim - 1) + out.shape[-1:]
            return Broadcast(out.shape, bias_and_out[0].shape, out.dtype, narrow, out.shape)
        found = product_jacobian(_flat(x), weight, position, out.shape)
        return replace(found, inputs=(x, weight)[position].shape)


def _product(x: Any, w: Any) -> Any:
    """x @ w; of small matrices NumPy's dot takes two thirds of the time of its matmul."""
    if type(x) is np.ndarray and type(w) is np.ndarray and x.ndim == w.ndim == 2:
        return x.dot(w)
    return x @ w


def _flat(x: Any) -> Any:
    """Rows of every batch axis, one below the other."""
    return x if len(x.shape) == 2 else reshape(x, (-1, x.shape[-1]))


def _as_matrix(x: Any, place: int) -> Any:
    """A vector on the left is a row, on the right a column."""
    if len(x.shape) > 1:
        return x
    return reshape(x, (-1, 1) if place else (1, -1))


@op(
    "einsum",
    gate="swap multiplier",
    numpy=np.einsum,
    onnx="Einsum",
    samples=lambda rng: ("ij,jk->ik", rng.normal(size=(3, 4)), rng.normal(size=(4, 5))),
)
class Einsum(Structured):
    """Einstein's sum over the letters that are missing on the right.

    Parameters
    ----------
    subscripts : str
        One group of letters per operand, such as ``"ij,jk->ik"``; the first argument of a call.
        NumPy's other form, ``einsum(x, [0, 1], y, [1, 2], [0, 2])``, is taken too.
    optimize : optional
        Accepted for NumPy's sake: the order of contraction is always chosen for three or more.

    Notes
    -----
    The gradient of one operand is an einsum of upstream with the others. A letter that stands
    twice in one operand (a diagonal) and ``...`` are allowed.
    """

    primitive = "contraction"
    subscripts: str

    @classmethod
    def bind(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """The subscripts stand in front of the operands, or a list of axes behind each."""
        unknown = [key for key in keywords if key != "optimize"]
        if unknown or len(args) < 2:
            raise UnsupportedError(
                "einsum takes its subscripts as text, then the operands, and nothing else.",
                found=[f"{key}={keywords[key]!r}" for key in unknown],
                do='Write einsum("ij,jk->ik", x, y).',
            )
        if isinstance(args[0], str):
            subscripts, *operands = args
        else:
            subscripts, operands = as_text(args), args[: len(args) // 2 * 2 : 2]
        operands = tuple(shaped(x) for x in operands)
        subscripts = "".join(subscripts.split())
        if subscripts.partition("->")[0].count(",") != len(operands) - 1:
            raise ShapeError(
                f"einsum has the subscripts {subscripts!r} for {len(operands)} operands.",
                found=[describe("operand", x) for x in operands],
                do="Give one group of letters per operand, with commas between them.",
            )
        return operands, (subscripts,)

    def forward(self, *operands: Any) -> Any:
        return np.einsum(self.subscripts, *operands, optimize=len(operands) > 2)

    def backward(self, upstream: Any, *operands_and_out: Any) -> Any:
        operands = operands_and_out[:-1]
        terms, result = named_axes(self.subscripts, operands)
        return [
            lambda i=i: _einsum_gradient(upstream, operands, terms, result, i)
            for i in range(len(operands))
        ]

    def explain(self, error: Exception, operands: Any) -> Exception:
        """Say which letter, or which group of letters, does not fit."""
        what, do = complaint(self.subscripts, operands)
        if not what:
            return super().explain(error, operands)
        found = [describe(f"operand {i}", x) for i, x in enumerate(operands)]
        return ShapeError(f"einsum cannot read {self.subscripts!r}: {what}", found=found, do=do)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """Linear in each operand: the product rule."""
        terms = [
            self(*inputs[:i], t, *inputs[i + 1 :]) for i, t in enumerate(tangents) if t is not None
        ]
        return sum(terms[1:], terms[0])

    def local_jacobian(self, position: int, *operands_and_out: Any) -> Jacobian | None:
        """One entry for every choice of all letters: the product of the other operands there."""
        *operands, out = operands_and_out
        terms, result = named_axes(self.subscripts, operands)
        lengths: dict[str, int] = {}
        for term, x in zip(terms, operands, strict=True):
            for letter, n in zip(term, x.shape, strict=True):
                lengths[letter] = max(n, lengths.get(letter, n))
        if prod(lengths.values()) > MOST_ENTRIES or 0 in lengths.values():
            return None
        grid = dict(zip(lengths, places(tuple(lengths.values())), strict=True))
        flat = [_flat_places(t, x.shape, grid) for t, x in zip(terms, operands, strict=True)]
        values = np.ones(prod(lengths.values()), out.dtype)
        for i, (x, place) in enumerate(zip(operands, flat, strict=True)):
            if i != position:
                values = values * x.reshape(-1)[place]
        x, rows = operands[position], _flat_places(result, out.shape, grid)
        matrix = sparse_matrix(rows, flat[position], values, (out.size, x.size))
        return Sparse(out.shape, x.shape, matrix.dtype, matrix)


def _flat_places(letters: str, shape: tuple[int, ...], grid: dict[str, Any]) -> Any:
    """The flat place in one tensor for every choice of all letters; a single row is repeated."""
    place = np.zeros(len(next(iter(grid.values()), [0])), np.intp)
    for letter, n in zip(letters, shape, strict=True):
        place = place * n + (grid[letter] if n > 1 else 0)
    return place


def _einsum_gradient(upstream: Any, operands: Any, terms: list[str], result: str, i: int) -> Any:
    """Einsum of upstream with the other operands; summed-away letters are repeated."""
    x, own = operands[i], terms[i]
    others = [x for j, x in enumerate(operands) if j != i]
    other_terms = [t for j, t in enumerate(terms) if j != i]
    unique = "".join(dict.fromkeys(own))
    reached = "".join(c for c in unique if c in result or any(c in t for t in other_terms))
    subscripts = ",".join([result, *other_terms]) + "->" + reached
    gradient = einsum(subscripts, upstream, *others)
    lengths = dict(zip(own, x.shape, strict=True))
    kept = tuple(lengths[c] if c in reached else 1 for c in unique)
    if gradient.shape != kept:
        gradient = _fit(gradient, reached, unique, lengths)
    gradient = broadcast_to(gradient, tuple(lengths[c] for c in unique))
    return gradient if unique == own else diagonal_embed(gradient, unique, own)


def _fit(gradient: Any, reached: str, unique: str, lengths: dict[str, int]) -> Any:
    """Sum what was broadcast, and put the letters nobody reached back with length 1."""
    found = zip(reached, gradient.shape, strict=True)
    kept = {c: 1 if lengths[c] == 1 else n for c, n in found}
    gradient = sum_to(gradient, tuple(kept.values()))
    return reshape(gradient, tuple(kept.get(c, 1) for c in unique))


@op("diagonal_embed", samples=lambda rng: (rng.normal(size=3), "i", "ii"))
class DiagonalEmbed(Movement):
    """Zeros with the elements on the diagonal of the letters that repeat."""

    unique: str
    repeated: str

    def forward(self, x: Any) -> Any:
        lengths = dict(zip(self.unique, x.shape, strict=True))
        whole = np.zeros(tuple(lengths[c] for c in self.repeated), x.dtype)
        np.einsum(f"{self.repeated}->{self.unique}", whole)[...] = x
        return whole

    def formula(self, x: Any) -> Any:
        """Zeros, to which x is added where the repeated letters agree."""
        places = dict(zip(self.unique, np.ogrid[tuple(map(slice, x.shape))], strict=True))
        shape = tuple(x.shape[self.unique.index(c)] for c in self.repeated)
        return PutItem((HERE,) * len(shape), shape)(x, *(places[c] for c in self.repeated))

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (einsum(f"{self.repeated}->{self.unique}", upstream),)


matmul, linear, einsum = MatMul.function, Affine.function, Einsum.function
diagonal_embed = DiagonalEmbed.function
