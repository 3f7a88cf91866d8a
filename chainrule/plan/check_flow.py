"""Check of a Flow: every step reads what was made before, in fitting shapes and dtypes.

Imports errors, rewrite and steps. Tests run it after recording and after every pass.
"""

from typing import Any

from chainrule.errors import GraphError
from chainrule.plan.alone import Alone, must
from chainrule.plan.recorder import NATIVE
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.steps import (
    Array,
    Assemble,
    Flow,
    Map,
    Number,
    Part,
    Pick,
    Product,
    Reduce,
    Ref,
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
                must(out not in made and out.value is None, "an array is made twice")
                made.add(out)
        except AssertionError as error:
            raise GraphError(f"step {place} of the flow is not legal: {error}. {step}") from error
    try:
        for output in flow.outputs:
            if isinstance(output, Ref):
                _check_ref(output, made)
        for i, j in flow.updates.items():
            must(i < len(flow.outputs) and j < len(flow.inputs), "an update has no place")
    except AssertionError as error:
        raise GraphError(f"an output of the flow is not legal: {error}.") from error


def _check_ref(ref: Ref, made: set[Array]) -> None:
    array = ref.array
    known = array.value
    must(known is not None or array in made, "it reads an array that nobody has made")
    if known is not None:
        must(known.shape == array.shape and known.dtype.name == array.dtype, "a constant is odd")
    _check_view(ref.shape, ref.strides, ref.offset, array)


def _check_view(shape: Any, strides: Any, offset: int, array: Array) -> None:
    must(len(shape) == len(strides), "a view has another number of strides than axes")
    if 0 in shape:
        return
    ends = [(n - 1) * s for n, s in zip(shape, strides, strict=True)]
    low, high = offset + sum(min(e, 0) for e in ends), offset + sum(max(e, 0) for e in ends)
    must(low >= 0 and high < array.size, "a view leaves its array")


def _check_step(step: Step) -> None:
    match step:
        case Map():
            _check_map(step)
        case Reduce():
            kept = tuple(1 if i in step.axes else n for i, n in enumerate(step.x.shape))
            must(step.out.shape == kept, "reduced axes stay with length 1")
            dtype = "int64" if step.kind in PLACES else step.x.dtype
            must(step.out.dtype == dtype, "a reduction keeps its dtype")
        case Product(a, b, out):
            must(a.shape[:-2] == b.shape[:-2] and a.shape[-1] == b.shape[-2], "no product")
            must(out.shape == (*a.shape[:-1], b.shape[-1]), "a product has another shape")
            must(a.dtype == b.dtype == out.dtype, "a product mixes dtypes")
        case Pick():
            must(step.source.shape == step.index.shape == step.out.shape, "a pick keeps shapes")
            must(step.index.dtype == "int64", "positions are int64")
            must(step.source.dtype == step.out.dtype, "a pick keeps its dtype")
        case Assemble():
            for part in step.parts:
                _check_part(part, step.out)
        case Alone():
            step.check()


def _check_map(step: Map) -> None:
    out, operands = step.out, step.operands
    if step.letter == "coordinate":
        must(out.dtype == "int64" and isinstance(operands[0], Number), "a coordinate is int64")
        return
    must(out.dtype in NATIVE, "no native dtype")
    common = operands[1:] if step.letter == "where" else operands
    if step.letter == "where":
        _check_operand(operands[0], out.shape, "bool")
    dtype = common[0].dtype
    for x in common:
        _check_operand(x, out.shape, dtype)
    if step.letter in QUESTIONS:
        must(out.dtype == "bool", "a question is answered by booleans")
        must(step.letter not in OF_BOOLEANS or dtype == "bool", "logic is of booleans")
    elif step.letter != "cast":
        must(out.dtype == dtype, "a letter keeps its dtype")
    must(":" not in step.letter or dtype == "float64", "C functions work in float64")


def _check_operand(x: Any, shape: tuple[int, ...], dtype: str) -> None:
    must(x.dtype == dtype, "operands have one dtype")
    must(isinstance(x, Number) or x.shape == shape, "operands have the result's shape")


def _check_part(part: Part, out: Array) -> None:
    _check_operand(part.operand, part.shape, out.dtype)
    _check_view(part.shape, part.strides, part.offset, out)
