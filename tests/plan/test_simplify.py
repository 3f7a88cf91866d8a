"""Each pass over a Flow: what it leaves out, and what it must leave alone."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.mask import Mask
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.record import record
from chainrule.plan.rewrite import composed
from chainrule.plan.simplify import (
    do_algebra,
    drop_unused,
    fold_constants,
    narrow,
    share_equal,
    simplify,
)
from chainrule.plan.steps import Array, Map, Reduce, Ref
from chainrule.plan.views import through
from chainrule.spec import Spec

HARD = np.array([-np.inf, np.inf, np.nan, 0.0, -0.0, 1.0, -2.0])
PASSES = (do_algebra, drop_unused, fold_constants, narrow, share_equal, simplify)


def recorded(function, *shapes, dtype=np.float64):
    flow = record(function, [Spec(shape, np.dtype(dtype)) for shape in shapes])
    check_flow(flow)
    return flow


def letters(flow):
    return [step.letter for step in flow.steps if isinstance(step, Map)]


def unchanged(flow, less, *inputs):
    """A pass keeps every bit: NaN, infinities and the sign of 0."""
    check_flow(less)
    with np.errstate(all="ignore"):
        pairs = zip(evaluate(less, inputs), evaluate(flow, inputs), strict=True)
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)
            if expected.dtype.kind == "f":
                signs = np.signbit(found), np.signbit(expected)
                known = ~np.isnan(expected)
                np.testing.assert_array_equal(signs[0][known], signs[1][known])


def test_steps_that_nobody_reads_are_dropped_but_checks_stay():
    def f(x, i):
        cr.take(x, i, 0)
        return [np.exp(x) * 2]

    flow = record(f, [Spec((3,), np.dtype(float)), Spec((2,), np.dtype(int))])
    less = drop_unused(flow)
    assert [type(s).__name__ for s in less.steps] == ["Bounds", "Map", "Map"]
    unchanged(flow, less, np.ones(3), np.array([0, 1]))


def test_equal_steps_run_once():
    flow = recorded(lambda x, y: [np.exp(x) + np.exp(x), x * y, y * x], (3,), (3,))
    less = drop_unused(share_equal(flow))
    assert letters(less) == ["exp", "add", "multiply"]
    unchanged(flow, less, HARD[:3], HARD[2:5])


def test_masks_of_one_key_and_pure_calls_are_shared():
    def f(key, x):
        twice = [cr.ops.random.random_mask(key, (4,), 0.5) for _ in range(2)]
        return [twice[0] & twice[1], np.linalg.inv(x) + np.linalg.inv(x)]

    flow = record(f, [Spec((2,), np.dtype(np.uint64)), Spec((2, 2), np.dtype(float))])
    kinds = [type(s) for s in share_equal(flow).steps]
    assert kinds.count(Mask) == 1
    assert kinds.count(Opaque) == 1


def test_a_users_op_is_called_as_often_as_it_was_written():
    class Noisy(cr.Op):
        def forward(self, x):
            return np.asarray(x) + np.random.default_rng().normal()

    flow = recorded(lambda x: [Noisy()(x) - Noisy()(x)], (3,))
    assert sum(isinstance(s, Opaque) for s in simplify(flow).steps) == 2


def test_zeros_of_both_signs_are_different_constants():
    flow = recorded(lambda x: [np.copysign(x, 0.0), np.copysign(x, -0.0)], (2,))
    unchanged(flow, simplify(flow), np.array([1.0, -2.0]))


def test_what_is_known_is_computed_once():
    table = np.arange(6.0)
    flow = recorded(lambda x: [x * np.sin(cr.where(x[0] > 0, table, table))], (6,))
    less = simplify(flow)
    assert letters(less) == ["multiply"]
    unchanged(flow, less, table)


def test_a_constant_that_would_grow_is_not_folded():
    ones = np.arange(4000.0)
    known = record(lambda x: [x, cr.outer(x, x)], [Spec((4000,), np.dtype(float))])
    flow = type(known)((), known.outputs[1:], _with_constant(known, ones))
    assert len(fold_constants(flow).steps) == len(flow.steps)


def _with_constant(flow, value):
    """The steps of a flow whose input is a constant."""
    array = Array(value.shape, "float64", value)

    def known(x):
        return Ref(array, x.shape, x.strides, x.offset) if x.array in flow.inputs else x

    return tuple(Map(s.letter, tuple(map(known, s.operands)), s.out) for s in flow.steps)


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x: x * 1.0, []),
        (lambda x: 1 * x, []),
        (lambda x: x / 1, []),
        (lambda x: x + -0.0, []),
        (lambda x: x - 0.0, []),
        (lambda x: -np.negative(x), []),
        (lambda x: abs(-x), ["abs"]),
        (lambda x: abs(abs(x)), ["abs"]),
        (lambda x: x * -1, ["negative"]),
        (lambda x: -x * 3.0, ["multiply"]),
        (lambda x: x / 4, ["multiply"]),
        (lambda x: x / 3, ["divide"]),
        (lambda x: x / 0.0, ["divide"]),
        (lambda x: x + -x, ["subtract"]),
        (lambda x: cr.sin(x) - -x, ["sin", "add"]),
        (lambda x: x.astype(np.float64), []),
        (lambda x: cr.cast(cr.cast(x > 0, np.int64), np.float32), ["greater", "cast"]),
        (lambda x: cr.cast(cr.cast(x, np.float32), np.float64), ["cast", "cast"]),
        (lambda x: cr.cast(x > 0, np.int32) != 0, ["greater"]),
        (lambda x: ~~(x > 0), ["greater"]),
        (lambda x: ~(x == 1), ["not_equal"]),
        (lambda x: ~(x > 1), ["greater", "logical_not"]),
        (lambda x: (x > 0) & True, ["greater"]),
        (lambda x: cr.where(x > 0, x, x), []),
        (lambda x: cr.where(~(x > 0), x, 2.0), ["greater", "where"]),
        (lambda x: cr.where(x > 0, cr.where(x > 0, x, 1.0), 2.0), ["greater", "where"]),
        (lambda x: cr.where(x > 0, True, False), ["greater"]),
        (lambda x: cr.where(np.array(True), x, 2.0), []),
        (lambda x: np.maximum(x, x), []),
        # What looks like nothing and is not: NaN, infinity and -0.0.
        (lambda x: x + 0.0, ["add"]),
        (lambda x: x * 0, ["multiply"]),
        (lambda x: x - x, ["subtract"]),
        (lambda x: x / x, ["divide"]),
        (lambda x: 0.0 - x, ["subtract"]),
        (lambda x: x == x, ["equal"]),  # false for NaN
    ],
)
def test_algebra_leaves_out_what_changes_nothing(function, left):
    flow = recorded(lambda x: [function(x)], HARD.shape)
    less = drop_unused(share_equal(do_algebra(share_equal(flow))))
    assert letters(less) == left
    unchanged(flow, less, HARD)


def test_whole_numbers_lose_their_zeros():
    flow = recorded(lambda x: [x + 0, x - 0, x * 1], (3,), dtype=np.int64)
    assert simplify(flow).steps == ()


def test_a_cast_through_doubles_is_not_exact_for_long_integers():
    def there_and_back(x):
        return [cr.cast(cr.cast(x, np.float64), np.int64)]

    assert letters(simplify(recorded(there_and_back, (3,), dtype=np.int64))) == ["cast", "cast"]
    assert letters(simplify(recorded(there_and_back, (3,), dtype=np.int32))) == ["cast"]


def test_copies_vanish_where_strides_can_tell_the_same():
    flow = recorded(lambda x: [x.T.reshape(-1).reshape(3, 2) * 2, x.T.reshape(-1) * 2], (2, 3))
    less = simplify(flow)
    assert letters(less) == ["multiply", "copy", "multiply"]
    unchanged(flow, less, np.arange(6.0).reshape(2, 3))


def test_reductions_of_one_element_are_views():
    flow = recorded(lambda x: [np.sum(x[:, :1] * 2, axis=1), np.max(x[:1], axis=0)], (3, 4))
    less = simplify(flow)
    assert not any(isinstance(s, Reduce) for s in less.steps)
    unchanged(flow, less, np.arange(12.0).reshape(3, 4))


def test_the_largest_of_repeated_elements_is_one_of_them_and_their_sum_is_not():
    flow = recorded(
        lambda x: [np.broadcast_to(x, (5, 3)).max(0), np.broadcast_to(x, (5, 3)).sum(0)], (3,)
    )
    less = simplify(flow)
    assert [s.kind for s in less.steps] == ["sum"]
    unchanged(flow, less, HARD[3:6])


def test_a_map_of_repeated_elements_runs_once_for_each():
    flow = recorded(lambda x, y: [np.exp(np.broadcast_to(x, (5, 3))) * y], (3,), (5, 3))
    less = narrow(flow)
    assert [s.out.shape for s in less.steps] == [(1, 3), (5, 3)]
    unchanged(flow, less, HARD[:3], np.ones((5, 3)))


def test_checks_are_never_dropped_nor_repeated():
    def f(x, y):
        return [cr.grad(lambda x: cr.softmax_cross_entropy(x, y))(x)]

    flow = record(f, [Spec((4, 3), np.dtype(float)), Spec((4,), np.dtype(int))])
    assert sum(isinstance(s, Bounds) for s in simplify(flow).steps) == 1


def test_the_softmax_of_a_loss_and_of_its_gradient_is_computed_once():
    def f(x, y):
        return list(cr.value_and_grad(lambda x: cr.softmax_cross_entropy(x, y))(x))

    flow = record(f, [Spec((4, 3), np.dtype(float)), Spec((4,), np.dtype(int))])
    assert letters(simplify(flow)).count("exp") == 1


@pytest.mark.parametrize("do", PASSES)
def test_every_pass_keeps_the_results_of_a_training_step(do):
    rng = np.random.default_rng(0)

    def step(w, b, x, y):
        def loss(w, b):
            hidden = cr.layer_norm(cr.gelu(cr.linear(x, w, b)))
            return cr.hinge(hidden, y)

        value, slopes = cr.value_and_grad(loss, argnums=(0, 1))(w, b)
        return [value, *(p - 0.1 * d for p, d in zip((w, b), slopes, strict=True))]

    arrays = [rng.normal(size=s) for s in ((5, 3), (3,), (4, 5))] + [np.array([0, 2, 1, 1])]
    flow = record(step, [Spec(a.shape, a.dtype) for a in arrays])
    less = do(flow)
    check_flow(less)
    for found, expected in zip(evaluate(less, arrays), evaluate(flow, arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_views_of_views_compose_or_say_that_they_cannot():
    base = Array((4, 6), "float64")
    whole = np.arange(24).reshape(4, 6)
    moves = [
        lambda x: x.T, lambda x: x[::-1], lambda x: x[:, ::2], lambda x: x[1:3, 2:],
        lambda x: np.broadcast_to(x[:1], x.shape), lambda x: x[:, None],
    ]  # fmt: skip
    for inner in moves:
        first = through(base.ref(), inner)
        middle = Array(first.shape, "float64")
        copied = np.ascontiguousarray(inner(whole))
        for outer in (*moves, lambda x: x.reshape(-1), lambda x: x.reshape(-1)[3:9:2]):
            second = through(middle.ref(), outer)
            found = composed(second, first)
            expected = outer(copied)
            if found is None:
                continue
            places = found.offset + sum(
                (np.arange(n) * s).reshape([-1 if i == j else 1 for j in range(len(found.shape))])
                for i, (n, s) in enumerate(zip(found.shape, found.strides, strict=True))
            )
            np.testing.assert_array_equal(whole.reshape(-1)[places], expected)
    assert (
        composed(
            through(Array((6, 4), "float64").ref(), lambda x: x.reshape(-1)),
            through(base.ref(), lambda x: x.T),
        )
        is None
    )


def test_a_number_in_the_place_of_an_array_reads_as_a_constant():
    flow = recorded(lambda x: [cr.where(np.array(False), x, 2.0).sum()], (3,))
    less = simplify(flow)
    assert evaluate(less, [np.ones(3)])[0] == 6.0
