"""Flows drawn at random: views of all kinds, reductions, products, updates of inputs."""

from math import prod

import numpy as np

from chainrule.plan.kinds.scan import Scan
from chainrule.plan.kinds.scatter import Scatter
from chainrule.plan.kinds.sort import Sort
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
    contiguous,
)

F = "float64"
SHAPES = ((), (1,), (3,), (6,), (2, 3), (3, 2), (1, 6), (6, 1), (6, 4), (4, 6), (2, 3, 4), (24,))
BINARY = ("add", "subtract", "multiply", "maximum", "minimum")
UNARY = ("negative", "tanh", "exp", "abs", "sign", "copy", "square")
KINDS = ("sum", "max", "min", "product")


class Drawer:
    """Draws steps one after the other; every float array is kept small by tanh now and then."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.inputs = [Array(self.shape(), F, label=f"in{i}") for i in range(4)]
        self.arrays = list(self.inputs)
        self.steps = []

    def flow(self, count):
        draws = (self.map, self.map, self.map, self.map, self.chain, self.chain, self.reduce,
                 self.reduce, self.product, self.batch, self.pick, self.put, self.assemble,
                 self.scan, self.order, self.questioned)  # fmt: skip
        for _ in range(count):
            draws[self.rng.integers(len(draws))]()
        return self.finished()

    def finished(self):
        made = [step.out for step in self.steps if step.out.dtype == F]
        outputs = [self.any_of(made) for _ in range(3)]
        outputs = [self.view(x) if self.chance(0.3) else x.ref() for x in outputs]
        updates, taken = {}, set()
        for array in made:
            fits = [i for i, x in enumerate(self.inputs) if x.shape == array.shape]
            for i in fits:
                if i not in taken and self.chance(0.5):
                    updates[len(outputs)] = i
                    outputs.append(array.ref())
                    taken.add(i)
                    break
        outputs.append(self.inputs[0].ref())
        return Flow(tuple(self.inputs), tuple(outputs), tuple(self.steps), updates)

    def chance(self, p):
        return self.rng.random() < p

    def any_of(self, things):
        return things[self.rng.integers(len(things))]

    def shape(self):
        return self.any_of(SHAPES)

    def emit(self, step):
        self.steps.append(step)
        self.arrays.append(step.out)
        return step.out

    def recent(self):
        """An array of floats, rather a late one."""
        floats = [x for x in self.arrays if x.dtype == F]
        return self.any_of(floats[-6:]) if self.chance(0.7) else self.any_of(floats)

    def view(self, array):
        """A view: reshaped, transposed, reversed or cut."""
        ref = array.ref()
        if self.chance(0.3):
            same = [s for s in SHAPES if prod(s) == prod(ref.shape)]
            shape = self.any_of(same) if same else ref.shape
            ref = Ref(array, shape, contiguous(shape))
        if self.chance(0.3):
            ref = Ref(array, ref.shape[::-1], ref.strides[::-1])
        if ref.shape and self.chance(0.15):
            n, stride = ref.shape[0], ref.strides[0]
            ref = Ref(array, ref.shape, (-stride, *ref.strides[1:]), ref.offset + (n - 1) * stride)
        if ref.shape and ref.shape[0] > 1 and self.chance(0.15):
            ref = Ref(array, (ref.shape[0] - 1, *ref.shape[1:]), ref.strides,
                      ref.offset + ref.strides[0])  # fmt: skip
        return ref

    def operand(self, shape):
        """Anything that broadcasts to a shape; a number if nothing does."""
        for _ in range(12):
            ref = self.view(self.recent())
            spread = spread_to(ref, shape)
            if spread is not None:
                return spread
        return Number(float(self.rng.normal()), F)

    def map(self):
        shape = self.view(self.recent()).shape
        letter = self.any_of((*BINARY, *UNARY))
        count = 2 if letter in BINARY else 1
        operands = tuple(self.operand(shape) for _ in range(count))
        return self.emit(Map(letter, operands, Array(shape, F)))

    def chain(self):
        """A map of the last array as it lies: what fusion lives on."""
        last = [x for x in self.arrays if x.dtype == F][-1]
        letter = self.any_of(BINARY)
        operands = (last.ref(), self.operand(last.shape))
        return self.emit(Map(letter, operands, Array(last.shape, F)))

    def questioned(self):
        shape = self.recent().shape
        truth = Array(shape, "bool")
        self.emit(Map("greater", (self.operand(shape), self.operand(shape)), truth))
        operands = (truth.ref(), self.operand(shape), self.operand(shape))
        return self.emit(Map("where", operands, Array(shape, F)))

    def reduce(self):
        x = self.view(self.recent())
        axes = tuple(i for i in range(len(x.shape)) if self.chance(0.5))
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        out = self.emit(Reduce(self.any_of(KINDS), x, axes, Array(shape, F)))
        spread = spread_to(out.ref(), x.shape)
        if self.chance(0.7):  # what softmax and normalization do
            self.emit(Map("subtract", (x, spread), Array(x.shape, F)))

    def product(self):
        a = self.view(self.recent())
        b = self.view(self.recent())
        if len(a.shape) == len(b.shape) == 2 and a.shape[1] == b.shape[0]:
            out = self.emit(Product(a, b, Array((a.shape[0], b.shape[1]), F)))
            self.emit(Map("tanh", (out.ref(),), Array(out.shape, F)))

    def batch(self):
        """Products of several matrices, perhaps summed: what a weight of sequences comes to."""
        x = self.recent()
        if len(x.shape) != 3:
            return
        b, i, k = x.shape
        last = self.operand((b, i, 3)) if self.chance(0.5) else self.operand((b, k, 3))
        if not isinstance(last, Ref):
            return
        left = x.ref()
        if last.shape[1] == i:  # x^T y
            left = Ref(x, (b, k, i), (i * k, 1, k))
        out = Array((b, left.shape[1], 3), F)
        self.emit(Product(left, last, out))
        if self.chance(0.7):
            total = Array((1, *out.shape[1:]), F)
            self.emit(Reduce("sum", out.ref(), (0,), total))

    def places(self, shape, length):
        """An index of a shape: a coordinate, some of them counted from the end."""
        axis = int(self.rng.integers(len(shape)))
        out = self.emit(Map("coordinate", (Number(axis, "int64"),), Array(shape, "int64")))
        limit = Number(length - 1, "int64")
        index = self.emit(Map("minimum", (out.ref(), limit), Array(shape, "int64")))
        if self.chance(0.5):
            back = Number(length, "int64")
            index = self.emit(Map("subtract", (index.ref(), back), Array(shape, "int64")))
        return index.ref()

    def pick(self):
        x = self.recent()
        if not x.shape:
            return
        shape = (*x.shape[:-1], 3)
        index = self.places(shape, x.shape[-1])
        source = Ref(x, shape, (*contiguous(x.shape)[:-1], 0))
        self.emit(Pick(source, index, 1, x.shape[-1], Array(shape, F)))

    def put(self):
        x = self.recent()
        if not x.shape:
            return
        out = Array((*x.shape[:-1], 5), F)
        index = self.places(x.shape, 5)
        strides = (*contiguous(out.shape)[:-1], 0)
        self.emit(Scatter(x.ref(), ((index, 1, 5),), Ref(out, x.shape, strides), True))

    def assemble(self):
        x, y = self.view(self.recent()), self.view(self.recent())
        sizes = prod(x.shape), prod(y.shape)
        parts = (
            Part(x, x.shape, contiguous(x.shape), 0),
            Part(y, y.shape, contiguous(y.shape), sizes[0]),
        )
        out = Array((sum(sizes) + 2,), F)
        if out.size < 40:
            self.emit(Assemble(Number(1.5, F), parts, out))

    def scan(self):
        x = self.view(self.recent())
        if x.shape:
            self.emit(Scan("sum", (x,), Array(x.shape, F).ref()))

    def order(self):
        x = self.view(self.recent())
        if x.shape:
            order = self.emit(Sort(x, Array(x.shape, "int64").ref()))
            self.emit(Map("cast", (order.ref(),), Array(x.shape, F)))


def spread_to(ref, shape):
    """A view repeated to a shape, by NumPy's rule; None where that cannot be."""
    missing = len(shape) - len(ref.shape)
    if missing < 0:
        return None
    strides = [0] * missing
    for n, wanted, stride in zip(ref.shape, shape[missing:], ref.strides, strict=True):
        if n not in (1, wanted):
            return None
        strides.append(0 if n == 1 else stride)
    return Ref(ref.array, tuple(shape), tuple(strides), ref.offset)
