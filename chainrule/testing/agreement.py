"""Agreement: how far a plan, interpreted or native, may be from the eager run of its function.

Imports the plan's steps. The tests of native code and the fuzzer judge by it. Machine code adds
in another order and takes another exp, so the bits differ; what it may not be is less accurate
than the eager run.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.plan.evaluate import run_step
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.steps import Flow, Ref

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Sequence[Any]]

TIMES = 2.0  # no further from the exact result than so many times the eager run,
# plus so many units in the last place of the largest intermediate; more in float64, whose eager
# errors are guessed from a float32 run. The units are those of the coarsest type in which
# something on the way was computed: casting a result to float64 makes it no better.
ULPS = {"float16": 8.0, "float32": 8.0, "float64": 32.0}
NARROWING = 2.0**-29  # from the rounding errors of float32 to those of float64


@dataclass(frozen=True)
class Expected:
    """What a function computes eagerly, and how sure that is.

    Attributes
    ----------
    eager : tuple of ndarray
        The results.
    exact : tuple of ndarray
        Results of the float64 run; for a float64 function they are those of ``eager``.
    errors : tuple of ndarray
        How far the eager run is from the exact one; in float64 this is judged by a float32 run.
    flow : Flow
        The function's recording.
    arrays : tuple
        What it was given.
    """

    eager: tuple[Array, ...]
    exact: tuple[Array, ...]
    errors: tuple[Array, ...]
    flow: Flow
    arrays: tuple[Any, ...]

    @functools.cached_property
    def allowances(self) -> tuple[float, ...]:
        """For each result what is allowed beside its errors: the units above.

        To know them takes as long as all the rest: only results outside the errors need them.
        """
        return _allowances(self.flow, self.arrays)


def expected(
    function: Function, flow: Flow, arrays: Sequence[Any], other: Function | None = None
) -> Expected:
    """Run a function eagerly, and once more in the other precision.

    Parameters
    ----------
    function : callable
        Takes the arrays; returns a flat sequence of arrays.
    flow : Flow
        Its recording, which knows all that is computed on the way.
    other : callable, optional
        The function in the other precision, where it holds constants.
    """
    with np.errstate(all="ignore"):
        eager = _arrays(function(*arrays))
    single = any(x.dtype == np.float32 for x in _arrays(arrays))
    with np.errstate(all="ignore"):
        cast = [_cast(x, np.float64 if single else np.float32) for x in arrays]
        exact = _arrays((other or function)(*cast))
        apart = [_distance(x, y) for x, y in zip(eager, exact, strict=True)]
    if single:
        return Expected(eager, exact, tuple(apart), flow, tuple(arrays))
    narrowed = tuple(NARROWING * x for x in apart)
    return Expected(eager, eager, narrowed, flow, tuple(arrays))


def _distance(x: Array, y: Array) -> Array:
    """How far apart; 0 where that is no number."""
    if x.dtype.kind != "f":
        return np.zeros(x.shape)
    apart = np.abs(x.astype(np.float64) - y)
    return np.where(np.isfinite(apart), apart, 0.0)


def disagreement(
    found: Sequence[Any], wanted: Expected, room: Sequence[float] | None = None
) -> str:
    """What is wrong with other results of the same function; empty if nothing is.

    Parameters
    ----------
    room : sequence of float, optional
        For each result how far it moves when every value on the way moves a little; infinite
        where that changes everything, as at a kink.
    """
    if len(found) != len(wanted.eager):
        return f"{len(found)} results instead of {len(wanted.eager)}"
    for i, x in enumerate(_arrays(found)):
        wrong = _unlike(x, wanted.eager[i])
        if not wrong and (room is None or np.isfinite(room[i])):
            wrong = _wrong(x, wanted, i, 0.0 if room is None else room[i])
        if wrong:
            return f"result {i}: {wrong}\nfound {x}\neager {wanted.eager[i]}"
    return ""


def _unlike(found: Array, eager: Array) -> str:
    if found.shape != eager.shape or found.dtype != eager.dtype:
        return f"{found.dtype} of shape {found.shape}, not {eager.dtype} of {eager.shape}"
    return ""


def _wrong(found: Array, wanted: Expected, i: int, room: float) -> str:
    eager, exact = wanted.eager[i], wanted.exact[i]
    if found.dtype.kind != "f":
        return "" if np.array_equal(found, eager) else "other integers or booleans"
    if not np.array_equal(np.isnan(found), np.isnan(eager)):
        return "NaN at other places"
    infinite = np.isinf(found) | np.isinf(eager)
    if not np.array_equal(found[infinite], eager[infinite]):
        return "infinite at other places"
    with np.errstate(all="ignore"):
        allowed = TIMES * wanted.errors[i] + room
        off = np.abs(found.astype(np.float64) - exact)
        # Where the exact run is not finite, the eager one's infinity has been found already.
        beyond = np.isfinite(found) & np.isfinite(exact) & ~(off <= allowed)
        if beyond.any():
            allowed = allowed + wanted.allowances[i]
            beyond &= ~(off <= allowed)
    if not beyond.any():
        return ""
    worst = np.unravel_index(int(np.argmax(np.where(beyond, off, 0))), off.shape)
    return f"off by {off[worst]:.3g} at {tuple(map(int, worst))}, allowed {allowed[worst]:.3g}"


def _allowances(flow: Flow, arrays: Sequence[Any]) -> tuple[float, ...]:
    """Units of the largest finite number on the way: among all steps, none of them fused."""
    values: dict[Any, Any] = dict(zip(flow.inputs, arrays, strict=True))
    units: dict[Any, float] = {}  # of what is computed: inputs and constants are exact
    with np.errstate(all="ignore"):
        for step in flow.steps:
            run_step(step, values)
            read = max((units.get(ref.array, 0.0) for ref in reads(step)), default=0.0)
            units.update({made: max(read, _unit(made.dtype)) for made in makes(step)})
    found = [x[np.isfinite(x)] for x in values.values() if x.dtype.kind == "f"]
    largest = max((float(np.abs(x).max(initial=0)) for x in found), default=0.0)
    return tuple(
        largest * max(_unit(x.dtype), units.get(x.array, 0.0) if isinstance(x, Ref) else 0.0)
        for x in flow.outputs
    )


def _unit(dtype: str) -> float:
    return ULPS[dtype] * float(np.finfo(dtype).eps) if dtype in ULPS else 0.0


def _arrays(results: Sequence[Any]) -> tuple[Array, ...]:
    return tuple(np.asarray(getattr(x, "value", x)) for x in results)


def _cast(x: Any, dtype: Any) -> Any:
    x = np.asarray(x)
    return x.astype(dtype) if x.dtype.kind == "f" else x
