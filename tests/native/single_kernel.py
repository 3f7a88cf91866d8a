"""One kernel as a plan of its own, compiled and run on arrays."""

import ctypes

import numpy as np
from llvmlite import binding

from chainrule.native.engine import compile_plan
from chainrule.native.frame import FIRST_SLOT, STATUS_SLOT
from chainrule.native.ir import Module
from chainrule.plan.buffers import Buffer
from chainrule.plan.plan import Plan
from chainrule.spec import spec_of
from tests.native.drawn_kernels import machine


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


def run_in_parts(emit, kernel, arrays, target):
    """Run a kernel in place, as written for a target, unit by unit from the last to the first."""
    module = Module()
    buffers = [Buffer(x.size, x.dtype.name, "input", i) for i, x in enumerate(arrays)]
    units = emit(module, "kernel", kernel, buffers, target)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    engine = binding.create_mcjit_compiler(parsed, machine())
    engine.finalize_object()
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(
        engine.get_function_address("kernel")
    )
    status = np.zeros(4, np.int64)
    pointers = [None] * FIRST_SLOT + [x.ctypes.data for x in arrays]
    pointers[STATUS_SLOT] = status.ctypes.data
    table = (ctypes.c_void_p * len(pointers))(*pointers)
    for unit in reversed(range(units)):
        function(ctypes.addressof(table), unit, unit + 1)
    return units


def access(buffer, view, whole):
    """How a view of an array reaches its elements, in elements."""
    step = whole.itemsize
    offset = view.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    return (buffer, tuple(s // step for s in view.strides), offset // step)
