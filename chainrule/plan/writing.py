"""Writing: a group of nodes becomes a kernel.

Imports groups, batches, bodies, copies, passes and the kinds of loops. Fusion writes every group
once the groups stand.
"""

from collections.abc import Mapping, Set
from typing import cast

from chainrule.plan.alone import Alone
from chainrule.plan.bodies import Writer
from chainrule.plan.copy_kernels import assembled, cleared
from chainrule.plan.kernel import Kernel
from chainrule.plan.kernel_groups import Group
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.matrix_batches import product_strides
from chainrule.plan.passes import write_row
from chainrule.plan.scalar import Access, Body, Store
from chainrule.plan.steps import Array, Assemble, Map, Pick, Product, Step


def write(group: Group, stored: Set[Array], buffers: Mapping[Array, int]) -> list[Kernel]:
    """The kernels of a group; ``stored``: the arrays that stand in memory."""
    if group.kind == "alone":
        return _alone(group.nodes[0].step, buffers)
    if group.kind == "row":
        return [write_row(group, stored, buffers)]
    writer = Writer(group.lengths, buffers)
    if group.kind == "product":
        return [_matmul(group, stored, buffers)]
    body, stores = _loop(writer, group, stored)
    return [Pointwise(group.lengths, body, stores)]


def _alone(step: Step, buffers: Mapping[Array, int]) -> list[Kernel]:
    """The kernels of a step that is not fused."""
    if isinstance(step, Assemble):
        return [*assembled(step, buffers)]
    assert isinstance(step, Alone)
    fills = [cleared(out, buffers) for out in step.outs() if step.clears]
    return [*fills, step.placed(buffers.__getitem__)]


def _loop(writer: Writer, group: Group, stored: Set[Array]) -> tuple[Body, tuple[Store, ...]]:
    """All maps of a group, and the stores of what stands in memory."""
    for node in group.nodes:
        if node.kind == "map":
            writer.compute(cast("Map | Pick", node.step))
    stores = [
        writer.store(node.out, writer.buffers[node.out])
        for node in group.nodes
        if node.out in stored and node.out in group.made
    ]
    return writer.body, tuple(stores)


def _matmul(group: Group, stored: Set[Array], buffers: Mapping[Array, int]) -> Matmul:
    step = next(node.step for node in group.nodes if node.kind == "product")
    assert isinstance(step, Product)
    writer = Writer(group.lengths, buffers, {step.out: 0})
    writer.values[step.out] = writer.operand(step.out.ref())
    one, other = product_strides(step)
    a = Access(buffers[step.a.array], one, step.a.offset)
    b = Access(buffers[step.b.array], other, step.b.offset)
    body, stores = _loop(writer, group, stored)
    *batch, rows, columns = group.lengths
    depth, dtype = step.a.shape[-1], step.out.dtype
    return Matmul(tuple(batch), rows, depth, columns, a, b, dtype, body, stores)
