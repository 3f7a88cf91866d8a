"""Random Matmul kernels, the arrays they work on, and their machine code."""

import numpy as np
from hypothesis import strategies as st

from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.native.target import Target
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Access, Given, Load, Store
from tests.native.drawn_kernels import Draft
from tests.native.loaded import cut, run_units

AVX2 = Target(256, 16, False)
TARGETS = [AVX2, Target(128, 16, False), Target(128, 32, False), Target(512, 32, True)]
FORMS = ("NN", "TN", "NT", "TT")
SIZES = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 17, 24, 33, 50])
DEPTHS = st.sampled_from([0, 1, 2, 3, 5, 8, 9, 16, 31, 70])


def named(value):
    """How a test's id names a target, a form or a shape."""
    kinds = ("avx2", "sse", "neon", "avx512")
    return kinds[TARGETS.index(value)] if isinstance(value, Target) else str(value)


def run(kernel, arrays, target=AVX2, cuts=()):
    """Run a kernel's machine code in place, in parts that end after these shares of its units."""
    module = Module()
    units = write(module, "kernel", kernel, target)
    run_units(module, arrays, cut(units, cuts))
    return units


def interpreted(kernel, arrays):
    """Run a kernel with NumPy, in place."""
    with np.errstate(all="ignore"):
        kernel.run(Memory(arrays))


def product(rows, depth, columns, form="NN", dtype="float32", batch=(), seed=0):
    """A plain product of contiguous matrices ("T": transposed in memory) and its arrays."""
    random = np.random.default_rng(seed)
    count = int(np.prod(batch))
    sizes = (rows * depth, depth * columns, rows * columns)
    arrays = [random.standard_normal(count * size).astype(dtype) for size in sizes]
    outer = [_outer(batch, size) for size in sizes]
    a = Access(0, (*outer[0], *((1, rows) if form[0] == "T" else (depth, 1))))
    b = Access(1, (*outer[1], *((1, depth) if form[1] == "T" else (columns, 1))))
    store = Store(Access(2, (*outer[2], columns, 1)), 0)
    body = (Given(0, dtype),)
    return Matmul(batch, rows, depth, columns, a, b, dtype, body, (store,)), arrays


def views(kernel, arrays):
    """The matrices a and b of a kernel, and its first result."""
    memory = Memory(arrays)
    batch, rows, depth, columns = kernel.batch, kernel.rows, kernel.depth, kernel.columns
    return (
        memory.view(kernel.a, (*batch, rows, depth)),
        memory.view(kernel.b, (*batch, depth, columns)),
        memory.view(kernel.stores[0].access, (*batch, rows, columns)),
    )


def _outer(batch, size):
    """Strides of the batch axes over matrices of a size."""
    strides = []
    for n in reversed(batch):
        strides.insert(0, size)
        size *= n
    return tuple(strides)


@st.composite
def product_kernels(draw):
    """A kernel of any shape, layout and dtype, and arrays of small integers: sums are exact."""
    draft = Draft(draw, np.random.default_rng(draw(st.integers(0, 2**32))))
    batch = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3]), max_size=2)))
    rows, depth, columns = draw(SIZES), draw(DEPTHS), draw(SIZES)
    dtype = draw(st.sampled_from(["float32"] * 3 + ["float64"] * 2 + ["int64", "int32", "bool"]))
    a = draft.access((*batch, rows, depth), dtype)
    b = draft.access((*batch, depth, columns), dtype)
    for array in draft.arrays:
        array[...] = array.astype("int8")
    shape = (*batch, rows, columns)
    place = draft.access(shape, "float32", whole=True)  # is updated in place
    start = [Load(place, "float32"), Given(0, dtype)]
    body = draft.body(shape, start, known=[(0, dtype)], stored=[(place, "float32")])
    values = [i for i, step in enumerate(body) if step.dtype == "float32"]
    update = Store(place, draw(st.sampled_from(values)))
    given = Store(draft.access(shape, dtype, whole=True), 1)
    stores = (*draft.stores(body, shape, draw(st.integers(0, 1))), given, update)
    return Matmul(batch, rows, depth, columns, a, b, dtype, body, stores), draft.arrays
