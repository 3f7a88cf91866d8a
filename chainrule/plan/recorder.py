"""Recorder: the steps of a recording as they come; and Recorded, the symbol that stands in it.

Imports the graph's symbol, steps and views. record.py opens a Recorder; the rules in lower/ write
their steps through it.
"""

import functools
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NoReturn

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.guard import COPY_BYTES, fingerprint
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.leaving import asked_by
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import Op, compute
from chainrule.graph.op.rule_call import called_back
from chainrule.graph.readings.reading import told
from chainrule.graph.readings.unvalued import Unvalued
from chainrule.plan.kinds.bounds import FINITE, Bounds
from chainrule.plan.repeated import Repeated
from chainrule.plan.steps import Array, Map, Number, Operand, Ref, Step
from chainrule.plan.views import broadcasted, is_whole
from chainrule.spec import is_array, is_sequence, is_tuple

NATIVE = frozenset(
    {"bool", "float32", "float64"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
Lower = Callable[["Recorder", Op, tuple[Any, ...]], Any]


class Recorded(Unvalued):
    """A tensor of a recording: a view of what a step will make. Asking for its values raises."""

    __slots__ = ("_dtype", "recorder", "ref")

    def __init__(self, ref: Ref, recorder: "Recorder") -> None:
        self.ref = ref
        self.recorder = recorder
        self._dtype = np.dtype(ref.dtype)

    @property
    def depth(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]  of a recording
        """A derivative taken inside the recorded function stands above it."""
        return self.recorder.depth

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.ref.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self._dtype

    def follow(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Write down the steps that compute the op."""
        return self.recorder.read(op, operands)

    def entered(self, x: Any) -> "Recorded":
        """An array as a tensor of the same recording."""
        return self.recorder.symbol(self.recorder.ref(x))

    def by_rule(self, rule: Callable[..., Any], *operands: Any) -> Any:
        """A rule for tensors that lie as others did: what it wrote for those, for these."""
        return self.recorder.repeated(rule, *operands)

    def call_back(
        self, op: Op, rule: str, given: Sequence[Any], wanted: Sequence[bool]
    ) -> list[Any]:
        """A user's rule that wants arrays: Python is called for it when the plan runs."""
        return called_back(op, rule, given, wanted)

    def backward(self, *args: Any, **keywords: Any) -> NoReturn:
        """Raise: no gradient is left in a tensor when the plan runs."""
        raise UnsupportedError(
            "backward() would leave gradients in tensors, but this function is being recorded.",
            found=[describe("x", self)],
            do="Take cr.value_and_grad(loss)(parameter) inside, and return the gradients.",
        )

    def __repr__(self) -> str:
        return f"Recorded({self.shape}, {self.dtype})"

    def no_value(self, asked: str) -> UnsupportedError:
        """The error for what was asked."""
        call, instead = asked_by(asked)
        return UnsupportedError(
            f"{call} asks for a value, but this function is being recorded: values come later.",
            found=[describe("x", self)],
            do=instead
            + (
                "Choose with where(condition, x, y), decide by x.shape or x.dtype, or leave this "
                "line out of the compiled function."
            ),
        )


class Recorder:
    """Collects steps, and the arrays that flow in as constants.

    Parameters
    ----------
    lower : callable
        How an op becomes steps.
    depth : int
        Of the derivative that the recording stands for: one inside all that stand.
    closed_over : ClosedOver, optional
        What stands in for the parameters that flow in.
    """

    def __init__(self, lower: Lower, depth: int, closed_over: Any = None) -> None:
        self.closed_over = closed_over
        if closed_over is not None:
            closed_over.recorder = self
        self.steps: list[Step] = []
        self._checked: list[tuple[int, Bounds[Ref]]] = []  # with their places among the steps
        self.depth = depth
        self.is_open = True
        self.reading: list[tuple[Op, tuple[Any, ...]]] = []  # formulas, the innermost last
        self._lower = lower
        self._constants: dict[int, tuple[Any, Any, Operand]] = {}
        self.label = ""  # what the user calls the op that is being read
        self.asked = 0  # how often it was looked up what has been checked
        self.repeated = Repeated()

    def nested(self, depth: int) -> "Recorder":
        """One for a part that becomes a plan of its own."""
        return Recorder(self._lower, depth)

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Lower an op; what it is called by the user names the arrays it leaves."""
        if op is CATALOGUE.standard["divide"] and isinstance(operands[1], Constant):
            # Named constants are rounded anyway: x / sqrt(2) costs ten times x * (1 / sqrt(2)).
            op, operands = CATALOGUE.standard["multiply"], (operands[0], 1 / operands[1].value)
        values = tuple(map(self._plain, operands))
        if all(x.size == 0 for x in values if isinstance(x, Recorded)):  # nothing is unknown
            return compute(op, [_emptied(x) for x in values])
        outer, self.label = self.label, self.label or op.name
        try:
            with told(op, operands):
                return self._lower(self, op, values)
        finally:
            self.label = outer

    def _plain(self, x: Any) -> Any:
        """An operand as rules take it: Recorded, array, Python number, or None."""
        if self.closed_over is not None and self.is_open:
            x = self.closed_over.met(x)
        while isinstance(x, Node | Constant):
            x = x.value
        if isinstance(x, Recorded):
            if x.recorder is not self or not self.is_open:
                raise _foreign(x)
            return x
        if isinstance(x, Symbol):
            raise _foreign(x)
        if is_array(x) or is_sequence(x) or isinstance(x, np.generic):
            return np.asarray(x)  # pyright: ignore[reportUnknownArgumentType]  any numbers
        return x

    # What rules write with.
    def array(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """A new array for the result of a step."""
        return Array(shape, name_of(np.dtype(dtype)), label=self.label)

    def emit(self, step: Any) -> Ref:
        """Write down a step with one result; one without elements is a constant at once."""
        out: Array = step.out
        if out.size == 0:
            return Array(out.shape, out.dtype, np.zeros(out.shape, out.dtype), out.label).ref()
        self.steps.append(step)
        return out.ref()

    def symbol(self, ref: Ref) -> Recorded:
        """What flows on through the user's function."""
        return Recorded(ref, self)

    def map(self, letter: str, operands: Sequence[Operand], shape: Any, dtype: Any) -> Ref:
        """A letter on operands that are of one dtype, and broadcast to the shape here."""
        spread = tuple(broadcasted(x, shape) if isinstance(x, Ref) else x for x in operands)
        return self.emit(Map(letter, spread, self.array(shape, dtype)))

    def operand(self, x: Any) -> Operand:
        """A Ref, or a Number where an array of one value or a Python number stands."""
        if isinstance(x, Ref | Number):
            return x
        if isinstance(x, Recorded):
            return x.ref
        if isinstance(x, bool | int | float):
            return Number(x, np.asarray(x).dtype.name)
        return self._constant(x)

    def cast(self, x: Any, dtype: Any) -> Operand:
        """An operand of this dtype; a Python number is weak and simply takes it."""
        dtype = np.dtype(dtype)
        if isinstance(x, bool | int | float):
            return number(np.asarray(x, dtype))
        found = self.operand(x)
        if found.dtype == name_of(dtype):
            return found
        if isinstance(found, Number):
            with np.errstate(all="ignore"):
                return number(np.asarray(found.value, found.dtype).astype(dtype))
        return self.map("cast", (found,), found.shape, dtype)

    def ref(self, x: Any, dtype: Any = None) -> Ref:
        """A Ref of the operand's own shape."""
        found = self.operand(x) if dtype is None else self.cast(x, dtype)
        return found if isinstance(found, Ref) else self.filled(found, np.shape(x))

    def filled(self, value: Number, shape: tuple[int, ...]) -> Ref:
        """One number everywhere."""
        one = np.full((1,) * len(shape), value.value, value.dtype)
        return broadcasted(Array(one.shape, value.dtype, one, self.label).ref(), shape)

    def copied(self, ref: Ref) -> Ref:
        """The elements in a row of their own."""
        return ref if is_whole(ref) else self.map("copy", (ref,), ref.shape, ref.dtype)

    def coordinate(self, axis: int, shape: tuple[int, ...]) -> Ref:
        """Each element's index along an axis."""
        return self.map("coordinate", (Number(axis, "int64"),), shape, np.int64)

    def check(self, x: Ref, low: int, high: int, what: str) -> None:
        """Every element must lie in [low, high) when the plan runs; once is enough."""
        known = self._checks(x)
        if not any(low <= check.low and check.high <= high for check in known):
            check = Bounds(x, low, high, what)
            self._checked.append((len(self.steps), check))
            self.steps.append(check)

    def require_finite(self, x: Ref) -> None:
        """The run ends before it writes over anything if x holds NaN or infinity."""
        finite = self.map("isfinite", (x,), x.shape, np.bool_)
        self.check(self.map("cast", (finite,), x.shape, np.int64), 1, 2, FINITE)

    def lowest(self, x: Ref) -> float:
        """The least value that x can have, as far as checks tell."""
        return max((check.low for check in self._checks(x)), default=-inf)

    def _checks(self, x: Ref) -> list[Bounds[Ref]]:
        self.asked += 1
        return [check for _, check in self._checked if _same_elements(check.source, x)]

    def take_back(self, count: int) -> None:
        """Forget all steps but the first ones."""
        del self.steps[count:]
        self._checked = [each for each in self._checked if each[0] < count]

    def _constant(self, x: Any) -> Operand:
        """An array as it is now: copied once, however often it flows in unchanged."""
        mark = x.tobytes() if x.nbytes <= COPY_BYTES else fingerprint(x)
        _, before, known = self._constants.get(id(x), (None, None, None))
        if known is None or before != mark:
            known = as_constant(x)
            self._constants[id(x)] = x, mark, known  # x is kept: ids are used again
        return known


@functools.lru_cache(maxsize=64)
def name_of(dtype: np.dtype[Any]) -> str:
    """NumPy's name of a dtype, which takes NumPy 2 us to make."""
    return dtype.name


def is_native(dtype: np.dtype[Any]) -> bool:
    """Whether kernels compute in this dtype: half precision and long doubles are for Python."""
    return name_of(dtype) in NATIVE


def number(x: Any) -> Number:
    """An array of one value as a Number."""
    return Number(x.reshape(-1)[0].item(), name_of(x.dtype))


def as_constant(x: np.ndarray[Any, Any]) -> Operand:
    """A Number where all elements are the same; what was repeated is kept once."""
    x = x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    core = x[tuple(slice(0, 1) if s == 0 else slice(None) for s in x.strides)]
    if core.size and is_native(x.dtype) and _is_uniform(core):
        return number(core)
    kept = Array(core.shape, name_of(x.dtype), np.array(core, order="C")).ref()
    return broadcasted(kept, x.shape)


def _is_uniform(x: np.ndarray[Any, Any]) -> bool:
    first = x[(0,) * x.ndim]
    if not np.all(x == first):
        return x.size == 1  # a NaN
    return x.dtype.kind != "f" or bool(first) or bool((np.signbit(x) == np.signbit(first)).all())


def _same_elements(x: Ref, y: Ref) -> bool:
    return x.array is y.array and x.offset == y.offset and _walk(x) == _walk(y)


def _walk(x: Ref) -> list[tuple[int, int]]:
    """Which elements a Ref reaches, whatever the order of its axes."""
    return sorted((s, n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1 and s)


def _emptied(x: Any) -> Any:
    return np.zeros(x.shape, x.dtype) if isinstance(x, Recorded) else x


def _foreign(x: Symbol) -> UnsupportedError:
    return UnsupportedError(
        "a value of another recording, which has ended or stands around this one, flowed in.",
        found=[describe("x", x)],
        do="Pass it to the recorded function as an argument, and return what you need from it.",
    )


def several(results: Any) -> tuple[Any, ...]:
    """One result or several, as a tuple."""
    return results if is_tuple(results) else (results,)
