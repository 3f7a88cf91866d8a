"""Plans written by hand, of a kernel or two."""

from math import prod

import numpy as np

from chainrule.plan.alone import View
from chainrule.plan.buffers import Buffer
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import Access, Apply, Given, Literal, Load, Store
from chainrule.plan.steps import contiguous
from chainrule.spec import Spec


def spec(shape, dtype="float32"):
    return Spec(tuple(shape), np.dtype(dtype))


def plan_of(inputs, outputs, kernels, updates=None):
    """A plan whose buffers are its inputs, then its outputs; outputs that update have none."""
    updates = updates or {}
    buffers = [Buffer(s.size, s.dtype.name, "input", i) for i, s in enumerate(inputs)]
    buffers += [
        Buffer(s.size, s.dtype.name, "output", i)
        for i, s in enumerate(outputs)
        if i not in updates
    ]
    names = tuple(type(kernel).__name__ for kernel in kernels)
    return Plan(
        tuple(inputs), tuple(outputs), tuple(buffers), tuple(kernels), (), updates, 0, names
    )


def whole(buffer, shape):
    return Access(buffer, contiguous(shape))


def product(rows, depth, columns):
    """The product of two matrices of float32."""
    kernel = Matmul(
        (), rows, depth, columns, whole(0, (rows, depth)), whole(1, (depth, columns)), "float32",
        (Given(0, "float32"),), (Store(whole(2, (rows, columns)), 0),),
    )  # fmt: skip
    return plan_of(
        [spec((rows, depth)), spec((depth, columns))], [spec((rows, columns))], [kernel]
    )


def doubled(shape, dtype="float32", limits=None, number=2):
    """Twice the input, whose integers may have to lie between limits."""
    read = Load(whole(0, shape), dtype)
    body = (read, Literal(number, dtype), Apply("multiply", (0, 1), dtype))
    kernels = [Pointwise(tuple(shape), body, (Store(whole(1, shape), 2),))]
    if limits:
        kernels.insert(0, Bounds(View.whole(0, tuple(shape), dtype), *limits, "label"))
    return plan_of([spec(shape, dtype)], [spec(shape, dtype)], kernels)


def added(shape):
    """The input, to which a number of one element is added in place."""
    body = (
        Load(whole(0, shape), "float32"),
        Load(Access(1, (0,) * len(shape)), "float32"),
        Apply("add", (0, 1), "float32"),
    )
    kernel = Pointwise(tuple(shape), body, (Store(whole(0, shape), 2),))
    return plan_of([spec(shape), spec(())], [spec(shape)], [kernel], {0: 0})


def called_back(op, shape, access=None, target=None):
    """An op of Python's on one view of the input, then its double."""
    access, target = access or whole(0, shape), target or whole(1, shape)
    view = View(tuple(shape), access, "float32")
    into = View(tuple(shape), target, "float32")
    read = Load(whole(1, shape), "float32")
    body = (read, Apply("add", (0, 0), "float32"))
    kernels = [
        Opaque(op, (view,), (into,)),
        Pointwise(tuple(shape), body, (Store(whole(1, shape), 1),)),
    ]
    return plan_of([spec((prod(shape),))], [spec(shape)], kernels)
