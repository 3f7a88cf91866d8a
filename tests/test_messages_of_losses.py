"""What losses say of shapes, labels, targets and settings that they cannot take."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import errors
from tests.messages import lines, message_of

PAIRS = [
    cr.squared_error,
    cr.absolute_error,
    cr.huber,
    cr.quantile,
    cr.binary_cross_entropy,
    cr.poisson,
    cr.log_cosh,
    cr.binary_focal,
]


@pytest.mark.parametrize("loss", PAIRS)
def test_n_against_n_by_1_raises_and_shows_both(loss):
    predictions, targets = cr.tensor(np.ones((4, 1))), np.ones(4)
    assert message_of(errors.ShapeError, lambda: loss(predictions, targets)) == lines(
        f"{loss.__name__} compares tensors of one shape, not (4, 1) with (4,).",
        "    assert message_of(errors.ShapeError, lambda: loss(predictions, targets)) == lines("
        " HERE",
        "    predictions (4, 1)      float64",
        "    targets   (4,)        float64",
        "Reshape the targets: targets.reshape((4, 1)).",
    )


@pytest.mark.parametrize("loss", PAIRS)
def test_losses_demand_matching_shapes_in_every_reading(loss):
    for call in (
        lambda: loss(np.ones((4, 1)), np.ones(4)),
        lambda: loss(np.ones(4), cr.tensor(np.ones((4, 1)))),
        lambda: cr.grad(lambda p: loss(p, np.ones(4)))(np.ones((4, 1))),
        lambda: loss(np.ones((4, 2)), np.ones((4, 1))),
        lambda: loss(np.ones(4), np.ones(())),
        lambda: loss(np.ones(4), np.ones(4), weights=np.ones((4, 1))),
        lambda: loss(np.ones(4), np.ones(4), weights=np.ones(())),
    ):
        message_of(errors.ShapeError, call)


@pytest.mark.parametrize("loss", [cr.softmax_cross_entropy, cr.softmax_focal, cr.hinge])
def test_labels_come_one_per_row(loss):
    scores = cr.tensor(np.ones((4, 3)))
    found = message_of(errors.ShapeError, lambda: loss(scores, np.zeros((4, 1), int)))
    assert f"{loss.__name__} takes one label per row of scores: (4, 3) needs (4,)" in found
    assert "found (4, 1)" in found
    assert "labels.reshape(-1)" in found
    message_of(errors.ShapeError, lambda: loss(scores, np.zeros(3, int)))
    message_of(errors.ShapeError, lambda: loss(cr.tensor(np.ones(3)), np.zeros(3, int)))
    message_of(errors.ShapeError, lambda: loss(cr.tensor(np.ones(())), np.zeros((), int)))


def test_a_label_outside_names_row_value_and_classes():
    scores = cr.tensor(np.ones((3, 4), np.float32))
    labels = np.array([0, 9, 1])
    assert message_of(
        errors.IndexRangeError, lambda: cr.softmax_cross_entropy(scores, labels)
    ) == lines(
        "label 9 in row 1 is outside the 4 classes.",
        "    errors.IndexRangeError, lambda: cr.softmax_cross_entropy(scores, labels) HERE",
        "    labels    (3,)        int64    values 0 to 9",
        "Labels run from 0 to 3; give the last layer one unit per class.",
    )


@pytest.mark.parametrize("loss", [*PAIRS, cr.softmax_cross_entropy, cr.hinge])
def test_an_empty_batch_raises(loss):
    labelled = loss in (cr.softmax_cross_entropy, cr.hinge)
    args = (np.ones((0, 3)), np.zeros(0, int)) if labelled else (np.ones(0), np.ones(0))
    for first in (args[0], cr.tensor(args[0])):
        found = message_of(errors.ArgumentError, lambda first=first: loss(first, args[1]))
        assert found.startswith(f"{loss.__name__} was given an empty batch, which has no mean.")


@pytest.mark.parametrize("loss", [*PAIRS, cr.softmax_cross_entropy, cr.hinge])
def test_an_empty_batch_has_the_sum_0(loss):
    labelled = loss in (cr.softmax_cross_entropy, cr.hinge)
    args = (np.ones((0, 3)), np.zeros(0, int)) if labelled else (np.ones(0), np.ones(0))
    assert loss(*args, reduction="sum") == 0
    assert loss(*args, reduction="none").shape == (0,)


def test_an_unknown_reduction_names_those_that_exist():
    found = message_of(
        errors.ArgumentError,
        lambda: cr.squared_error(np.ones(2), np.ones(2), reduction="average"),
    )
    assert "squared_error knows no reduction 'average'" in found
    assert "'mean', 'sum', 'none'" in found


def test_binary_cross_entropy_wants_targets_between_0_and_1():
    for targets in (np.array([0.0, 1.5]), np.array([-1.0, 1.0]), np.array([np.nan, 1.0])):
        message_of(
            errors.ArgumentError,
            lambda targets=targets: cr.binary_cross_entropy(cr.tensor(np.ones(2)), targets),
        )


@pytest.mark.parametrize("q", [0, 1, -0.5, 1.5, float("nan")])
def test_a_quantile_lies_between_0_and_1(q):
    message_of(errors.ArgumentError, lambda: cr.quantile(np.ones(2), np.ones(2), q=q))


@pytest.mark.parametrize("delta", [0, -1.0, float("nan")])
def test_the_delta_of_huber_is_positive(delta):
    message_of(errors.ArgumentError, lambda: cr.huber(np.ones(2), np.ones(2), delta=delta))
