"""The interpreter: each kind of kernel, and every op of the catalogue, as NumPy computes them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.op.operation import Op
from chainrule.ops import random
from chainrule.plan.alone import View
from chainrule.plan.buffers import Buffer
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.fold import Fold
from chainrule.plan.kinds.mask import Mask
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.kinds.scan import Scan
from chainrule.plan.kinds.scatter import Scatter
from chainrule.plan.kinds.sort import Sort
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import (
    Access,
    Apply,
    Coordinate,
    Gather,
    Given,
    Literal,
    Load,
    Store,
)
from chainrule.spec import Spec, spec_of

F = "float64"


def whole(buffer, *shape, dtype=F):
    return View.whole(buffer, shape, dtype)


def run(kernel, *inputs, shape, dtype=F):
    """One kernel: buffers are the inputs, then the output."""
    inputs = [np.asarray(x) for x in inputs]
    buffers = [Buffer(x.size, str(x.dtype), "input", i) for i, x in enumerate(inputs)]
    out = Spec(tuple(shape), np.dtype(dtype))
    buffers.append(Buffer(out.size, dtype, "output", 0))
    specs = tuple(spec_of(x) for x in inputs)
    return interpret(Plan(specs, (out,), tuple(buffers), (kernel,), (), {}, 0, ("",)), inputs)[0]


def test_pointwise_meets_views_and_coordinates():
    x = np.arange(6.0).reshape(2, 3)
    body = (
        Load(Access(0, (1, 3)), F),  # transposed
        Coordinate(0),
        Apply("cast", (1,), F),
        Literal(10.0, F),
        Apply("multiply", (2, 3), F),
        Apply("add", (0, 4), F),
    )
    kernel = Pointwise((3, 2), body, (Store(Access(1, (2, 1)), 5),))
    found = run(kernel, x, shape=(3, 2))
    np.testing.assert_array_equal(found, x.T + 10 * np.arange(3.0)[:, None])


def test_gather_counts_from_the_end():
    x, index = np.arange(12.0).reshape(3, 4), np.array([1, -1, 0])
    body = (Load(Access(1, (1,)), "int64"), Gather(Access(0, (4,)), 0, 1, 4, F))
    kernel = Pointwise((3,), body, (Store(Access(2, (1,)), 1),))
    assert run(kernel, x, index, shape=(3,)).tolist() == [1.0, 7.0, 8.0]


@pytest.mark.parametrize("name", ["atan2", "hypot", "xlogy"])
def test_functions_of_c_and_of_scipy_are_found(name):
    letter = f"scipy:{name}" if name == "xlogy" else f"c:{name}"
    x, y = np.array([0.5, 2.0]), np.array([1.5, 0.5])
    body = (Load(Access(0, (1,)), F), Load(Access(1, (1,)), F), Apply(letter, (0, 1), F))
    kernel = Pointwise((2,), body, (Store(Access(2, (1,)), 2),))
    reference = {"atan2": np.arctan2, "hypot": np.hypot, "xlogy": cr.xlogy}[name]
    np.testing.assert_array_equal(run(kernel, x, y, shape=(2,)), reference(x, y))


def test_rows_pass_on_what_they_know():
    x = np.random.default_rng(0).normal(size=(4, 5))
    at = (5, 1)
    first = Pass(
        (Load(Access(0, at), F),),
        reductions=(Reduction("sum", 0, F),),
        after=(Given(0, F), Literal(0.2, F), Apply("multiply", (0, 1), F)),
        kept=(2,),
    )
    second = Pass(
        (Load(Access(0, at), F), Given(1, F), Apply("subtract", (0, 1), F)),
        (Store(Access(1, at), 2),),
    )
    found = run(Row((4,), (5,), (first, second)), x, shape=(4, 5))
    np.testing.assert_allclose(found, x - x.mean(1, keepdims=True), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "reference", "dtype"),
    [
        ("sum", np.sum, F),
        ("product", np.prod, F),
        ("max", np.max, F),
        ("min", np.min, F),
        ("argmax", np.argmax, "int64"),
        ("argmin", np.argmin, "int64"),
    ],
)
def test_every_reduction(kind, reference, dtype):
    x = np.random.default_rng(1).normal(size=(3, 4))
    only = Pass(
        (Load(Access(0, (1, 4)), F),),  # columns are the rows
        reductions=(Reduction(kind, 0, dtype),),
        after=(Given(0, dtype),),
        after_stores=(Store(Access(1, (1,)), 0),),
    )
    found = run(Row((4,), (3,), (only,)), x, shape=(4,), dtype=dtype)
    np.testing.assert_allclose(found, reference(x, axis=0), rtol=1e-12)


def test_sums_of_float32_are_counted_right():
    ones = np.ones(2**24 + 1000, np.float32)
    only = Pass(
        (Load(Access(0, (1,)), "float32"),),
        reductions=(Reduction("sum", 0, "float32"),),
        after=(Given(0, "float32"),),
        after_stores=(Store(Access(1, ()), 0),),
    )
    found = run(Row((), (ones.size,), (only,)), ones, shape=(), dtype="float32")
    assert found == 2**24 + 1000


def test_matmul_runs_its_body_on_every_sum():
    rng = np.random.default_rng(2)
    a, b, c = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
    body = (Given(0, F), Load(Access(2, (0, 0, 1)), F), Apply("add", (0, 1), F))
    kernel = Matmul(
        (2,), 3, 4, 5, Access(0, (12, 4, 1)), Access(1, (0, 5, 1)), F, body,
        (Store(Access(3, (15, 5, 1)), 2),),
    )  # fmt: skip
    np.testing.assert_allclose(run(kernel, a, b, c, shape=(2, 3, 5)), a @ b + c, rtol=1e-12)


@pytest.mark.parametrize("accumulate", [True, False])
def test_scatter_adds_or_writes_in_order(accumulate):
    values, index = np.array([1.0, 2.0, 4.0]), np.array([1, -1, 1])
    target = View((3,), Access(2, (0,)), F)
    kernel = Scatter(whole(0, 3), ((whole(1, 3, dtype="int64"), 1, 4),), target, accumulate)
    found = run(kernel, values, index, shape=(4,))
    assert found.tolist() == [0.0, 5.0 if accumulate else 4.0, 0.0, 2.0]


def test_scans_run_along_the_last_axis():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    at = [whole(i, 2, 4) for i in range(3)]
    running = Scan("sum", (at[0],), at[1])
    np.testing.assert_allclose(run(running, a, shape=(2, 4)), np.cumsum(a, 1))
    found = run(Scan("recurrence", (at[0], at[1]), at[2]), a, b, shape=(2, 4))
    wanted, last = [], np.zeros(2)
    for i in range(4):
        last = a[:, i] * last + b[:, i]
        wanted.append(last)
    np.testing.assert_allclose(found, np.stack(wanted, 1))


def test_sort_is_stable_and_puts_nan_last():
    x = np.array([[2.0, np.nan, 1.0, 2.0]])
    kernel = Sort(whole(0, 1, 4), whole(1, 1, 4, dtype="int64"))
    assert run(kernel, x, shape=(1, 4), dtype="int64").tolist() == [[2, 0, 3, 1]]


def test_masks_and_keys_are_those_of_eager_mode():
    key = random.key(5)
    words = whole(0, 2, dtype="uint64")
    kernel = Mask(words, round(0.25 * 2**32), whole(1, 7, dtype="bool"))
    found = run(kernel, key, shape=(7,), dtype="bool")
    np.testing.assert_array_equal(found, random.random_mask(key, (7,), 0.25))
    folded = Fold(words, 9, whole(1, 2, dtype="uint64"))
    found = run(folded, key, shape=(2,), dtype="uint64")
    np.testing.assert_array_equal(found, random.fold(key, 9))


def test_bounds_names_the_first_that_is_wrong():
    kernel = Bounds(whole(0, 3, dtype="int64"), 0, 5, "label")
    with pytest.raises(cr.errors.IndexRangeError, match="label 7 in row 1"):
        run(kernel, np.array([0, 7, 9]), shape=())


def test_an_opaque_op_is_called_with_views():
    class Doubled(Op):
        def forward(self, x, factor):
            return x * factor

    kernel = Opaque(
        Doubled(),
        (View((2,), Access(0, (2,), 1), F), 2),
        (View((2,), Access(1, (1,)), F),),
    )
    assert run(kernel, np.arange(4.0), shape=(2,)).tolist() == [2.0, 6.0]
