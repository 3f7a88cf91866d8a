"""The emitters: one file for each kind of kernel in ``plan.kinds``, found by its name.

Imports every file of the folder. The module calls ``write`` for each kernel.

A file has ``emit(kernel, function)``, which writes what the function computes and returns its
number of units. A kind that is worth sharing out to threads, or that need not be fast where there
is little of it, has ``microseconds(kernel)`` too: its estimated time on one core. One that runs a
plan of its own has ``record``: what it is told of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from chainrule.native.frame import Frame
from chainrule.native.ir import INDEX, POINTER, Builder, Module
from chainrule.native.kernel_function import Function
from chainrule.native.target import Target
from chainrule.plan.kernel import Kernel
from chainrule.plan.kinds import KINDS

LARGE_US = 20  # handing over costs 1 us; 10 us if the other threads sleep by then


@dataclass(frozen=True)
class Emitter:
    """How a kind of kernel becomes machine code."""

    emit: Callable[[Any, Function], int]
    microseconds: Callable[[Any], float] | None
    record: Callable[..., Any] | None


def write(module: Module, name: str, kernel: Kernel, target: Target) -> int:
    """Write the function of a kernel: buffer n of it is the one at slot FIRST_SLOT + n.

    Returns
    -------
    int
        How many units there are, for threads to share.
    """
    b = Builder(module, name, [(POINTER, "table"), (INDEX, "begin"), (INDEX, "end")])
    table, begin, end = b.arguments
    function = Function(Frame(b, table, kernel), begin, end, target)
    units = _EMITTERS[type(kernel)].emit(kernel, function)
    b.finish()
    return units


def microseconds(kernel: Kernel) -> float | None:
    """Estimated time on one core; None where nobody estimates it."""
    estimate = _EMITTERS[type(kernel)].microseconds
    return estimate and estimate(kernel)


def is_large(kernel: Kernel) -> bool:
    """Whether a second thread saves more than it costs."""
    return (microseconds(kernel) or 0.0) >= LARGE_US


def record(kernel: Kernel, places: Any, table: int, function: int) -> Any:
    """What a kernel is told of the plan that it runs; see looping.py.

    Parameters
    ----------
    kernel : Kernel
        Over buffers 0, 1, 2, ..., whose addresses stand in its table.
    places : mapping
        Where in the table of the inner run the addresses of its inputs and outputs stand.
    table : int
        The address of that table.
    function : int
        The address of chainrule_loop.
    """
    make = _EMITTERS[type(kernel)].record
    assert make is not None, "only a kernel that runs a plan is told of it"
    return make(kernel, places, table, function)


def _found(name: str) -> Emitter:
    module = f"{__name__}.{name}"
    file: Any = import_module(module) if find_spec(module) else None
    if not hasattr(file, "emit"):
        raise ImportError(
            f"plan/kinds/{name}.py is a kind of kernel that nobody emits. Write "
            f"native/kinds/{name}.py with a function emit."
        )
    return Emitter(file.emit, getattr(file, "microseconds", None), getattr(file, "record", None))


_EMITTERS: Mapping[type[Kernel], Emitter] = MappingProxyType(
    {kind: _found(name) for name, kind in KINDS.items()}
)
