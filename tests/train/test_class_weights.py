"""Class weights: by hand, in fit, beside the weights of rows."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.train import class_weights, fit
from tests.train.small_nets import apart

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
LABELS = (X[:, 0] > 0.9).astype(int) + (X[:, 1] > 1.2)
NAMES = np.array(["no", "yes", "perhaps"])[LABELS]
ROWS = RNG.uniform(0.5, 2, 80)


@pytest.mark.parametrize("labels", [LABELS, NAMES, LABELS > 0, LABELS[:, None] * 1.0])
@pytest.mark.parametrize("weights", ["balanced", "one class"])
def test_they_are_those_of_scikit_learn(labels, weights):
    given = {labels.ravel()[0]: 3.5} if weights == "one class" else weights
    expected = compute_sample_weight(given, labels)
    np.testing.assert_allclose(class_weights(labels, given), expected)


def test_balanced_classes_count_alike_and_the_mean_weight_is_1():
    weights = class_weights(LABELS)
    sums = [weights[label == LABELS].sum() for label in np.unique(LABELS)]
    np.testing.assert_allclose(sums, sums[0])
    assert weights.mean() == pytest.approx(1)


def trained(compiled=True, loss=cr.softmax_cross_entropy, y=LABELS, **options):
    model = nn.MLP([3, 6, 3 if y.ndim == 1 else 1], dtype="float64", seed=0)
    fit(model, (X, y), loss=loss, optimizer=optim.Adam(0.01), epochs=4, compiled=compiled,
        **options)  # fmt: skip
    return model.state()


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_multiplies_the_weights_of_rows_by_them(compiled):
    given = {0: 1.0, 1: 4.0, 2: 0.0}
    by_class = class_weights(LABELS, given)
    found = trained(compiled, class_weight=given)
    assert apart(found, trained(compiled, sample_weight=by_class)) == 0
    assert apart(found, trained(compiled)) > 1e-6
    both = trained(compiled, class_weight=given, sample_weight=ROWS)
    assert apart(both, trained(compiled, sample_weight=by_class * ROWS)) == 0


def test_targets_of_yes_and_no_have_classes_too():
    y = (LABELS[:, None] > 0).astype(float)
    weights = class_weights(y)
    found = trained(loss=cr.binary_cross_entropy, y=y, class_weight="balanced")
    assert apart(found, trained(loss=cr.binary_cross_entropy, y=y, sample_weight=weights)) == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="class weights were given as 'balance'"):
        class_weights(LABELS, "balance")
    with pytest.raises(ArgumentError, match="the class 1 was given the weight -1"):
        class_weights(LABELS, {1: -1})
    with pytest.raises(DataError, match="a weight for the class 7, but no row of it") as error:
        class_weights(LABELS, {7: 1})
    assert "classes   0, 1, 2" in str(error.value)
    with pytest.raises(ShapeError, match="one label per row"):
        class_weights(np.eye(3)[LABELS])
    with pytest.raises(DataError, match="float64 with a fraction"):
        class_weights(X[:, 0])
    with pytest.raises(ShapeError, match=r"sample_weight is \(80, 3\)"):
        trained(class_weight="balanced", sample_weight=X**2)
    with pytest.raises(ArgumentError, match="labels of all rows in one array"):
        fit(nn.MLP([3, 3]), (X, {"a": LABELS}), loss={"a": cr.softmax_cross_entropy},
            optimizer=optim.SGD(0.1), class_weight="balanced")  # fmt: skip
