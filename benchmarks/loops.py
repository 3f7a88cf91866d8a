"""Loops: pointwise kernels and rows as machine code, beside NumPy, on one thread.

env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE taskset -c 1 python benchmarks/loops.py [names]
"""

import sys
import time
from dataclasses import dataclass

import numpy as np

from chainrule.native.engine import compile_plan
from chainrule.plan.buffers import Buffer
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import Access, Apply, Coordinate, Given, Literal, Load, Store
from chainrule.spec import spec_of

F = "float32"


@dataclass
class Case:
    name: str
    kernel: object
    inputs: list
    outputs: list
    reference: object  # the same with NumPy


def load(buffer, *strides, dtype=F):
    return Load(Access(buffer, strides), dtype)


def do(letter, *operands, dtype=F):
    return Apply(letter, operands, dtype)


def pointwise(name, body, inputs, reference):
    """A body over vectors of all inputs, into one output."""
    size = inputs[0].size
    kernel = Pointwise((size,), body, (Store(Access(len(inputs), (1,)), len(body) - 1),))
    return Case(name, kernel, inputs, [np.zeros(size, F)], reference)


def elementwise(size):
    x, y, z = np.random.default_rng(0).normal(size=(3, size)).astype(F)
    one = load(0, 1)
    relu = (one, Literal(0.0, F), do("maximum", 0, 1))
    fused = (one, load(1, 1), load(2, 1), do("multiply", 0, 1), do("add", 3, 2))
    silu = (
        one, do("negative", 0), do("exp", 1), Literal(1.0, F), do("add", 2, 3), do("divide", 0, 4)
    )  # fmt: skip
    yield pointwise(f"relu {size}", relu, [x], lambda: np.maximum(x, 0))
    yield pointwise(f"x*y+z {size}", fused, [x, y, z], lambda: x * y + z)
    yield pointwise(f"silu {size}", silu, [x], lambda: x / (1 + np.exp(-x)))


def adam(size):
    w, m, v, gradient = np.random.default_rng(0).normal(size=(4, size)).astype(F)
    v = v * v
    step = np.array([3.0], F)
    body = (
        load(0, 1), load(1, 1), load(2, 1), load(3, 1), load(4, 0),
        Literal(0.9, F), Literal(0.1, F), Literal(0.999, F), Literal(0.001, F),
        do("multiply", 1, 5), do("multiply", 3, 6), do("add", 9, 10),
        do("multiply", 2, 7), do("multiply", 3, 3), do("multiply", 13, 8), do("add", 12, 14),
        do("power", 5, 4), do("power", 7, 4), Literal(1.0, F), do("subtract", 18, 16),
        do("subtract", 18, 17), do("divide", 11, 19), do("divide", 15, 20), do("sqrt", 22),
        Literal(1e-8, F), do("add", 23, 24), do("divide", 21, 25), do("multiply", 26, 8),
        do("subtract", 0, 27),
    )  # fmt: skip
    stores = tuple(Store(Access(b, (1,)), value) for b, value in ((5, 28), (6, 11), (7, 15)))

    def reference():
        mean, square = (
            m * single(0.9) + gradient * single(0.1),
            v * single(0.999) + gradient**2 * single(0.001),
        )
        first, second = 1 - single(0.9) ** step, 1 - single(0.999) ** step
        return w - mean / first / (np.sqrt(square / second) + single(1e-8)) * single(0.001)

    outputs = [np.zeros(size, F) for _ in range(3)]
    kernel = Pointwise((size,), body, stores)
    yield Case(f"adam {size}", kernel, [w, m, v, gradient, step], outputs, reference)


def transposed(rows, columns):
    x = np.random.default_rng(0).normal(size=(rows, columns)).astype(F)
    body = (load(0, 1, columns),)
    kernel = Pointwise((columns, rows), body, (Store(Access(1, (rows, 1)), 0),))
    out = np.zeros((columns, rows), F)
    yield Case(
        f"transpose {rows}x{columns}", kernel, [x], [out], lambda: np.ascontiguousarray(x.T)
    )


def column_sums(rows, columns):
    x = np.random.default_rng(0).normal(size=(rows, columns)).astype(F)
    total = Pass((load(0, 1, columns),), reductions=(Reduction("sum", 0, F),),
                 after=(Given(0, F),), after_stores=(Store(Access(1, (1,)), 0),))  # fmt: skip
    kernel = Row((columns,), (rows,), (total,))
    yield Case(f"sum 0 {rows}x{columns}", kernel, [x], [np.zeros(columns, F)], lambda: x.sum(0))


def whole_sum(size):
    x = np.random.default_rng(0).normal(size=size).astype(F)
    total = Pass((load(0, 1),), reductions=(Reduction("sum", 0, F),),
                 after=(Given(0, F),), after_stores=(Store(Access(1, ()), 0),))  # fmt: skip
    yield Case(f"sum {size}", Row((), (size,), (total,)), [x], [np.zeros((), F)], x.sum)


def row_sums(rows, columns):
    x = np.random.default_rng(0).normal(size=(rows, columns)).astype(F)
    total = Pass((load(0, columns, 1),), reductions=(Reduction("sum", 0, F),),
                 after=(Given(0, F),), after_stores=(Store(Access(1, (1,)), 0),))  # fmt: skip
    kernel = Row((rows,), (columns,), (total,))
    yield Case(f"sum 1 {rows}x{columns}", kernel, [x], [np.zeros(rows, F)], lambda: x.sum(1))


def cross_entropy(rows, classes):
    """Loss of each row, and the gradient of the scores for their mean."""
    random = np.random.default_rng(0)
    scores = random.normal(size=(rows, classes)).astype(F)
    labels = random.integers(0, classes, rows)
    score = load(0, classes, 1)
    largest = Pass((score,), reductions=(Reduction("max", 0, F),))
    hit = (load(1, 1, 0, dtype="int64"), Coordinate(1), do("equal", 0, 1, dtype="bool"), score,
           Given(0, F), do("subtract", 3, 4), Literal(0.0, F),
           do("where", 2, 5, 6), do("exp", 5))  # fmt: skip
    total = Pass(hit, reductions=(Reduction("sum", 8, F), Reduction("sum", 7, F)),
                 after=(Given(1, F), do("log", 0), Given(2, F), do("subtract", 1, 2)),
                 after_stores=(Store(Access(2, (1,)), 3),))  # fmt: skip
    slope = (*hit, Given(1, F), do("divide", 8, 9), Literal(1.0, F), do("where", 2, 11, 6),
             do("subtract", 10, 12), Literal(1 / rows, F), do("multiply", 13, 14))  # fmt: skip
    gradient = Pass(slope, stores=(Store(Access(3, (classes, 1)), 15),))
    kernel = Row((rows,), (classes,), (largest, total, gradient))
    outputs = [np.zeros(rows, F), np.zeros((rows, classes), F)]
    places = np.arange(rows)

    def reference():
        shifted = scores - scores.max(1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(1, keepdims=True)
        gradient = e / total
        gradient[places, labels] -= 1
        gradient *= single(1 / rows)
        return np.log(total[:, 0]) - shifted[places, labels]

    yield Case(f"cross-entropy {rows}x{classes}", kernel, [scores, labels], outputs, reference)


def layer_norm(rows, columns):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, columns)).astype(F)
    scale, shift = random.normal(size=(2, columns)).astype(F)
    element, share = load(0, columns, 1), Literal(1 / columns, F)
    first = Pass((element,), reductions=(Reduction("sum", 0, F),),
                 after=(Given(0, F), share, do("multiply", 0, 1)), kept=(2,))  # fmt: skip
    second = Pass((element, Given(1, F), do("subtract", 0, 1), do("multiply", 2, 2)),
                  reductions=(Reduction("sum", 3, F),),
                  after=(Given(2, F), share, do("multiply", 0, 1), Literal(1e-5, F),
                         do("add", 2, 3), do("sqrt", 4)), kept=(5,))  # fmt: skip
    third = Pass((element, Given(1, F), do("subtract", 0, 1), Given(3, F), do("divide", 2, 3),
                  load(1, 0, 1), do("multiply", 4, 5), load(2, 0, 1), do("add", 6, 7)),
                 stores=(Store(Access(3, (columns, 1)), 8),))  # fmt: skip

    def reference():
        centred = x - x.mean(1, keepdims=True)
        deviation = np.sqrt(np.mean(centred * centred, 1, keepdims=True) + single(1e-5))
        return centred / deviation * scale + shift

    kernel = Row((rows,), (columns,), (first, second, third))
    out = np.zeros((rows, columns), F)
    yield Case(f"layer norm {rows}x{columns}", kernel, [x, scale, shift], [out], reference)


def cases():
    for size in (1000, 100_000):
        yield from elementwise(size)
    yield from adam(100_000)
    for shape in ((64, 64), (1000, 1000)):
        yield from transposed(*shape)
    for shape in ((32, 10), (32, 64), (128, 128), (256, 1024), (100_000, 3)):
        yield from column_sums(*shape)
    yield from whole_sum(100_000)
    yield from row_sums(128, 128)
    for shape in ((32, 2), (32, 10), (128, 10), (32, 32), (4096, 1000)):
        yield from cross_entropy(*shape)
    for shape in ((32, 64), (256, 256), (64, 4096)):
        yield from layer_norm(*shape)


def single(number):
    return np.float32(number)


def measure(case):
    """Microseconds of ours and NumPy's, and what ours wrote first."""
    arrays = [*case.inputs, *case.outputs]
    places = ["input"] * len(case.inputs) + ["output"] * len(case.outputs)
    numbers = [*range(len(case.inputs)), *range(len(case.outputs))]
    buffers = tuple(
        Buffer(a.size, a.dtype.name, place, number)
        for a, place, number in zip(arrays, places, numbers, strict=True)
    )
    specs = tuple(map(spec_of, case.inputs)), tuple(map(spec_of, case.outputs))
    plan = Plan(*specs, buffers, (case.kernel,), (), {}, 0, (case.name,))
    started = time.perf_counter()
    run = compile_plan(plan).run_object()
    compiling = time.perf_counter() - started
    run(case.inputs, case.outputs)
    return timed(lambda n: run.repeat(n, [])), timed(lambda n: loop(case.reference, n)), compiling


def loop(function, times):
    for _ in range(times):
        function()


def timed(repeat):
    """The best of some runs of at least a millisecond: the machine does other things too."""
    started = time.perf_counter()
    repeat(3)
    rounds = max(1, int(1e-3 / ((time.perf_counter() - started) / 3)))
    found = []
    for _ in range(9):
        started = time.perf_counter()
        repeat(rounds)
        found.append((time.perf_counter() - started) / rounds * 1e6)
    return min(found)


def main():
    wanted = sys.argv[1:]
    print(f"{'':28} {'ours us':>9} {'NumPy us':>9} {'ratio':>6} {'compiled in ms':>15}")
    for case in cases():
        if wanted and not any(word in case.name for word in wanted):
            continue
        ours, theirs, compiling = measure(case)
        numbers = f"{ours:9.2f} {theirs:9.2f} {theirs / ours:6.1f} {compiling * 1e3:15.0f}"
        print(f"{case.name:28} {numbers}")


if __name__ == "__main__":
    main()
