"""From a plan to its results: compiling, binding, failing, calling back."""

import gc
import subprocess
import sys
import threading
import weakref
from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, IndexRangeError
from chainrule.native.engine import compile_plan, target
from chainrule.native.whole_plan import plan_content
from chainrule.plan.scalar import Access
from tests.native.small_plans import added, called_back, doubled, product


def test_a_plan_runs_on_the_arrays_that_are_given(rng):
    x, w = rng.normal(size=(7, 5)).astype("f"), rng.normal(size=(5, 3)).astype("f")
    out = np.empty((7, 3), "f")
    compile_plan(product(7, 5, 3)).run_object()([x, w], [out])
    np.testing.assert_allclose(out, x.astype(float) @ w.astype(float), rtol=1e-5, atol=1e-6)


def test_arrays_stay_bound_until_others_are(rng):
    run = compile_plan(doubled((4,))).run_object()
    x, out = np.ones(4, "f"), np.empty(4, "f")
    run([x], [out])
    x[:] = 5
    run()
    assert out.tolist() == [10] * 4
    run.bind_input(0, np.full(4, 7, "f"))  # which only the run still holds
    gc.collect()
    run()
    assert out.tolist() == [14] * 4


def test_plans_of_the_same_content_share_their_code():
    one, two, other = (compile_plan(doubled((n,))) for n in (4, 4, 5))
    assert one.address == two.address != other.address


def test_code_goes_when_nobody_can_run_it():
    executable = compile_plan(doubled((11,)))
    run = executable.run_object()
    alive = weakref.ref(run), weakref.ref(executable)
    gc.disable()
    try:
        del run, executable
        assert [each() for each in alive] == [None, None]
    finally:
        gc.enable()


def test_content_tells_numbers_apart_that_compare_equal():
    contents = {plan_content(doubled((4,), number=n)) for n in (0.0, -0.0, float("nan"), 2.0, 2)}
    assert len(contents) == 5


def test_an_update_is_written_in_place_of_its_input():
    run = compile_plan(added((6,))).run_object()
    x = np.arange(6, dtype="f")
    run([x, np.ones((), "f")], [x])
    run()
    assert x.tolist() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("shape", [(0,), (1,), (), (3, 0, 2)])
def test_arrays_of_hardly_any_elements_run(shape):
    x, out = np.ones(shape, "f"), np.zeros(shape, "f")
    compile_plan(doubled(shape)).run_object()([x], [out])
    assert (out == 2).all()


def test_arrays_that_machine_code_would_misread_are_refused():
    run = compile_plan(doubled((4,))).run_object()
    good, fixed = np.ones(4, "f"), np.ones(4, "f")
    fixed.flags.writeable = False
    odd = np.zeros(17, np.uint8)[1:].view("f")
    run.bind_input(0, fixed)
    for wrong in (np.ones(5, "f"), np.ones((4, 1), "f"), np.ones(4), np.ones(8, "f")[::2], odd):
        with pytest.raises(ArgumentError, match="input 0 of this plan"):
            run.bind_input(0, wrong)
    for wrong in (fixed, good.astype(">f4")):
        with pytest.raises(ArgumentError, match="output 0 of this plan"):
            run.bind_output(0, wrong)


def test_a_label_out_of_range_ends_the_run_and_the_next_one_goes_on():
    run = compile_plan(doubled((5,), "int64", (0, 10))).run_object()
    labels, out = np.array([1, 2, 12, 3, -1]), np.zeros(5, np.int64)
    with pytest.raises(IndexRangeError, match="label 12 in row 2 is outside the 10 classes"):
        run([labels], [out])
    assert not out.any()
    labels[2:] = 0
    run()
    assert out.tolist() == [2, 4, 0, 0, 0]


class Shifted(cr.Op):
    """An op that machine code knows nothing of."""

    by: float = 1.0

    def forward(self, x):
        if (x > 100).any():
            raise KeyError("too large")
        return x + np.asarray(self.by, x.dtype)


def test_an_op_of_python_is_called_back():
    run = compile_plan(called_back(Shifted(3.0), (2, 2))).run_object()
    x, out = np.arange(4, dtype="f"), np.empty((2, 2), "f")
    run([x], [out])
    assert out.tolist() == [[6, 8], [10, 12]]


def test_ops_of_python_that_look_alike_keep_their_own_values():
    class Hidden(cr.Op):
        def forward(self, x):
            return x * 10

    x, results = np.ones(2, "f"), []
    for op in (Shifted(), Hidden()):
        out = np.empty(2, "f")
        compile_plan(called_back(op, (2,))).run_object()([x], [out])
        results.append(out.tolist())
    assert results == [[4, 4], [20, 20]]


def test_an_op_of_python_sees_views_as_they_are():
    backwards = Access(0, (-1, 2), 1)  # [[x1, x3], [x0, x2]]
    run = compile_plan(called_back(Shifted(0.0), (2, 2), backwards)).run_object()
    out = np.empty((2, 2), "f")
    run([np.arange(4, dtype="f")], [out])
    assert out.tolist() == [[2, 6], [0, 4]]


def test_what_an_op_of_python_raises_comes_out_and_the_next_run_goes_on():
    run = compile_plan(called_back(Shifted(), (3,))).run_object()
    x, out = np.array([1, 2, 300], "f"), np.zeros(3, "f")
    with pytest.raises(KeyError, match="too large"):
        run([x], [out])
    x[2] = 3
    run()
    assert out.tolist() == [4, 6, 8]


def test_what_an_op_of_python_keeps_does_not_change_later():
    kept = []

    class Keeps(cr.Op):
        def forward(self, x):
            kept.append(x)
            return x

    run = compile_plan(called_back(Keeps(), (2,))).run_object()
    x, out = np.ones(2, "f"), np.empty(2, "f")
    run([x], [out])
    x[:] = 9
    run()
    assert [each.tolist() for each in kept] == [[1, 1], [9, 9]]


def test_constants_are_no_part_of_the_code():
    shape, plan = (3,), doubled((3,))
    buffers = (replace(plan.buffers[0], place="constant"), plan.buffers[1])
    codes = []
    for number in (1, 2):
        constant = np.full(shape, number, "f")
        each = replace(plan, inputs=(), buffers=buffers, constants=(constant,))
        out, executable = np.empty(shape, "f"), compile_plan(each)
        executable.run_object()([], [out])
        assert out.tolist() == [2 * number] * 3
        codes.append(executable)
    assert codes[0].address == codes[1].address


def test_threads_compile_and_run_at_once(rng):
    sizes = [int(n) for n in rng.integers(1, 40, 12)]
    found = {}

    def work(n):
        x, out = np.arange(n, dtype="f"), np.empty(n, "f")
        compile_plan(doubled((n,))).run_object()([x], [out])
        found[n] = (out == 2 * x).all()

    workers = [threading.Thread(target=work, args=(n,)) for n in sizes]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == dict.fromkeys(sizes, True)


def test_llvm_is_loaded_when_the_first_plan_is_compiled():
    code = (
        "import sys, chainrule\n"
        "assert 'llvmlite' not in sys.modules\n"
        "from tests.native.small_plans import doubled\n"
        "from chainrule.native.engine import compile_plan\n"
        "compile_plan(doubled((3,)))\n"
        "assert 'llvmlite' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


def test_the_target_has_a_vector_and_caches():
    found = target()
    assert found.vector_bits in (128, 256, 512)
    assert 4096 <= found.l1 <= found.l2
