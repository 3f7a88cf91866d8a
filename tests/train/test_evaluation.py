"""evaluate and predict: in chunks, without a graph; the metrics; the batches."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.tensors import Tensor
from chainrule.train import evaluate, metrics, predict
from chainrule.train.batches import Batches
from chainrule.train.streams import Rows


def some(rows=50):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, 3)).astype(np.float32), rng.integers(0, 4, rows)


def test_chunks_give_the_loss_and_accuracy_of_the_whole():
    model, (x, y) = nn.MLP([3, 8, 4]), some()
    loss, accuracy = evaluate(model, (x, y), cr.softmax_cross_entropy, batch_size=7)
    out = model(x)
    assert loss == pytest.approx(cr.softmax_cross_entropy(out, y).item(), rel=1e-6)
    assert accuracy == np.mean(out.data.argmax(1) == y)


def test_no_metric_is_none():
    model, (x, y) = nn.MLP([3, 4]), some()
    assert evaluate(model, (x, y), cr.hinge, metric=None)[1] is None


def test_prediction_is_the_same_in_chunks():
    model, (x, _) = nn.MLP([3, 8, 4]), some()
    out = predict(model, x, batch_size=7)
    assert type(out) is np.ndarray
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, model(x).data, rtol=1e-6)
    assert predict(model, x[:0]).shape == (0, 4)
    assert predict(model, x.astype(int)).dtype == np.float32


def test_nothing_is_recorded_and_dropout_is_off():
    seen = []

    class Net(nn.MLP):
        def forward(self, x, run):
            out = super().forward(x, run)
            seen.append(out.wants_gradient)
            return out

    model, (x, _) = Net([3, 8, 4], dropout=0.5), some()
    np.testing.assert_array_equal(predict(model, x), predict(model, x))
    assert not any(seen)


def test_a_net_that_answers_with_an_array_is_taken():
    class Net(nn.Linear):
        def forward(self, x, run=None):
            return np.asarray(x.value if isinstance(x, Tensor) else x)

    x, _ = some()
    np.testing.assert_array_equal(predict(Net(3, 3), x), x)


def test_r2_in_pieces_is_r2_of_the_whole():
    rng = np.random.default_rng(0)
    y = rng.normal(1e4, 1.0, (500, 2))
    out = y + rng.normal(0, [0.5, 2.0], (500, 2))
    metric = metrics.R2()
    for start in range(0, 500, 70):
        metric.add(out[start : start + 70], y[start : start + 70])
    spread = ((y - y.mean(0)) ** 2).sum(0)
    expected = np.mean(1 - ((y - out) ** 2).sum(0) / spread)
    assert metric.value() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("wrong", "expected"), [(0.0, 1.0), (0.1, 0.0), (np.nan, np.nan)])
def test_r2_of_constant_targets_is_1_where_all_are_right_and_0_else(wrong, expected):
    constant = np.full((7, 1), 0.1)  # whose mean is off by a rounding
    for parts in ([7], [3, 4]):
        metric = metrics.R2()
        for rows in np.split(np.arange(7), np.cumsum(parts)[:-1]):
            metric.add(constant[rows] + wrong, constant[rows])
            metric._count_waiting()
        np.testing.assert_equal(metric.value(), expected)
    assert np.isnan(metrics.R2().value())
    assert np.isnan(metrics.Accuracy().value())


def test_r2_is_the_mean_of_the_columns_that_are_constant_and_of_those_that_are_not():
    truth = np.array([[1.0, 0.0], [1.0, 2.0]])
    metric = metrics.R2()
    metric.add(truth, truth)
    assert metric.value() == 1.0
    metric.add(truth + np.array([[0.5, 0.0], [0.0, 0.0]]), truth)
    assert metric.value() == 0.5


def test_binary_accuracy_asks_on_which_side_of_0_the_score_lies():
    metric = metrics.BinaryAccuracy()
    metric.add(np.array([[-1.0], [2.0], [0.5], [-3.0]]), np.array([[0.0], [1.0], [0.0], [0.0]]))
    assert metric.value() == 0.75


def test_a_metric_counts_what_waits(monkeypatch):
    monkeypatch.setattr(metrics, "WAITING_AT_MOST", 10)
    metric, (x, y) = metrics.Accuracy(), some()
    rng = np.random.default_rng(1)
    out = rng.normal(size=(50, 4))
    for start in range(0, 50, 8):
        metric.add(out[start : start + 8], y[start : start + 8])
    assert metric.value() == np.mean(out.argmax(1) == y)
    assert len(x) == metric.total


@pytest.mark.parametrize("size", [1, 3, 5, 9, 10, 11])
def test_batches_are_contiguous_and_hold_every_row_once(size):
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10)
    batches = Batches(Rows((x, y)), size, seed=3)
    found = list(batches.epoch(1))
    assert len(found) == batches.count
    assert sorted(np.concatenate([part for _, part in found])) == list(range(10))
    for rows, labels in found:
        assert rows.flags.c_contiguous
        np.testing.assert_array_equal(rows, x[labels])
    assert len(found[batches.last_full - 1][0]) == min(size, 10)


def test_the_order_is_a_function_of_seed_and_epoch():
    x = np.arange(100.0)[:, None]
    batches = Batches(Rows((x, x)), 10, seed=3)
    assert batches.order(2).tolist() == Batches(Rows((x, x)), 7, seed=3).order(2).tolist()
    assert batches.order(2).tolist() != batches.order(3).tolist()
    assert batches.order(2).tolist() != Batches(Rows((x, x)), 10, seed=4).order(2).tolist()
