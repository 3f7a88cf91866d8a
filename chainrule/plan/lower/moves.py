"""Moves: any movement, by what it does to bytes and to the places of elements.

Imports the ops of movement, indexing and choice, the recorder and views. formulas.py tries both.
"""

from typing import Any

import numpy as np

from chainrule.ops.indexing import take
from chainrule.ops.letters.logic import where
from chainrule.ops.movement import reshape
from chainrule.ops.parts import concatenate
from chainrule.plan.recorder import Recorder, several
from chainrule.plan.views import moved, through
from chainrule.spec import is_tuple


def view(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """An op whose class says that it never copies."""
    return _symbols(recorder, through(operands[0].ref, op.forward))


def as_view(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The results of an op that looks at its operand anew; None where NumPy copies."""
    if len(operands) != 1:
        return None
    found = moved(operands[0].ref, op.forward)
    return None if found is None else _symbols(recorder, found)


def _symbols(recorder: Recorder, found: Any) -> Any:
    return tuple(map(recorder.symbol, found)) if is_tuple(found) else recorder.symbol(found)


def as_places(op: Any, operands: tuple[Any, ...]) -> Any:
    """The results of an op that copies elements, each picked by the place it comes from.

    The op is run on the places of its elements, and again on other numbers in their stead. An
    element is the number in the stead of its place, or the same in both runs: one of the op's
    own. Runs on hard values of the operands' dtype show what it holds, and that nothing is done
    to those that are moved. None where an element is neither: the op computes.
    """
    if len({x.dtype for x in operands}) != 1:
        return None
    ends: Any = np.cumsum([x.size for x in operands])

    def run(numbers: Any) -> Any:
        parts = zip(np.split(numbers, ends[:-1]), operands, strict=True)
        return op.forward(*(part.reshape(x.shape) for part, x in parts))

    places = np.arange(int(ends[-1]))
    others = places.size + np.random.default_rng(0).permutation(places.size)
    first, second = run(places), run(others)
    hard = _hard(operands[0].dtype, places.size)
    tried = [several(run(numbers)) for numbers in hard]
    flat = [reshape(x, (-1,)) for x in operands]
    whole = flat[0] if len(flat) == 1 else concatenate(flat)
    found: list[Any] = []
    for one, two, *results in zip(several(first), several(second), *tried, strict=True):
        place = _places(others, one, two)
        if place is None or not _only_moved(hard, results, place, one != two):
            return None
        picked = take(whole, place)
        found.append(picked if (one != two).all() else where(one != two, picked, results[0]))
    return tuple(found) if is_tuple(first) else found[0]


def _places(others: Any, first: Any, second: Any) -> Any:
    """Where each element of a result comes from, given the results of both runs."""
    if first.dtype != np.int64 or second.dtype != np.int64:
        return None
    moved = first != second
    place = np.where(moved, first, 0)
    if (place < 0).any() or (place >= others.size).any() or (others[place] != second)[moved].any():
        return None
    return place


def _hard(dtype: Any, count: int) -> list[Any]:
    """Elements that a computation changes: negative, not finite, zero with a sign, the ends."""
    values: tuple[Any, ...] = (True, False)
    if dtype.kind == "f":
        values = (-1.5, np.nan, -0.0, np.inf)
    elif dtype.kind in "iu":
        ends = np.iinfo(dtype)
        values = (ends.min, ends.max, ends.min // 3, ends.max // 3)
    return [np.full(count, value, dtype) for value in values]


def _only_moved(hard: Any, results: Any, place: Any, moved: Any) -> bool:
    """Whether results hold the moved numbers, bit for bit, and else the same each time."""
    same = np.asarray(results[0])
    for numbers, result in zip(hard, results, strict=True):
        expected = np.where(moved, numbers[place], same)
        if result.dtype != numbers.dtype or result.tobytes() != expected.tobytes():
            return False
    return True


RULES = {"view": view}
