"""Segments: a scan over scans, of which the way back runs one after another once more.

Imports the op and recording. scanning.py runs everything through it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.loops.body_recording import derived
from chainrule.loops.scan_op import Scan
from chainrule.spec import Spec


def in_segments(op: Scan, size: int | None, operands: Sequence[Any]) -> list[Any]:
    """The results of a scan; only the carry is kept at the border of two segments.

    Parameters
    ----------
    size : int or None
        Steps of a segment; what is left over is run last, and keeps its values. None: one segment.
    """
    count = 0 if size is None else op.length // size
    if size is None or count == 0:
        return list(op(*operands))
    carry, streams, shared = op.cut(operands)
    whole = count * size
    left = op.length - whole
    first = slice(left, None) if op.reverse else slice(0, whole)
    last = slice(0, left) if op.reverse else slice(whole, None)
    cut = [x[first].reshape(count, size, *x.shape[1:]) for x in streams]
    found = list(_over(op, size, count)(*carry, *cut, *shared))
    stacks = [x.reshape(whole, *x.shape[2:]) for x in found[op.carries :]]
    if not left:
        return [*found[: op.carries], *stacks]
    rest = replace(op, length=left)(*found[: op.carries], *(x[last] for x in streams), *shared)
    pairs = zip(stacks, rest[op.carries :], strict=True)
    joined = [np.concatenate((y, x) if op.reverse else (x, y)) for x, y in pairs]
    return [*rest[: op.carries], *joined]


def _over(op: Scan, size: int, count: int) -> Scan:
    """The scan whose steps are segments."""
    inner = replace(op, length=size)
    carry, streams, shared = op.cut(op.body.inputs)
    specs = [*carry, *(Spec((size, *x.shape), x.dtype) for x in streams), *shared]
    body = derived(inner, specs)
    return Scan(body, op.carries, op.streams, count, op.reverse, recomputes=True)
