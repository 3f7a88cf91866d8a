"""fit: it learns, it is deterministic, and it does what each of its arguments says."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.optim import Optimizer
from chainrule.train import Callback, evaluate, fit
from tests.train.samples import numbers, same, two_moons, weights


class Nothing(Optimizer):
    """An optimiser that changes nothing, so that a loss can be compared between batches."""

    name = "nothing"

    def update(self, parameter, gradient, state, rate, step):
        return parameter, ()


def test_it_learns_two_moons():
    model, (x, y) = nn.MLP([2, 16, 16, 2]), two_moons()
    history = fit(
        model,
        (x, y),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.Adam(0.01),
        epochs=40,
        validation=two_moons(200, seed=1),
    )
    assert history["validation_accuracy"][-1] >= 0.98
    assert history["loss"][-1] < 0.2 * history["loss"][0]
    assert history.stopped == "epochs"
    assert len(history) == 40


@pytest.mark.parametrize(
    ("loss", "outputs", "target"),
    [
        (cr.softmax_cross_entropy, 3, lambda rng: rng.integers(0, 3, 20)),
        (cr.hinge, 3, lambda rng: rng.integers(0, 3, 20)),
        (cr.binary_cross_entropy, 1, lambda rng: rng.integers(0, 2, (20, 1))),
        (cr.squared_error, 1, lambda rng: rng.normal(size=(20, 1))),
    ],
)
def test_it_overfits_20_rows_to_under_a_thousandth(loss, outputs, target):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 8)), target(rng)
    history = fit(
        nn.MLP([8, 64, outputs]),
        (x, y),
        loss=loss,
        optimizer=optim.Adam(0.02),
        epochs=400,
        batch_size=20,
        schedule=optim.Cosine(),
    )
    assert history["loss"][-1] < 1e-3


def test_the_loss_rises_with_lambda():
    x, y = two_moons(100)
    last = []
    for strength in (0.0, 0.001, 0.01, 0.1):
        history = fit(
            nn.MLP([2, 20, 2]),
            (x, y),
            loss=cr.softmax_cross_entropy,
            optimizer=optim.Adam(0.01),
            regularization=nn.L2(strength),
            epochs=30,
        )
        last.append(history["loss"][-1])
    assert last == sorted(last)
    assert last[-1] > 1.5 * last[0]


def test_the_seed_decides_everything():
    def run(seed):
        model = nn.MLP([2, 8, 2], dropout=0.3)
        history = fit(
            model,
            two_moons(70),
            loss=cr.softmax_cross_entropy,
            optimizer=optim.Adam(0.01),
            epochs=3,
            seed=seed,
        )
        return weights(model), history["loss"]

    assert same(run(1)[0], run(1)[0])
    assert run(1)[1] == run(1)[1]
    assert not same(run(1)[0], run(2)[0])


def test_every_row_is_used_once_per_epoch_the_last_partial_batch_too():
    seen = []

    class Spy(nn.Linear):
        def forward(self, x, run=None):
            if run is not None and run.training:
                seen.append(np.array(x.data))
            return super().forward(x, run)

    x = np.arange(10.0)[:, None]
    fit(
        Spy(1, 1),
        (x, x * 2),
        loss=cr.squared_error,
        optimizer=Nothing(1.0),
        epochs=2,
        batch_size=4,
        compiled=False,  # the layer looks at values
    )
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    first, second = np.concatenate(seen[:3]).ravel(), np.concatenate(seen[3:]).ravel()
    assert sorted(first) == sorted(second) == x.ravel().tolist()
    assert first.tolist() != second.tolist() != x.ravel().tolist()


def test_the_loss_of_an_epoch_weighs_every_row_the_same():
    model, (x, y) = nn.Linear(3, 1), numbers(10)
    history = fit(
        model,
        (x, y),
        loss=cr.squared_error,
        optimizer=Nothing(1.0),
        epochs=1,
        batch_size=4,
        regularization=nn.L2(0.5),
    )
    whole, r2 = evaluate(model, (x, y), cr.squared_error)
    penalty = 0.25 * float((model.weight.data**2).sum())
    assert history["data_loss"][0] == pytest.approx(whole, rel=1e-5)
    assert history["regularization_loss"][0] == pytest.approx(penalty, rel=1e-5)
    assert history["loss"][0] == pytest.approx(whole + penalty, rel=1e-5)
    assert history["r2"][0] == pytest.approx(r2, rel=1e-5)


def test_a_step_of_fit_is_the_step_written_out():
    x, y = numbers(8)
    x, y = x.astype(np.float32), y.astype(np.float32)
    model, other = nn.MLP([3, 5, 1], seed=4), nn.MLP([3, 5, 1], seed=4)
    options = {"loss": cr.squared_error, "epochs": 3, "batch_size": 8}
    fit(model, (x, y), optimizer=optim.SGD(0.1), regularization=nn.L2(0.1), **options)
    optimizer = optim.SGD(0.1)
    for _ in range(3):
        terms = nn.objective(other, cr.squared_error(other(x), y), nn.L2(0.1))
        terms.total.backward()
        optimizer.step(other.parameters())
    for name, p in model.parameters().items():
        np.testing.assert_allclose(p.data, other.parameters()[name].data, rtol=1e-6)


@pytest.mark.parametrize(
    "regularization",
    [
        nn.L1(0.1),
        nn.ElasticNet(0.1, 0.2),
        [nn.L2(0.1), nn.MaxNorm(0.5)],
        lambda model: (model.weight**2).sum() * 0.1,
    ],
)
def test_every_kind_of_regularization_keeps_the_weights_smaller(regularization):
    def run(chosen):
        model = nn.Linear(3, 1)
        fit(
            model,
            numbers(),
            loss=cr.squared_error,
            optimizer=optim.SGD(0.05),
            regularization=chosen,
        )
        return float((model.weight.data**2).sum())

    assert run(regularization) < run(None)


def test_a_layers_own_regularization_counts():
    model = nn.Sequential(nn.Linear(3, 4, regularization=nn.L2(1.0)), nn.Linear(4, 1))
    history = fit(model, numbers(), loss=cr.squared_error, optimizer=optim.SGD(1e-4), epochs=1)
    assert history["regularization_loss"][0] > 0


def test_max_norm_is_kept_after_every_step():
    model = nn.Linear(3, 2)

    class Look(Callback):
        def on_batch_end(self, state):
            assert np.linalg.norm(model.weight.data, axis=0).max() <= 0.5 + 1e-6

    x, y = numbers()
    fit(
        model,
        (x, np.repeat(y, 2, 1)),
        loss=cr.squared_error,
        optimizer=optim.SGD(0.1),
        regularization=nn.MaxNorm(0.5),
        callbacks=[Look()],
    )


def test_running_statistics_are_written_back():
    model = nn.MLP([2, 8, 2], normalization="batch")
    before = {name: b.copy() for name, b in model.buffers().items()}
    fit(
        model,
        two_moons(64),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.Adam(0.01),
        epochs=2,
    )
    assert not any(np.array_equal(b, before[name]) for name, b in model.buffers().items())


def test_only_the_parameters_keep_their_gradients():
    kept = []

    class Net(nn.MLP):
        def forward(self, x, run):
            out = super().forward(x, run)
            kept.append(out)
            return out

    model = Net([2, 4, 2])
    fit(model, two_moons(32), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(), epochs=1)
    assert all(p.grad is not None for p in model.parameters().values())
    assert all(out.grad is None for out in kept)


def test_a_schedule_gives_the_rate_of_each_step():
    rates = []

    class Look(Callback):
        def on_batch_end(self, state):
            rates.append(state.rate)

    options = {"loss": cr.squared_error, "epochs": 2, "batch_size": 15, "callbacks": [Look()]}
    data = numbers(60)
    fit(nn.Linear(3, 1), data, optimizer=optim.SGD(0.8), schedule=optim.Linear(), **options)
    np.testing.assert_allclose(rates, 0.8 * (1 - np.arange(8) / 8))
    rates.clear()
    fit(nn.Linear(3, 1), data, optimizer=optim.SGD(), schedule=lambda i: 0.1 / (i + 1), **options)
    np.testing.assert_allclose(rates, 0.1 / (1 + np.arange(8)))
    rates.clear()
    history = fit(nn.Linear(3, 1), data, optimizer=optim.SGD(0.3), **options)
    assert rates == [0.3] * 8
    assert history["rate"] == [0.3, 0.3]


def test_clipping_holds_the_gradients():
    def run(clip):
        return fit(
            nn.Linear(3, 1),
            numbers(),
            loss=cr.squared_error,
            optimizer=optim.SGD(1e-3),
            epochs=1,
            clip=clip,
        )["gradient_norm/weight"][0]

    assert run(None) > 1
    assert run(0.25) <= 0.25
    assert run(optim.ClipNorm(0.25)) <= 0.25
    assert run(optim.ClipValue(0.1)) <= 0.1 * np.sqrt(3) + 1e-6


def test_lbfgs_learns_from_all_rows_at_once():
    x, y = numbers()
    model = nn.Linear(3, 1, dtype="float64")
    history = fit(
        model, (x, y), loss=cr.squared_error, optimizer=optim.LBFGS(), epochs=20, batch_size=60
    )
    assert history["loss"][-1] < 1e-12
    np.testing.assert_allclose(model.weight.data.ravel(), [1, 2, 3], rtol=1e-5)


def test_lbfgs_counts_dropout_and_regularization():
    history = fit(
        nn.MLP([2, 16, 2], dropout=0.2),
        two_moons(100),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.LBFGS(),
        regularization=nn.L2(1e-3),
        epochs=15,
        batch_size=100,
    )
    assert history["loss"][-1] < history["loss"][0]
    assert history["regularization_loss"][-1] > 0


def test_frozen_parameters_stay():
    model = nn.MLP([3, 4, 1])
    model[0].weight.wants_gradient = False
    before = weights(model)
    fit(model, numbers(), loss=cr.squared_error, optimizer=optim.SGD(), epochs=1)
    after = weights(model)
    assert np.array_equal(before["layers.0.weight"], after["layers.0.weight"])
    assert not np.array_equal(before["layers.2.weight"], after["layers.2.weight"])


def test_an_unused_parameter_is_a_warning_not_a_silence():
    model = nn.MLP([3, 1])
    model.spare = cr.parameter(np.ones(2))
    with pytest.warns(cr.errors.UnreachedWarning, match="the loss does not reach spare"):
        fit(model, numbers(), loss=cr.squared_error, optimizer=optim.SGD())
    assert np.array_equal(model.spare.data, np.ones(2))


def test_no_epochs_change_nothing():
    model = nn.MLP([3, 1])
    before = weights(model)
    history = fit(model, numbers(), loss=cr.squared_error, optimizer=optim.SGD(), epochs=0)
    assert same(before, weights(model))
    assert (len(history), history.stopped, history["loss"]) == (0, "epochs", [])
