"""Subject: what is checked, brought to one form: values in, values out, and the rule as written.

Imports the graph, differentiate and draw. examination.py makes one; all measurements take it.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from chainrule.differentiate import vjp
from chainrule.doctor.draw import operands_of
from chainrule.errors import ArgumentError, a_kind
from chainrule.graph.nodes.walk import derived_pull
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import Op, compute
from chainrule.ops.letters.logic import where
from chainrule.spec import is_sequence, is_tuple

Array = np.ndarray[Any, Any]
Rule = Callable[[tuple[Array, ...], Sequence[Any], Any], Any]


@dataclass(frozen=True, eq=False)
class Subject:
    """A function of arrays, where it is checked, and the gradient that was written for it.

    Parameters
    ----------
    title : str
    run : callable
        Computes the result of operands.
    operands : tuple
        Where it is checked.
    names : tuple of str
        One per operand.
    rule : callable
        ``rule(upstreams, operands, out)`` is what the written backward returns, untouched.
    op : Op, optional
        Where the function is one.
    formula : callable, optional
        The function as nodes can flow through it.
    wide : bool
        Whether a gradient may be as wide as the result: it is summed to its input afterwards.
    pristine : Op, optional
        A copy of the op that has not run yet.
    of_sum : bool
        Whether the rule takes no upstream gradient: it is the gradient of the results' sum.
    """

    title: str
    run: Callable[..., Any]
    operands: tuple[Any, ...]
    names: tuple[str, ...]
    rule: Rule
    op: Op | None = None
    formula: Callable[..., Any] | None = None
    wide: bool = False
    pristine: Op | None = None
    of_sum: bool = False

    @property
    def moving(self) -> tuple[int, ...]:
        """Positions of the operands that a gradient flows into."""
        return tuple(i for i, x in enumerate(self.operands) if is_float_array(x))

    def at(self, operands: Sequence[Any]) -> "Subject":
        """The same subject at another point."""
        return replace(self, operands=tuple(operands))

    def with_operand(self, position: int, x: Any) -> "Subject":
        """The same subject with one operand replaced."""
        rest = self.operands
        return self.at((*rest[:position], x, *rest[position + 1 :]))

    def astype(self, dtype: Any) -> "Subject":
        """The same point in another floating-point type."""
        return self.at([x.astype(dtype) if is_float_array(x) else x for x in self.operands])

    def outs(self) -> tuple[Array, ...]:
        """The floating-point results at this point."""
        with np.errstate(all="ignore"):
            return float_results(self.run(*copies(self.operands)))


def subject_of(target: Any, inputs: Sequence[Any], gradient: Any = None) -> Subject:
    """Bring an op, its class, its public function, or any function to one form."""
    if gradient is not None:
        return _from_outside(target, inputs, gradient)
    cls = _op_class(target)
    if cls is not None:
        operands, values = cls.bind(tuple(inputs), {}) if inputs else operands_of(cls)
        return op_subject(cls.of(*values), operands)
    if isinstance(target, Op):
        operands = inputs if inputs else operands_of(type(target))[0]
        return op_subject(target, operands)
    if not callable(target):
        raise ArgumentError(
            f"check takes an op or a function, not {a_kind(target)}.",
            do="Give cr.check(MyOp, x) or cr.check(function, x).",
        )
    if not inputs:
        raise ArgumentError(
            "a function is checked at inputs, and none were given.",
            do="Give them behind it: cr.check(function, x, y).",
        )
    return _function_subject(target, inputs)


def op_subject(op: Op, operands: Sequence[Any]) -> Subject:
    """An op with its own rule, called without the library's own checks between."""
    operands = tuple(map(as_operand, operands))

    def run(*values: Any) -> Any:
        try:
            return op.forward(*values)
        except (AttributeError, TypeError):
            return compute(op, values)  # numbers and lists where the formula needs arrays

    def rule(upstreams: tuple[Array, ...], values: Sequence[Any], out: Any) -> Any:
        upstream = upstreams if is_sequence(out) else upstreams[0]
        return written(op, upstream, values, out)

    names = _names(op.inputs, len(operands), op.variadic)
    wide = isinstance(op, Elementwise)
    try:
        pristine = copy.deepcopy(op)
    except Exception:  # what an op holds may not be made to be copied
        pristine = None
    return Subject(op.name, run, operands, names, rule, op, op.forward, wide, pristine)


def written(op: Op, upstream: Any, values: Sequence[Any], out: Any) -> Any:
    """What an op's own code says: its backward, its local gradients, or its formula's walk."""
    if op.writes_backward:
        return op.backward(upstream, *values, out)
    if isinstance(op, Elementwise):
        slopes = op.local_gradients(*values, out)
        return [_times(upstream, s, op.router) for s in slopes]
    wanted = [is_float_array(x) or hasattr(x, "wants_gradient") for x in values]
    pull = op.pull if op.differentiates else derived_pull(op)
    return pull(upstream, None, values, out, wanted)[0]


def _times(upstream: Any, slope: Any, router: bool) -> Any:
    """Upstream times a local gradient: a number, an array, a gate, or a function."""
    slope = slope() if callable(slope) else slope
    if slope is None:
        return None
    if getattr(slope, "dtype", None) == np.dtype(bool):
        return where(slope, upstream, 0)
    return where(slope != 0, upstream * slope, 0) if router else upstream * slope


def _function_subject(function: Callable[..., Any], inputs: Sequence[Any]) -> Subject:
    """A function whose gradient is chainrule's own."""

    def rule(upstreams: tuple[Array, ...], values: Sequence[Any], out: Any) -> Any:
        moving = [i for i, x in enumerate(values) if is_float_array(x)]

        def of_moving(*moved: Any) -> Any:
            whole = list(values)
            for i, x in zip(moving, moved, strict=True):
                whole[i] = x
            return function(*whole)

        _, pullback = vjp(of_moving, *(values[i] for i in moving))
        found = pullback(_like(out, upstreams))
        found = found if is_tuple(found) else (found,)
        entries: list[Any] = [None] * len(values)
        for i, gradient in zip(moving, found, strict=True):
            entries[i] = gradient
        return entries

    operands = tuple(map(as_operand, inputs))
    names = parameter_names(function, len(operands))
    title = getattr(function, "__name__", type(function).__name__)
    return Subject(title, function, operands, names, rule, formula=function)


def _from_outside(function: Any, inputs: Sequence[Any], gradient: Any) -> Subject:
    """A function of NumPy arrays with ``df(upstream, *inputs)`` or ``df(*inputs)``."""
    operands = tuple(map(as_operand, inputs))
    names = parameter_names(function, len(operands))
    parameters = parameter_names(gradient, -1)
    takes_upstream = len(parameters) > len(operands)
    passes_out = len(parameters) > len(operands) + 1

    def rule(upstreams: tuple[Array, ...], values: Sequence[Any], out: Any) -> Any:
        upstream = upstreams if is_sequence(out) else upstreams[0]
        if passes_out:
            return gradient(upstream, *values, out)
        return gradient(upstream, *values) if takes_upstream else gradient(*values)

    title = getattr(gradient, "__name__", "the gradient")
    return Subject(title, function, operands, names, rule, of_sum=not takes_upstream)


def _op_class(target: Any) -> type[Op] | None:
    """The class behind an op class or a public function."""
    if isinstance(target, type):
        return target if issubclass(target, Op) else None
    named = CATALOGUE.ops.get(getattr(target, "__name__", ""))
    return named if named is not None and named.function is target else None


def _like(out: Any, upstreams: tuple[Array, ...]) -> Any:
    """Upstream gradients in the container of the result; zeros for a result of integers."""
    if not is_sequence(out):
        return upstreams[0]
    rest = iter(upstreams)
    return type(out)(
        next(rest) if is_float_result(part) else np.zeros(np.shape(part)) for part in out
    )


def parameter_names(function: Any, count: int) -> tuple[str, ...]:
    """Names of the positional parameters: ``count`` of them, or all for -1."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    names = tuple(code.co_varnames[: code.co_argcount]) if code is not None else ()
    if names[:1] in (("self",), ("cls",)):
        names = names[1:]
    if count < 0:
        return names
    return tuple(names[i] if i < len(names) else f"input {i}" for i in range(count))


def _names(inputs: tuple[str, ...], count: int, variadic: bool) -> tuple[str, ...]:
    if variadic:
        return tuple(f"{inputs[0]}[{i}]" for i in range(count))
    return tuple(inputs[i] if i < len(inputs) else f"{inputs[-1]}[{i}]" for i in range(count))


def as_operand(x: Any) -> Any:
    """A floating-point number or a list of them becomes an array; tensors give their value."""
    x = getattr(x, "data", x) if hasattr(x, "wants_gradient") else x
    if isinstance(x, float | np.floating | list):
        return np.asarray(unmasked(x))
    return np.array(unmasked(x)) if is_array(x) else x


def like(values: Any, x: Any) -> Array:
    """Values in the element type of an array."""
    return np.asarray(values, x.dtype)


def is_array(x: Any) -> TypeGuard[Array]:
    """Whether this is an array, of whatever elements."""
    return isinstance(x, np.ndarray)


def is_float_array(x: Any) -> TypeGuard[Array]:
    """Whether a gradient can flow into this operand."""
    return is_array(x) and x.dtype.kind == "f"


def is_float_result(x: Any) -> bool:
    """Whether a result carries a gradient."""
    return np.asarray(x).dtype.kind in "fc"


def float_results(out: Any) -> tuple[Array, ...]:
    """The floating-point results; one result gives a tuple of one."""
    parts = out if is_sequence(out) else (out,)
    return tuple(np.asarray(part) for part in parts if is_float_result(part))


def copies(operands: Sequence[Any]) -> list[Any]:
    """Operands that may be written into without harm."""
    return [x.copy() if is_array(x) else x for x in operands]
