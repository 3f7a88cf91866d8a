"""Indexing: ops that pick elements. An element picked twice is a fork: its gradients are added.

Imports the families and movement. Every NumPy key works; an index outside its axis raises.
"""

import functools
from typing import Any, cast

import numpy as np

from chainrule.errors import IndexRangeError, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import Indexing
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import Op, op
from chainrule.ops.movement import reshape, shaped, sum_to
from chainrule.spec import is_tuple, normalize_axes

HERE = "array"  # stands in a key where an index array enters as an operand


@op(
    "getitem",
    onnx="GatherND",
    samples=lambda rng: (rng.normal(size=(4, 5)), (slice(None, None, -2), np.array([0, 2, 2]))),
)
class GetItem(Indexing):
    """Elements by NumPy's keys: numbers, slices, ..., None, integer and boolean arrays."""

    primitive = "getitem"
    key: tuple[Any, ...]

    @classmethod
    def bind(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """Index arrays become operands; what is left of the key is an attribute."""
        bound = cls.signature.bind(*args, **keywords).arguments
        whole = bound["key"]
        parts: tuple[Any, ...] = whole if is_tuple(whole) else (whole,)
        arrays = tuple(_index_array(p) for p in parts if _is_array(p))
        key = tuple(HERE if _is_array(p) else _frozen(p) for p in parts)
        return (bound["x"], *arrays), (key,)

    def full_key(self, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        """The key with its arrays back in place."""
        rest = iter(arrays)
        return tuple(
            next(rest) if part is HERE else slice(*part[1:]) if _is_frozen_slice(part) else part
            for part in self.key
        )

    def forward(self, x: Any, *arrays: Any) -> Any:
        try:
            return x[self.full_key(arrays)]
        except IndexError as error:
            raise IndexRangeError(
                f"the index does not fit: {error}.",
                found=[describe("x", x), *(describe("index", a) for a in arrays)],
                do="Indices run from -n to n - 1 along an axis of length n.",
            ) from error

    def backward(self, upstream: Any, x: Any, *arrays_and_out: Any) -> Any:
        arrays = arrays_and_out[:-1]
        put = PutItem(self.key, tuple(x.shape))
        return (lambda: put(upstream, *arrays), *(None,) * len(arrays))


@op(
    "putitem",
    gate="gradient copier",
    samples=lambda rng: (rng.normal(size=(2, 5)), (("slice", None, None, -2),), (4, 5)),
)
class PutItem(Indexing):
    """Zeros with the elements added where a key points: the way back of indexing."""

    primitive = "putitem"
    key: tuple[Any, ...]
    shape: tuple[int, ...]

    def forward(self, x: Any, *arrays: Any) -> Any:
        key = GetItem(self.key).full_key(arrays)
        whole = np.zeros(self.shape, x.dtype)
        if not arrays or (len(arrays) == 1 and arrays[0].dtype == bool):
            whole[key] = x  # no element can be picked twice
        elif x.dtype == bool:
            np.logical_or.at(whole, key, x)
        else:
            np.add.at(whole, key, x)
        return whole

    def backward(self, upstream: Any, x: Any, *arrays_and_out: Any) -> Any:
        arrays = arrays_and_out[:-1]
        get = GetItem(self.key)
        # Where x was repeated to fill the places, its copies form a fork.
        return (lambda: sum_to(get(upstream, *arrays), x.shape), *(None,) * len(arrays))


@op(
    "take",
    numpy=np.take,
    onnx="Gather",
    samples=lambda rng: (rng.normal(size=(4, 5)), np.array([[0, -1], [2, 2]]), 0),
)
class Take(Indexing):
    """Elements along one axis by their positions; ``axis=None`` counts the flattened tensor."""

    axis: int | None = None

    def forward(self, x: Any, indices: Any) -> Any:
        _check_range(indices, x.size if self.axis is None else x.shape[self.axis])
        return np.take(x, indices, axis=self.axis)

    def formula(self, x: Any, indices: Any) -> Any:
        indices = shaped(indices)
        check_whole(indices)
        if self.axis is None:
            return getitem(reshape(x, (-1,)), indices)
        (axis,) = normalize_axes(self.axis, x.ndim)
        return getitem(x, (*(slice(None),) * axis, indices))

    def backward(self, upstream: Any, x: Any, indices: Any, out: Any) -> Any:
        if self.axis is None:
            return lambda: reshape(put_rows(upstream, indices, x.size), x.shape), None
        key = (*(("slice", None, None, None),) * (self.axis % len(x.shape)), HERE)
        if self.axis % len(x.shape) == 0:
            return lambda: put_rows(upstream, indices, x.shape[0]), None
        return lambda: PutItem(key, tuple(x.shape))(upstream, indices), None


@op(
    "put_rows",
    gate="gradient copier",
    samples=lambda rng: (rng.normal(size=(2, 2, 5)), np.array([[0, -1], [2, 2]]), 4),
)
class PutRows(Indexing):
    """Zeros with rows added at the given positions: the gradient of an embedding table."""

    rows: int

    def forward(self, x: Any, indices: Any) -> Any:
        _check_range(indices, self.rows)
        tail = x.shape[np.ndim(indices) :]
        whole = np.zeros((self.rows, *tail), x.dtype)
        flat = np.reshape(indices, -1)
        if x.dtype == bool:
            np.logical_or.at(whole, flat, np.reshape(x, (flat.size, *tail)))
        else:
            np.add.at(whole, flat, np.reshape(x, (flat.size, *tail)))
        return whole

    def formula(self, x: Any, indices: Any) -> Any:
        indices = shaped(indices)
        check_whole(indices)
        if not isinstance(indices, Symbol):
            _check_range(indices, self.rows)
        return PutItem((HERE,), (self.rows, *x.shape[indices.ndim :]))(x, indices)

    def backward(self, upstream: Any, x: Any, indices: Any, out: Any) -> Any:
        return lambda: take(upstream, indices, 0), None


@op(
    "take_along_axis",
    numpy=np.take_along_axis,
    onnx="GatherElements",
    samples=lambda rng: (rng.normal(size=(3, 5)), np.array([[0, 0], [1, -1], [4, 2]]), 1),
)
class TakeAlongAxis(Indexing):
    """One element per row by its position; the indices have as many axes as x."""

    primitive = "take_along_axis"
    axis: int = -1

    def forward(self, x: Any, indices: Any) -> Any:
        _check_range(indices, x.shape[self.axis])
        return np.take_along_axis(x, np.asarray(indices), axis=self.axis)

    def backward(self, upstream: Any, x: Any, indices: Any, out: Any) -> Any:
        length = x.shape[self.axis]
        # Where x was repeated beside the indices, its copies form a fork.
        return (
            lambda: sum_to(put_along_axis(upstream, indices, length, self.axis), x.shape),
            None,
        )


@op(
    "put_along_axis",
    gate="gradient copier",
    samples=lambda rng: (rng.normal(size=(3, 2)), np.array([[0, 0], [1, -1], [4, 2]]), 5, 1),
)
class PutAlongAxis(Indexing):
    """Zeros with elements added along an axis: the way back of take_along_axis."""

    primitive = "put_along_axis"
    length: int
    axis: int = -1

    def forward(self, x: Any, indices: Any) -> Any:
        axis = self.axis % x.ndim
        whole = np.zeros((*x.shape[:axis], self.length, *x.shape[axis + 1 :]), x.dtype)
        grid = list(np.ogrid[tuple(slice(n) for n in x.shape)])
        grid[axis] = np.asarray(indices)
        (np.logical_or if x.dtype == bool else np.add).at(whole, tuple(grid), x)
        return whole

    def backward(self, upstream: Any, x: Any, indices: Any, out: Any) -> Any:
        # Where x was repeated to fill the places, its copies form a fork.
        return lambda: sum_to(take_along_axis(upstream, indices, self.axis), x.shape), None


@op("one_hot", onnx="OneHot", flat=True, samples=lambda rng: (np.array([0, 2, 1]), 4))
class OneHot(Op):
    """Rows with a single 1 at the label's place.

    Parameters
    ----------
    classes : int
        Length of a row.
    dtype : dtype, default float32
        Element type, that of the scores it meets.
    """

    primitive = "one_hot"
    classes: int
    dtype: Any = np.float32

    def forward(self, labels: Any) -> Any:
        labels = np.asarray(unmasked(labels))
        check_labels(labels, self.classes)
        return (labels[..., None] == np.arange(self.classes)).astype(self.dtype)


def check_labels(labels: Any, classes: int) -> None:
    """Raise unless every label is an integer in 0 ... classes - 1; names row and value."""
    if labels.dtype.kind not in "iu":
        raise IndexRangeError(
            f"class labels are integers, but these are {labels.dtype}.",
            found=[describe("labels", labels)],
            do="Convert them: labels.astype(np.int64), or use squared_error for a regression.",
        )
    # One look for both ends: as an unsigned number, -1 is larger than any count of classes.
    unsigned = labels.view(_unsigned(labels.dtype))
    if labels.size and np.maximum.reduce(unsigned, axis=None) >= classes:
        wrong = np.argwhere((labels < 0) | (labels >= classes))[0]
        place = tuple(wrong.tolist())
        row = place[0] if len(place) == 1 else place
        raise IndexRangeError(
            f"label {labels[place]} in row {row} is outside the {classes} classes.",
            found=[describe("labels", labels, f"values {labels.min()} to {labels.max()}")],
            do=f"Labels run from 0 to {classes - 1}; give the last layer one unit per class.",
        )


@functools.lru_cache(maxsize=32)
def _unsigned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Whole numbers without a sign, of the same size and byte order."""
    return np.dtype(dtype.str.replace("i", "u"))


def check_whole(indices: Any) -> None:
    """Raise unless positions are integers: a mask is no list of positions."""
    if indices.dtype.kind not in "iu":
        raise IndexRangeError(
            f"positions are integers, but these are {indices.dtype}.",
            found=[describe("indices", indices)],
            do="Convert them: indices.astype(np.int64).",
        )


def _check_range(indices: Any, length: int) -> None:
    indices = np.asarray(indices)
    check_whole(indices)
    if indices.size and (indices.min() < -length or indices.max() >= length):
        place = tuple(np.argwhere((indices < -length) | (indices >= length))[0].tolist())
        raise IndexRangeError(
            f"index {indices[place]} at {place} is outside an axis of length {length}.",
            found=[describe("indices", indices)],
            do=f"Indices run from {-length} to {length - 1}.",
        )


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray | list | Symbol | np.bool_) or part is True or part is False


def _index_array(part: Any) -> Any:
    if isinstance(part, Symbol):
        return part
    array = np.asarray(unmasked(part))
    return array.astype(np.intp) if array.size == 0 and array.dtype.kind == "f" else array


def _frozen(part: Any) -> Any:
    """A slice cannot be hashed before Python 3.12, so it stands as a tuple in the key."""
    if isinstance(part, slice):
        cut: Any = part  # pyright: ignore[reportUnknownVariableType]  bounds of any type
        return ("slice", cut.start, cut.stop, cut.step)
    if isinstance(part, np.integer):
        return int(cast(Any, part))
    return part


def _is_frozen_slice(part: Any) -> bool:
    return is_tuple(part) and len(part) == 4 and part[0] == "slice"


getitem, take, put_rows = GetItem.function, Take.function, PutRows.function
take_along_axis, put_along_axis = TakeAlongAxis.function, PutAlongAxis.function
one_hot = OneHot.function
