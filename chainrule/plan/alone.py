"""Steps that are kernels of their own: scatters, scans, sorts, random numbers, checks, calls.

Imports the kernels, steps and walks. Fusion writes them one by one; they read memory only.
"""

from collections.abc import Mapping

from chainrule.plan.bodies import Writer
from chainrule.plan.kernels import (
    Bounds,
    Fold,
    Kernel,
    Mask,
    Opaque,
    Pointwise,
    Scan,
    Scatter,
    Sort,
    View,
)
from chainrule.plan.scalar import Access, Literal, Store
from chainrule.plan.steps import (
    Array,
    Assemble,
    Call,
    Check,
    Draw,
    NextKey,
    Number,
    Operand,
    Order,
    Part,
    Put,
    Ref,
    Running,
    Step,
)

Buffers = Mapping[Array, int]


def write_alone(step: Step, buffers: Buffers) -> list[Kernel]:
    """The kernels of a step that is not fused."""
    if isinstance(step, Put):
        zero = Number(False if step.out.dtype == "bool" else 0, step.out.dtype)
        return [filled(zero, step.out, buffers), _scatter(step, buffers)]
    if isinstance(step, Assemble):
        fills = [] if step.fill is None else [filled(step.fill, step.out, buffers)]
        parts = [part for part in step.parts if 0 not in part.shape]
        return [*fills, *(_part(part, step.out, buffers) for part in parts)]
    return [_single(step, buffers)]


def filled(number: Number, out: Array, buffers: Buffers) -> Pointwise:
    """One number everywhere."""
    writer = Writer(_lengths(out.size), buffers)
    writer.values[out] = writer.operand(number)
    return Pointwise(_lengths(out.size), writer.body, (writer.store(out, buffers[out]),))


def copied(source: Operand, target: Access, shape: tuple[int, ...], buffers: Buffers) -> Pointwise:
    """Elements moved as they are, or one number; the target's strides run over the shape."""
    lengths, strides = shape, target.strides
    if isinstance(source, Ref):
        pairs = [(n, i) for i, n in enumerate(shape) if n != 1]
        lengths, strides, sources = _joint(pairs, target.strides, source.strides)
        access = Access(buffers[source.array], sources, source.offset)
        writer = Writer(lengths, buffers)
        value = writer.load(access, source.dtype)
    else:
        writer = Writer(lengths, buffers)
        value = writer.operand(source)
    return Pointwise(
        lengths, writer.body, (Store(Access(target.buffer, strides, target.offset), value),)
    )


def _joint(
    pairs: list[tuple[int, int]], one: tuple[int, ...], other: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Axes (length, number) merged where both sets of strides run through: lengths, strides."""
    lengths: list[int] = []
    ones: list[int] = []
    others: list[int] = []
    for n, i in pairs:
        if lengths and ones[-1] == n * one[i] and others[-1] == n * other[i]:
            lengths[-1] *= n
            ones[-1], others[-1] = one[i], other[i]
        else:
            lengths.append(n)
            ones.append(one[i])
            others.append(other[i])
    return tuple(lengths), tuple(ones), tuple(others)


def _part(part: Part, out: Array, buffers: Buffers) -> Pointwise:
    return copied(
        part.operand, Access(buffers[out], part.strides, part.offset), part.shape, buffers
    )


def _scatter(step: Put, buffers: Buffers) -> Scatter:
    writer = Writer(step.shape, buffers)

    def load(ref: Ref) -> int:
        return writer.load(Access(buffers[ref.array], ref.strides, ref.offset), ref.dtype)

    if isinstance(step.values, Number):
        value = writer.add(Literal(step.values.value, step.values.dtype))
    else:
        value = load(step.values)
    places = tuple((load(index), stride, length) for index, stride, length in step.picks)
    target = Access(buffers[step.out], step.strides, step.offset)
    return Scatter(step.shape, writer.body, value, places, target, step.accumulate)


def _single(step: Step, buffers: Buffers) -> Kernel:
    if isinstance(step, Running):
        outer, length = step.out.shape[:-1], step.out.shape[-1]
        sources = tuple(_access(x, buffers) for x in step.sources)
        return Scan(step.kind, outer, length, sources, _target(step.out, buffers), step.out.dtype)
    if isinstance(step, Order):
        outer, length = step.x.shape[:-1], step.x.shape[-1]
        target = _target(step.out, buffers)
        return Sort(outer, length, _access(step.x, buffers), target, step.x.dtype)
    if isinstance(step, Draw):
        key, target = _key(step.key, buffers), Access(buffers[step.out], (1,))
        return Mask(step.out.size, key, step.threshold, target)
    if isinstance(step, NextKey):
        return Fold(_key(step.key, buffers), step.number, Access(buffers[step.out], ()))
    if isinstance(step, Check):
        access = _access(step.x, buffers)
        return Bounds(step.x.shape, access, step.x.dtype, step.low, step.high, step.what)
    assert isinstance(step, Call)
    operands = tuple(
        View(x.shape, _access(x, buffers), x.dtype) if isinstance(x, Ref) else x
        for x in step.operands
    )
    views = tuple(View(x.shape, _target(x, buffers), x.dtype) for x in step.outs)
    return Opaque(step.op, operands, views)


def _access(ref: Ref, buffers: Buffers) -> Access:
    return Access(buffers[ref.array], ref.strides, ref.offset)


def _key(ref: Ref, buffers: Buffers) -> Access:
    return Access(buffers[ref.array], (), ref.offset)


def _target(out: Array, buffers: Buffers) -> Access:
    return _access(out.ref(), buffers)


def _lengths(size: int) -> tuple[int, ...]:
    return () if size == 1 else (size,)
