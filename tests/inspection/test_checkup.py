"""Dead and saturated units are found on nets that were built to have them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.graph.op.families import Elementwise
from chainrule.inspection import checkup, read_ratios
from chainrule.inspection.checkup import observe


def net_with_biases(activation: nn.Module, biases: list[float]) -> nn.Sequential:
    """One hidden layer whose units see small scores plus these biases."""
    net = nn.Sequential(
        nn.Linear(3, len(biases), dtype="float64"),
        activation,
        nn.Linear(len(biases), 2, dtype="float64"),
    )
    net[0].weight.data = np.full((3, len(biases)), 0.1)
    net[0].bias.data = np.array(biases)
    return net


def test_dead_relus_are_named(rng):
    found = checkup(
        net_with_biases(nn.ReLU(), [0.0, -99.0, 9.0, -99.0]), rng.normal(size=(500, 3))
    )
    (layer,) = found.layers
    assert (layer.name, layer.activation, layer.units) == ("layers.1", "relu", 4)
    assert layer.dead == (1, 3)
    assert layer.saturated == ()
    assert "2 of 4 units are dead" in found.advice[0]
    assert "leaky_relu" in found.advice[0]
    assert "2 dead" in str(found)


def test_a_unit_that_wakes_up_on_the_last_row_is_not_dead(rng):
    x = np.zeros((3000, 3))
    x[-1] = 100.0
    net = net_with_biases(nn.ReLU(), [-5.0])
    assert checkup(net, x[:-1]).layers[0].dead == (0,)
    assert checkup(net, x).layers[0].dead == ()


class HardSigmoid(Elementwise):
    """Of the user's own, between two bounds."""

    bounds = (0.0, 1.0)

    def forward(self, x):
        return np.minimum(np.maximum(0.2 * x + 0.5, 0), 1)


class Late(Elementwise):
    """Of the user's own: nothing comes through below 1."""

    silent = "dead"

    def forward(self, x):
        return np.maximum(x - 1, 0)


class Own(nn.activations.Activation):
    def __init__(self, operation):
        self.operation = operation


def test_an_activation_of_the_users_own_is_looked_at_as_ours_are(rng):
    rows = rng.normal(size=(500, 3))
    found = checkup(net_with_biases(Own(HardSigmoid()), [0.0, 9.0, -9.0]), rows)
    assert (found.layers[0].name, found.layers[0].saturated) == ("layers.1", (1, 2))
    assert "2 of 3 units are saturated" in found.advice[0]
    assert "2 saturated" in str(found)
    found = checkup(net_with_biases(Own(Late()), [3.0, -99.0]), rows)
    assert found.layers[0].dead == (1,)
    assert "1 of 2 units are dead: no gradient" in found.advice[0]


def test_a_leaky_unit_that_is_never_positive_still_learns(rng):
    found = checkup(net_with_biases(nn.LeakyReLU(), [0.0, -99.0]), rng.normal(size=(50, 3)))
    assert found.layers[0].dead == (1,)
    assert "small slope" in found.advice[0]


@pytest.mark.parametrize(
    ("activation", "biases"), [(nn.Tanh(), [0.0, 9.0, -9.0]), (nn.Sigmoid(), [0.0, 9.0, -9.0])]
)
def test_saturated_units_are_found_at_both_bounds(rng, activation, biases):
    found = checkup(net_with_biases(activation, biases), rng.normal(size=(500, 3)))
    (layer,) = found.layers
    assert layer.saturated == (1, 2)
    assert layer.dead == ()
    assert "2 of 3 units are saturated" in found.advice[0]


def test_saturation_on_fewer_than_95_per_cent_of_the_rows_is_well():
    x = np.zeros((100, 3))
    x[:94] = 99.0
    net = net_with_biases(nn.Tanh(), [0.0])
    assert checkup(net, x).layers[0].saturated == ()
    x[:96] = 99.0
    assert checkup(net, x).layers[0].saturated == (0,)


def test_chunks_change_nothing_but_the_memory(rng):
    net, x = nn.MLP([5, 8, 8, 2], activation="tanh", dtype="float64"), rng.normal(size=(101, 5))
    whole, parts = checkup(net, x), checkup(net, x, chunk=7)
    assert whole.rows == parts.rows == 101
    for a, b in zip(whole.layers, parts.layers, strict=True):
        assert (a.name, a.dead, a.saturated, a.active) == (b.name, b.dead, b.saturated, b.active)
        assert a.mean == pytest.approx(b.mean)
        assert a.spread == pytest.approx(b.spread)


def test_mean_and_spread_are_those_of_the_activations(rng):
    net, x = nn.MLP([5, 8, 2], dtype="float64"), rng.normal(size=(64, 5))
    (layer,) = checkup(net, x).layers
    hidden = np.maximum(x @ net[0].weight.data + net[0].bias.data, 0)
    assert layer.mean == pytest.approx(hidden.mean())
    assert layer.spread == pytest.approx(hidden.std())
    assert layer.active == pytest.approx((hidden > 0).mean())


def test_one_pass_gives_the_outputs_of_predict_and_the_checkup(rng):
    net, x = nn.MLP([5, 8, 3]), rng.normal(size=(2500, 5)).astype(np.float32)
    seen = observe(net, x)
    assert seen.outputs.tobytes() == cr.train.predict(net, x).tobytes()
    assert seen.layers == checkup(net, x).layers


def test_activations_that_are_not_finite_are_told_without_a_warning():
    net = net_with_biases(nn.ReLU(), [np.inf])
    found = checkup(net, np.zeros((4, 3)))
    assert "not finite" in found.advice[0]


def test_activations_inside_a_users_own_forward_are_seen(rng):
    class Net(nn.Module):
        def __init__(self):
            self.hidden, self.output = nn.Linear(3, 4), nn.Linear(4, 1)

        def forward(self, x):
            return self.output(np.tanh(self.hidden(x)))

    (layer,) = checkup(Net(), rng.normal(size=(20, 3))).layers
    assert (layer.name, layer.units) == ("tanh 1", 4)


def test_it_works_under_no_grad_and_leaves_gradients_alone(rng):
    net = nn.MLP([3, 4, 2])
    with cr.no_grad():
        assert len(checkup(net, rng.normal(size=(10, 3))).layers) == 1
    assert all(p.grad is None for p in net.parameters().values())


def test_a_linear_classifier_has_nothing_to_check(rng):
    found = checkup(nn.Sequential(nn.Linear(3, 2)), rng.normal(size=(10, 3)))
    assert found.layers == ()
    assert "look sound." in str(found)


def test_no_rows_are_refused():
    with pytest.raises(ArgumentError, match="needs rows"):
        checkup(nn.MLP([3, 4, 2]), np.zeros((0, 3)))


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1e-6, "low"), (1e-3, "ok"), (3e-3, "ok"), (0.1, "high")]
)
def test_update_ratios_are_read_against_a_thousandth(ratio, verdict):
    (reading,) = read_ratios({"layers.0.weight": [ratio]})
    assert reading.verdict == verdict
    assert bool(reading.advice) == (verdict != "ok")


def test_the_typical_ratio_is_the_median_of_the_epochs():
    (reading,) = read_ratios({"w": [float("nan"), 1e-3, 2e-3, 1e-9]})
    assert (reading.typical, reading.last, reading.verdict) == (1e-3, 1e-9, "ok")


def test_a_ratio_that_was_never_known_is_no_advice():
    (reading,) = read_ratios({"w": [float("nan")]})
    assert (reading.verdict, reading.advice) == ("unknown", "")


def test_biases_are_not_read():
    assert read_ratios({"layers.0.bias": [1.0]}) == ()
