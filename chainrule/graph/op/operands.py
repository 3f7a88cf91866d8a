"""Operands as readers take them: what a user puts beside a tensor becomes numbers, or an error.

Imports errors, catalogue and symbol. Every reader settles what flows in from outside; arrays,
numbers of Python's own and NumPy's scalars pass as they are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DTypeError, ShapeError, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_masked, is_plain, is_sequence

NUMBERS = "biuf"  # NumPy's kinds of booleans, integers and floating-point numbers
SCALARS = {kind for kind in np.sctypeDict.values() if np.dtype(kind).kind in NUMBERS}
ARRAYS = frozenset({np.ndarray, type(None)} | SCALARS)
# Python's bool is not among them: it has no dtype, and as an int it would weigh nothing.
SETTLED = ARRAYS | {int, float}


def settled(operation: Any, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The operands with all that is foreign as arrays, in the dtype that NumPy gives it.

    Raises
    ------
    DTypeError
        For what NumPy would keep as Python objects: a Fraction, a text, a dict.
    """
    found: list[Any] = []
    for i, x in enumerate(operands):
        if isinstance(x, Symbol) or type(x) in operation.takes:
            found.append(x)
        else:
            number = type(x) in SETTLED
            found.append(_number(operation, operands, x) if number else _settled(operation, i, x))
    return tuple(found)


def as_arrays(operation: Any, operands: Sequence[Any]) -> list[Any]:
    """Lists and numbers of Python's own as arrays, for a formula that needs them."""
    return [
        _number(operation, operands, x)
        if type(x) in SETTLED and is_plain(x)
        else np.asarray(x)
        if is_plain(x)
        else x
        for x in operands
    ]


def as_fractions(operands: Sequence[Any], dtype: Any = None) -> tuple[Any, ...]:
    """Truth values and whole numbers as fractions, where others are, for a rule that subtracts.

    NumPy negates no boolean, 0 - 1 of ``uint8`` is 255, and the exponential of either is a
    float16. In this dtype, or in the one that NumPy gives all of them.
    """
    kinds = {x.dtype.kind for x in operands if hasattr(x, "dtype")}
    if len(kinds) < 2 or "f" not in kinds:
        return tuple(operands)
    if dtype is None:
        dtype = np.result_type(*[x.dtype for x in operands if hasattr(x, "dtype")])
    cast = CATALOGUE.function("cast")
    return tuple(
        cast(x, dtype) if hasattr(x, "dtype") and x.dtype.kind != "f" else x for x in operands
    )


def as_array(x: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """An array of numbers, or an error that says what was found instead."""
    array = np.asarray(x)
    if array.dtype.kind not in NUMBERS:
        raise not_numbers("this array", array)
    unmasked(x)
    return array


def unmasked(x: Any) -> Any:
    """What is given, as it is; a DTypeError if it has a mask, which nothing behind it would see.

    A list may hold arrays with masks, of which ``np.asarray`` would show what they hide.
    """
    if is_masked(x) or (is_sequence(x) and _holds_mask(x)):
        raise DTypeError(
            "a tensor has no masked elements, but this array may have some.",
            found=[describe("array", np.asarray(x))],
            do="Fill them, x.filled(0), and choose with where(mask, x, 0).",
        )
    return x


def not_numbers(name: str, array: Any) -> DTypeError:
    """The error for an array of texts, objects, dates or complex numbers."""
    return DTypeError(
        f"a tensor holds numbers, but {name} holds {array.dtype}.",
        found=[describe(name.split()[-1], array)],
        do="Convert it first: np.asarray(x, dtype=np.float64).",
    )


def explain_missing(operation: Any, operands: Sequence[Any]) -> DTypeError | None:
    """The error for None where an op needs numbers, if that is what was given."""
    for i, x in enumerate(operands):
        if x is None and i < max(operation.arity[0], 1):
            return _foreign(operation, i, x)
    return None


def _holds_mask(x: Sequence[Any]) -> bool:
    kinds = set(map(type, x))  # of a long list of numbers there is one
    return any(
        is_masked(part) or (is_sequence(part) and _holds_mask(part))
        for part in (x if kinds - SETTLED else ())
    )


def _number(operation: Any, operands: Sequence[Any], x: Any) -> Any:
    """A number in the element type of what stands beside it, as in NumPy's arithmetic.

    To NumPy's functions of whole arrays a number is an array like any other: a float64.
    """
    beside = [y.dtype for y in operands if hasattr(y, "dtype") and y.dtype.kind in NUMBERS]
    weak = bool(beside) and (float in operation.takes or operation.numpy is None)
    return np.asarray(x, np.result_type(*beside, x) if weak else None)


def _settled(operation: Any, place: int, x: Any) -> Any:
    if is_sequence(x) and _holds_symbol(x):
        return CATALOGUE.function("stack")([_settled(operation, place, part) for part in x])
    if isinstance(x, Symbol):
        return x
    try:
        array = as_array(x)
    except ChainruleError as error:
        if isinstance(error, DTypeError) and not is_sequence(x) and not hasattr(x, "dtype"):
            raise _foreign(operation, place, x) from None
        raise
    except ValueError as error:  # rows of different lengths
        raise ShapeError(
            f"{operation.name} cannot make an array of {_title(operation, place)}: {error}.",
            do="Give an array, or a list whose rows have one length.",
        ) from None
    return array[()] if array.ndim == 0 else array


def _holds_symbol(x: Sequence[Any]) -> bool:
    return any(
        isinstance(part, Symbol) or (is_sequence(part) and _holds_symbol(part)) for part in x
    )


def _foreign(operation: Any, place: int, x: Any) -> DTypeError:
    kind = "None" if x is None else f"of type {type(x).__name__}"
    return DTypeError(
        f"{operation.name} takes numbers, but {_title(operation, place)} is {kind}.",
        found=[f"{_title(operation, place)} = {x!r}"],
        do="Give a number or an array: float(x), or np.asarray(x, dtype=np.float64).",
    )


def _title(operation: Any, place: int) -> str:
    named = not operation.variadic and place < len(operation.inputs)
    return operation.inputs[place] if named else f"operand {place}"
