"""Module: the text of a whole plan: its kernels, and the function that calls them in order.

Imports the emitters. The engine compiles what it returns, unless a compiled copy is at hand.
"""

from collections.abc import Sequence

from chainrule.native.bounds import emit_bounds
from chainrule.native.frame import CALLBACK_SLOT, STATUS_SLOT
from chainrule.native.ir import INDEX, POINTER, Builder, Module, Value, integer
from chainrule.native.mask import emit_fold, emit_mask
from chainrule.native.matmul import emit_matmul
from chainrule.native.pointwise import emit_pointwise
from chainrule.native.rows import emit_row
from chainrule.native.scan import emit_scan
from chainrule.native.scatter import emit_scatter
from chainrule.native.sort import emit_sort
from chainrule.native.spreading import SPREAD
from chainrule.native.target import Target
from chainrule.native.work import is_large
from chainrule.plan.buffers import Buffer
from chainrule.plan.kernels import (
    Bounds,
    Fold,
    Kernel,
    Mask,
    Matmul,
    Opaque,
    Pointwise,
    Row,
    Scan,
    Scatter,
    Sort,
)
from chainrule.plan.plan import Plan

RUN = "run"  # i64 @run(ptr table, i64 threads): 0, or the status at which it ended
ENTRY = [("ptr", "table"), (INDEX, "threads")]


def assemble(plan: Plan, target: Target) -> Module:
    """The text of a plan. What it declares and does not define must be given when it is loaded."""
    module = Module()
    units = [
        _emit(module, f"kernel{i}", kernel, plan.buffers, target, i)
        for i, kernel in enumerate(plan.kernels)
    ]
    _write_run(module, plan.kernels, units)
    return module


def _emit(
    module: Module, name: str, kernel: Kernel, buffers: Sequence[Buffer], target: Target, i: int
) -> int:
    """Write a kernel's function; how many units it has."""
    match kernel:
        case Pointwise():
            return emit_pointwise(module, name, kernel, buffers, target)
        case Row():
            return emit_row(module, name, kernel, buffers, target)
        case Matmul():
            return emit_matmul(module, name, kernel, buffers, target)
        case Scatter():
            return emit_scatter(module, name, kernel, buffers, target)
        case Scan():
            return emit_scan(module, name, kernel, buffers, target)
        case Sort():
            return emit_sort(module, name, kernel, buffers, target)
        case Mask():
            return emit_mask(module, name, kernel, buffers, target)
        case Fold():
            return emit_fold(module, name, kernel, buffers, target)
        case Bounds():
            return emit_bounds(module, name, kernel, buffers, target, i)
        case Opaque():
            return 1


def _write_run(module: Module, kernels: Sequence[Kernel], units: Sequence[int]) -> None:
    """Call the kernels one after another; stop where one leaves a status."""
    b = Builder(module, RUN, ENTRY, INDEX)
    table, threads = b.arguments
    status = b.load(b.at(table, integer(STATUS_SLOT), POINTER), POINTER, 8)
    for i, (kernel, count) in enumerate(zip(kernels, units, strict=True)):
        whole = integer(count)
        if isinstance(kernel, Opaque):
            back = b.load(b.at(table, integer(CALLBACK_SLOT), POINTER), POINTER, 8)
            b.line(f"call void {back.text}(i64 {i})")
        elif count > 1 and is_large(kernel):
            module.declare(SPREAD, f"declare void @{SPREAD}(ptr, ptr, i64, i64)")
            function = Value(f"@kernel{i}", POINTER)
            b.call("void", SPREAD, function, table, whole, threads)
        else:
            b.call("void", f"kernel{i}", table, integer(0), whole)
        if isinstance(kernel, Opaque | Bounds):
            found = b.load(status, INDEX, 8)
            with b.when(b.compare("ne", found, integer(0))):
                b.line(f"ret {found}")
                b.begin(b.fresh("never"))
    b.finish(integer(0))
