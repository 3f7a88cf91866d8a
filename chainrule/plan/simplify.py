"""Simplify: passes over a Flow that leave less to do: each a small function from Flow to Flow.

Imports algebra, rewrite and evaluate. make.py runs ``simplify`` before fusion.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.plan.algebra import number_key, simpler
from chainrule.plan.alone import Alone, is_guard
from chainrule.plan.evaluate import run_step
from chainrule.plan.recorder import as_constant
from chainrule.plan.rewrite import Rewriter, drop_unused, makes, reads, with_operands
from chainrule.plan.steps import Array, Flow, Map, Operand, Part, Reduce, Ref, Step
from chainrule.plan.views import broadcasted
from chainrule.spec import is_tuple

SMALL = 1024  # elements of a folded constant that may be larger than what it was made of
LARGE = 65536  # elements of a constant that is compared with others by its bytes
COMMUTATIVE = ("add", "multiply", "equal", "not_equal", "logical_and", "logical_or")
IDEMPOTENT = ("max", "min", "any", "all")


def simplify(flow: Flow) -> Flow:
    """All passes."""
    flow = drop_unused(flow)
    flow = share_equal(fold_constants(narrow(do_algebra(flow))))
    return drop_unused(share_equal(do_algebra(flow)))


def share_equal(flow: Flow) -> Flow:
    """Equal steps run once; constants of equal values are one. Calls of a user's op may differ."""
    rewriter = Rewriter()
    known: dict[Any, Step] = {}
    shared = _Constants().shared

    def operand(x: Any) -> Any:
        return shared(rewriter.operand(x))

    def ref(x: Any) -> Any:
        return shared(rewriter.ref(x))

    for given in flow.steps:
        step = given
        for x in reads(given):
            if x.array.value is not None or rewriter.sees(x):
                step = with_operands(given, operand, ref)
                break
        if not _repeats(step):
            rewriter.steps.append(step)
            continue
        before = known.setdefault(_key(step), step)
        if before is step:
            rewriter.steps.append(step)
            continue
        for out, other in zip(makes(step), makes(before), strict=True):
            if out is not other:
                rewriter.replace(out, other.ref(), step)
    return rewriter.flow(flow)


class _Constants:
    """Known arrays by their bytes; each is looked at once."""

    def __init__(self) -> None:
        self._by_bytes: dict[Any, Array] = {}
        self._first: dict[Array, Array] = {}

    def shared(self, x: Any) -> Any:
        """A Ref to the first array of equal values; anything else as it is."""
        if not isinstance(x, Ref) or x.array.value is None or x.array.size > LARGE:
            return x
        if x.array not in self._first:
            value = x.array.value
            key = value.shape, value.dtype, value.tobytes()
            self._first[x.array] = self._by_bytes.setdefault(key, x.array)
        first = self._first[x.array]
        return x if first is x.array else replace(x, array=first)


def _key(step: Step) -> Any:
    """Equal for steps that compute the same."""
    if isinstance(step, Map):
        given = [
            (x.array, x.shape, x.strides, x.offset) if type(x) is Ref else number_key(x)
            for x in step.operands
        ]
        operands = frozenset(given) if step.letter in COMMUTATIVE else tuple(given)
        return step.letter, operands, step.out.shape, step.out.dtype
    facts: list[Any] = [type(step)]
    for name in step.__dataclass_fields__:
        value: Any = getattr(step, name)
        if isinstance(value, Array):
            facts.append((value.shape, value.dtype))
        elif isinstance(step, Alone) and name in step.made:
            facts += [
                (x.array.shape, x.dtype, x.shape, x.strides, x.offset) for x in step.targets()
            ]
        else:
            facts.append(_hashable(value))
    return tuple(facts)


def _repeats(step: Step) -> bool:
    return not isinstance(step, Alone) or step.repeats


def _hashable(value: Any) -> Any:
    if is_tuple(value):
        return tuple(map(_hashable, value))
    if isinstance(value, Part):
        return number_key(value.operand), value.shape, value.strides, value.offset
    try:
        hash(value)
    except TypeError:  # an attribute of an op
        return id(value)
    return type(value), number_key(value)


def do_algebra(flow: Flow) -> Flow:
    """Maps that say the same with less work, and reductions of one element."""
    rewriter, makers = Rewriter(), dict[Array, Step]()
    for given in flow.steps:
        step, found = _less(rewriter.read(given), makers)
        if found is not None:
            (out,) = makes(step)
            by = broadcasted(found, out.shape) if isinstance(found, Ref) else found
            rewriter.replace(out, by, step)
            continue
        rewriter.steps.append(step)
        makers.update([(out, step) for out in makes(step)])
    return rewriter.flow(flow)


def _less(step: Step, makers: dict[Array, Step]) -> tuple[Step, Operand | None]:
    """A simpler step, and what can stand in its place altogether."""
    while isinstance(step, Map):
        found = simpler(step, makers)
        if not isinstance(found, Map):
            return step, found
        step = found
    return _reduced_less(step) if isinstance(step, Reduce) else (step, None)


def _reduced_less(step: Reduce) -> tuple[Reduce, Ref | None]:
    """Without axes of one element, or (of an extreme) of one element repeated."""
    x = step.x
    if step.kind not in (*IDEMPOTENT, "sum", "product"):
        return step, None
    again = step.kind in IDEMPOTENT
    axes = [i for i in step.axes if x.shape[i] != 1 and not (again and x.strides[i] == 0)]
    if len(axes) == len(step.axes):
        return step, None
    shape = tuple(1 if i in step.axes and i not in axes else n for i, n in enumerate(x.shape))
    x = Ref(x.array, shape, x.strides, x.offset)
    return replace(step, x=x, axes=tuple(axes)), None if axes else x


def narrow(flow: Flow) -> Flow:
    """A Map whose operands are all repeated along an axis runs once along it."""
    rewriter = Rewriter()
    for given in flow.steps:
        step = rewriter.read(given)
        if isinstance(step, Map) and step.letter not in ("coordinate", "copy"):
            shape = _distinct(step)
            if shape != step.out.shape:
                out = replace(step.out, shape=shape)
                operands = tuple(
                    Ref(x.array, shape, x.strides, x.offset) if isinstance(x, Ref) else x
                    for x in step.operands
                )
                rewriter.steps.append(replace(step, operands=operands, out=out))
                rewriter.replace(step.out, broadcasted(out.ref(), step.out.shape), step)
                continue
        rewriter.steps.append(step)
    return rewriter.flow(flow)


def _distinct(step: Map) -> tuple[int, ...]:
    """The shape of a Map with length 1 where all its operands repeat."""
    refs = [x for x in step.operands if isinstance(x, Ref)]
    if refs and 0 not in refs[0].strides:
        return step.out.shape
    return tuple(
        1 if n > 1 and all(x.strides[i] == 0 for x in refs) else n
        for i, n in enumerate(step.out.shape)
    )


def fold_constants(flow: Flow) -> Flow:
    """Steps that read nothing unknown run now, where their results take no more room."""
    rewriter = Rewriter()
    for given in flow.steps:
        step = rewriter.read(given)
        if is_guard(step) or not _is_known(step):
            rewriter.steps.append(step)
            continue
        values: dict[Array, Any] = {}
        with np.errstate(all="ignore"):
            run_step(step, values)
        for out in makes(step):
            rewriter.replace(out, as_constant(values[out]), step)
    return rewriter.flow(flow)


def _is_known(step: Step) -> bool:
    """Whether a step reads constants only, and makes no more elements than it reads, or few."""
    refs = reads(step)
    for x in refs:
        if x.array.value is None:
            return False
    if not _repeats(step):
        return False
    if isinstance(step, Map) and step.letter == "coordinate":
        return False  # a loop has its index at hand
    room = sum(x.array.size for x in refs)
    return all(out.size <= max(room, SMALL) for out in makes(step))
