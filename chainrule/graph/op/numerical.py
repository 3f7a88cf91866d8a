"""NumericalOp: an op of which only the value is known, differentiated by differences.

Imports op, symbol and errors. Nothing falls back to it: a user's op inherits from it by name.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import (
    BackwardRuleError,
    NumericalGradientWarning,
    describe,
    frames_of_ours,
)
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, compute
from chainrule.spec import is_tuple

RUNS = 4  # of forward, per direction: two central differences, extrapolated
ORDER = 4  # the error of the extrapolation falls with the fourth power of the step
STEPS, SMALLER = 5, 10  # how many steps are tried, and how much smaller the next one is
ENOUGH = 100  # times the rounding error of the best step: no smaller step is tried then


class NumericalOp(Op):
    """An op whose derivative is taken by central differences, extrapolated to step 0.

    For code that no formula over ops can stand for: a simulator, a table, a foreign library.
    ``forward`` is all it needs; it must be smooth and give the same result for the same input.

    Warns
    -----
    NumericalGradientWarning
        Once for each class, at its first derivative: with the cost and the digits to expect.

    Notes
    -----
    A gradient costs four forward runs for *every element* of the input, more near a pole; a
    tangent of forward mode four runs in all. About 12 digits are right where forward computes in
    float64, 5 in float32; near a kink or a jump none are. There are no second derivatives.

    Examples
    --------
    >>> import warnings, numpy as np, chainrule as cr
    >>> class Legacy(cr.NumericalOp):
    ...     def forward(self, x):
    ...         return np.array([np.sin(float(v)) for v in x])
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     slope = cr.grad(lambda x: Legacy()(x).sum())(np.zeros(2))
    >>> slope.round(9)
    array([1., 1.])
    """

    announced: ClassVar[bool] = False  # whether the warning of this class has been given

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.announced = False

    def backward(self, upstream: Any, *inputs_and_out: Any, **_: Any) -> Sequence[Any]:
        """The upstream gradient times each column of the Jacobian, one column after another."""
        inputs = inputs_and_out[:-1]
        self._only_arrays((upstream, *inputs))
        upstreams, accuracy = _parts(upstream), self._accuracy(inputs)

        def of_input(i: int) -> Any:
            x = np.asarray(inputs[i])
            gradient = np.zeros(x.shape, x.dtype)
            for index in np.ndindex(x.shape):
                unit = np.zeros(x.shape)
                unit[index] = 1
                slopes = self._along({i: unit}, inputs, accuracy)
                gradient[index] = sum(
                    float(np.sum(u * s)) for u, s in zip(upstreams, slopes, strict=True)
                )
            return gradient

        return [lambda i=i: of_input(i) for i in range(len(inputs))]

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The difference along all tangents at once."""
        self._only_arrays((*tangents, *inputs))
        accuracy = self._accuracy(inputs)
        moving = {
            i: np.broadcast_to(np.asarray(t, float), np.shape(inputs[i]))
            for i, t in enumerate(tangents)
            if t is not None
        }
        slopes = self._along(moving, inputs, accuracy)
        pushed = tuple(np.asarray(s, o.dtype) for s, o in zip(slopes, _parts(out), strict=True))
        return pushed if is_tuple(out) else pushed[0]

    def _along(
        self, directions: dict[int, Any], inputs: Sequence[Any], accuracy: float
    ) -> list[Any]:
        """The slope of every result along a direction; a smaller step where a value is not one."""
        wide = [_in_float64(x) for x in inputs]

        def at(step: float) -> list[Any]:
            moved = [
                x + step * directions[i] if i in directions else x for i, x in enumerate(wide)
            ]
            with np.errstate(all="ignore"):
                return [np.asarray(part, float) for part in _parts(compute(self, moved))]

        found: list[Any] = []
        least = np.inf
        for step in _steps(directions, wide, accuracy):
            slopes, error = _extrapolated(at, step, accuracy)
            if not found or error < least:
                found, least = slopes, error
            if error <= ENOUGH * accuracy ** (ORDER / (ORDER + 1)):
                break
        return found

    def _only_arrays(self, given: Sequence[Any]) -> None:
        for x in given:
            if isinstance(x, Symbol):
                raise BackwardRuleError(
                    f"{self.name} is differentiated by differences, which have no derivative.",
                    found=[describe("x", x)],
                    do="Write backward(self, upstream, ...) with ops: then higher orders follow.",
                    kind="double_backward",
                )

    def _accuracy(self, inputs: Sequence[Any]) -> float:
        """Rounding error of forward given float64; the class says once what it costs."""
        with np.errstate(all="ignore"):
            outs = _parts(compute(self, [_in_float64(x) for x in inputs]))
        floats = [float(np.finfo(o.dtype).eps) for o in outs if o.dtype.kind == "f"]
        accuracy = max(floats, default=float(np.finfo(float).eps))
        cls = type(self)
        if not cls.announced:
            cls.announced = True
            elements = sum(x.size for x in map(np.asarray, inputs) if x.dtype.kind == "f")
            digits = int(-np.log10(accuracy) * ORDER / (ORDER + 1))
            warnings.warn(
                f"{self.name} is differentiated by differences: a gradient takes at least "
                f"{RUNS} x {elements} = {RUNS * elements} forward runs here, and about {digits} "
                "digits of it are right.",
                NumericalGradientWarning,
                stacklevel=frames_of_ours(),
            )
        return accuracy


def _extrapolated(
    at: Callable[[float], list[Any]], step: float, accuracy: float
) -> tuple[list[Any], float]:
    """Slopes (4 D(h/2) - D(h)) / 3, whose error is of the order of h**4; and that error.

    Relative to the slope, D(h) - D(h/2) is of the order of h**2: its square is the truncation.
    """
    ahead, behind = at(step), at(-step)
    far = [(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)]
    near = [(a - b) / step for a, b in zip(at(step / 2), at(-step / 2), strict=True)]
    slope = max((_largest(n) for n in near), default=0) or 1.0
    apart = max((_largest(n - f) for n, f in zip(near, far, strict=True)), default=0)
    rounding = accuracy * max(map(_largest, ahead), default=0) / step
    error = (apart / slope) ** 2 + rounding / slope
    slopes = [(4 * n - f) / 3 for n, f in zip(near, far, strict=True)]
    return slopes, error if np.isfinite(error) else np.inf


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0))


def _steps(directions: dict[int, Any], inputs: Sequence[Any], accuracy: float) -> list[float]:
    """Steps to try: of the values' own size, then ever smaller, as near a pole of the slope."""
    moving = [(np.abs(d), np.abs(inputs[i])) for i, d in directions.items()]
    length = max((_largest(d) for d, _ in moving), default=0) or 1.0
    size = max((_largest(x[d > 0]) for d, x in moving), default=0)
    size = max(size, 1.0) if np.isfinite(size) else 1.0
    best = accuracy ** (1 / (ORDER + 1)) * size / length
    return [best / SMALLER**k for k in range(STEPS)]


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(map(np.asarray, value)) if is_tuple(value) else (np.asarray(value),)


def _in_float64(x: Any) -> Any:
    array = np.asarray(x)
    return array.astype(np.float64) if array.dtype.kind == "f" else x
