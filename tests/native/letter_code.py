"""Letters compiled one by one: a loop over arrays, in vectors of a chosen width."""

import ctypes
import functools

import llvmlite.binding as llvm
import numpy as np

from chainrule.native.frame import REGISTER, literal
from chainrule.native.host import used
from chainrule.native.ir import Builder, Module, integer, vector
from chainrule.native.letters import apply, resolve

WIDTHS = (1, 2, 3, 4, 8, 16)


@functools.cache
def compiled(letter, dtypes, dtype, lanes, cpu="", bounds=()):
    """A function of arrays; ``cpu`` names a plainer one than the host's, such as x86-64.

    ``bounds`` are further operands, of the dtype of the result, that the code holds as numbers.
    """
    text, declared = _text(letter, dtypes, dtype, lanes, bounds)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for symbol in declared:
        if symbol.startswith("cr_"):
            llvm.add_symbol(symbol, resolve(symbol))
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu or llvm.get_host_cpu_name(),
        features="" if cpu else _features(),
        opt=2,
    )
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    kinds = [ctypes.c_void_p] * (len(dtypes) + 1)
    function = ctypes.CFUNCTYPE(None, *kinds, ctypes.c_int64)(engine.get_function_address("f"))

    def call(*arrays):
        count = -(-arrays[0].size // lanes) * lanes
        filled = [
            np.concatenate([np.asarray(a, d), np.ones(count - a.size, d)])
            for a, d in zip(arrays, dtypes, strict=True)
        ]
        out = np.empty(count, dtype)
        function(out.ctypes.data, *(a.ctypes.data for a in filled), count)
        return out[: arrays[0].size]

    call.engine = engine  # keeps the code in memory
    return call


def _features():
    """Those that the engine compiles for."""
    found = used(llvm.get_host_cpu_features())
    return ",".join(f"{'+' if has else '-'}{name}" for name, has in found.items())


def of_floats(letter, dtype, lanes=8, cpu="", inputs=1, bounds=()):
    """A letter from floats to floats of one dtype."""
    return compiled(letter, (dtype,) * inputs, dtype, lanes, cpu, bounds)


def _text(letter, dtypes, dtype, lanes, bounds):
    """LLVM's text of f(out, x, y, ..., count), and what it declares."""
    module = Module()
    names = ["out", *(f"x{i}" for i in range(len(dtypes)))]
    b = Builder(module, "f", [*(("ptr noalias", name) for name in names), ("i64", "count")])
    out, *inputs, count = b.arguments
    with b.loop(integer(0), count, step=lanes) as loop:
        operands = []
        for pointer, kind in zip(inputs, dtypes, strict=True):
            memory = "i8" if kind == "bool" else REGISTER[kind]
            value = b.load(b.at(pointer, loop.index, memory), vector(memory, lanes), 1)
            operands.append(b.convert("trunc", value, "i1") if kind == "bool" else value)
        operands += [literal(bound, dtype, lanes) for bound in bounds]
        kinds = [*dtypes, *[dtype] * len(bounds)]
        result = apply(b, letter, operands, kinds, dtype)
        assert result.type == vector(REGISTER[dtype], lanes)
        result = b.convert("zext", result, "i8") if dtype == "bool" else result
        b.store(result, b.at(out, loop.index, result.scalar), 1)
    b.finish()
    return str(module), list(module.declarations)
