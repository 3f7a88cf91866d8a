"""The emitters: one file for each kind of kernel in ``plan.kinds``, found by its name.

Imports every file of the folder. The module writes kernels through ``emitter``.

A file has ``emit(module, name, kernel, buffers, target, number)``, which writes the function
``void @name(ptr %table, i64 %begin, i64 %end)`` and returns its number of units; the kernel's own
number in the plan is given last. A kind that is worth sharing out to threads has
``microseconds(kernel)`` too: its estimated time on one core.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from chainrule.plan.kernel import Kernel
from chainrule.plan.kinds import KINDS

LARGE_US = 20  # handing over costs 1 us; 10 us if the other threads sleep by then


@dataclass(frozen=True)
class Emitter:
    """How a kind of kernel becomes machine code."""

    emit: Callable[..., int]
    microseconds: Callable[[Any], float]


def emitter(kernel: Kernel) -> Emitter:
    """That of a kernel."""
    return _EMITTERS[type(kernel)]


def is_large(kernel: Kernel) -> bool:
    """Whether a second thread saves more than it costs."""
    return emitter(kernel).microseconds(kernel) >= LARGE_US


def _found(name: str) -> Emitter:
    module = f"{__name__}.{name}"
    file: Any = import_module(module) if find_spec(module) else None
    if not hasattr(file, "emit"):
        raise ImportError(
            f"plan/kinds/{name}.py is a kind of kernel that nobody emits. Write "
            f"native/kinds/{name}.py with a function emit."
        )
    return Emitter(file.emit, getattr(file, "microseconds", _never_spread))


def _never_spread(kernel: Kernel) -> float:
    return 0.0


_EMITTERS: Mapping[type[Kernel], Emitter] = MappingProxyType(
    {kind: _found(name) for name, kind in KINDS.items()}
)
