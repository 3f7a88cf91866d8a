"""Data as people have it: arrays, lists and frames become arrays of numbers, or an error says why.

Imports tensors and errors; no library of frames. checks.py and Program call it.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataError, DTypeError, a_kind, describe, with_article
from chainrule.spec import is_list, is_masked, is_tuple
from chainrule.tensors import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
NUMBERED = "np.unique(y, return_inverse=True) numbers classes"
USUAL = "fdlqB"  # the usual codes of numbers
REMEDIES = {  # by NumPy's kind of dtype
    "c": ("complex numbers", "Give their parts as columns of their own: x.real and x.imag."),
    "M": ("dates", "Count from one of them: (x - x.min()) / np.timedelta64(1, 'D')."),
    "m": ("durations", "Count them in a unit: x / np.timedelta64(1, 'D')."),
    "V": ("records", "Give a plain array: np.lib.recfunctions.structured_to_unstructured(x)."),
}


def numbers(x: Any, name: str) -> Array:
    """An array of numbers in this machine's byte order, or an error that says what it holds.

    Parameters
    ----------
    x : array, list, tensor, or a frame of pandas, polars and the like
    name : str
        What messages call it.
    """
    value = x.value if isinstance(x, Tensor) else x
    _refuse_what_is_no_array(value, name)
    if is_list(value) or is_tuple(value):
        value = _stacked(value)
    value = without_mask(value, name)
    try:
        array = np.asarray(value)
    except ChainruleError:
        raise
    except (ValueError, TypeError, RuntimeError) as error:  # rows of different lengths, and such
        raise DataError(f"{name} is no array: {error}", do="Give rows of one length.") from error
    if array.dtype.kind == "O":
        array = _of_objects(array, name, columns_of(x))
    if array.dtype.kind in "biuf":
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    kind, do = REMEDIES.get(array.dtype.kind, ("", ""))
    raise DTypeError(
        f"{name} holds {kind or array.dtype}, but a net takes numbers.",
        found=[describe(name.split()[0], array)],
        do=do or f"Encode text as numbers first; {NUMBERED}.",
    )


def without_mask(x: Any, name: str) -> Any:
    """An array as it is, or from under a mask that hides nothing; else a DataError."""
    if not is_masked(x):
        return x
    mask = np.ma.getmaskarray(x)
    if mask.any():
        place = tuple(np.argwhere(mask)[0].tolist())
        raise DataError(
            f"{name} is masked in {in_words(place)}.",
            found=[describe(name.split()[0], x, f"{int(mask.sum())} of {mask.size} masked")],
            do="Fill the gaps in: X.filled(...); or leave their rows out.",
        )
    return np.asarray(x.data)


def in_memory_order(x: Any, name: str) -> Array:
    """Numbers in memory in order; converted only if need be."""
    kind = type(x) is np.ndarray and x.dtype
    if kind and kind.char in USUAL and kind.isnative and x.flags.c_contiguous:
        return x
    array = numbers(x, name)
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def columns_of(x: Any) -> tuple[str, ...] | None:
    """The names of a frame's columns; None for what has none, or has other things than names."""
    names: Any = getattr(x, "columns", None)
    if names is None or not hasattr(names, "__iter__") or len(getattr(x, "shape", ())) != 2:
        return None
    found: tuple[Any, ...] = tuple(names)
    return found if found and all(isinstance(name, str) for name in found) else None


def refuse_other_columns(
    found: tuple[str, ...] | None, trained: tuple[str, ...] | None, name: str
) -> None:
    """Raise where a frame has other columns than the one the net was trained on.

    Like scikit-learn: a net reads columns by their place, so that a frame in another order would
    be read as nonsense. Without names on one of the sides there is nothing to compare.
    """
    if found is None or trained is None or found == trained:
        return
    missing = [column for column in trained if column not in found]
    strange = [column for column in found if column not in trained]
    if missing or strange:
        what = f"{name} has other columns than the frame this net was trained on."
    else:
        what = f"{name} has its columns in another order than the frame this net was trained on."
    lines = [("missing", missing), ("unexpected", strange)]
    if not missing and not strange:
        lines = [("trained", list(trained)), ("given", list(found))]
    raise DataError(
        what,
        found=[f"{kind:<11} {_listed(columns)}" for kind, columns in lines if columns],
        do="Choose the columns by name, in that order: X[[...]]; or give an array, X.to_numpy().",
    )


def _listed(columns: list[str], most: int = 8) -> str:
    shown = ", ".join(map(repr, columns[:most]))
    return shown if len(columns) <= most else f"{shown} and {len(columns) - most} more"


def _refuse_what_is_no_array(x: Any, name: str) -> None:
    kind = "None" if x is None else type(x).__name__
    bare = not hasattr(x, "__array__") and hasattr(x, "__iter__") and not hasattr(x, "__len__")
    if hasattr(x, "toarray") and hasattr(x, "nnz"):
        raise DataError(
            f"{name} is sparse, but a net reads every number.",
            found=[describe(name.split()[0], x)],
            do="Give X.toarray(); where that is too large, a batch of rows at a time.",
        )
    if bare or isinstance(x, Iterator):
        raise DataError(
            f"{name} is an iterator ({kind}): it can be read only once and has no length.",
            do="Collect it first: np.stack(list(...)).",
        )
    if isinstance(x, Mapping | AbstractSet | str | bytes) or x is None:
        what = kind if x is None else with_article(kind)
        raise DataError(
            f"{name} is {what}, but a net takes an array of numbers.",
            do="Give an array, a list of rows, or a frame.",
        )


def _stacked(rows: Any) -> Any:
    """Rows of which some are masked, with their masks: np.asarray would drop them."""
    masked = any(map(is_masked, rows))
    return np.ma.stack(rows) if masked and len({np.shape(row) for row in rows}) == 1 else rows


def _of_objects(array: Array, name: str, columns: tuple[str, ...] | None) -> Array:
    """Numbers that stand in an array of objects, as in a frame of several types."""
    try:
        plain = np.array(array.tolist())
    except ValueError:
        plain = array
    if plain.dtype.kind in "biuf" and plain.shape == array.shape:
        return plain
    floats = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        value = array[place]
        try:
            if isinstance(value, str | bytes):
                raise TypeError
            floats[place] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise _no_number(value, place, array, name, columns) from None
    return floats


def _no_number(
    value: Any, place: tuple[int, ...], array: Array, name: str, columns: tuple[str, ...] | None
) -> ChainruleError:
    where = in_words(place)
    if columns is not None and len(place) == 2:
        where = f"row {place[0]}, column {columns[place[1]]!r}"
    found = [describe(name.split()[0], array)]
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return DataError(
            f"{name} holds {value} in {where}.",
            found=found,
            do="Fill missing values in (fillna) or leave their rows out (dropna).",
        )
    if isinstance(value, str | bytes):
        what, do = f"the text {value!r}", f"Encode text as numbers first; {NUMBERED}."
    elif hasattr(value, "total_seconds"):
        what, do = f"the duration {value}", REMEDIES["m"][1]
    elif hasattr(value, "year"):
        what, do = f"the date {value}", REMEDIES["M"][1]
    elif isinstance(value, int):
        what, do = (
            f"a whole number of {value.bit_length()} bits",
            "Scale it: no float is as large.",
        )
    elif isinstance(value, complex):
        what, do = f"{value}", REMEDIES["c"][1]
    else:
        what, do = a_kind(value), "Give rows of one length, of numbers only."
    return DTypeError(f"{name} holds {what} in {where}, but a net takes numbers.", found=found,
                      do=do)  # fmt: skip


def check_finite(array: Array, name: str) -> None:
    """Raise unless all are finite numbers; names the first place that is not."""
    # The extremes of an array with NaN are NaN: two passes, and no array of booleans.
    if not array.size or (np.isfinite(array.min()) and np.isfinite(array.max())):
        return
    place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    raise DataError(
        f"{name} holds {array[place]} in {in_words(place)}.",
        found=[describe(name.split()[0], array, f"{wrong} of {array.size} not finite")],
        do="Fill missing numbers in or leave their rows out: X[np.isfinite(X).all(axis=1)].",
    )


def converted(array: Array, dtype: Any, name: str) -> Array:
    """The numbers in another element type; none of them may become infinite there."""
    with np.errstate(all="ignore"):
        found = array.astype(dtype, copy=False)
    if found is not array and found.itemsize < array.itemsize and found.size:
        largest, most = max(abs(found.min()), abs(found.max())), np.finfo(found.dtype).max
        if largest == inf and np.isfinite(array).all():
            first = array[~np.isfinite(found)][0]
            raise DataError(
                f"{name} holds {first}, which is beyond {found.dtype}: its largest is {most:.4g}.",
                found=[describe(name.split()[0], array)],
                do='Scale the numbers, or build the net with dtype="float64".',
            )
    return found


def in_words(place: tuple[int, ...]) -> str:
    """A place in an array: "row 4, column 1"."""
    words = ("row", "column") if len(place) <= 2 else ("row", *["position"] * (len(place) - 1))
    return ", ".join(f"{word} {i}" for word, i in zip(words, place, strict=False))
