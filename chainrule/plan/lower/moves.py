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
    own. None where neither is true: the op computes.
    """
    if len({x.dtype for x in operands}) != 1:
        return None
    ends: Any = np.cumsum([x.size for x in operands])
    places = np.arange(int(ends[-1]))
    others = places.size + np.random.default_rng(0).permutation(places.size)
    runs: list[Any] = []
    for numbers in (places, others):
        parts = zip(np.split(numbers, ends[:-1]), operands, strict=True)
        runs.append(op.forward(*(part.reshape(x.shape) for part, x in parts)))
    flat = [reshape(x, (-1,)) for x in operands]
    whole = flat[0] if len(flat) == 1 else concatenate(flat)
    pairs = zip(*map(several, runs), strict=True)
    found = tuple(_picked(whole, others, first, second) for first, second in pairs)
    if any(x is None for x in found):
        return None
    return found if is_tuple(runs[0]) else found[0]


def _picked(whole: Any, others: Any, first: Any, second: Any) -> Any:
    """The elements that a result holds, given the results of both runs."""
    if first.dtype != np.int64 or second.dtype != np.int64:
        return None
    moved = first != second
    place = np.where(moved, first, 0)
    if (place < 0).any() or (place >= others.size).any() or (others[place] != second)[moved].any():
        return None
    picked = take(whole, place)
    return picked if moved.all() else where(moved, picked, first.astype(whole.dtype))


RULES = {"view": view}
