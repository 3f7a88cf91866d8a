"""Where the code of an op switches: every bound and kink of a letter inside its formulas.

A value flows through the formula and the written slopes, op by op down to the letters, and notes
on which side every choice fell; where two neighbours differ lies a switch.
"""

import numpy as np

from chainrule.doctor.kinks import Watched, side
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import compute

# Beyond these nothing in the library switches; dense where most of it does.
GRID = np.unique(np.concatenate([np.linspace(-60, 60, 1201), np.geomspace(60, 1e5, 200),
                                 -np.geomspace(60, 1e5, 200)]))  # fmt: skip
HALVINGS = 80
FILL = 17  # more points than numbers that a formula holds on its own


class Inside(Watched):
    """Reads every op but the letters by its formula."""

    __slots__ = ()

    def read(self, op, operands):
        if not isinstance(op, Letter):
            try:
                return op.forward(*operands)
            except Exception:  # NumPy code: its choices cannot be seen
                pass
        values = tuple(getattr(x, "value", x) for x in operands)
        with np.errstate(all="ignore"):
            chosen = side(op, values)
            if chosen is not None:
                self.sides.append((op.name, chosen))
            return Inside(compute(op, values), self.sides)


def switches(op, operands, position):
    """The points of one input of an elementwise op at which its code takes another side."""
    low, high = GRID[:-1].copy(), GRID[1:].copy()

    def sides(points):
        found = _sides(op, operands, position, points)
        return np.array(found, float) if found else np.zeros((0, points.size))

    below, above = sides(low), sides(high)
    if below.shape != above.shape:
        return ()
    switched = (below != above).any(axis=0)
    low, high, below = low[switched], high[switched], below[:, switched]
    for _ in range(HALVINGS if low.size else 0):
        middle = (low + high) / 2
        same = (sides(middle) == below).all(axis=0)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    near_zero = np.abs(low) < 1e-12
    ends = np.concatenate([np.where(near_zero, 0, low), np.where(near_zero, 0, high)])
    return tuple(np.unique(ends))


def _sides(op, operands, position, points):
    """One row of numbers for every choice of the formula and of the slopes."""
    kept, count = [], points.size
    points = np.concatenate([points, np.full(FILL, points[-1] if count else 0.0)])
    given = [np.broadcast_to(np.asarray(x, float), points.shape) for x in operands]
    watched = [Inside(points if i == position else x, kept) for i, x in enumerate(given)]
    formulas = [] if isinstance(op, Letter) else [lambda: op.forward(*watched)]
    formulas.append(lambda: _slopes(op, watched, kept))
    for formula in formulas:
        before = len(kept)
        try:
            with np.errstate(all="ignore"):
                formula()
        except Exception:  # NumPy code again
            del kept[before:]
    rows = [np.asarray(chosen, float) for _, chosen in kept]
    whole = [row.reshape(-1, points.size) for row in rows if row.size % points.size == 0]
    return [part[:count] for row in whole for part in row]


def _slopes(op, watched, kept):
    values = [x.value for x in watched]
    out = Inside(np.asarray(compute(op, values)), kept)
    if op.writes_backward:
        rules = op.backward(Inside(np.ones_like(out.value), kept), *watched, out)
    else:
        rules = op.local_gradients(*watched, out)
    for rule in rules:
        if callable(rule):
            rule()
