"""The native loop over batches: what it feeds, and where it stops."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError, IndexRangeError
from chainrule.native.engine import compile_plan
from chainrule.native.feeds import Copied, Feed
from tests.native.small_plans import added, called_back, doubled
from tests.native.test_engine import Shifted


@pytest.mark.parametrize("columns", [*range(1, 42), 63, 64, 65, 200])
def test_rows_of_every_length_are_gathered(rng, columns):
    run = compile_plan(doubled((5, columns), "uint8", number=1)).run_object()
    data = rng.integers(0, 256, (30, columns)).astype(np.uint8)
    order, out = rng.permutation(30), np.zeros((6, 5, columns), np.uint8)
    assert run.repeat(6, [Feed.rows(0, data), Feed.output(0, out)], order) == 6
    np.testing.assert_array_equal(out.reshape(30, columns), data[order])


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64", "float64"])
def test_labels_are_gathered_one_by_one(rng, dtype):
    run = compile_plan(doubled((4,), dtype)).run_object()
    data, order = rng.integers(0, 100, 50).astype(dtype), rng.integers(0, 50, 48)
    out = np.zeros((12, 4), dtype)
    assert run.repeat(12, [Feed.rows(0, data), Feed.output(0, out)], order) == 12
    np.testing.assert_array_equal(out.ravel(), 2 * data[order])


def test_without_an_order_rows_are_read_as_they_lie(rng):
    run = compile_plan(doubled((4, 3))).run_object()
    data, out = rng.normal(size=(13, 3)).astype("f"), np.zeros((3, 4, 3), "f")
    assert run.repeat(3, [Feed.rows(0, data), Feed.output(0, out)]) == 3
    np.testing.assert_array_equal(out.reshape(12, 3), 2 * data[:12])


def test_a_loop_goes_on_where_the_last_one_ended(rng):
    run = compile_plan(doubled((4,))).run_object()
    data, order = rng.normal(size=40).astype("f"), rng.permutation(40)
    out = np.zeros((10, 4), "f")
    feeds = [Feed.rows(0, data), Feed.output(0, out)]
    assert run.repeat(3, feeds, order) == 3
    assert not out[3:].any()
    assert run.repeat(7, feeds, order, first=3) == 7
    np.testing.assert_array_equal(out.ravel(), 2 * data[order])


def test_each_round_has_its_own_number_and_updates_stay():
    run = compile_plan(added((3,))).run_object()
    x = np.zeros(3, "f")
    run.bind_input(0, x)
    rates = np.array([1, 10, 100, 1000], "f")
    assert run.repeat(3, [Feed.input(1, rates)], first=1) == 3
    assert x.tolist() == [1110] * 3


def test_an_array_is_copied_before_a_round():
    run = compile_plan(added((3,))).run_object()
    x, before, never = np.zeros(3, "f"), np.ones(3, "f"), np.ones(3, "f")
    run.bind_input(0, x)
    rates = np.array([1, 10, 100, 1000], "f")
    copied = [Copied(x, before, 2), Copied(x, never, 4)]
    assert run.repeat(4, [Feed.input(1, rates)], copied=copied) == 4
    assert x.tolist() == [1111] * 3
    assert before.tolist() == [11] * 3
    assert never.tolist() == [1] * 3
    assert run.again() == 4
    assert before.tolist() == [1122] * 3


@pytest.mark.parametrize("target", [np.zeros(2, "f"), np.zeros(6, "f")[::2]])
def test_an_array_is_copied_to_one_of_its_size(target):
    run = compile_plan(added((3,))).run_object()
    run.bind_input(0, np.zeros(3, "f"))
    feeds = [Feed.input(1, np.ones(4, "f"))]
    with pytest.raises(ArgumentError, match="byte by byte"):
        run.repeat(2, feeds, copied=[Copied(np.zeros(3, "f"), target, 0)])


def test_no_rounds_do_nothing():
    run = compile_plan(doubled((4,))).run_object()
    out = np.zeros((1, 4), "f")
    assert run.repeat(0, [Feed.rows(0, np.ones(4, "f")), Feed.output(0, out)]) == 0
    assert not out.any()


def test_rows_without_elements_are_no_rows_to_copy():
    run = compile_plan(doubled((4, 0))).run_object()
    feeds = [Feed.rows(0, np.ones((9, 0), "f")), Feed.output(0, np.ones((2, 4, 0), "f"))]
    assert run.repeat(2, feeds, np.arange(8)) == 2


def test_a_wrong_label_stops_the_loop_at_its_round():
    run = compile_plan(doubled((2,), "int64", (0, 5))).run_object()
    labels, out = np.array([0, 1, 2, 3, 4, 7, 1, 1]), np.zeros((4, 2), np.int64)
    feeds = [Feed.rows(0, labels), Feed.output(0, out)]
    assert run.repeat(4, feeds) == 2
    assert str(run.failure()).startswith("label 7 in row 1 is outside the 5 classes.")
    labels[5] = 0
    assert run.repeat(2, feeds, first=2) == 2
    assert out.ravel().tolist() == [0, 2, 4, 6, 8, 0, 2, 2]


def test_an_op_of_python_that_raises_stops_the_loop():
    run = compile_plan(called_back(Shifted(), (2,))).run_object()
    data, out = np.array([1, 2, 3, 4, 500, 6], "f"), np.zeros((3, 2), "f")
    assert run.repeat(3, [Feed.rows(0, data), Feed.output(0, out)]) == 2
    assert isinstance(run.failure(), KeyError)
    assert out.tolist() == [[4, 6], [8, 10], [0, 0]]


def test_rows_that_are_not_there_are_refused_before_anything_runs():
    run = compile_plan(doubled((2,))).run_object()
    out = np.zeros((2, 2), "f")
    feeds = [Feed.rows(0, np.ones(6, "f")), Feed.output(0, out)]
    for order in ([0, 1, 2, 6], [0, -1, 2, 3]):
        with pytest.raises(IndexRangeError, match="but there are 6"):
            run.repeat(2, feeds, np.array(order))
    assert not out.any()
    assert run.repeat(1, feeds, np.array([0, 1, 2, 6])) == 1  # the wrong one is not used


def test_feeds_that_do_not_fit_are_refused():
    run = compile_plan(doubled((2,))).run_object()
    rows, out = np.ones(6, "f"), np.zeros((3, 2), "f")
    order = np.arange(6)
    wrong = [
        (4, [Feed.rows(0, rows)], None),
        (4, [Feed.output(0, out)], None),
        (1, [Feed.rows(0, np.ones(6))], None),
        (1, [Feed.rows(0, np.ones((6, 1), "f"))], None),
        (1, [Feed.input(0, rows)], None),
        (1, [Feed.output(0, out.T.copy().T)], None),
        (1, [Feed.rows(0, rows)], order.astype(np.int32)),
        (1, [Feed.rows(0, rows)], order[::-1]),
        (4, [Feed.rows(0, rows)], order),
    ]
    for count, feeds, chosen in wrong:
        with pytest.raises(ArgumentError):
            run.repeat(count, feeds, chosen)


def test_the_same_rounds_run_again_in_another_order(rng):
    run = compile_plan(doubled((4, 3))).run_object()
    data, out = rng.normal(size=(12, 3)).astype("f"), np.zeros((3, 4, 3), "f")
    first, second = rng.permutation(12), rng.permutation(12)
    assert run.repeat(3, [Feed.rows(0, data), Feed.output(0, out)], first) == 3
    assert run.again(second) == 3
    np.testing.assert_array_equal(out.reshape(12, 3), 2 * data[second])
    before = out.copy()
    for wrong in ([*range(11), 12], [-1, *range(11)]):
        with pytest.raises(IndexRangeError, match="but there are 12"):
            run.again(np.array(wrong))
    for wrong in (np.arange(8), first.astype(np.int32), first[::-1]):
        with pytest.raises(ArgumentError):
            run.again(wrong)
    np.testing.assert_array_equal(out, before)
    assert run.again(first) == 3
    np.testing.assert_array_equal(out.reshape(12, 3), 2 * data[first])
