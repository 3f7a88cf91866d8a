"""minimize: a net is trained on all rows at once, by SciPy's L-BFGS-B."""

import numpy as np
import pytest
from scipy import optimize

import chainrule as cr
from chainrule import nn
from chainrule.errors import (
    ArgumentError,
    DataError,
    EagerWarning,
    NoGradientError,
    NonFiniteError,
    UnreachedWarning,
)
from chainrule.train import minimize
from chainrule.train.native import loss_and_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
LABELS = (X[:, 0] > X[:, 1]).astype(int) + (X[:, 2] > 1)
WEIGHTS = RNG.uniform(0.5, 2, size=90)
MODES = pytest.mark.parametrize("compiled", [False, True])


class Measured:
    rows = len(X)

    def blocks(self, rng):
        yield X, LABELS


def net(dtype="float64", **options):
    return nn.MLP([4, 8, 3], activation="tanh", dtype=dtype, seed=0, **options)


@MODES
def test_it_ends_where_scipy_ends_by_hand(compiled):
    model, own = net(), net()
    penalty = nn.L2(1e-3)
    places = own.parameters()

    def by_hand(vector):
        start = 0
        for p in places.values():
            p.data = vector[start : start + p.size].reshape(p.shape)
            start += p.size
        loss = cr.softmax_cross_entropy(own(X), LABELS, weights=WEIGHTS) + penalty(own)
        loss.backward()
        return loss.item(), np.concatenate([p.grad.ravel() for p in places.values()])

    start = np.concatenate([p.data.ravel() for p in places.values()])
    options = {"maxiter": 15, "gtol": 1e-4}
    found = optimize.minimize(by_hand, start, method="L-BFGS-B", jac=True, options=options)
    ours = minimize(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, regularization=penalty,
        sample_weight=WEIGHTS, iterations=15, compiled=compiled,
    )  # fmt: skip
    assert (ours.iterations, ours.evaluations) == (found.nit, found.nfev)
    assert ours.loss == pytest.approx(found.fun, rel=1e-8)
    np.testing.assert_allclose(ours.position, found.x, rtol=1e-5, atol=1e-7)
    standing = np.concatenate([p.data.ravel() for p in model.parameters().values()])
    assert np.array_equal(standing, ours.position)


@MODES
def test_it_reaches_a_minimum(compiled):
    model = net()
    found = minimize(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, regularization=nn.L2(1e-2),
        iterations=500, tolerance=1e-6, least_fall=0, compiled=compiled,
    )  # fmt: skip
    assert found.converged
    loss = cr.softmax_cross_entropy(model(X), LABELS) + nn.L2(1e-2)(model)
    loss.backward()
    assert max(np.abs(p.grad).max() for p in model.parameters().values()) <= 1e-6
    assert loss.item() == pytest.approx(found.loss, rel=1e-12)


@MODES
def test_a_net_of_float32_stays_one(compiled):
    model = net("float32")
    found = minimize(model, (X, LABELS), loss=cr.softmax_cross_entropy, compiled=compiled)
    assert found.loss < 0.05
    assert {p.dtype for p in model.parameters().values()} == {np.dtype("float32")}


@MODES
def test_a_callback_meets_the_net_where_the_search_stands(compiled):
    model, seen = net(), []

    def listen(found):
        own = cr.softmax_cross_entropy(model(X), LABELS).item()
        assert own == pytest.approx(found.loss, rel=1e-12)
        seen.append(found.loss)
        return len(seen) == 6

    found = minimize(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, callback=listen, compiled=compiled
    )
    assert len(seen) == found.iterations == 6
    assert seen[-1] == found.loss


@MODES
def test_an_error_leaves_the_net_as_the_last_iteration_has(compiled):
    model, positions = net(), []

    def listen(found):
        positions.append(found.position)
        if found.iterations == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        minimize(
            model, (X, LABELS), loss=cr.softmax_cross_entropy, callback=listen, compiled=compiled
        )
    standing = np.concatenate([p.data.ravel() for p in model.parameters().values()])
    assert np.array_equal(standing, positions[-1])


@MODES
def test_dropout_keeps_one_mask_and_buffers_follow(compiled):
    model = nn.Sequential(
        nn.Linear(4, 16, dtype="float64"), nn.BatchNorm(16, dtype="float64"), nn.Tanh(),
        nn.Dropout(0.2), nn.Linear(16, 3, dtype="float64"),
    )  # fmt: skip
    losses = []
    found = minimize(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, iterations=12, compiled=compiled,
        callback=lambda found: losses.append(found.loss),
    )  # fmt: skip
    assert np.all(np.diff(losses) < 0)
    assert found.loss == losses[-1]
    assert np.any(model[1].running_mean)


@MODES
def test_frozen_and_unreached_parameters_stay(compiled):
    model = net()
    model[0].weight.wants_gradient = False
    model.spare = cr.parameter(np.ones(2))
    before = model[0].weight.data.copy()
    with pytest.warns(UnreachedWarning, match="does not reach spare"):
        minimize(model, (X, LABELS), loss=cr.softmax_cross_entropy, compiled=compiled)
    assert np.array_equal(model[0].weight.data, before)
    assert model.spare.data.tolist() == [1, 1]


def test_what_cannot_be_compiled_runs_eagerly_and_says_so():
    def loss(outputs, labels):
        scale = 1.0 if outputs.data.sum() < 1e9 else 2.0
        return cr.softmax_cross_entropy(outputs, labels) * scale

    with pytest.warns(EagerWarning, match="runs eagerly"):
        found = minimize(net(), (X, LABELS), loss=loss)
    assert found.loss < 0.05


def test_what_does_not_fit_is_refused():
    loss = cr.softmax_cross_entropy
    with pytest.raises(ArgumentError, match="MaxNorm shortens weights after a step"):
        minimize(net(), (X, LABELS), loss=loss, regularization=[nn.L2(1e-3), nn.MaxNorm(3)])
    with pytest.raises(ArgumentError, match="these data come block by block"):
        minimize(net(), Measured(), loss=loss)
    with pytest.raises(DataError, match="holds nan in row 0"):
        minimize(net(), (np.full_like(X, np.nan), LABELS), loss=loss)
    with cr.no_grad(), pytest.raises(NoGradientError, match=r"inside cr.no_grad\(\)"):
        minimize(net(), (X, LABELS), loss=loss)
    with pytest.raises(ArgumentError, match="iterations=0"):
        minimize(net(), (X, LABELS), loss=loss, iterations=0)


@MODES
def test_a_loss_that_is_not_finite_names_the_op(compiled):
    def loss(outputs, labels):
        return cr.mean(cr.log(outputs[:, 0] - 1e3)) + 0 * labels.sum()

    with pytest.raises(NonFiniteError, match="log is the first op"):
        minimize(net(), (X, LABELS.astype(float)), loss=loss, compiled=compiled)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_search_that_goes_on_gets_faster_code_with_the_same_bits(dtype, monkeypatch):
    found = {}
    for few in (2, 5, 10**9):  # evaluations until the faster code is made, and never
        monkeypatch.setattr(loss_and_gradients, "FEW", few)
        model, seen = net(dtype), []
        minimum = minimize(
            model,
            (X.astype(dtype), LABELS),
            loss=cr.softmax_cross_entropy,
            regularization=nn.L2(1e-3),
            iterations=15,
            tolerance=0,
            callback=lambda each, seen=seen: seen.append(each.loss),
        )
        assert minimum.evaluations > 2 * 5
        found[few] = minimum.evaluations, seen, minimum.position.tobytes()
    assert found[2] == found[5] == found[10**9]
