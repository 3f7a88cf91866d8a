"""Plan: kernels in the order in which they run, over buffers whose places are known.

Imports kernel, alike and blockwise. ``make`` (the passes) builds it; the interpreter and the
native floor run it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.plan.alike import Form, form
from chainrule.plan.blockwise import Blocks
from chainrule.plan.buffers import Buffer
from chainrule.plan.kernel import Kernel
from chainrule.plan.show import show
from chainrule.spec import Spec


@dataclass(frozen=True, eq=False)
class Plan:
    """What a recorded function does.

    Attributes
    ----------
    inputs, outputs : tuple of Spec
        In the order of the recording; all C-contiguous.
    updates : dict of int to int
        Outputs that are written in place of an input (a donated one), by output number. Such an
        output has no buffer of its own: kernels write the input's.
    names : dict of int to str
        What kernels are called in ``show()``, by their number: "linear + relu".
    blocks : tuple of Blocks
        Kernels that run for some rows of a batch after the other.
    """

    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    buffers: tuple[Buffer, ...]
    kernels: tuple[Kernel, ...]
    constants: tuple[np.ndarray[Any, np.dtype[Any]], ...]
    updates: dict[int, int]
    arena_bytes: int
    names: tuple[str, ...]
    blocks: tuple[Blocks, ...] = ()

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """The kernels without the numbers of their buffers: alike ones have one key."""
        return tuple(map(form, self.kernels))

    @property
    def all_constants(self) -> Iterator[np.ndarray[Any, np.dtype[Any]]]:
        """Its constants, and those of the plans that its kernels run."""
        yield from self.constants
        for kernel in self.kernels:
            if kernel.runs is not None:
                yield from kernel.runs.all_constants

    @property
    def all_kernels(self) -> Iterator[Kernel]:
        """Its kernels, and those of the plans that they run."""
        for kernel in self.kernels:
            yield kernel
            if kernel.runs is not None:
                yield from kernel.runs.all_kernels

    def show(self) -> str:
        """The kernels in the order in which they run, with their costs, and the arena."""
        return show(self)
