"""Check of a Flow: every step reads what was made before, in fitting shapes and dtypes.

Imports errors, rewrite and steps. Tests run it after recording and after every pass.
"""

from typing import Any

import numpy as np

from chainrule.errors import GraphError
from chainrule.plan.recorder import NATIVE
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.steps import (
    Array,
    Assemble,
    Call,
    Check,
    Draw,
    Flow,
    Map,
    NextKey,
    Number,
    Order,
    Part,
    Pick,
    Product,
    Put,
    Reduce,
    Ref,
    Running,
    Step,
)

OF_BOOLEANS = frozenset({"logical_and", "logical_or", "logical_not"})
QUESTIONS = OF_BOOLEANS | {
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isnan", "isfinite",
}  # fmt: skip
PLACES = ("argmax", "argmin")


def check_flow(flow: Flow) -> None:
    """Raise if a Flow is not well formed.

    Raises
    ------
    GraphError
        Naming the first step that breaks a rule.
    """
    made: set[Array] = set(flow.inputs)
    for place, step in enumerate(flow.steps):
        try:
            for ref in reads(step):
                _check_ref(ref, made)
            _check_step(step)
            for out in makes(step):
                _must(out not in made and out.value is None, "an array is made twice")
                made.add(out)
        except AssertionError as error:
            raise GraphError(f"step {place} of the flow is not legal: {error}. {step}") from error
    try:
        for output in flow.outputs:
            if isinstance(output, Ref):
                _check_ref(output, made)
        for i, j in flow.updates.items():
            _must(i < len(flow.outputs) and j < len(flow.inputs), "an update has no place")
    except AssertionError as error:
        raise GraphError(f"an output of the flow is not legal: {error}.") from error


def _must(holds: Any, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _check_ref(ref: Ref, made: set[Array]) -> None:
    array = ref.array
    known = array.value
    _must(known is not None or array in made, "it reads an array that nobody has made")
    if known is not None:
        _must(known.shape == array.shape and known.dtype.name == array.dtype, "a constant is odd")
    _check_view(ref.shape, ref.strides, ref.offset, array)


def _check_view(shape: Any, strides: Any, offset: int, array: Array) -> None:
    _must(len(shape) == len(strides), "a view has another number of strides than axes")
    if 0 in shape:
        return
    ends = [(n - 1) * s for n, s in zip(shape, strides, strict=True)]
    low, high = offset + sum(min(e, 0) for e in ends), offset + sum(max(e, 0) for e in ends)
    _must(low >= 0 and high < array.size, "a view leaves its array")


def _check_step(step: Step) -> None:
    match step:
        case Map():
            _check_map(step)
        case Reduce():
            kept = tuple(1 if i in step.axes else n for i, n in enumerate(step.x.shape))
            _must(step.out.shape == kept, "reduced axes stay with length 1")
            dtype = "int64" if step.kind in PLACES else step.x.dtype
            _must(step.out.dtype == dtype, "a reduction keeps its dtype")
        case Product(a, b, out):
            _must(a.shape[:-2] == b.shape[:-2] and a.shape[-1] == b.shape[-2], "no product")
            _must(out.shape == (*a.shape[:-1], b.shape[-1]), "a product has another shape")
            _must(a.dtype == b.dtype == out.dtype, "a product mixes dtypes")
        case Pick():
            _must(step.source.shape == step.index.shape == step.out.shape, "a pick keeps shapes")
            _must(step.index.dtype == "int64", "positions are int64")
            _must(step.source.dtype == step.out.dtype, "a pick keeps its dtype")
        case Put():
            _check_operand(step.values, step.shape, step.out.dtype)
            for index, _, _ in step.picks:
                _must(index.shape == step.shape and index.dtype == "int64", "positions are int64")
        case Assemble():
            for part in step.parts:
                _check_part(part, step.out)
        case Running():
            for x in step.sources:
                _must(x.shape == step.out.shape and x.dtype == step.out.dtype, "a scan keeps both")
        case Order():
            _must(
                step.x.shape == step.out.shape and step.out.dtype == "int64", "an order is int64"
            )
        case Draw() | NextKey():
            _must(step.key.dtype == "uint64" and step.key.shape == (2,), "a key is two words")
        case Check():
            _must(np.dtype(step.x.dtype).kind in "iu", "bounds are of whole numbers")
        case Call():
            pass


def _check_map(step: Map) -> None:
    out, operands = step.out, step.operands
    if step.letter == "coordinate":
        _must(out.dtype == "int64" and isinstance(operands[0], Number), "a coordinate is int64")
        return
    _must(out.dtype in NATIVE, "no native dtype")
    common = operands[1:] if step.letter == "where" else operands
    if step.letter == "where":
        _check_operand(operands[0], out.shape, "bool")
    dtype = common[0].dtype
    for x in common:
        _check_operand(x, out.shape, dtype)
    if step.letter in QUESTIONS:
        _must(out.dtype == "bool", "a question is answered by booleans")
        _must(step.letter not in OF_BOOLEANS or dtype == "bool", "logic is of booleans")
    elif step.letter != "cast":
        _must(out.dtype == dtype, "a letter keeps its dtype")
    _must(":" not in step.letter or dtype == "float64", "C functions work in float64")


def _check_operand(x: Any, shape: tuple[int, ...], dtype: str) -> None:
    _must(x.dtype == dtype, "operands have one dtype")
    _must(isinstance(x, Number) or x.shape == shape, "operands have the result's shape")


def _check_part(part: Part, out: Array) -> None:
    _check_operand(part.operand, part.shape, out.dtype)
    _check_view(part.shape, part.strides, part.offset, out)
