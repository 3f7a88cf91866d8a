"""Kinks: which side every max, where, abs and comparison took, before and behind a point.

Imports the graph and subject. judge.py asks it about entries that differences call wrong: one
whose step crosses a kink is not judged by them.
"""

from typing import Any

import numpy as np

from chainrule.doctor.draw import domain_of
from chainrule.doctor.subject import Array, Subject, is_float_array
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, compute
from chainrule.graph.readings.reading import Valued
from chainrule.spec import is_tuple

NEAR = 2.0**-17  # of an entry's scale: the narrowest step that differences take
Sides = list[tuple[str, Array]]


class Watched(Valued, Symbol):
    """A value whose every choice is written down: the reading in which only sides are kept."""

    __slots__ = ("sides", "value")
    rank = 50

    def __init__(self, value: Any, sides: Sides) -> None:
        self.value = value
        self.sides = sides

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Compute the op, or its formula; note which side it chose."""
        values = self.values(operands)
        chosen = side(op, values)
        if chosen is not None:
            self.sides.append((op.name, chosen))
        elif op.spells_out:
            return op.forward(*operands)
        with np.errstate(all="ignore"):
            out = compute(op, values)
        return (
            tuple(Watched(x, self.sides) for x in out)
            if is_tuple(out)
            else Watched(out, self.sides)
        )

    def __bool__(self) -> bool:
        self.sides.append(("bool", np.asarray(bool(self.value))))
        return bool(self.value)


def side(op: Op, values: tuple[Any, ...]) -> Array | None:
    """Which of its branches an op takes at these values; None for an op without branches."""
    with np.errstate(all="ignore"):
        kinks = [domain_of(type(op), i).kinks for i in range(len(values))]
        if any(kinks):
            signs = [
                np.sign(np.asarray(v) - k) for v, ks in zip(values, kinks, strict=True) for k in ks
            ]
            return np.concatenate([np.ravel(s) for s in signs])
        if op.flat:
            return np.asarray(compute(op, values))
        chosen = op.branch(*values)
    return None if chosen is None else np.asarray(chosen)


def sides(subject: Subject) -> Sides | None:
    """Every choice that the function makes at a point; None where symbols cannot flow through."""
    found: Sides = []
    watched = [Watched(x, found) if is_float_array(x) else x for x in subject.operands]
    try:
        (subject.formula or subject.run)(*watched)
    except Exception:
        return None
    return found


def crossed(subject: Subject, position: int, place: tuple[int, ...]) -> tuple[str, ...]:
    """The ops that choose another side when one entry moves by the narrowest step."""
    x = subject.operands[position]
    step = NEAR * max(abs(float(x[place])), float(np.abs(x).max(initial=0.0)), 0.0) or NEAR
    moved: list[Sides] = []
    for direction in (-1, 1):
        there = x.astype(np.float64)
        there[place] += direction * step
        found = sides(subject.astype(np.float64).with_operand(position, there))
        if found is None:
            return ()
        moved.append(found)
    before, behind = moved
    pairs = zip(before, behind, strict=False)
    return tuple(dict.fromkeys(name for (name, a), (_, b) in pairs if not np.array_equal(a, b)))
