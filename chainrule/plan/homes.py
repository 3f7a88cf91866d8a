"""Homes: in which buffer each array stands, and which outputs must be copied to theirs.

Imports steps, plan and walks. Fusion asks it for buffer numbers; memory gives the arena's buffers
their places afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.plan.buffers import Buffer
from chainrule.plan.steps import Array, Flow, Operand, Ref
from chainrule.plan.walks import is_whole

UNPLACED = -1  # number of an arena buffer before memory has given it a place


class Homes(dict[Array, int]):
    """Buffer numbers of arrays, handed out at the first question."""

    def __init__(self, inputs: Sequence[Array]) -> None:
        super().__init__()
        self.buffers: list[Buffer] = []
        self.arrays: list[Array] = []  # of which each buffer is the home: for messages
        self.constants: list[np.ndarray[Any, np.dtype[Any]]] = []
        for number, array in enumerate(inputs):
            self[array] = self.place(array, "input", number)

    def __missing__(self, array: Array) -> int:
        if array.value is None:
            self[array] = self.place(array, "arena", UNPLACED)
        else:
            self[array] = self.place(array, "constant", len(self.constants))
            self.constants.append(np.ascontiguousarray(array.value))
        return self[array]

    def place(self, array: Array, place: str, number: int) -> int:
        """A new buffer as large as an array."""
        self.buffers.append(Buffer(array.size, array.dtype, place, number))
        self.arrays.append(array)
        return len(self.buffers) - 1


@dataclass(eq=False)
class Exits:
    """How the outputs leave.

    Attributes
    ----------
    first : list of (Ref, Array)
        Copies of inputs that are taken before anything is written.
    last : list of (Operand, int, tuple of int)
        Copies made when all is computed: of what, to which buffer, of which shape.
    updated : dict of Array to Array
        What is written over an input, and that input.
    """

    first: list[tuple[Ref, Array]] = field(default_factory=list[tuple[Ref, Array]])
    last: list[tuple[Operand, int, tuple[int, ...]]] = field(
        default_factory=list[tuple[Operand, int, tuple[int, ...]]]
    )
    updated: dict[Array, Array] = field(default_factory=dict[Array, Array])


def exits(flow: Flow, homes: Homes, refused: set[Array]) -> Exits:
    """Give every output a home; ``refused``: arrays that cannot be written over their input."""
    result = Exits()
    overwritten = {flow.inputs[number] for number in flow.updates.values()}
    for number, output in enumerate(flow.outputs):
        ref = output if isinstance(output, Ref) else None
        shape = ref.shape if ref else ()
        target = flow.inputs[flow.updates[number]] if number in flow.updates else None
        whole = ref is not None and is_whole(ref)
        if 0 in shape or (ref and whole and ref.array is target):
            continue
        if ref and whole and _is_free(ref.array, homes) and ref.array not in refused:
            if target is None:
                homes[ref.array] = homes.place(ref.array, "output", number)
            else:
                homes[ref.array] = homes[target]
                result.updated[ref.array] = target
            continue
        copy = Array(shape, output.dtype, label="copy")
        home = homes.place(copy, "output", number) if target is None else homes[target]
        if ref and ref.array in overwritten:
            result.first.append((ref, copy))
            if target is None:
                homes[copy] = home
                continue
            output = copy.ref()
        result.last.append((output, home, shape))
    return result


def _is_free(array: Array, homes: Homes) -> bool:
    """Whether an array can be made where an output wants it: it is computed, and has no home."""
    return array not in homes and array.value is None
