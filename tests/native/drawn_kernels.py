"""Random Pointwise and Row kernels, the arrays they work on, and their machine code."""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.native.target import Target
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Access, Apply, Coordinate, Gather, Given, Literal, Load, Store
from tests.native.loaded import cut, run_units

TARGETS = [Target(256, 16, False), Target(128, 16, False), Target(512, 32, True)]
NUMBERS = ("float32", "float64", "int64", "int32")


def native(kernel, arrays, target=TARGETS[0], cuts=()):
    """Run a kernel's machine code in place, in parts that end after these shares of its units."""
    module = Module()
    units = write(module, "kernel", kernel, target)
    run_units(module, arrays, cut(units, cuts))
    return units


def interpreted(kernel, arrays):
    """Run a kernel with NumPy, in place."""
    with np.errstate(all="ignore"):
        kernel.run(Memory(arrays))


@dataclass
class Draft:
    """A kernel while it is drawn: its buffers so far."""

    draw: object
    seed: np.random.Generator
    arrays: list = field(default_factory=list)

    def buffer(self, size, dtype, high=None):
        if dtype == "bool":
            values = self.seed.random(size) < 0.5
        elif dtype.startswith("int"):
            values = self.seed.integers(-5, 5 if high is None else high, size)
        else:
            values = self.seed.normal(size=size)
        self.arrays.append(values.astype(dtype))
        return len(self.arrays) - 1

    def access(self, shape, dtype, whole=False, high=None):
        """A new buffer, met in some order of axes, with gaps, backwards, broadcast."""
        draw, strides, offset, step = self.draw, [0] * len(shape), 0, 1
        for axis in draw(st.permutations(range(len(shape)))):
            if not whole and draw(st.integers(0, 3)) == 0:
                continue
            stride = step * draw(st.sampled_from([1, 1, 1, 1, 2, -1]))
            strides[axis] = stride
            step = abs(stride) * max(shape[axis], 1)
            offset += max(0, -stride * max(shape[axis] - 1, 0))
        first = draw(st.integers(0, 3))
        buffer = self.buffer(first + step + 1, dtype, high)
        return Access(buffer, tuple(strides), first + offset)

    def instruction(self, body, shape, known, stored):
        """One more instruction for a body."""
        draw = self.draw
        numbers = [i for i, step in enumerate(body) if step.dtype != "bool"]
        choice = draw(st.integers(0, 9)) if numbers else 0
        if choice <= 1 or not numbers:
            dtype = draw(st.sampled_from(NUMBERS))
            return [Load(self.access(shape, dtype), dtype)]
        if choice == 2:
            leaves = [Load(access, dtype) for access, dtype in stored]
            leaves += [Given(place, dtype) for place, dtype in known]
            leaves += [Coordinate(axis) for axis in range(len(shape))]
            return [draw(st.sampled_from([*leaves, Literal(-0.0, "float32")]))]
        if choice == 3:
            length = draw(st.integers(1, 5))
            index = Load(self.access(shape, "int64", high=length), "int64")
            self.arrays[-1] %= length
            source = self.access(shape, "float32")
            stride = len(self.arrays[-1])
            self.arrays[-1] = np.tile(self.arrays[-1], length)
            return [index, Gather(source, len(body), stride, length, "float32")]
        return self.letter(body, numbers)

    def letter(self, body, numbers):
        draw, at = self.draw, len(body)
        x = draw(st.sampled_from(numbers))
        dtype = body[x].dtype
        y = draw(st.sampled_from([i for i in numbers if body[i].dtype == dtype]))
        name = draw(st.sampled_from(["add", "subtract", "multiply", "maximum", "less", "cast"]))
        if name == "cast":
            other = draw(st.sampled_from(["float32", "float64"]))
            return [Apply("cast", (x,), other)] if other != dtype else []
        if name == "less":
            return [Apply("less", (x, y), "bool"), Apply("where", (at, x, y), dtype)]
        return [Apply(name, (x, y), dtype)]

    def body(self, shape, start=(), known=(), stored=()):
        body = list(start)
        for _ in range(self.draw(st.integers(1, 8))):
            body += self.instruction(body, shape, known, stored)
        return tuple(body)

    def stores(self, body, shape, count):
        """Some values go to new buffers, or back to where a whole load came from."""
        found = []
        for _ in range(count):
            value = self.draw(st.integers(0, len(body) - 1))
            access = self.access(shape, body[value].dtype, whole=True)
            found.append(Store(access, value))
        return tuple(found)


@st.composite
def pointwise_kernels(draw):
    """A kernel and its arrays."""
    draft = Draft(draw, np.random.default_rng(draw(st.integers(0, 2**32))))
    shape = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 9, 17, 40]), max_size=3)))
    place = draft.access(shape, "float32", whole=True)  # is updated in place
    body = draft.body(shape, [Load(place, "float32")], stored=[(place, "float32")])
    values = [i for i, step in enumerate(body) if step.dtype == "float32"]
    update = Store(place, draw(st.sampled_from(values)))
    stores = (*draft.stores(body, shape, draw(st.integers(0, 2))), update)
    return Pointwise(shape, body, stores), draft.arrays


@st.composite
def row_kernels(draw, inexact=False):
    """A kernel and its arrays; sums are of integers, so that every order gives the same."""
    draft = Draft(draw, np.random.default_rng(draw(st.integers(0, 2**32))))
    lengths = st.sampled_from([1, 2, 3, 5, 8, 10, 17, 70])
    outer = tuple(draw(st.lists(lengths, max_size=2)))
    inner = tuple(draw(st.lists(lengths, max_size=2)))
    known, stored, seen, passes = [], [], [], []
    for _ in range(draw(st.integers(1, 3))):
        each = _pass(draft, outer, inner, known, stored, seen, inexact)
        known += [(len(known) + i, r.dtype) for i, r in enumerate(each.reductions)]
        after = draft.body(outer, known=known, stored=seen)
        kept = draw(st.lists(st.integers(0, len(after) - 1), max_size=2))
        known += [(len(known) + i, after[value].dtype) for i, value in enumerate(kept)]
        known = [(place, dtype) for place, (_, dtype) in enumerate(known)]
        after_stores = draft.stores(after, outer, draw(st.integers(0, 1)))
        seen = seen + [(s.access, after[s.value].dtype) for s in after_stores]
        passes.append(replace(each, after=after, after_stores=after_stores, kept=tuple(kept)))
    return Row(outer, inner, tuple(passes)), draft.arrays


def _pass(draft, outer, inner, known, stored, seen, inexact):
    draw, shape = draft.draw, (*outer, *inner)
    body = draft.body(shape, known=known, stored=stored)
    reductions = []
    for _ in range(draw(st.integers(0, 2))):
        value = draw(st.integers(0, len(body) - 1))
        if body[value].dtype == "bool":
            kind = draw(st.sampled_from(["any", "all"]))
        else:
            summed = inexact or body[value].dtype.startswith("int")
            kinds = ["sum", "product"] if summed else []
            kind = draw(st.sampled_from([*kinds, "max", "min", "argmax", "argmin"]))
        dtype = "int64" if kind.startswith("arg") else body[value].dtype
        reductions.append(Reduction(kind, value, dtype))
    stores = draft.stores(body, shape, draw(st.integers(0, 1)))
    stored += [(store.access, body[store.value].dtype) for store in stores]
    return Pass(body, stores, tuple(reductions))
