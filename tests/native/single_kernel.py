"""One kernel as a plan of its own, compiled and run on arrays."""

import numpy as np

from chainrule.native.engine import compile_plan
from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.plan.alone import View
from chainrule.plan.buffers import Buffer
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import Access
from chainrule.spec import spec_of
from tests.native.loaded import run_units


def run(kernel, inputs, outputs=()):
    """Run a kernel whose buffers are the inputs, then the outputs; outputs keep what they hold."""
    inputs = [np.ascontiguousarray(x) for x in inputs]
    outputs = [np.array(x) for x in outputs]
    buffers = tuple(
        Buffer(x.size, x.dtype.name, place, i)
        for place, arrays in (("input", inputs), ("output", outputs))
        for i, x in enumerate(arrays)
    )
    specs = tuple(map(spec_of, inputs)), tuple(map(spec_of, outputs))
    plan = Plan(*specs, buffers, (kernel,), (), {}, 0, ("kernel",))
    compile_plan(plan).run_object()(inputs, outputs)
    return outputs


def run_in_parts(kernel, arrays, target):
    """Run a kernel in place, as written for a target, unit by unit from the last to the first."""
    module = Module()
    units = write(module, "kernel", kernel, target)
    one_by_one = [(unit, unit + 1) for unit in reversed(range(units))]
    run_units(module, arrays, one_by_one, status=np.zeros(4, np.int64))
    return units


def seen(buffer, view, whole):
    """A view of an array as a kernel sees it."""
    step = whole.itemsize
    offset = view.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    access = Access(buffer, tuple(s // step for s in view.strides), offset // step)
    return View(view.shape, access, whole.dtype.name)
