"""Products of matrices: ours with what follows them, OpenBLAS called natively, and the peak.

env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE taskset -c 1 python -m benchmarks.matmul [names]
"""

import ctypes
import itertools
import sys
import time

import numpy as np
from llvmlite import binding

from chainrule.native.engine import compile_plan, target
from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import Access, Apply, Given, Literal, Load, Store
from chainrule.spec import spec_of

F = "float32"
NETS = {  # rows of a batch, then the widths of the layers
    "moons": (32, 2, 16, 16, 1),
    "digits": (32, 64, 64, 10),
    "small": (64, 16, 32, 32, 8),
    "mnist-1": (128, 784, 128, 10),
    "mnist-2": (128, 784, 256, 128, 10),
    "wide": (256, 784, 1024, 1024, 10),
    "predict 1": (1, 784, 128, 10),
    "predict 32": (32, 784, 128, 10),
    "predict 1024": (1024, 784, 128, 10),
}
SUMS = 12  # running side by side: more than two units with a latency of four or five cycles need
ROUNDS, SECONDS = 5000, 0.1
PEAK = """
define float @peak(i64 %rounds, float %x) {{
entry:
  %one = insertelement {kind} poison, float %x, i64 0
  %a = shufflevector {kind} %one, {kind} poison, <{lanes} x i32> zeroinitializer
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
{phis}
{sums}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %rounds
  br i1 %more, label %loop, label %done
done:
{joined}
  %result = extractelement {kind} %j{last}, i64 0
  ret float %result
}}
declare {kind} @llvm.fma.v{lanes}f32({kind}, {kind}, {kind})
"""
BLAS = """
define void @blas(i64 %times, {parameters}) {{
entry:
  %sgemm = inttoptr i64 {address} to ptr
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void %sgemm({parameters})
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %times
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""
ALIVE = []  # engines must outlive their functions


def products(training, rows, *widths):
    """Kernels of a training step, or of a prediction: its title, the kernel, its arrays."""
    for i, (m, n) in enumerate(itertools.pairwise(widths)):
        yield product("x @ w + b, relu", rows, m, n, "NN")
        if training:
            yield product("w -= rate * x.T @ g", m, rows, n, "TN")
        if training and i:
            yield product("g @ w.T where active", rows, n, m, "NT")


def product(title, rows, depth, columns, form):
    random = np.random.default_rng(0)
    sizes = (rows * depth, depth * columns, rows * columns, max(columns, rows * columns))
    arrays = [aligned(random.standard_normal(size).astype(F)) for size in sizes]
    a = Access(0, (1, rows) if form[0] == "T" else (depth, 1))
    b = Access(1, (1, depth) if form[1] == "T" else (columns, 1))
    out = Access(2, (columns, 1))
    beside = Load(Access(3, (0, 1) if form == "NN" else (columns, 1)), F)
    step = (Literal(1e-6, F), do("multiply", 0, 2), do("subtract", 1, 3))
    mask = (Literal(0.0, F), Apply("greater", (1, 2), "bool"), do("where", 3, 0, 2))
    bodies = {
        "NN": (Given(0, F), beside, do("add", 0, 1), Literal(0.0, F), do("maximum", 2, 3)),
        "TN": (Given(0, F), Load(out, F), *step),
        "NT": (Given(0, F), beside, *mask),
    }
    kernel = Matmul((), rows, depth, columns, a, b, F, bodies[form], (Store(out, 4),))
    return title, kernel, arrays, form


def aligned(x):
    """A copy that begins with a cache line, as all that a program owns does."""
    room = np.empty(x.nbytes + ALIGNMENT, np.uint8)
    first = -room.ctypes.data % ALIGNMENT
    copy = room[first : first + x.nbytes].view(x.dtype)
    copy[...] = x
    return copy


def do(letter, *operands):
    return Apply(letter, operands, F)


def ours(kernel, arrays):
    """Seconds of one run, and of its compilation."""
    buffers = tuple(Buffer(a.size, F, "input", i) for i, a in enumerate(arrays))
    plan = Plan(tuple(map(spec_of, arrays)), (), buffers, (kernel,), (), {}, 0, ("product",))
    started = time.perf_counter()
    run = compile_plan(plan).run_object()
    compiling = time.perf_counter() - started
    run(arrays, [])
    return fastest(lambda n: run.repeat(n, []), kernel), compiling


def openblas(kernel, arrays, form):
    """Seconds of one sgemm, called from native code; nothing follows it."""
    rows, columns, depth = kernel.rows, kernel.columns, kernel.depth
    flags = [ctypes.c_char(b"T" if each == "T" else b"N") for each in form[::-1]]
    sizes = [ctypes.c_int(n) for n in (columns, rows, depth)]
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    leading = [ctypes.c_int(depth if form[1] == "T" else columns),
               ctypes.c_int(rows if form[0] == "T" else depth), ctypes.c_int(columns)]  # fmt: skip
    x, w, out = (ctypes.c_void_p(array.ctypes.data).value for array in arrays[:3])
    at = ctypes.addressof
    head = [*map(at, flags), *map(at, sizes), at(one), w, at(leading[0])]
    pointers = [*head, x, at(leading[1]), at(zero), out, at(leading[2])]
    call = _sgemm()
    return fastest(lambda n: call(n, *pointers), kernel)


def fastest(repeat, kernel):
    times = max(1, int(2e7 / (2 * kernel.rows * kernel.columns * max(kernel.depth, 1))))
    best, end = np.inf, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        started = time.thread_time()
        repeat(times)
        best = min(best, (time.thread_time() - started) / times)
    return best


def peak():
    """FLOP per second of multiplications and additions in registers alone."""
    lanes = target().lanes(F)
    kind = f"<{lanes} x float>"
    phis = [f"  %s{i} = phi {kind} [ %a, %entry ], [ %t{i}, %loop ]" for i in range(SUMS)]
    call = f"call {kind} @llvm.fma.v{lanes}f32"
    sums = [f"  %t{i} = {call}({kind} %s{i}, {kind} %a, {kind} %a)" for i in range(SUMS)]
    joined = [f"  %j{i} = fadd {kind} {f'%j{i - 1}' if i > 1 else '%t0'}, %t{i}"
              for i in range(1, SUMS)]  # fmt: skip
    text = ["\n".join(lines) for lines in (phis, sums, joined)]
    filled = PEAK.format(
        kind=kind, lanes=lanes, phis=text[0], sums=text[1], joined=text[2], last=SUMS - 1
    )
    run = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float)(
        _compiled(filled, "peak")
    )
    best = np.inf
    for _ in range(300):
        started = time.perf_counter()
        run(ROUNDS, 0.5)
        best = min(best, time.perf_counter() - started)
    return 2 * ROUNDS * SUMS * lanes / best


def _sgemm():
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__["sgemm"]
    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    parameters = ", ".join(f"ptr %p{i}" for i in range(13))
    text = BLAS.format(parameters=parameters, address=pointer(capsule, name(capsule)))
    types = [ctypes.c_int64] + [ctypes.c_void_p] * 13
    return ctypes.CFUNCTYPE(None, *types)(_compiled(text, "blas"))


def _compiled(text, name):
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features
    )
    engine = binding.create_mcjit_compiler(binding.parse_assembly(text), machine)
    engine.finalize_object()
    ALIVE.append(engine)
    return engine.get_function_address(name)


def main():
    wanted = sys.argv[1:]
    print(f"peak of one core: {peak() / 1e9:.0f} GFLOP/s")
    print(f"{'':22}{'rows x depth x columns':>24}{'us':>10}{'GFLOP/s':>9}{'OpenBLAS':>10}"
          f"{'ratio':>7}{'compiled in ms':>16}")  # fmt: skip
    for name, net in NETS.items():
        if wanted and not any(name.startswith(word) for word in wanted):
            continue
        print(name)
        total = 0.0
        for title, kernel, arrays, form in products(not name.startswith("predict"), *net):
            flops = 2 * kernel.rows * kernel.depth * kernel.columns
            seconds, compiling = ours(kernel, arrays)
            theirs = openblas(kernel, arrays, form)
            total += seconds
            shape = f"{kernel.rows} x {kernel.depth} x {kernel.columns}"
            rates = f"{flops / seconds / 1e9:9.0f}{flops / theirs / 1e9:10.0f}"
            ratio = f"{theirs / seconds:7.2f}{compiling * 1e3:16.0f}"
            print(f"  {title:20}{shape:>24}{seconds * 1e6:10.2f}{rates}{ratio}")
        print(f"  {'all of them':44}{total * 1e6:10.2f}")


if __name__ == "__main__":
    main()
