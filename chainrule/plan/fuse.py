"""Fuse: the steps of a flow become kernels in the order in which they run.

Imports the parts: prepare, grouping, schedule, homes, writing. ``make`` calls it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.plan.buffers import Buffer
from chainrule.plan.copy_kernels import copied
from chainrule.plan.grouping import grouped
from chainrule.plan.homes import Exits, Homes, exits
from chainrule.plan.kernel import Kernel
from chainrule.plan.kernel_groups import Group
from chainrule.plan.kernel_names import name_of
from chainrule.plan.memory import same_elements
from chainrule.plan.nodes import PlanNode, node
from chainrule.plan.prepare import prepare
from chainrule.plan.scalar import Access
from chainrule.plan.schedule import CannotOverwriteError, scheduled
from chainrule.plan.steps import Array, Flow
from chainrule.plan.walks import dense
from chainrule.plan.writing import write


@dataclass(frozen=True, eq=False)
class Fused:
    """Kernels over buffers that have no place in the arena yet."""

    kernels: tuple[Kernel, ...]
    names: tuple[str, ...]
    buffers: tuple[Buffer, ...]
    constants: tuple[np.ndarray[Any, np.dtype[Any]], ...]


def fuse(flow: Flow, *, together: bool = True) -> Fused:
    """Group the steps and write the groups as kernels.

    Parameters
    ----------
    together : bool, default True
        False makes a kernel of every step: what fusion is compared with.
    """
    nodes = [node(place, step) for place, step in enumerate(prepare(flow))]
    refused: set[Array] = set()
    while True:
        try:
            return _fused(flow, nodes, refused, together)
        except CannotOverwriteError as error:
            refused.add(error.array)  # it is written elsewhere, and copied in the end


def _fused(flow: Flow, nodes: Sequence[PlanNode], refused: set[Array], together: bool) -> Fused:
    homes = Homes(flow.inputs)
    leaving = exits(flow, homes, refused)
    found = grouped(nodes, flow, leaving.updated, together)
    kernels: list[Kernel] = []
    names: list[str] = []
    for ref, array in leaving.first:
        target = Access(homes[array], dense(array.shape))
        kernels.append(copied(ref, target, array.shape, homes))
        names.append(f"copy of {ref.array.label or 'an input'}")
    ranks = {array: rank for rank, array in enumerate(leaving.updated)}
    for group in scheduled(found.groups, leaving.updated):
        written = write(group, found.stored, homes)
        over = sorted((array for array in group.made if array in ranks), key=ranks.__getitem__)
        for array in over:
            if leaving.updated[array] in _read(group):
                _check_in_place(written, array, homes)
        kernels += written
        names += [name_of(group, [leaving.updated[array] for array in over])] * len(written)
    kernels += _last(leaving, homes)
    names += ["copy to an output"] * len(leaving.last)
    return Fused(tuple(kernels), tuple(names), tuple(homes.buffers), tuple(homes.constants))


def _read(group: Group) -> set[Array]:
    return {read.array for node in group.nodes for read in node.reads}


def _check_in_place(kernels: Sequence[Kernel], array: Array, homes: Homes) -> None:
    """An input may be read by the kernel that writes over it, element by element."""
    home = homes[array]
    if len(kernels) != 1 or not same_elements(kernels[0].traffic, home, home):
        raise CannotOverwriteError(array)


def _last(leaving: Exits, homes: Homes) -> list[Kernel]:
    """Copies to outputs that share their memory with something else."""
    return [
        copied(operand, Access(home, dense(shape)), shape, homes)
        for operand, home, shape in leaving.last
    ]
