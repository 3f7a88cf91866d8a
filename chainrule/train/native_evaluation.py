"""NativeEvaluation: the outputs of a net as machine code, for any number of rows.

Imports recording, plan and native. Program.predict runs it.
"""

import threading
from typing import Any

import numpy as np

from chainrule.native.engine import compile_plan
from chainrule.nn import Module
from chainrule.plan.make import make
from chainrule.spec import Spec
from chainrule.train.recording import recorded_outputs

Array = np.ndarray[Any, np.dtype[Any]]
LARGEST = 1024  # rows at a time: their activations stay in the cache
EXACT = 4  # sizes that are compiled as they come; others are made of the powers of two among these
COPIED = 64 * 1024  # bytes that are copied rather than bound


class NativeEvaluation:
    """``evaluation(x)`` returns the outputs for all rows."""

    def __init__(self, model: Module, scale: float) -> None:
        self._model, self._scale = model, scale
        self._sizes: dict[Any, _Sized] = {}
        self._parameters = model.parameters()
        self._has_buffers = bool(model.buffers())
        self._lock = threading.Lock()

    def __call__(self, x: Array) -> Array:
        with self._lock:
            rows = len(x)
            found = self._sizes.get((x.shape, x.dtype))
            if found is not None or (rows <= LARGEST and len(self._sizes) < EXACT):
                found = found or self._sized(x, rows)
                found.bind(self._arrays())
                return found.run(x)
            return self._by_parts(x)

    def _by_parts(self, x: Array) -> Array:
        """Blocks of the largest size, then one block that is filled up with copies of a row."""
        parts: list[Array] = []
        for start in range(0, max(len(x), 1), LARGEST):
            part = x[start : start + LARGEST]
            rows = len(part)
            size = 1 << max(rows - 1, 0).bit_length() if rows else 0
            if size > rows:
                filled = np.zeros((size, *x.shape[1:]), x.dtype)
                filled[:rows] = part
                part = filled
            sized = self._sized(part, size)
            sized.bind(self._arrays())
            parts.append(sized.run(part)[:rows])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _sized(self, x: Array, rows: int) -> "_Sized":
        key = (rows, *x.shape[1:]), x.dtype
        found = self._sizes.get(key)
        if found is None:
            found = self._sizes[key] = _Sized(self._model, Spec(*key), self._scale)
        return found

    def _arrays(self) -> list[Array]:
        buffers = self._model.buffers() if self._has_buffers else {}
        return [*(p.value for p in self._parameters.values()), *buffers.values()]


class _Sized:
    """The machine code for one number of rows."""

    def __init__(self, model: Module, x: Spec, scale: float) -> None:
        self.plan = make(recorded_outputs(model, x, scale).flow)
        self._run = compile_plan(self.plan).run_object()
        self._place = len(self.plan.inputs) - 1
        self._out = self.plan.outputs[0]
        self._x = np.zeros(x.shape, x.dtype) if x.nbytes <= COPIED else None
        self._result = np.zeros(self._out.shape, self._out.dtype)
        if self._x is not None:
            self._run.bind_input(self._place, self._x)
        self._run.bind_output(0, self._result)
        self._bound: list[Array] = []

    def bind(self, arrays: list[Array]) -> None:
        """Read these arrays of the net."""
        if all(x is y for x, y in zip(arrays, self._bound, strict=False)) and self._bound:
            return
        for number, array in enumerate(arrays):
            self._run.bind_input(number, array)
        self._bound = arrays

    def run(self, x: Array) -> Array:
        """The outputs, in an array of their own."""
        if self._x is None:
            self._run.bind_input(self._place, x)
        else:
            self._x[...] = x
        self._run()
        return self._result.copy()
