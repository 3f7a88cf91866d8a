"""Which entries of a gradient are 0, in groups of one cause: columns, rows, and single entries.

Imports behind, reachable, reason and sweep. All zero columns are asked about together; a second
walk tells which of them end at the place that is found, and the others are asked again.
"""

from dataclasses import dataclass, replace

import numpy as np

from chainrule.inspection.behind import stopped_at, zero_causes
from chainrule.inspection.gate_words import Names
from chainrule.inspection.reachable import reach
from chainrule.inspection.reason import Reason, Zeros
from chainrule.inspection.sweep import Array, Index, Sweep

MOST_ASKED = 8  # questions about one gradient: each is as dear as asking why
MOST_TOLD = 3  # groups, the largest first
MOST_NAMED = 3  # columns, rows or entries of a group
SEVERAL = {"column": "columns", "row": "rows", "entry": "entries"}


def with_zeros(reason: Reason, found: Sweep, names: Names) -> Reason:
    """The reason of a whole gradient, with its entries that are 0 by their causes."""
    gradient = np.asarray(found.gradients[found.target])
    zeros = int(np.count_nonzero(gradient == 0))
    if not 0 < zeros < gradient.size:
        return reason
    groups = zero_groups(found, names)
    told = [
        f"{_upper(each.entries)}: {each.cause}, {each.sentence}" for each in groups[:MOST_TOLD]
    ]
    others = zeros - sum(each.zeros for each in groups[:MOST_TOLD])
    if others:
        told.append(f"The other {others:,} end elsewhere.")
    first = groups[0]
    ask = f"Ask of one entry: cr.why(loss, {_written(found, names)}, {_place(first.index)})."
    by_cause: dict[str, float] = {}
    for each in groups:
        key = f"zeros_{each.cause}"
        by_cause[key] = by_cause.get(key, 0.0) + each.zeros
    return replace(
        reason,
        numbers={**reason.numbers, "zeros": float(zeros), **by_cause},
        sentence=f"{reason.sentence} {zeros:,} of {gradient.size:,} are 0. {' '.join(told)}",
        advice=" ".join(filter(None, (reason.advice or first.advice, ask))),
        groups=groups,
    )


def zero_groups(found: Sweep, names: Names) -> tuple[Zeros, ...]:
    """The entries that are 0 by what stops their gradients, the largest group first."""
    zero = np.asarray(found.gradients[found.target]) == 0
    merged: dict[tuple[str, str, str], tuple[_Part, Reason]] = {}
    waiting, asked = _parts(zero), 0
    while waiting and asked < MOST_ASKED:
        asked += 1
        part = waiting.pop(0)
        reason, here = _asked(part, found, names, zero)
        if not here.all():  # of the entries that end here alone, its numbers are asked
            waiting.append(replace(part, ids=part.ids[~here]))
            part = replace(part, ids=part.ids[here])
            alone, _ = _asked(part, found, names, zero)
            reason = alone if (alone.cause, alone.node) == (reason.cause, reason.node) else reason
        key = part.kind, reason.cause, reason.node
        if key in merged:
            before, reason = merged[key]
            part = replace(part, ids=np.sort(np.concatenate([before.ids, part.ids])))
        merged[key] = part, reason
    groups = [_told(part, reason, zero) for part, reason in merged.values()]
    return tuple(sorted(groups, key=lambda each: -each.zeros))


@dataclass(frozen=True, eq=False)
class _Part:
    """Some columns, rows or entries, by their numbers; a column goes along the last axis."""

    kind: str
    ids: Array

    def mask(self, shape: Index) -> Array:
        """Where they are."""
        found = np.zeros(shape, bool)
        if self.kind == "column":
            found[..., self.ids] = True
        elif self.kind == "row":
            found[self.ids] = True
        else:
            found.reshape(-1)[self.ids] = True
        return found

    def among(self, hit: Array) -> Array:
        """For each of them, whether any of its entries is hit."""
        if self.kind == "column":
            hit = np.any(hit, axis=tuple(range(hit.ndim - 1)), keepdims=True)
        elif self.kind == "row":
            hit = np.any(hit, axis=tuple(range(1, hit.ndim)), keepdims=True)
        return np.reshape(hit, -1)[self.ids]

    def name(self, shape: Index) -> str:
        """Them in words: "column 1", "entries (0, 1), (2, 3) and 4 more"."""
        kind = self.kind if len(self.ids) == 1 else SEVERAL[self.kind]
        names = [str(i) for i in self.ids[:MOST_NAMED].tolist()]
        if self.kind == "entry":
            names = [_place(_index(i, shape)) for i in self.ids[:MOST_NAMED].tolist()]
        more = len(self.ids) - MOST_NAMED
        if more > 0:
            return f"{kind} {', '.join(names)} and {more:,} more"
        return f"{kind} {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}"


def _parts(zero: Array) -> list[_Part]:
    """All zero columns, the zero rows beside them, and the entries that are left."""
    parts: list[_Part] = []
    left = zero.copy()
    if zero.ndim > 1:
        columns = zero.all(axis=tuple(range(zero.ndim - 1)))
        left[..., columns] = False
        rows = zero.all(axis=tuple(range(1, zero.ndim)))
        left[rows] = False
        parts = [_Part("column", np.flatnonzero(columns)), _Part("row", np.flatnonzero(rows))]
    parts.append(_Part("entry", np.flatnonzero(left)))
    return [part for part in parts if part.ids.size]


def _asked(part: _Part, found: Sweep, names: Names, zero: Array) -> tuple[Reason, Array]:
    """The heaviest cause of a part, and which of its columns, rows or entries end there."""
    mask = part.mask(zero.shape)
    first = zero_causes(found, reach(found, mask), names)[0]
    here = part.among(mask & stopped_at(first, found))
    return first.reason, here if here.any() else np.ones_like(here)


def _told(part: _Part, reason: Reason, zero: Array) -> Zeros:
    mask = part.mask(zero.shape)
    if part.kind == "row":  # a zero column that crosses it is counted as a column
        mask &= ~zero.all(axis=tuple(range(zero.ndim - 1)))
    return Zeros(
        part.name(zero.shape),
        int(mask.sum()),
        _index(int(mask.argmax()), zero.shape),
        reason.cause,
        reason.node,
        reason.op,
        reason.sentence,
        reason.advice,
    )


def _index(flat: int, shape: Index) -> Index:
    return tuple(int(i) for i in np.unravel_index(flat, shape))


def _place(index: Index) -> str:
    return str(index) if len(index) != 1 else f"{index[-1]}"


def _written(found: Sweep, names: Names) -> str:
    """The tensor as an argument of why: its name, which may also be given as text."""
    label = found.target.label
    return label if label.isidentifier() else repr(names.of(found.target))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
