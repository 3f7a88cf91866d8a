"""Special numbers of focal, Gaussian and log-cosh losses, ignored labels, weights of positives."""

from functools import partial

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import ArgumentError, IndexRangeError, ShapeError
from chainrule.ops.losses.loss import facts_of
from chainrule.ops.losses.members import LossOfMembers

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(6, 4), scale=3)
LABELS = np.array([0, 3, -1, 2, -1, 1])
KNOWN = LABELS >= 0
ROWS = RNG.uniform(0.5, 2, 6)
SHARES = np.array([[0.0, 1.0], [1.0, 0.3], [0.5, 0.0]])
FAR = np.array([-1e4, -800.0, -90.0, -40.0, -1.0, 0.0, 1e-3, 30.0, 89.0, 745.0, 1e4])
MODES = pytest.mark.parametrize("mode", [lambda f: f, cr.compile], ids=["eager", "compiled"])


# ------------------------------------------------------------------------ ignored labels

IGNORING = {
    "cross-entropy": cr.softmax_cross_entropy,
    "smoothed": partial(cr.softmax_cross_entropy, label_smoothing=0.2),
    "focal": cr.softmax_focal,
}


@MODES
@pytest.mark.parametrize("name", IGNORING)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_ignored_rows_count_as_if_they_were_not_there(name, weighted, reduction, mode):
    loss = partial(IGNORING[name], reduction=reduction)
    given = {"weights": ROWS} if weighted else {}
    some = {"weights": ROWS[KNOWN]} if weighted else {}

    def ignoring(scores, labels):
        return loss(scores, labels, ignore_index=-1, **given)

    value, gradient = mode(cr.value_and_grad(ignoring))(SCORES, LABELS)
    own = cr.value_and_grad(lambda s: loss(s, LABELS[KNOWN], **some))(SCORES[KNOWN])
    assert_allclose(value, own[0], rtol=1e-13)
    assert_allclose(gradient[KNOWN], own[1], rtol=1e-12, atol=1e-15)
    assert not np.any(gradient[~KNOWN])


@MODES
def test_a_batch_of_ignored_rows_alone_has_the_loss_0_and_teaches_nothing(mode):
    labels = np.full(6, 7)
    both = cr.value_and_grad(lambda s, y: cr.softmax_cross_entropy(s, y, ignore_index=7))
    value, gradient = mode(both)(SCORES, labels)
    assert value == 0
    assert not np.any(gradient)


def test_scores_of_ignored_rows_may_hold_anything():
    scores = SCORES.copy()
    scores[~KNOWN] = [np.nan, np.inf, 0, -np.inf]
    value, gradient = cr.value_and_grad(
        lambda s: cr.softmax_cross_entropy(s, LABELS, ignore_index=-1)
    )(scores)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_other_labels_outside_are_still_refused():
    with pytest.raises(IndexRangeError, match="label 9 in row 2 is outside the 4 classes"):
        cr.softmax_cross_entropy(SCORES, np.array([0, -1, 9, 0, 0, 0]), ignore_index=-1)
    for wrong in (1.5, "a", True):
        with pytest.raises(ArgumentError, match="ignore_index is the label of rows"):
            cr.softmax_cross_entropy(SCORES, np.abs(LABELS), ignore_index=wrong)


@pytest.mark.parametrize("compiled", [False, True])
def test_training_evaluation_and_accuracy_leave_them_out(compiled):
    x = RNG.normal(size=(90, 3))
    labels = np.where(np.arange(90) % 3 == 0, -100, (x[:, 0] > 0).astype(int))
    loss, known = partial(cr.softmax_cross_entropy, ignore_index=-100), labels >= 0
    model = cr.nn.MLP([3, 8, 2], dtype="float64", seed=0)
    history = cr.fit(model, (x, labels), loss=loss, optimizer=cr.optim.Adam(0.02), epochs=30,
                     compiled=compiled, validation=(x, labels))  # fmt: skip
    assert history.compiled == compiled
    assert history["accuracy"][-1] > 0.9
    found = cr.evaluate(model, (x, labels), loss, batch_size=7)
    own = cr.evaluate(model, (x[known], labels[known]), cr.softmax_cross_entropy)
    assert_allclose(found, own, rtol=1e-12)
    weights = RNG.uniform(0.5, 2, 90)
    found = cr.evaluate(model, (x, labels), loss, batch_size=7, sample_weight=weights)
    own = cr.evaluate(model, (x[known], labels[known]), cr.softmax_cross_entropy,
                      sample_weight=weights[known])  # fmt: skip
    assert_allclose(found, own, rtol=1e-12)
    assert (
        facts_of(loss).ignored == facts_of(cr.softmax_cross_entropy.op(ignore_index=-100)).ignored
    )


@pytest.mark.parametrize("weights", [None, ROWS, np.stack([ROWS, ROWS[::-1]], axis=1)])
def test_the_members_of_an_ensemble_leave_them_out_too(weights):
    loss = partial(cr.softmax_cross_entropy, ignore_index=-1)
    outputs = RNG.normal(size=(6, 2, 4))
    given = {} if weights is None else {"weights": cr.tensor(weights)}
    whole = LossOfMembers(loss, 2)(cr.tensor(outputs), LABELS, **given)
    own = 0.0
    for member in range(2):
        some = None if weights is None else weights if weights.ndim == 1 else weights[:, member]
        rows = {} if some is None else {"weights": some[KNOWN]}
        own += cr.softmax_cross_entropy(outputs[KNOWN, member], LABELS[KNOWN], **rows)
    assert_allclose(whole.data, own, rtol=1e-12)
    metric = LossOfMembers(loss, 2).facts().metric
    assert metric(outputs, LABELS) == (outputs[KNOWN].argmax(-1) == LABELS[KNOWN, None]).mean()


# ---------------------------------------------------------------------------- positives


@MODES
@pytest.mark.parametrize("weight", [2.5, [2.5, 0.5], np.array([0.0, 4.0]), 1])
def test_pos_weight_multiplies_the_term_of_the_positive_rows(weight, mode):
    x, p = RNG.normal(size=(3, 2)), np.asarray(weight)

    def written(x):
        each = p * SHARES * cr.softplus(-x) + (1 - SHARES) * cr.softplus(x)
        return cr.mean(each)

    found = mode(cr.value_and_grad(partial(cr.binary_cross_entropy, pos_weight=weight)))(x, SHARES)
    own = cr.value_and_grad(written)(x)
    assert_allclose(found[0], own[0], rtol=1e-14)
    assert_allclose(found[1], own[1], rtol=1e-13)


def test_pos_weight_is_a_number_for_each_column_or_for_all():
    with pytest.raises(ShapeError, match="2 columns of scores, but pos_weight has 3"):
        cr.binary_cross_entropy(SHARES, SHARES, pos_weight=[1, 2, 3])
    for wrong in (-1.0, np.nan, "a", [], [[1.0]], True, [1, "b"]):
        with pytest.raises(ArgumentError, match="pos_weight is a number from 0 upwards"):
            cr.binary_cross_entropy(SHARES, SHARES, pos_weight=wrong)


# -------------------------------------------------------------------------------- focal


def test_without_its_focus_it_is_the_cross_entropy():
    labels = np.abs(LABELS)
    for derive in (lambda f: f, cr.grad, cr.hessian):
        found = derive(lambda s: cr.softmax_focal(s, labels, gamma=0.0))(SCORES)
        own = derive(lambda s: cr.softmax_cross_entropy(s, labels))(SCORES)
        assert_allclose(found, own, rtol=1e-12, atol=1e-15)
        found = derive(lambda s: cr.binary_focal(s, SHARES, gamma=0))(SCORES[:3, :2])
        own = derive(lambda s: cr.binary_cross_entropy(s, SHARES))(SCORES[:3, :2])
        assert_allclose(found, own, rtol=1e-12, atol=1e-15)


def test_of_yes_and_no_it_is_the_paper_s_with_alpha():
    x, t = RNG.normal(size=(5, 2)), RNG.integers(0, 2, (5, 2)).astype(float)
    p = 1 / (1 + np.exp(-x))
    at = np.where(t == 1, p, 1 - p)
    balance = np.where(t == 1, 0.25, 0.75)
    own = -balance * (1 - at) ** 2 * np.log(at)
    assert_allclose(cr.binary_focal(x, t, alpha=0.25, reduction="none"), own, rtol=1e-12)
    two = np.stack([np.zeros(5), x[:, 0]], axis=1)
    labels = t[:, 0].astype(int)
    assert_allclose(
        cr.softmax_focal(two, labels, gamma=1.5),
        cr.binary_focal(x[:, 0], t[:, 0], gamma=1.5), rtol=1e-12,
    )  # fmt: skip


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0, 5.0])
def test_the_tails_of_a_focal_loss_keep_their_digits(gamma):
    loss = partial(cr.binary_focal, gamma=gamma, reduction="sum")
    slope = cr.grad(loss)(FAR, np.ones_like(FAR))
    for x, found in zip(FAR, slope, strict=True):
        with mp.workdps(60):
            truth = float(mp.diff(lambda score: focal_of(score, gamma), mp.mpf(float(x))))
        assert found == pytest.approx(truth, rel=1e-9, abs=1e-290)


def focal_of(score, gamma):
    odds = mp.exp(-score)
    return (odds / (1 + odds)) ** gamma * mp.log1p(odds)


def test_gamma_and_alpha_are_checked():
    for wrong in (-1, np.nan, np.inf, "two"):
        with pytest.raises(ArgumentError, match="takes a gamma from 0 upwards"):
            cr.softmax_focal(SCORES, np.abs(LABELS), gamma=wrong)
    with pytest.raises(ArgumentError, match="alpha is the share of the positive targets"):
        cr.binary_focal(SHARES, SHARES, alpha=2)
    with pytest.raises(ArgumentError, match="binary_focal takes targets between 0 and 1"):
        cr.binary_focal(SHARES, 2 * SHARES)


# ----------------------------------------------------------------------------- Gaussian


@MODES
def test_it_is_the_density_of_a_bell_without_its_constant(mode):
    means, logs, targets = (RNG.normal(size=(5, 2)) for _ in range(3))
    outputs = np.concatenate([means, logs], axis=1)
    found = mode(partial(cr.gaussian_likelihood, eps=1e-12, reduction="none"))(outputs, targets)
    scale = np.exp(logs / 2)
    density = np.exp(-0.5 * ((targets - means) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
    assert_allclose(found, -np.log(density) - 0.5 * np.log(2 * np.pi), rtol=1e-9, atol=1e-12)


def test_the_least_variance_bounds_it_below():
    outputs = np.array([[1.0, -1e4], [1.0, 1e4]], np.float32)
    value, gradient = cr.value_and_grad(cr.gaussian_likelihood)(outputs, np.ones((2, 1), "f"))
    assert value == pytest.approx((0.5 * np.log(1e-6) + 5000) / 2)
    assert np.isfinite(gradient).all()


def test_a_net_learns_mean_and_spread():
    x = np.linspace(-1, 1, 400)[:, None]
    y = 2 * x + np.random.default_rng(1).normal(size=x.shape) * np.exp(x)
    model = cr.nn.MLP([1, 16, 2], dtype="float64", seed=0)
    history = cr.fit(model, (x, y), loss=cr.gaussian_likelihood, optimizer=cr.optim.Adam(0.01),
                     epochs=60)  # fmt: skip
    assert history.metric == "r2"
    assert history["r2"][-1] == pytest.approx(
        1 - ((y - model(x).data[:, :1]) ** 2).sum() / ((y - y.mean()) ** 2).sum(), abs=0.02
    )
    spread = np.exp(model(x).data[:, 1] / 2)
    assert np.corrcoef(spread, np.exp(x[:, 0]))[0, 1] > 0.95


def test_outputs_and_targets_of_other_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"targets.reshape\(-1, 1\)"):
        cr.gaussian_likelihood(np.ones((5, 2)), np.ones(5))
    with pytest.raises(ShapeError, match="two units for each target"):
        cr.gaussian_likelihood(np.ones((5, 3)), np.ones((5, 2)))
    with pytest.raises(ArgumentError, match="eps is 0"):
        cr.gaussian_likelihood(np.ones((5, 2)), np.ones((5, 1)), eps=0)


# ----------------------------------------------------------------------------- log-cosh


@MODES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_cosh_keeps_its_digits_near_and_far(dtype, mode):
    x = np.array([1e-9, 1e-3, 0.5, 0.999, 1.0, 1.001, 20, 89, 1e4, -3e-5, -1e4], dtype)
    zeros = np.zeros_like(x)
    with mp.workdps(60):
        truth = np.array([float(mp.log(mp.cosh(mp.mpf(float(v))))) for v in x])
    near = 4 * np.finfo(dtype).eps
    assert_allclose(mode(partial(cr.log_cosh, reduction="none"))(x, zeros), truth, rtol=near)
    slope = mode(cr.grad(partial(cr.log_cosh, reduction="sum")))(x, zeros)
    assert_allclose(slope, np.tanh(x.astype("float64")), rtol=near)


# ------------------------------------------------------------------------------ extremes

EXTREME = {
    "pos_weight": partial(cr.binary_cross_entropy, pos_weight=3.0),
    "binary focal": cr.binary_focal,
    "binary focal, balanced": partial(cr.binary_focal, alpha=0.25, gamma=0.5),
    "log cosh": cr.log_cosh,
}


@MODES
@pytest.mark.parametrize("name", EXTREME)
def test_scores_of_any_size_give_numbers_in_float32(name, mode):
    x = FAR.astype("f")
    for target in (0, 1):
        y = np.full_like(x, target)
        value, gradient = mode(cr.value_and_grad(partial(EXTREME[name], reduction="sum")))(x, y)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


@MODES
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_softmax_focal_of_scores_of_any_size_is_a_number(gamma, mode):
    scores = np.stack([FAR, np.zeros_like(FAR), FAR[::-1]], axis=1).astype("f")
    for label in range(3):
        labels = np.full(len(scores), label)
        both = mode(cr.value_and_grad(partial(cr.softmax_focal, gamma=gamma)))(scores, labels)
        assert np.isfinite(both[0])
        assert np.isfinite(both[1]).all()
