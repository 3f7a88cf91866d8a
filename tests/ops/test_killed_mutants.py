"""Tests that mutants of our own backward rules asked for: each kills one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.op.families import Elementwise
from chainrule.graph.readings.dual import chain_rule
from chainrule.ops import random

NAN, INF = np.nan, np.inf


def gradients(function, *arrays):
    arrays = [np.asarray(x, float) for x in arrays]
    with np.errstate(all="ignore"):
        return cr.grad(lambda *x: cr.sum(function(*x)), tuple(range(len(arrays))))(*arrays)


class Damped(Elementwise):
    """Two inputs, and no rule of its own."""

    def forward(self, x, y):
        return cr.exp(-x * y) + y


class Steps(Elementwise):
    """A formula whose result does not move with its inputs."""

    def forward(self, x, y):
        return cr.where(x > y, 1.0, 0.0)


def test_a_formula_of_two_inputs_is_derived_in_both():
    x, y = np.array([0.5, 2.0]), np.array([1.5, -0.3])
    dx, dy = gradients(Damped(), x, y)
    assert_allclose(dx, -y * np.exp(-x * y), rtol=1e-14)
    assert_allclose(dy, 1 - x * np.exp(-x * y), rtol=1e-14)


def test_a_formula_of_steps_is_flat():
    x, y = np.array([0.5, 2.0]), np.array([1.5, -0.3])
    assert chain_rule(Steps(), (x, y)) == (None, None)


def test_hypot_at_the_origin_and_std_of_a_constant_have_the_slope_0():
    for slope in gradients(cr.hypot, [0.0, 3.0], [0.0, 4.0]):
        assert slope[0] == 0.0
    assert_array_equal(gradients(cr.std, np.full(3, 7.0))[0], np.zeros(3))


def test_xlogy_at_the_origin_has_the_slopes_0():
    for slope in gradients(cr.xlogy, [0.0], [0.0]):
        assert_array_equal(slope, [0.0])


@pytest.mark.parametrize("function", [cr.fmax, cr.fmin])
def test_a_number_beside_nan_receives_the_whole_gradient(function):
    dx, dy = gradients(function, [1.0, NAN], [NAN, 2.0])
    assert_array_equal(dx, [1.0, 0.0])
    assert_array_equal(dy, [0.0, 1.0])


def test_heaviside_sends_its_gradient_to_the_value_at_0():
    dx, dy = gradients(cr.heaviside, [-1.0, 0.0, 2.0], [0.3, 0.3, 0.3])
    assert_array_equal(dx, [0.0, 0.0, 0.0])
    assert_array_equal(dy, [0.0, 1.0, 0.0])


def test_quantile_loss_at_its_kink_has_the_slope_0():
    dx, _ = gradients(lambda x, y: cr.quantile(x, y, 0.9), [1.0, 2.0], [1.0, 2.0])
    assert_array_equal(dx, [0.0, 0.0])


def test_cholesky_of_a_stack_of_stacks_is_that_of_each_matrix(rng):
    a = rng.normal(size=(2, 1, 3, 3))
    a = a @ np.swapaxes(a, -1, -2) + 3 * np.eye(3)
    weights = rng.normal(size=(3, 3))
    (whole,) = gradients(lambda a: cr.cholesky(a) * weights, a)
    for place in np.ndindex(2, 1):
        (single,) = gradients(lambda a: cr.cholesky(a) * weights, a[place])
        assert_allclose(whole[place], single, rtol=1e-12)


def test_dropout_divides_what_it_keeps_by_the_share_kept():
    key, x = random.key(3), np.arange(1.0, 41.0)
    kept = cr.dropout(x, key, 0.25)
    assert_allclose(kept[kept != 0], x[kept != 0] / 0.75)
    (slope,) = gradients(lambda x: cr.dropout(x, key, 0.25), x)
    assert_allclose(slope, np.where(kept != 0, 1 / 0.75, 0))


def test_a_forward_tangent_keeps_float32():
    x = np.array([1.0, -2.0], np.float32)
    _, tangent = cr.jvp(lambda x: cr.maximum(x, np.float32(0.5)), (x,), (x,))
    assert tangent.dtype == np.float32


def test_a_router_in_a_dead_branch_stays_dead():
    def guarded(x):
        return cr.where(x > 0, cr.maximum(cr.sqrt(x), -1.0), 0.0)

    assert_array_equal(gradients(guarded, [0.0, 4.0])[0], [0.0, 0.25])


@pytest.mark.parametrize("function", [cr.var, cr.std, cr.norm, cr.logsumexp])
def test_a_reduction_that_was_not_selected_sends_exact_zeros(function):
    def guarded(x):
        reduced = function(x, axis=1)
        return cr.where(cr.isfinite(reduced), reduced, 0.0)

    (slope,) = gradients(guarded, [[3.0, 4.0], [INF, -INF]])
    assert_array_equal(slope[1], [0.0, 0.0])
    assert np.isfinite(slope[0]).all()


def test_a_running_product_that_was_not_selected_sends_exact_zeros():
    def guarded(x):
        running = cr.cumprod(x)
        return cr.where(cr.isfinite(running), running, 0.0)

    assert_array_equal(gradients(guarded, [2.0, INF, 3.0])[0][1:], [0.0, 0.0])


def test_who_receives_nothing_receives_zeros():
    condition, x = cr.tensor(np.array([1.0, 0.0])), cr.tensor(np.array([3.0, 4.0]))
    loss = cr.sum(cr.where(condition * 1.0, x, 2.0))
    loss.backward()
    assert_array_equal(condition.grad, [0.0, 0.0])
    silent = cr.backward([loss], [np.zeros(())], create_graph=True)
    assert_array_equal(silent[x].data, [0.0, 0.0])


def test_backward_twice_overwrites_and_adds_only_when_asked():
    x = cr.tensor(np.array([3.0, 4.0]))
    loss = cr.sum(cr.square(x))
    loss.backward(accumulate=True)
    assert_array_equal(x.grad, [6.0, 8.0])
    loss.backward()
    assert_array_equal(x.grad, [6.0, 8.0])
    loss.backward(accumulate=True)
    assert_array_equal(x.grad, [12.0, 16.0])


def test_xlog1py_at_its_corner_has_the_slopes_0():
    for slope in gradients(cr.xlog1py, [0.0], [-1.0]):
        assert_array_equal(slope, [0.0])


def test_kl_div_at_0_has_the_slopes_0_and_1():
    dx, dy = gradients(cr.kl_div, [0.0, 1.0], [2.0, 2.0])
    assert_allclose(dx, [0.0, -np.log(2.0)])
    assert_allclose(dy, [1.0, 0.5])


@pytest.mark.parametrize("p", [0.5, 1.0, -1.0, -2.5])
def test_the_gradient_of_a_norm_of_order_1_and_less_is_a_power_of_the_share(p):
    x, upstream = np.array([[0.5, -2.0, 1.5], [3.0, -0.25, 1.0]]), np.array([2.0, -3.0])
    found = cr.grad(lambda x: (cr.norm(x, p, axis=1) * upstream).sum())(x)
    length = np.linalg.norm(x, p, axis=1, keepdims=True)
    share = np.sign(x) * (np.abs(x) / length) ** (p - 1)
    assert_allclose(found, upstream[:, None] * share, rtol=1e-12)


def test_the_second_derivative_of_a_length_at_0_is_nan_but_along_nothing():
    origin = (np.zeros(3),)
    assert np.isnan(cr.hvp(cr.norm, origin, (np.ones(3),))[0]).all()
    assert_array_equal(cr.hvp(cr.norm, origin, (np.zeros(3),))[0], np.zeros(3))


def test_the_logarithm_of_the_determinant_of_stacks_of_stacks():
    a = np.random.default_rng(0).normal(size=(2, 5, 3, 3))
    found = cr.grad(lambda a: cr.slogdet(a)[1].sum())(a)
    assert_allclose(found, np.linalg.inv(a).swapaxes(-1, -2), rtol=1e-9)
    singular = a.copy()
    singular[1, 2] = 1.0
    found = cr.grad(lambda a: cr.slogdet(a)[1].sum())(singular)
    assert np.isnan(found[1, 2]).all()
    assert np.isfinite(np.delete(found.reshape(10, 9), 7, 0)).all()


@pytest.mark.parametrize("moving", [0, 1])
def test_the_tangent_of_one_broadcast_leg_has_the_shape_of_the_length(moving):
    legs = [np.ones((2, 3)), np.ones((2, 3))]
    legs[moving] = np.arange(3.0)
    tangent = np.array([1.0, 2.0, 3.0])

    def length(x):
        return cr.hypot(*[x if i == moving else leg for i, leg in enumerate(legs)])

    expected = np.arange(3.0) / np.hypot(np.arange(3.0), 1) * tangent
    _, found = cr.jvp(length, (legs[moving],), (tangent,))
    assert_allclose(found, np.tile(expected, (2, 1)), rtol=1e-14)


def test_the_share_of_a_leg_of_length_1_is_the_leg_and_that_of_none_is_0():
    legs = np.array([0.6, 0.0, 0.3]), np.array([0.8, 0.0, 0.4])
    for found in (gradients(cr.hypot, *legs), (cr.leg(1.0, *legs), cr.leg(1.0, *legs[::-1]))):
        assert_allclose(found, [[0.6, 0.0, 0.6], [0.8, 0.0, 0.8]], rtol=1e-15)


@pytest.mark.parametrize("name", ["any", "all", "count_nonzero", "argmax", "argmin"])
@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_is_a_row_of_one_and_a_row_is_a_row(name, axis):
    numpys = getattr(np, name)
    for x in (np.array(3.0), np.array([0.0, 3.0, 0.0]), np.array([[0.0, 2.0], [5.0, 0.0]])):
        expected = numpys(x, axis=axis)
        assert_array_equal(getattr(cr, name)(cr.tensor(x), axis=axis).data, expected)
        assert_array_equal(cr.compile(lambda x: numpys(x, axis=axis))(x), expected)


@pytest.mark.parametrize("length", [cr.norm, cr.std])
def test_a_rule_of_lengths_that_is_given_an_array_and_a_tensor_has_no_slope_at_0(length):
    """The walk gives it two of a kind; whoever calls it need not."""
    x = cr.tensor(np.zeros(3))
    out = length(x)
    (gradient,) = out.op.backward(np.ones(()), x, out)
    cr.sum(gradient * np.arange(3.0)).backward()
    assert np.isnan(x.grad).all()


def test_the_second_derivative_of_a_euclidean_length_calls_no_other_length():
    x = cr.tensor(np.array([[0.3, -0.7, 1.1]]))
    first = cr.backward([cr.norm(x, axis=1)], [np.ones(1)], create_graph=True)[x]
    second = cr.backward([first], [np.ones((1, 3))], create_graph=True)[x]
    names = {node.op.name for node in Graph.of(second).nodes if node.op is not None}
    assert "norm" in names
    assert "power_norm" not in names  # squares and a root, not two powers of every element


@pytest.mark.parametrize("p", [0.5, 1, -1])
def test_a_length_of_no_number_has_no_slope(p):
    slopes = gradients(lambda x: cr.norm(x, p, axis=1), [[1.0, NAN, 2.0], [3.0, -1.0, 1.0]])[0]
    assert np.isnan(slopes[0, 1])
    assert np.isfinite(slopes[1]).all()


@pytest.mark.parametrize("alpha", [0.25, 0.5, 1.0, 2.0])
def test_elu_at_its_kink_has_the_smaller_of_its_slopes(alpha):
    assert_array_equal(gradients(lambda x: cr.elu(x, alpha=alpha), [0.0])[0], [min(alpha, 1.0)])


def test_entr_at_0_and_arccosh_at_infinity_are_flat():
    assert_array_equal(gradients(cr.entr, [0.0])[0], [0.0])
    assert_array_equal(gradients(cr.arccosh, [INF])[0], [0.0])
    assert_array_equal(gradients(cr.erf, [INF, -INF])[0], [0.0, 0.0])


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_a_quantile_loss_is_flat_where_it_is_met(q):
    slopes = gradients(lambda p: cr.quantile(p, np.zeros(3), q=q), [-2.0, 0.0, 2.0])[0]
    assert_allclose(slopes, [-q / 3, 0.0, (1 - q) / 3])


@pytest.mark.parametrize("classes", [3, 32, 33, 200])
def test_cross_entropy_is_the_same_on_few_and_on_many_classes(classes):
    rng = np.random.default_rng(classes)
    scores, labels = rng.normal(size=(7, classes)), rng.integers(classes, size=7)
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = -np.log(shares[np.arange(7), labels]).mean()
    assert_allclose(cr.softmax_cross_entropy(scores, labels), expected, rtol=1e-14)
    assert_allclose(cr.softmax_cross_entropy(scores[:, None], labels[:, None]), expected)
    shares[np.arange(7), labels] -= 1
    found = gradients(lambda s: cr.softmax_cross_entropy(s, labels), scores)[0]
    assert_allclose(found, shares / 7, rtol=1e-12, atol=1e-15)


def test_what_dropout_keeps_is_scaled_up_and_so_is_its_gradient():
    x = np.linspace(1.0, 2.0, 40)
    key = cr.key(3)
    out = np.asarray(cr.dropout(x, rate=0.25, key=key))
    slope = gradients(lambda x: cr.dropout(x, rate=0.25, key=key), x)[0]
    kept = out != 0
    assert 0 < kept.sum() < 40
    assert_allclose(out[kept], x[kept] / 0.75)
    assert_allclose(slope, np.where(kept, 1 / 0.75, 0.0))


def test_the_residual_of_a_softmax_moves_along_its_last_axis_alone():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(2, 3, 4)), rng.integers(4, size=(2, 3))
    weights = rng.normal(size=scores.shape)

    def weighed(scores):
        return cr.sum(cr.softmax_residual(scores, labels) * weights)

    shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    expected = shares * (weights - (shares * weights).sum(-1, keepdims=True))
    assert_allclose(cr.grad(weighed)(scores), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("p", [0.5, 1.5, 3, 4])
def test_the_second_derivative_of_a_length_of_any_order_is_the_differences_of_the_first(p):
    rng = np.random.default_rng(5)
    x, v = rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    first = cr.grad(lambda x: cr.sum(cr.norm(x, p, axis=1)))
    differences = (first(x + 1e-6 * v) - first(x - 1e-6 * v)) / 2e-6
    for second in (
        cr.hvp(lambda x: cr.sum(cr.norm(x, p, axis=1)), (x,), (v,))[0],
        cr.grad(lambda x: cr.sum(first(x) * v))(x),
    ):
        assert_allclose(second, differences, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("far", [INF, -INF])
def test_a_length_that_is_infinite_points_along_its_infinite_leg_and_is_flat_there(far):
    assert_array_equal(np.ravel(gradients(cr.hypot, [far], [3.0])), [np.sign(far), 0.0])
    assert_array_equal(np.ravel(gradients(cr.hypot, [3.0], [far])), [0.0, np.sign(far)])
    with np.errstate(all="ignore"):
        found = cr.hvp(lambda x: cr.hypot(x, 3.0), (np.float64(far),), (np.float64(1.0),))
    assert found[0] == 0.0


def test_selu_at_its_kink_has_the_smaller_of_its_slopes():
    assert_allclose(gradients(cr.selu, [0.0])[0], [1.0507009873554805], rtol=1e-15)


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_a_focal_loss_of_two_classes_is_its_formula(alpha):
    scores, targets = np.array([-1.5, 0.3, 2.0]), np.array([0.0, 1.0, 0.0])
    p = 1 / (1 + np.exp(-scores))
    right = np.where(targets == 1, p, 1 - p)
    balance = 1.0 if alpha is None else np.where(targets == 1, alpha, 1 - alpha)
    expected = (balance * (1 - right) ** 2 * -np.log(right)).mean()
    found = cr.binary_focal(scores, targets, gamma=2.0, alpha=alpha)
    assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("ignored", [None, 0, 2])
def test_cross_entropy_over_rows_of_rows_is_that_over_all_rows(smoothing, ignored):
    rng = np.random.default_rng(1)
    scores, labels = rng.normal(size=(2, 3, 4)), rng.integers(4, size=(2, 3))
    labels[0, 0] = 2
    v = rng.normal(size=scores.shape)

    def loss(scores, labels):
        return cr.softmax_cross_entropy(
            scores, labels, label_smoothing=smoothing, ignore_index=ignored
        )

    def flat(scores):
        return loss(scores.reshape(6, 4), labels.reshape(6))

    def rows(scores):
        return loss(scores, labels)

    assert_allclose(rows(scores), flat(scores), rtol=1e-14)
    assert_allclose(cr.grad(rows)(scores), cr.grad(flat)(scores), rtol=1e-13, atol=1e-16)
    second = cr.hvp(rows, (scores,), (v,))[0]
    assert_allclose(second, cr.hvp(flat, (scores,), (v,))[0], rtol=1e-12, atol=1e-15)


def test_a_row_that_is_ignored_has_no_weight():
    rng = np.random.default_rng(2)
    scores, labels, weights = rng.normal(size=(4, 3)), np.array([0, 2, 1, 2]), np.arange(1.0, 5.0)
    kept = labels != 2
    found = cr.softmax_cross_entropy(scores, labels, weights=weights, ignore_index=2)
    expected = cr.softmax_cross_entropy(scores[kept], labels[kept], weights=weights[kept])
    assert_allclose(found, expected, rtol=1e-14)
