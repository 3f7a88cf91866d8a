"""Products: matrix products and contractions; transposing and stacking are strides.

Imports the ops' functions, the recorder and views. dispatch.py collects the rules.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.ops.subscripts import complaint, named_axes
from chainrule.plan.lower import by_python as opaque
from chainrule.plan.lower.shapes import with_shape
from chainrule.plan.recorder import Recorder, is_native
from chainrule.plan.steps import Product, Reduce, Ref
from chainrule.plan.views import broadcasted, reshaped, transposed
from chainrule.spec import spec_of


def matmul(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Vectors are matrices of one row or column; stacks that meet one matrix repeat it."""
    x, w = operands
    if not np.shape(x) or not np.shape(w):
        raise op.explain(ValueError("a number"), [np.zeros(np.shape(each)) for each in operands])
    found = op.spec(spec_of(x), spec_of(w))
    if not is_native(found.dtype):
        return opaque.call(recorder, op, operands)
    a, b = (recorder.ref(each, found.dtype) for each in operands)
    if len(a.shape) == 1:
        a = with_shape(recorder, a, (1, *a.shape))
    if len(b.shape) == 1:
        b = with_shape(recorder, b, (*b.shape, 1))
    return recorder.symbol(with_shape(recorder, product(recorder, a, b), found.shape))


def product(recorder: Recorder, a: Ref, b: Ref) -> Ref:
    """(..., I, K) times (..., K, J) of one dtype."""
    if len(a.shape) > 2 and len(b.shape) == 2:  # all rows of a stack meet one matrix
        rows = reshaped(a, (prod(a.shape[:-1]), a.shape[-1]))
        if rows is not None:
            out = product(recorder, rows, b)
            return with_shape(recorder, out, (*a.shape[:-1], b.shape[-1]))
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = broadcasted(a, (*batch, *a.shape[-2:])), broadcasted(b, (*batch, *b.shape[-2:]))
    if not a.dtype.startswith("float"):
        return _of_whole_numbers(recorder, a, b)
    out = recorder.array((*batch, a.shape[-2], b.shape[-1]), a.dtype)
    return recorder.emit(Product(a, b, out))


def _of_whole_numbers(recorder: Recorder, a: Ref, b: Ref) -> Ref:
    """Products of all pairs, and their sums along K; of booleans, any of both."""
    letter, kind = ("logical_and", "any") if a.dtype == "bool" else ("multiply", "sum")
    *batch, rows, depth = a.shape
    columns = b.shape[-1]
    left = Ref(a.array, (*a.shape[:-1], 1, depth), (*a.strides[:-1], 0, a.strides[-1]), a.offset)
    turned = (*range(len(batch)), len(batch) + 1, len(batch))
    b = transposed(b, turned)
    right = Ref(
        b.array, (*batch, 1, columns, depth), (*b.strides[:-2], 0, *b.strides[-2:]), b.offset
    )
    shape = (*batch, rows, columns, depth)
    pairs = recorder.map(letter, (left, right), shape, a.dtype)
    out = recorder.array((*shape[:-1], 1), a.dtype)
    found = recorder.emit(Reduce(kind, pairs, (len(shape) - 1,), out))
    return with_shape(recorder, found, shape[:-1])


def einsum(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Two operands at a time: diagonals are strides, sums come first, a product does the rest."""
    wrong, _ = complaint(op.subscripts, operands)
    if wrong:
        raise ValueError(wrong)
    terms, result = named_axes(op.subscripts, operands)
    dtype = np.result_type(*(x.dtype for x in operands))
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    factors = [
        _diagonal(recorder.ref(x, dtype), term) for x, term in zip(operands, terms, strict=True)
    ]
    lengths = _lengths(factors)
    while True:
        later = "".join(letters for _, letters in factors[2:]) + result
        first = _summed(recorder, *factors[0], keep=later + "".join(t for _, t in factors[1:2]))
        if len(factors) == 1:
            break
        second = _summed(recorder, *factors[1], keep=later + first[1])
        factors[:2] = [_contracted(recorder, first, second, later)]
    ref, letters = _summed(recorder, *factors[0], keep=result)
    ref = transposed(ref, tuple(letters.index(c) for c in result))
    return recorder.symbol(broadcasted(ref, tuple(lengths[c] for c in result)))


def _diagonal(ref: Ref, term: str) -> tuple[Ref, str]:
    """A letter that stands twice walks along both axes at once."""
    unique = "".join(dict.fromkeys(term))
    shape = tuple(max(n for c, n in zip(term, ref.shape, strict=True) if c == d) for d in unique)
    strides = tuple(
        sum(s for c, s, n in zip(term, ref.strides, ref.shape, strict=True) if c == d and n > 1)
        for d in unique
    )
    return Ref(ref.array, shape, strides, ref.offset), unique


def _lengths(factors: list[tuple[Ref, str]]) -> dict[str, int]:
    """How long each letter is; where an operand has 1 element along it, that is repeated."""
    lengths: dict[str, int] = {}
    for ref, letters in factors:
        for c, n in zip(letters, ref.shape, strict=True):
            lengths[c] = max(lengths.get(c, n), n)
    return lengths


def _summed(recorder: Recorder, ref: Ref, letters: str, keep: str) -> tuple[Ref, str]:
    """Without the letters that nobody else reads."""
    axes = tuple(i for i, c in enumerate(letters) if c not in keep)
    if not axes:
        return ref, letters
    kept = tuple(1 if i in axes else n for i, n in enumerate(ref.shape))
    if kept != ref.shape:
        kind = "any" if ref.dtype == "bool" else "sum"
        ref = recorder.emit(Reduce(kind, ref, axes, recorder.array(kept, ref.dtype)))
    rest = [i for i in range(len(letters)) if i not in axes]
    ref = Ref(
        ref.array,
        tuple(ref.shape[i] for i in rest),
        tuple(ref.strides[i] for i in rest),
        ref.offset,
    )
    return ref, "".join(letters[i] for i in rest)


def _contracted(
    recorder: Recorder, first: tuple[Ref, str], second: tuple[Ref, str], later: str
) -> tuple[Ref, str]:
    """One matrix product: letters of both that are read later are its batch, others are summed."""
    (a, left), (b, right) = first, second
    lengths = _lengths([first, second])
    batch = [c for c in left if c in right and c in later]
    depth = [c for c in left if c in right and c not in later]
    rows, columns = [c for c in left if c not in right], [c for c in right if c not in left]

    def grouped(ref: Ref, letters: str, groups: tuple[list[str], ...]) -> Ref:
        order = [c for group in groups for c in group]
        ref = transposed(ref, tuple(letters.index(c) for c in order))
        ref = broadcasted(ref, tuple(lengths[c] for c in order))
        return with_shape(recorder, ref, tuple(prod(lengths[c] for c in g) for g in groups))

    out = product(
        recorder,
        grouped(a, left, (batch, rows, depth)),
        grouped(b, right, (batch, depth, columns)),
    )
    found = [*batch, *rows, *columns]
    return with_shape(recorder, out, tuple(lengths[c] for c in found)), "".join(found)


RULES = {"product": matmul, "contraction": einsum}
