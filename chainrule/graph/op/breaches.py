"""What is said when a user's op breaks its contract: one error for each kind of breach.

Imports errors. contract.py finds most of them; op.py and families.py compare shapes and dtypes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import (
    BackwardRuleError,
    ChainruleError,
    NoGradientError,
    ShapeError,
    UnsupportedError,
    a_kind,
    describe,
)

if TYPE_CHECKING:
    from chainrule.graph.op.operation import Op


def misfit(op: "Op", error: Exception, operands: Sequence[Any]) -> ShapeError:
    """The error for operands that an op cannot take, in place of NumPy's complaint."""
    names = names_of(op, len(operands))
    found = [describe(n, x) for n, x in zip(names, operands, strict=True) if x is not None]
    if len(found) < 2:
        return ShapeError(
            f"{op.name} cannot take this tensor: {_in_words(error)}.",
            found=found,
            do=f"Arguments: {', '.join(op.signature.parameters)}.",
        )
    return ShapeError(
        f"{op.name} cannot join these tensors: {_in_words(error)}.",
        found=found,
        do="Shapes are compared from the last axis; each pair must be equal or contain a 1.",
    )


def _in_words(error: Exception) -> str:
    """NumPy's reason without what only NumPy knows: its names for axes, its signatures."""
    lengths = re.search(r"\(size (\d+) is different from (\d+)\)", str(error))
    if lengths:
        return f"an axis of length {lengths[1]} meets one of length {lengths[2]}"
    return str(error).strip().rstrip(".")


def names_of(op: "Op", count: int) -> tuple[str, ...]:
    """What the operands of an op are called in messages."""
    known = () if op.variadic else op.inputs[:count]
    return (*known, *(f"operand {i}" for i in range(len(known), count)))


def tell_origins(error: ChainruleError, op: "Op", operands: Sequence[Any]) -> None:
    """Say of the operands in a message where they come from: from an op, a parameter "W"."""
    fuller: dict[str, str] = {}
    for name, x in zip(names_of(op, len(operands)), operands, strict=True):
        origin = getattr(x, "origin", "given")
        while origin == "given" and getattr(x, "traced", False) and hasattr(x.value, "origin"):
            x = x.value  # a node of an outer graph, which is a constant to this one
            origin = x.origin
        if origin != "given":
            fuller[describe(name, x)] = describe(name, x, origin)
    error.tell(fuller)


def wrong_dtype(op: "Op", position: int, gradient: Any, x: Any) -> BackwardRuleError:
    """The error for a gradient whose elements are of another type than its input's."""
    which = input_name(op, position)
    return BackwardRuleError(
        f"{_method(op)} of {op.name} returned a gradient of {gradient.dtype} for {which} "
        f"of {x.dtype}.",
        found=[describe(which, x), describe("gradient", gradient)],
        do=(
            f"A gradient has the dtype of its input: finish with .astype({which}.dtype), and use "
            "Python's floats for constants; np.float64 and np.sqrt(2) widen float32 arrays."
        ),
        kind="wrong_dtype",
    )


def wrong_shape(op: "Op", position: int, gradient: Any, x: Any) -> BackwardRuleError:
    """The error for a gradient that does not have the shape of its input."""
    which = input_name(op, position)
    return BackwardRuleError(
        f"{_method(op)} of {op.name} returned a gradient of shape {gradient.shape} "
        f"for {which} of shape {x.shape}.",
        found=[describe(which, x), describe("gradient", gradient)],
        do="A gradient has the shape of its input: sum over the axes that were broadcast.",
        kind="wrong_shape",
    )


def wrong_count(op: "Op", name: str, count: int, inputs: Sequence[Any]) -> BackwardRuleError:
    """The error for too many gradients, or too few."""
    return BackwardRuleError(
        f"{name} of {op.name} returned {count} gradients for {len(inputs)} inputs.",
        found=[describe(n, x) for n, x in zip(names(op, inputs), inputs, strict=True)],
        do="Return a tuple with one entry per input of forward; None means no gradient.",
        kind="wrong_count",
    )


def none_returned(op: "Op", name: str, inputs: Sequence[Any], i: int) -> BackwardRuleError:
    """The error for None where there is a gradient."""
    which = input_name(op, i)
    return BackwardRuleError(
        f"{name} of {op.name} returned None for {which}, but the output depends on it.",
        found=[describe(which, inputs[i])],
        do=f"Return its gradient, or np.zeros_like({which}) where none is meant to flow.",
        kind="none_returned",
    )


def writes(op: "Op", method: str, changed: Mapping[str, Any]) -> BackwardRuleError:
    """The error for a write into arrays that the op was given."""
    which = " and ".join(changed)
    return BackwardRuleError(
        f"{method} of {op.name} writes into {which}, which others read too.",
        found=[describe(name, x) for name, x in changed.items()],
        do="Make a new array: 2 * x instead of x *= 2; x.copy() before x[0] = 1.",
        kind="mutates_input",
    )


def outside_graph(
    op: "Op", gradient: Any, x: Any, error: Exception | None = None
) -> BackwardRuleError:
    """The error for a rule that, given tensors, left the graph."""
    does = f"returned {a_kind(gradient)}"
    if error is not None:
        does = f"left the graph ({_reason(error)})"
    return BackwardRuleError(
        f"{_method(op)} of {op.name} was given tensors and {does}, "
        "so second derivatives would miss it.",
        found=[describe("upstream", x), *([] if error else [describe("gradient", gradient)])],
        do=(
            "Write it with ops or NumPy's functions, without np.asarray or .data: then forward "
            "mode and second derivatives follow."
        ),
        kind="double_backward",
    )


def no_formula(op: "Op", error: Exception) -> NoGradientError:
    """The error for a forward that symbols cannot read, where nothing but forward is written."""
    return NoGradientError(
        f"{op.name} has no backward, and its forward is not a formula over ops.",
        found=[_reason(error)],
        do=(
            "Write backward(self, upstream, ...), write forward with ops and NumPy's functions, "
            "or ask for differences by name: class ...(cr.NumericalOp)."
        ),
    )


def input_name(op: "Op", position: int) -> str:
    """What forward calls an input; several of them may share the last name."""
    names = op.inputs
    return names[min(position, len(names) - 1)] if names else f"input {position}"


def names(op: "Op", inputs: Sequence[Any]) -> list[str]:
    """A name for each input."""
    return [input_name(op, i) for i in range(len(inputs))]


def _method(op: "Op") -> str:
    return "backward" if op.writes_backward else "local_gradients"


def _reason(error: Exception) -> str:
    """The first line of an error, or of our own error behind it, which has several."""
    cause = error.__cause__
    error = cause if isinstance(cause, UnsupportedError) else error
    return str(error).partition("\n")[0].rstrip(".")
