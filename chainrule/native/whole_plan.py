"""Module: the text of a whole plan: its kernels, and the function that calls them in order.

Imports the emitters. The engine compiles what it returns, unless a compiled copy is at hand.
"""

from collections.abc import Sequence

from chainrule.native.frame import STATUS_SLOT
from chainrule.native.ir import INDEX, POINTER, Builder, Module, Value, integer
from chainrule.native.kinds import is_large, write
from chainrule.native.spreading import SPREAD
from chainrule.native.target import Target
from chainrule.plan.kernel import Kernel
from chainrule.plan.plan import Plan

RUN = "run"  # i64 @run(ptr table, i64 threads): 0, or the status at which it ended
ENTRY = [("ptr", "table"), (INDEX, "threads")]


def assemble(plan: Plan, target: Target) -> Module:
    """The text of a plan. What it declares and does not define must be given when it is loaded."""
    module = Module()
    units = [
        write(module, f"kernel{i}", kernel, plan.buffers, target, i)
        for i, kernel in enumerate(plan.kernels)
    ]
    _write_run(module, plan.kernels, units)
    return module


def _write_run(module: Module, kernels: Sequence[Kernel], units: Sequence[int]) -> None:
    """Call the kernels one after another; stop where one leaves a status."""
    b = Builder(module, RUN, ENTRY, INDEX)
    table, threads = b.arguments
    status = b.load(b.at(table, integer(STATUS_SLOT), POINTER), POINTER, 8)
    for i, (kernel, count) in enumerate(zip(kernels, units, strict=True)):
        whole = integer(count)
        if count > 1 and is_large(kernel):
            module.declare(SPREAD, f"declare void @{SPREAD}(ptr, ptr, i64, i64)")
            function = Value(f"@kernel{i}", POINTER)
            b.call("void", SPREAD, function, table, whole, threads)
        else:
            b.call("void", f"kernel{i}", table, integer(0), whole)
        if kernel.may_end:
            found = b.load(status, INDEX, 8)
            with b.when(b.compare("ne", found, integer(0))):
                b.line(f"ret {found}")
                b.begin(b.fresh("never"))
    b.finish(integer(0))
