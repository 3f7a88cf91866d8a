"""The softmax family where nothing is left to share, and where one class has nearly everything."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.rows import Row, row
from tests.thorough import crossed

INF = np.inf
MODES = {"eager": lambda f: f, "compiled": cr.compile}
each_mode = pytest.mark.parametrize("mode", MODES)


def derivatives(f, x, mode):
    """The gradient of sum(f), its tangent along ones, and its second derivative along ones."""
    run, ones = MODES[mode], np.ones_like(x)
    loss = lambda x: cr.sum(f(x))  # noqa: E731
    gradient = run(cr.grad(loss))(x)
    tangent = run(lambda x: cr.jvp(loss, (x,), (ones,))[1])(x)
    (second,) = run(lambda x: cr.hvp(loss, (x,), (ones,)))(x)
    nested = run(cr.grad(lambda x: cr.sum(cr.grad(loss)(x))))(x)
    return gradient, tangent, second, nested


# -------------------------------------------------------------------------- an axis of nothing


@row(Row.INFINITIES)
@each_mode
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0,), None), ((0, 3), 0), ((0,), -1)])
def test_the_logsumexp_of_an_empty_axis_is_minus_infinity(mode, shape, axis, keepdims):
    x = np.zeros(shape)
    f = lambda x: cr.logsumexp(x, axis=axis, keepdims=keepdims)  # noqa: E731
    out = MODES[mode](f)(x)
    assert np.shape(out) == np.sum(x, axis=axis, keepdims=keepdims).shape
    assert_array_equal(out, -INF)
    gradient, tangent, second, nested = derivatives(f, x, mode)
    assert gradient.shape == second.shape == nested.shape == shape
    assert tangent == 0


@row(Row.INFINITIES)
def test_an_empty_axis_beside_empty_rows_gives_no_rows():
    assert cr.logsumexp(np.zeros((0, 3)), axis=1).shape == (0,)
    assert cr.logsumexp(np.zeros((2, 0)), axis=0).shape == (0,)


@row(Row.INFINITIES)
@each_mode
@pytest.mark.parametrize("f", [cr.softmax, cr.log_softmax])
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0,), -1), ((0, 3), 1), ((0, 3), 0)])
def test_the_shares_of_nothing_are_nothing(mode, f, shape, axis):
    x = np.zeros(shape)
    assert MODES[mode](lambda x: f(x, axis=axis))(x).shape == shape
    gradient, tangent, second, nested = derivatives(lambda x: f(x, axis=axis), x, mode)
    assert gradient.shape == second.shape == nested.shape == shape
    assert tangent == 0


@row(Row.INFINITIES)
def test_numpys_reduction_by_logaddexp_is_logsumexp():
    x = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]])
    for axis in (0, 1):
        leaf = cr.tensor(x)
        out = np.logaddexp.reduce(leaf, axis=axis)
        assert_allclose(out.data, np.logaddexp.reduce(x, axis=axis))
        out.sum().backward()
        assert_allclose(leaf.grad, cr.softmax(x, axis=axis))
    assert_array_equal(np.logaddexp.reduce(cr.tensor(np.zeros((0, 2)))).data, [-INF, -INF])


# ------------------------------------------------------------------------- rows without a share


@row(Row.INFINITIES)
@crossed("mode, dtype, f", MODES, [np.float32, np.float64], [cr.softmax, cr.log_softmax])
def test_a_row_of_minus_infinity_is_outside_the_domain(mode, dtype, f):
    x = np.array([[-INF, -INF, -INF], [-INF, 1.0, 1.0]], dtype)
    weights = np.arange(6.0).reshape(2, 3).astype(dtype)
    finite = lambda x: cr.where(weights == 3, 0, f(x) * weights)  # noqa: E731  0 * -inf
    out = MODES[mode](f)(x)
    assert np.isnan(out[0]).all()
    assert_allclose(cr.exp(out[1]) if f is cr.log_softmax else out[1], [0, 0.5, 0.5], rtol=1e-6)
    gradient, tangent, *_ = derivatives(finite, x, mode)
    assert np.isnan(gradient[0]).all()
    assert np.isfinite(gradient[1]).all()
    assert np.isnan(tangent)


@row(Row.INFINITIES)
@each_mode
def test_the_cross_entropy_of_a_row_of_minus_infinity_is_nan(mode):
    x, labels = np.array([[-INF, -INF], [0.0, 0.0]]), np.array([0, 1])
    loss = lambda x: cr.softmax_cross_entropy(x, labels, reduction="none")  # noqa: E731
    with np.errstate(invalid="ignore"):
        assert_allclose(MODES[mode](loss)(x), [np.nan, np.log(2)])
        gradient = MODES[mode](cr.grad(lambda x: loss(x).sum()))(x)
    assert np.isnan(gradient[0]).all()
    assert_allclose(gradient[1], [0.5, -0.5])


MASK = np.array([[True, True, False], [False, False, False], [True, False, False]])
SCORES = np.array([[1.0, 2.0, 9.0], [3.0, -INF, INF], [5.0, np.nan, 7.0]])


@row(Row.INFINITIES)
@each_mode
def test_a_mask_leaves_elements_out_and_a_row_without_any_is_0(mode):
    p = 1 / (1 + np.exp(1.0))
    shares = MODES[mode](lambda x: cr.softmax(x, where=MASK))(SCORES)
    assert_allclose(shares, [[p, 1 - p, 0], [0, 0, 0], [1, 0, 0]], rtol=1e-15)
    logs = MODES[mode](lambda x: cr.log_softmax(x, where=MASK))(SCORES)
    assert_allclose(logs, [[np.log(p), np.log(1 - p), -INF], [-INF] * 3, [0, -INF, -INF]])
    sums = MODES[mode](lambda x: cr.logsumexp(x, axis=-1, where=MASK))(SCORES)
    assert_allclose(sums, [2 + np.log1p(np.exp(-1)), -INF, 5])


@row(Row.INFINITIES)
@each_mode
@pytest.mark.parametrize(
    ("f", "first"),
    [
        (lambda x: cr.softmax(x, where=MASK)[:, 0], "p q"),
        (lambda x: cr.log_softmax(x, where=MASK)[::2, 0], "q"),
        (lambda x: cr.logsumexp(x, axis=-1, where=MASK)[::2], "shares"),
    ],
    ids=["softmax", "log_softmax", "logsumexp"],
)
def test_what_is_left_out_has_no_derivative(mode, f, first):
    p = 1 / (1 + np.exp(1.0))
    q = 1 - p
    expected = {
        "p q": [[p * q, -p * q, 0], [0] * 3, [0] * 3],
        "q": [[q, -q, 0], [0] * 3, [0] * 3],
        "shares": [[p, q, 0], [0] * 3, [1, 0, 0]],
    }[first]
    gradient, tangent, second, nested = derivatives(f, SCORES, mode)
    assert_allclose(gradient, expected, rtol=1e-14, atol=1e-16)
    assert_array_equal(gradient[~MASK], 0)
    assert_allclose(tangent, np.sum(expected), atol=1e-15)
    for found in (second, nested):
        assert_allclose(found, 0, atol=1e-15)  # along ones: nothing changes


# ------------------------------------------------------------------------------------- tails

GAPS = (0.0, 1.0, 20.0, 40.0, 80.0, 600.0)


def truth(gap, rest=2):
    """-log share of a class that is ``gap`` above ``rest`` others, and the others' share."""
    with mpmath.workprec(2000):
        others = rest * mpmath.exp(-mpmath.mpf(gap))
        return float(mpmath.log1p(others)), float(others / (1 + others))


@row(Row.TAILS)
@crossed("mode, dtype, gap, level", MODES, [np.float32, np.float64], GAPS, [0.0, 7.0])
def test_a_dominating_class_keeps_the_tail_of_its_loss_and_of_its_gradient(
    mode, dtype, gap, level
):
    gap = min(gap, 80.0) if dtype == np.float32 else gap  # exp(-600) is no float32
    scores = np.array([[0, gap, 0], [gap, 0, 0]], dtype) + dtype(level)
    labels, eps = np.array([1, 0]), np.finfo(dtype).eps
    loss, others = truth(gap)
    run, tolerance = MODES[mode], {"rtol": 8 * eps}

    def each(x):
        return cr.softmax_cross_entropy(x, labels, reduction="none")

    assert_allclose(run(each)(scores), loss, **tolerance)
    assert_allclose(run(lambda x: cr.softmax_cross_entropy(x, labels))(scores), loss, **tolerance)
    gradient = run(cr.grad(lambda x: cr.sum(each(x))))(scores)
    expected = np.full((2, 3), others / 2)
    expected[[0, 1], labels] = -others
    assert_allclose(gradient, expected, **tolerance)
    logs = run(cr.log_softmax)(scores)
    assert_allclose(logs[[0, 1], labels], -loss, **tolerance)
    of_logs = run(cr.grad(lambda x: -(cr.log_softmax(x)[[0, 1], labels]).sum()))(scores)
    assert_allclose(of_logs, expected, **tolerance)
    if level == 0 and gap == 0:
        return
    below = (scores - scores.max()).astype(dtype)  # the largest score is 0: nothing but the tail
    assert_allclose(run(lambda x: cr.logsumexp(x, axis=-1))(below), loss, **tolerance)


@row(Row.TAILS)
@each_mode
def test_scores_of_40_and_0_lose_4e_18(mode):
    scores, label = np.array([[40.0, 0.0]]), np.array([0])
    loss = MODES[mode](cr.softmax_cross_entropy)(scores, label)
    assert loss == pytest.approx(4.248354255291589e-18, rel=1e-14)
    weighted = lambda s, y, w: cr.softmax_cross_entropy(s, y, weights=w)  # noqa: E731
    assert MODES[mode](weighted)(scores, label, np.array([3.0])) == pytest.approx(loss, rel=1e-14)
    assert MODES[mode](cr.softmax_cross_entropy)(scores, np.array([1])) == 40


@row(Row.TAILS)
@each_mode
def test_the_second_derivative_of_a_dominating_class_keeps_its_tail(mode):
    scores, label = np.array([[40.0, 0.0]]), np.array([0])
    hessian = MODES[mode](
        lambda s: cr.hvp(lambda s: cr.softmax_cross_entropy(s, label), (s,), (np.eye(2)[:1],))[0]
    )(scores)
    assert_allclose(hessian, [[4.248354255291589e-18, -4.248354255291589e-18]], rtol=1e-14)


@row(Row.TAILS)
@each_mode
def test_labels_beside_the_largest_score_lose_no_digits(mode):
    rng = np.random.default_rng(0)
    for classes in (2, 3, 10, 200):
        scores, labels = rng.normal(0, 5, (50, classes)), rng.integers(0, classes, 50)
        scores[:10, 0] = scores[:10].max(1)  # ties, at the label and beside it
        labels[:5] = 0
        with mpmath.workprec(200):
            rows = [[mpmath.exp(mpmath.mpf(float(s))) for s in each] for each in scores]
            pairs = list(zip(rows, labels, strict=True))
            losses = [float(-mpmath.log(each[i] / mpmath.fsum(each))) for each, i in pairs]
            shares = [[float(e / mpmath.fsum(each)) for e in each] for each in rows]
        each = lambda s: cr.softmax_cross_entropy(s, labels, reduction="none")  # noqa: B023, E731
        assert_allclose(MODES[mode](each)(scores), losses, rtol=1e-14)
        gradient = MODES[mode](cr.grad(lambda s: cr.sum(each(s))))(scores)  # noqa: B023
        assert_allclose(gradient, shares - np.eye(classes)[labels], rtol=1e-13, atol=1e-16)
