"""Matmul: the function of a product, which is a loop over its units.

Imports the package of products: normal, schedule and block.
"""

from collections.abc import Sequence
from math import ceil, prod

from chainrule.native import cycles as costs
from chainrule.native.ir import Builder, Value, integer
from chainrule.native.kernel_function import Function
from chainrule.native.matmul.block import Block
from chainrule.native.matmul.blocking import schedule
from chainrule.native.matmul.normal_form import normal
from chainrule.plan.kinds.matmul import Matmul

FLOPS_PER_CYCLE = 20  # of a product of float32; two thirds of what the registers could do


def emit(kernel: Matmul, function: Function) -> int:
    """Write it; the number of units."""
    b = function.builder
    kernel = normal(kernel)
    if prod(kernel.batch) * kernel.rows * kernel.columns == 0:
        return 1
    cut = schedule(kernel, function.target)
    begin, end = function.begin, function.end
    block = Block(function.frame, kernel, cut)
    down = ceil(cut.grid.tiles / cut.tiles_per_unit)
    across = ceil(cut.grid.panels / cut.panels_per_unit)
    parts, per = prod(kernel.batch) * down * across, cut.batches_per_unit
    last = b.intrinsic("smin", b.mul(end, integer(per)), integer(parts))
    with b.loop(b.mul(begin, integer(per)), last) as part:
        which, column = _split(b, part.index, across)
        which, row = _split(b, which, down)
        tiles = _range(b, row, cut.tiles_per_unit, cut.grid.tiles)
        panels = _range(b, column, cut.panels_per_unit, cut.grid.panels)
        block.write(_places(b, which, kernel.batch), tiles, panels)
    return ceil(parts / per)


def microseconds(kernel: Matmul) -> float:
    """Estimated time on one core."""
    size = 2 if kernel.dtype == "float64" else 1
    depth = 2 * kernel.depth * size / FLOPS_PER_CYCLE / costs.CYCLES_PER_US
    places = prod(kernel.batch) * kernel.rows * kernel.columns
    return places * (depth + costs.microseconds(kernel.body))


def _places(b: Builder, number: Value, batch: Sequence[int]) -> list[Value]:
    """Indices of the batch axes."""
    places: list[Value] = []
    for n in reversed(batch):
        number, place = _split(b, number, n)
        places.insert(0, place)
    return places


def _split(b: Builder, number: Value, n: int) -> tuple[Value, Value]:
    if n == 1:
        return number, integer(0)
    return b.binary("udiv", number, integer(n)), b.binary("urem", number, integer(n))


def _range(b: Builder, which: Value, per: int, n: int) -> tuple[Value, Value]:
    if per >= n:
        return integer(0), integer(n)
    first = b.mul(which, integer(per))
    return first, b.intrinsic("smin", b.add(first, integer(per)), integer(n))
