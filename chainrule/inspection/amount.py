"""Amounts: arrays as people read them, small ones in full and larger ones in a few numbers.

Imports symbols and spec. The flow of a graph describes every value and every gradient with them.
"""

import functools
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import plain
from chainrule.spec import is_list, is_tuple

SMALL = 16  # elements that are shown one by one
IN_A_LINE = 4  # the same in a table
LARGEST = 3  # entries that a summary names

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Amount:
    """An array in a few numbers; all of them, where they are few.

    Attributes
    ----------
    shape : tuple of int
    dtype : str
    numbers : number or nested tuples of them, or None
        In full, up to 16 elements.
    least, most : number or None
        Of the finite elements; None where there is none, or where they are complex.
    above_zero, below_zero, zeros, not_finite : int
        How many elements are so; a complex one that is finite and not 0 is none of them.
    largest : tuple of (index, number)
        The finite entries of the largest magnitude, up to three, the largest first.
    """

    shape: tuple[int, ...]
    dtype: str
    numbers: Any
    least: Any
    most: Any
    above_zero: int
    below_zero: int
    zeros: int
    not_finite: int
    largest: tuple[tuple[tuple[int, ...], Any], ...]

    @property
    def size(self) -> int:
        """How many elements there are."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __str__(self) -> str:
        if self.size <= SMALL:
            return written(self.numbers) if self.size else "empty"
        tops = ", ".join(f"{written(x)} at {_place(index)}" for index, x in self.largest)
        parts = [self._range(), *self._signs(), f"largest {tops}" if tops else ""]
        return ", ".join(part for part in parts if part)

    def brief(self) -> str:
        """In a table: up to four elements, or from where to where."""
        if self.size <= IN_A_LINE:
            return str(self)
        nan = f", {self.not_finite} not finite" if self.not_finite else ""
        return (self._range() or f"{self.size} numbers") + nan

    def magnitude(self) -> str:
        """In a picture: up to four elements, or the largest magnitude of an array."""
        if self.size == 0:
            return "empty"
        if self.size == 1:
            return written(self.numbers).strip("[]")
        if self.size <= IN_A_LINE:
            return written(self.numbers)
        if "float" not in self.dtype:
            return ""  # the largest of many labels tells nothing
        if self.not_finite:
            return "|not finite|"
        return f"|{abs(self.largest[0][1]):.3g}|"

    def to_dict(self) -> dict[str, Any]:
        """For JSON, which has no NaN and no infinity: they are the texts "nan", "inf", "-inf"."""
        return {
            "shape": list(self.shape),
            "dtype": self.dtype,
            "size": self.size,
            "numbers": _json(self.numbers),
            "least": _json(self.least),
            "most": _json(self.most),
            "above_zero": self.above_zero,
            "below_zero": self.below_zero,
            "zeros": self.zeros,
            "not_finite": self.not_finite,
            "largest": [{"index": list(i), "number": _json(x)} for i, x in self.largest],
        }

    def _range(self) -> str:
        if self.least is None:
            return ""
        if self.least == self.most:
            return f"all {written(self.least)}"
        return f"{written(self.least)} to {written(self.most)}"

    def _signs(self) -> list[str]:
        """What share of the elements is on either side of 0; nothing where it is one side."""
        counts = [(self.above_zero, "> 0"), (self.below_zero, "< 0"), (self.zeros, "= 0")]
        shares = [f"{_share(n, self.size)} {which}" for n, which in counts if 0 < n < self.size]
        return shares + ([f"{self.not_finite} not finite"] if self.not_finite else [])


def measured(value: Any) -> Amount:
    """Look at an array, a number, or the value of a symbol."""
    array = np.asarray(plain(value))
    return _in_full(array) if array.size <= SMALL else _in_short(array)


def _in_full(array: Array) -> Amount:
    """A few elements, counted one by one: ten times as fast as NumPy, and most nodes are small."""
    flat: list[Any] = array.reshape(-1).tolist()
    finite = [i for i, x in enumerate(flat) if _is_finite(x)]
    real = array.dtype.kind in "biuf"
    good = [flat[i] for i in finite]
    top = sorted(finite, key=lambda i: -abs(flat[i]))[:LARGEST]
    return Amount(
        array.shape,
        _name(array.dtype),
        _nested(array.tolist()),
        min(good) if real and good else None,
        max(good) if real and good else None,
        sum(x > 0 for x in good) if real else 0,
        sum(x < 0 for x in good) if real else 0,
        sum(x == 0 for x in good),
        len(flat) - len(good),
        tuple((_index(i, array.shape), flat[i]) for i in top),
    )


def _in_short(array: Array) -> Amount:
    flat = array.reshape(-1)
    finite = np.isfinite(flat)
    good = flat if finite.all() else flat[finite]
    real = array.dtype.kind in "biuf"
    some = real and good.size > 0
    size = np.abs(good.astype(np.float64) if real else good)
    count = min(LARGEST, size.size)
    top = np.argpartition(size, size.size - count)[size.size - count :]
    top = top[np.lexsort((top, -size[top]))]
    places: list[int] = np.flatnonzero(finite)[top].tolist()
    return Amount(
        array.shape,
        _name(array.dtype),
        None,
        good.min().item() if some else None,
        good.max().item() if some else None,
        int(np.count_nonzero(good > 0)) if real else 0,
        int(np.count_nonzero(good < 0)) if real else 0,
        int(np.count_nonzero(good == 0)),
        int(flat.size - good.size),
        tuple((_index(place, array.shape), flat[place].item()) for place in places),
    )


def _index(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Where an element stands, of its place in the order of memory."""
    index: list[int] = []
    for length in reversed(shape):
        place, i = divmod(place, length)
        index.append(i)
    return tuple(reversed(index))


def _is_finite(x: Any) -> bool:
    return isfinite(abs(x))


@functools.lru_cache(maxsize=32)
def _name(dtype: np.dtype[Any]) -> str:
    return str(dtype)


def written(x: Any) -> str:
    """A number with four digits; nested ones in brackets."""
    if is_tuple(x):
        return f"[{' '.join(map(written, x))}]"
    if isinstance(x, bool | int | str):
        return str(x)
    return f"{x:.4g}"


def _nested(x: Any) -> Any:
    return tuple(map(_nested, x)) if is_list(x) else x


def _json(x: Any) -> Any:
    if is_tuple(x):
        return list(map(_json, x))
    if x is None or isinstance(x, bool | int | str):
        return x
    return x if isinstance(x, float) and isfinite(x) else str(x)


def _share(count: int, size: int) -> str:
    share = 100 * count / size
    return f"{share:.0f}%" if 1 <= share <= 99 else f"{share:.2g}%"


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"
