"""NativeEvaluation: the outputs of a net as machine code, for any number of rows.

Imports bound, recording, plan and native. Program.predict runs it.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.native.arrays import aligned
from chainrule.native.engine import target
from chainrule.native.matmul.panels import in_panels, lay_out
from chainrule.nn import Module
from chainrule.spec import Spec
from chainrule.train.native.bound import Bound
from chainrule.train.native.guards import Surroundings
from chainrule.train.native.planned import planned
from chainrule.train.native.recorded_outputs import recorded_outputs
from chainrule.train.native.recorded_step import Attributes, Recorded
from chainrule.train.native.steadiness import steady
from chainrule.train.streams import SINGLE, Arrays, Form, Rows, key_of, key_of_batch, specs_of

Array = np.ndarray[Any, np.dtype[Any]]
SMALL, LARGE = 128, 1024  # rows at a time
CACHED = 512 * 1024  # bytes of weights that a core's cache holds; larger ones want more rows
EXACT = 4  # sizes that are compiled as they come; others are made of powers of two


class NativeEvaluation:
    """``evaluation(form, arrays)`` returns the outputs for all rows, as the net returns them."""

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

    def __call__(self, form: Form, arrays: Arrays) -> Any:
        key = key_of(form, arrays)
        with self._lock:
            if not self._surroundings.same() and self._surroundings.change():
                self._arrange()
            found, count = self._sizes.get(key), len(arrays[0])
            if found is None:
                rows = Rows(arrays, form)
                if count > self._block or len(self._sizes) >= EXACT:
                    return self._by_blocks(rows)
                found = self._made(rows, count, key)
            self._hold(found)
            return found.alone(arrays) if found.out is SINGLE else found.out.of(found.run(arrays))

    def _by_blocks(self, rows: Rows) -> Any:
        """Whole blocks in one native call, then one that is filled up with rows of zeros."""
        size, count = self._block, rows.count
        whole = count // size * size
        rest = rows.part(whole, count).filled(_power_of_two(count - whole))
        if not whole:
            sized = self._sized(rest, rest.count)
            return sized.out.of([out[:count] for out in sized.run(rest.arrays)])
        sized = self._sized(rows, size)
        outs = sized.rounds([x[:whole] for x in rows.arrays], whole // size)
        if whole < count:
            last = self._sized(rest, rest.count).run(rest.arrays)
            outs = [
                np.concatenate([one, other[: count - whole]])
                for one, other in zip(outs, last, strict=True)
            ]
        return sized.out.of(outs)

    def _sized(self, rows: Rows, count: int) -> "_Sized":
        key = key_of_batch(rows, count)
        found = self._sizes.get(key) or self._made(rows, count, key)
        self._hold(found)
        return found

    def _hold(self, sized: "_Sized") -> None:
        """Let the machine code read the net's arrays as they are now."""
        buffers = self._model.buffers() if self._has_buffers else {}
        arrays = [p.value for p in self._parameters]
        for number in sized.panels:
            arrays[number] = self._in_panels(number, sized.plan.inputs[number])
        sized.hold([*arrays, *buffers.values()])

    def _made(self, rows: Rows, count: int, key: tuple[Any, ...]) -> "_Sized":
        specs = specs_of(rows, count)

        def record(left: Attributes) -> Recorded:
            return recorded_outputs(self._model, specs, rows.form, self._scale)

        made = _Sized(steady(record, self._surroundings, twice=False), len(specs))
        self._sizes[key] = made
        return made

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

    def __init__(self, recorded: Recorded, streams: int) -> None:
        self.plan, self.panels = in_panels(planned(recorded.flow), target())
        self.out, self._outs = recorded.out, self.plan.outputs
        self._results = [np.zeros(spec.shape, spec.dtype) for spec in self._outs]
        self._bound = Bound(self.plan, streams, (), dict(enumerate(self._results)))
        self.hold = self._bound.hold

    def rounds(self, arrays: Sequence[Array], count: int) -> list[Array]:
        """The outputs for so many times as many rows."""
        outs = [np.empty((count, *spec.shape), spec.dtype) for spec in self._outs]
        if self._bound.loop(count, arrays, None, (), range(len(outs)), outs) < count:
            raise self._bound.failure()
        return [out.reshape(count * out.shape[1], *out.shape[2:]) for out in outs]

    def alone(self, arrays: Sequence[Array]) -> Array:
        """The output of a net that has one."""
        self._bound.run(arrays)
        return self._results[0].copy()

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs, in arrays of their own."""
        self._bound.run(arrays)
        return [result.copy() for result in self._results]


def _power_of_two(rows: int) -> int:
    """The smallest that is no less; 0 for no rows."""
    return 1 << (rows - 1).bit_length() if rows else 0
