"""Copies: kernels that fill an array, or move elements as they are.

Imports pointwise, bodies and steps. Fusion copies outputs with it; writing fills and assembles.
"""

from collections.abc import Mapping

from chainrule.plan.bodies import Writer
from chainrule.plan.buffers import Buffer
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.scalar import Access, Literal, Store
from chainrule.plan.steps import Array, Assemble, Number, Operand, Part, Ref

Buffers = Mapping[Array, int]


def assembled(step: Assemble, buffers: Buffers) -> list[Pointwise]:
    """The parts of an array, each written to its place."""
    fills = [] if step.fill is None else [filled(step.fill, step.out, buffers)]
    parts = [part for part in step.parts if 0 not in part.shape]
    return [*fills, *(_part(part, step.out, buffers) for part in parts)]


def cleared(out: Array, buffers: Buffers) -> Pointwise:
    """Zeros."""
    return filled(Number(False if out.dtype == "bool" else 0, out.dtype), out, buffers)


def zeros(buffer: Buffer, number: int) -> Pointwise:
    """The same of a buffer, whatever array it holds."""
    body = (Literal(0, buffer.dtype),)
    return Pointwise((buffer.size,), body, (Store(Access(number, (1,)), 0),))


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


def _lengths(size: int) -> tuple[int, ...]:
    return () if size == 1 else (size,)
