"""Row kernels as machine code, beside the interpreter and NumPy."""

import numpy as np
import pytest
from hypothesis import strategies as st

from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.scalar import Access, Apply, Coordinate, Given, Literal, Load, Store
from tests.native.drawn_kernels import TARGETS, interpreted, native, row_kernels
from tests.thorough import crossed, examples, parametrize

F = "float32"


def load(buffer, *strides, dtype=F, offset=0):
    return Load(Access(buffer, strides, offset), dtype)


@examples(40, 150, row_kernels(), st.sampled_from(TARGETS))
def test_machine_code_does_what_the_interpreter_does(drawn, target):
    kernel, arrays = drawn
    ours, theirs = [a.copy() for a in arrays], [a.copy() for a in arrays]
    native(kernel, ours, target)
    interpreted(kernel, theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


def cross_entropy(rows, classes, scratch=()):
    """The loss of every row in buffer 2; exp(score - largest) in 3; the softmax in 4."""
    score, hit = load(0, classes, 1), Load(Access(1, (1, 0)), "int64")
    first = Pass((score,), reductions=(Reduction("max", 0, F),))
    body = (
        score, Given(0, F), Apply("subtract", (0, 1), F), Apply("exp", (2,), F),
        Coordinate(1), hit, Apply("equal", (4, 5), "bool"), Literal(0.0, F),
        Apply("where", (6, 2, 7), F),
    )  # fmt: skip
    after = (
        Given(1, F), Apply("log", (0,), F), Given(2, F), Apply("subtract", (1, 2), F),
    )  # fmt: skip
    sums = Reduction("sum", 3, F), Reduction("sum", 8, F)
    kept = (Store(Access(3, (classes, 1)), 3),)
    second = Pass(body, kept, sums, after, (Store(Access(2, (1,)), 3),))
    shares = (load(3, classes, 1), Given(1, F), Apply("divide", (0, 1), F))
    third = Pass(shares, (Store(Access(4, (classes, 1)), 2),))
    return Row((rows,), (classes,), (first, second, third), scratch)


@parametrize("classes", [1, 3, 8, 10, 31, 1000, 2, 9, 16, 17, 64, 100], few=6)
def test_softmax_cross_entropy(classes):
    rng = np.random.default_rng(classes)
    scores = rng.normal(size=(45, classes)).astype(F)
    labels = rng.integers(0, classes, 45)
    exact = np.exp(scores.astype(float))
    exact /= exact.sum(1, keepdims=True)
    for target in TARGETS:
        for scratch in ((), (3,)):
            loss, kept, softmax = np.zeros(45, F), np.zeros_like(scores), np.zeros_like(scores)
            arrays = [scores, labels, loss, kept, softmax]
            native(cross_entropy(45, classes, scratch), arrays, target)
            np.testing.assert_allclose(softmax, exact, rtol=2e-6)
            hit = exact[np.arange(45), labels]
            np.testing.assert_allclose(loss, -np.log(hit), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("classes", [10, 100])
def test_splitting_the_units_gives_the_same_bits(classes):
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(20_003, classes)).astype(F), rng.integers(0, classes, 20_003)
    found = []
    for cuts in ((), (0.1, 0.3, 0.31, 0.8)):
        out = [np.zeros(20_003, F), np.zeros_like(scores), np.zeros_like(scores)]
        units = native(cross_entropy(20_003, classes), [scores, labels, *out], cuts=cuts)
        assert units > 5
        found.append(out)
    for whole, parts in zip(*found, strict=True):
        np.testing.assert_array_equal(whole, parts)


def test_a_pass_reads_what_an_earlier_one_stored_elsewhere():
    x, stored, out = np.arange(12, dtype=F), np.zeros(12, F), np.zeros(12, F)
    first = Pass((load(0, 4, 1), Apply("add", (0, 0), F)), (Store(Access(1, (4, 1)), 1),))
    backwards = Pass((load(1, 4, -1, offset=3),), (Store(Access(2, (4, 1)), 0),))
    native(Row((3,), (4,), (first, backwards), scratch=(1,)), [x, stored, out])
    np.testing.assert_array_equal(out, 2 * x.reshape(3, 4)[:, ::-1].ravel())


def test_a_pass_updates_its_row_in_place():
    x = np.random.default_rng(0).normal(size=(9, 300)).astype(F)
    expected = x - x.max(1, keepdims=True)
    largest = Pass((load(0, 300, 1),), reductions=(Reduction("max", 0, F),))
    body = (load(0, 300, 1), Given(0, F), Apply("subtract", (0, 1), F))
    native(Row((9,), (300,), (largest, Pass(body, (Store(Access(0, (300, 1)), 2),)))), [x])
    np.testing.assert_array_equal(x, expected)


@crossed("dtype, columns, rows", ["float32", "float64", "int32"], [5, 11, 24], [5, 45])
def test_long_work_on_short_rows_of_a_wider_matrix(dtype, columns, rows):
    rng = np.random.default_rng(0)
    x = rng.integers(1, 9, size=rows * 30).astype(dtype)
    out = np.zeros(rows * columns, dtype)
    element = load(0, 30, 1, dtype=dtype, offset=2)
    largest = Pass((element,), (), (Reduction("max", 0, dtype),))
    body = [element, Given(0, dtype)]
    for _ in range(30):
        step = "floor_divide" if dtype == "int32" else "divide"
        body += [Apply("add", (len(body) - 1, 0), dtype), Apply(step, (len(body), 1), dtype)]
    update = Pass(
        tuple(body), (Store(element.access, len(body) - 1),), (Reduction("min", 0, dtype),)
    )
    copied = (element, Given(1, dtype), Apply("subtract", (0, 1), dtype))
    copy = Pass(copied, (Store(Access(1, (columns, 1)), 2),))
    kernel = Row((rows,), (columns,), (largest, update, copy))
    for target in TARGETS:
        ours, theirs = [x.copy(), out.copy()], [x.copy(), out.copy()]
        native(kernel, ours, target)
        interpreted(kernel, theirs)
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(mine, other)
