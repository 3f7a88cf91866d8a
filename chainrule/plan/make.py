"""Make: from a flow to a plan.

Imports simplify, fusion, row blocks, memory and the verifier. ``cr.compile`` and the training
program call it.
"""

import numpy as np

from chainrule.plan.blockwise import Blocks
from chainrule.plan.fuse import fuse
from chainrule.plan.memory import arrange
from chainrule.plan.plan import Plan
from chainrule.plan.row_blocks import CACHE, Cache, in_blocks
from chainrule.plan.simplify import simplify
from chainrule.plan.steps import Array, Flow, Operand, Ref
from chainrule.plan.verify import verify
from chainrule.spec import Spec


def make(flow: Flow, *, together: bool = True, cache: Cache = CACHE) -> Plan:
    """The plan of a recorded function: fused, ordered, with its arena laid out.

    Parameters
    ----------
    together : bool, default True
        False makes a kernel of every step: what fusion is compared with.
    cache : Cache
        Batches that do not fit it are computed in blocks of rows.
    """
    fused = fuse(simplify(flow), together=together)
    buffers, arena_bytes = arrange(fused.kernels, fused.buffers)
    blocks: tuple[Blocks, ...] = ()
    if arena_bytes >= 2 * cache.nbytes and together:
        lengths = [array.shape[0] for array in flow.inputs if array.shape]
        found = in_blocks(fused, lengths, cache)
        if found is not None:
            fused, blocks = found.fused, found.blocks
            buffers, arena_bytes = arrange(fused.kernels, fused.buffers, blocks)
    plan = Plan(
        inputs=tuple(_spec(array) for array in flow.inputs),
        outputs=tuple(_spec(output) for output in flow.outputs),
        buffers=buffers,
        kernels=fused.kernels,
        constants=fused.constants,
        updates=dict(flow.updates),
        arena_bytes=arena_bytes,
        names=fused.names,
        blocks=blocks,
    )
    if __debug__:
        verify(plan)
    return plan


def _spec(x: Array | Operand) -> Spec:
    shape = x.shape if isinstance(x, Array | Ref) else ()
    return Spec(shape, np.dtype(x.dtype))
