"""NativeEvaluation: the outputs of a net as machine code, for any number of rows.

Imports native_step, recording, plan and native. Program.predict runs it.
"""

import threading
from operator import is_
from typing import Any

import numpy as np

from chainrule.native.arrays import aligned
from chainrule.native.engine import compile_plan, target
from chainrule.native.executable import Feed
from chainrule.native.matmul.panels import in_panels, lay_out
from chainrule.nn import Module
from chainrule.plan.make import make
from chainrule.spec import Spec
from chainrule.train.native_step import COPIED
from chainrule.train.recording import Attributes, Recorded, recorded_outputs
from chainrule.train.steadiness import steady
from chainrule.train.surroundings import Surroundings

Array = np.ndarray[Any, np.dtype[Any]]
SMALL, LARGE = 128, 1024  # rows at a time
CACHED = 512 * 1024  # bytes of weights that a core's cache holds; larger ones want more rows
EXACT = 4  # sizes that are compiled as they come; others are made of powers of two


class NativeEvaluation:
    """``evaluation(x)`` returns the outputs for all rows."""

    def __init__(self, model: Module, scale: float) -> None:
        self._model, self._scale = model, scale
        self._lock = threading.Lock()
        self._arrange()
        self._surroundings = Surroundings(
            {"the model": model}, lambda: model.parameters().values()
        )

    def _arrange(self) -> None:
        """Look up what is evaluated; no recording holds any more."""
        model = self._model
        self._sizes: dict[Any, _Sized] = {}
        self._parameters = tuple(model.parameters().values())
        self._panels: dict[int, tuple[int, Array]] = {}  # weights with their versions
        self._has_buffers = bool(model.buffers())
        widest = max((p.value.nbytes for p in self._parameters), default=0)
        self._block = SMALL if widest <= CACHED else LARGE

    def __call__(self, x: Array) -> Array:
        with self._lock:
            if not self._surroundings.same() and self._surroundings.change():
                self._arrange()
            rows = len(x)
            found = self._sizes.get((x.shape, x.dtype))
            if found is not None or (rows <= self._block and len(self._sizes) < EXACT):
                return self._sized(x, rows).run(x)
            return self._by_blocks(x)

    def _by_blocks(self, x: Array) -> Array:
        """Whole blocks in one native call, then one that is filled up with rows of zeros."""
        size = self._block
        whole = len(x) // size * size
        parts = [self._sized(x, size).rounds(x[:whole])] if whole else []
        if whole < len(x) or not parts:
            rest = x[whole:]
            filled = np.zeros((_power_of_two(len(rest)), *x.shape[1:]), x.dtype)
            filled[: len(rest)] = rest
            parts.append(self._sized(filled, len(filled)).run(filled)[: len(rest)])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _sized(self, x: Array, rows: int) -> "_Sized":
        key = (rows, *x.shape[1:]), x.dtype
        found = self._sizes.get(key)
        if found is None:
            found = self._sizes[key] = self._recorded(Spec(*key))
        buffers = self._model.buffers() if self._has_buffers else {}
        arrays = [p.value for p in self._parameters]
        for number in found.panels:
            arrays[number] = self._in_panels(number, found.plan.inputs[number])
        found.bind([*arrays, *buffers.values()])
        return found

    def _recorded(self, x: Spec) -> "_Sized":
        def record(left: Attributes) -> Recorded:
            return recorded_outputs(self._model, x, self._scale)

        return _Sized(steady(record, self._surroundings, twice=False), x)

    def _in_panels(self, number: int, spec: Spec) -> Array:
        """A weight as it is now, laid out in panels; all numbers of rows read the same ones."""
        parameter = self._parameters[number]
        version, panels = self._panels.get(number, (-1, None))
        if panels is None:
            panels = aligned(spec.nbytes).view(spec.dtype).reshape(spec.shape)
        if version != parameter.changed:
            lay_out(parameter.value, panels)
            self._panels[number] = parameter.changed, panels
        return panels


class _Sized:
    """The machine code for one number of rows."""

    def __init__(self, recorded: Recorded, x: Spec) -> None:
        plan = make(recorded.flow)
        self.plan, self.panels = in_panels(plan, target())
        self._run = compile_plan(self.plan).run_object()
        self._place = len(self.plan.inputs) - 1
        self._out = self.plan.outputs[0]
        self._x = np.zeros(x.shape, x.dtype) if x.nbytes <= COPIED else None
        self._result = np.zeros(self._out.shape, self._out.dtype)
        self._rows, self._bound = x.shape[0], list[Array]()
        self._is_fed = False  # whether rounds left the run bound to arrays of others
        self._bind_own()

    def _bind_own(self) -> None:
        if self._x is not None:
            self._run.bind_input(self._place, self._x)
        self._run.bind_output(0, self._result)
        self._is_fed = False

    def bind(self, arrays: list[Array]) -> None:
        """Read these arrays of the net."""
        if self._bound and all(map(is_, arrays, self._bound)):
            return
        for number, array in enumerate(arrays):
            self._run.bind_input(number, array)
        self._bound = arrays

    def rounds(self, x: Array) -> Array:
        """The outputs for several times as many rows."""
        rows = self._rows
        outs = np.empty((len(x) // rows, *self._out.shape), self._out.dtype)
        feeds = [Feed.rows(self._place, x), Feed.output(0, outs)]
        self._is_fed = True
        if self._run.repeat(len(outs), feeds) < len(outs):
            raise self._run.failure()
        return outs.reshape(len(x), *self._out.shape[1:])

    def run(self, x: Array) -> Array:
        """The outputs, in an array of their own."""
        if self._is_fed:
            self._bind_own()
        if self._x is None:
            self._run.bind_input(self._place, x)
        else:
            self._x[...] = x
        self._run()
        return self._result.copy()


def _power_of_two(rows: int) -> int:
    """The smallest that is no less; 0 for no rows."""
    return 1 << (rows - 1).bit_length() if rows else 0
