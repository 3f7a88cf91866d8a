"""The machine code of one kernel's text, which is compiled once however often it is asked for."""

import ctypes
import functools
from itertools import pairwise

from llvmlite import binding

from chainrule.native.frame import FIRST_SLOT, STATUS_SLOT


def machine():
    """LLVM for this CPU; what is compiled with it takes it along."""
    triple, name, features = _host()
    return triple.create_target_machine(cpu=name, features=features, opt=1)


@functools.cache
def _host():
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    return binding.Target.from_default_triple(), binding.get_host_cpu_name(), features


@functools.lru_cache(maxsize=2000)
def loaded(text):
    """The function "kernel" of LLVM's text: (table, first unit, end)."""
    parsed = binding.parse_assembly(text)
    parsed.verify()
    engine = binding.create_mcjit_compiler(parsed, machine())
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    function = kind(engine.get_function_address("kernel"))
    function.engine = engine  # keeps the code in memory
    return function


def run_units(module, arrays, spans, status=None):
    """Run a module's kernel on arrays, in place, over spans of its units."""
    function = loaded(str(module))
    pointers = [None] * FIRST_SLOT + [x.ctypes.data for x in arrays]
    if status is not None:
        pointers[STATUS_SLOT] = status.ctypes.data
    table = (ctypes.c_void_p * len(pointers))(*pointers)
    for begin, end in spans:
        function(ctypes.addressof(table), begin, end)


def cut(units, shares):
    """Spans that end after these shares of the units."""
    return pairwise(sorted({0, units, *(int(units * share) for share in shares)}))
