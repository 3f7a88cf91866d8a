"""Label smoothing: the loss of a spread target, in value and gradient; eager = compiled."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import ArgumentError

LABELS = np.array([0, 4, 2, 2])


def spread(scores, share):
    """The cross-entropy with the smoothed targets, written out."""
    targets = (1 - share) * np.eye(5)[LABELS] + share / 5
    return -cr.mean(cr.sum(targets * cr.log_softmax(scores, axis=1), axis=1))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_it_is_the_cross_entropy_of_spread_targets(share):
    scores = np.random.default_rng(0).normal(size=(4, 5), scale=3)
    smoothed = lambda s: cr.softmax_cross_entropy(s, LABELS, label_smoothing=share)  # noqa: E731
    written = partial(spread, share=share)
    assert_allclose(smoothed(scores), written(scores), rtol=1e-14)
    assert_allclose(cr.grad(smoothed)(scores), cr.grad(written)(scores), atol=1e-15)
    assert_allclose(cr.compile(cr.grad(smoothed))(scores), cr.grad(written)(scores), atol=1e-15)
    assert_allclose(cr.hessian(smoothed)(scores), cr.hessian(written)(scores), atol=1e-15)


def test_knowing_nothing_costs_the_logarithm_of_the_classes():
    loss = cr.softmax_cross_entropy(np.zeros((4, 5)), LABELS, label_smoothing=0.3)
    assert_allclose(loss, np.log(5))


@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 2.0, 3.0])])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_training_ends_where_eager_training_ends(weights, dtype):
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(dtype)
    found = []
    for compiled in (True, False):
        model = cr.nn.MLP([3, 6, 5], dtype=dtype)
        cr.fit(
            model, (x, LABELS), loss=partial(cr.softmax_cross_entropy, label_smoothing=0.2),
            optimizer=cr.optim.Adam(0.01),
            epochs=4, batch_size=4, compiled=compiled, sample_weight=weights,
        )  # fmt: skip
        found.append(model.state())
    for path, array in found[0].items():
        assert_allclose(array, found[1][path], rtol=2e-4, atol=1e-6, err_msg=path)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan"), "much", np.ones(4)])
def test_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(ArgumentError, match="label_smoothing is"):
        cr.softmax_cross_entropy(np.zeros((4, 5)), LABELS, label_smoothing=share)
