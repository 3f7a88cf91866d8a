"""Nets that are healthy, and nets that are sick on purpose, each with what a checkup should say.

A sick net is made by the mechanism that its sickness is known for, never by a threshold.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.train.data import load

SOFTMAX, SQUARED, BINARY = cr.softmax_cross_entropy, cr.squared_error, cr.binary_cross_entropy


@dataclass(frozen=True)
class Patient:
    """What a checkup is given, what it must find, and what else follows from the same cause."""

    model: Any
    data: Any
    loss: Any
    keywords: dict[str, Any] = field(default_factory=dict)
    sick: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()


HEALTHY: dict[str, Callable[[], Patient]] = {}
SICK: dict[str, Callable[[], Patient]] = {}


def healthy(make):
    HEALTHY[make.__name__] = make
    return make


def sick(*names: str, follows: str = ""):
    def noted(make):
        def patient() -> Patient:
            model, data, loss, keywords = make()
            return Patient(
                model, data, loss, keywords, frozenset(names), frozenset(follows.split())
            )

        SICK[make.__name__] = patient
        return make

    return noted


# ---------------------------------------------------------------------------------------- data


def moons(rows: int = 400, noise: float = 0.15, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    angle = rng.uniform(0, np.pi, rows)
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x[y == 1] = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)[y == 1]
    x = x + noise * rng.normal(size=x.shape)
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y


def spiral(rows: int = 450, classes: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, rows)
    radius = rng.uniform(0.05, 1, rows)
    angle = 4 * radius + 2 * np.pi * y / classes + 0.1 * rng.normal(size=rows)
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)
    return (x / x.std(0)).astype(np.float32), y


def blobs(rows: int = 400, classes: int = 4, columns: int = 8, apart: float = 2.5, seed: int = 0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, columns)) * apart
    y = rng.integers(0, classes, rows)
    x = centres[y] + rng.normal(size=(rows, columns))
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y


def wave(rows: int = 300, seed: int = 0, noise: float = 0.1):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, (rows, 1))
    y = np.sin(2 * x) + noise * rng.normal(size=x.shape)
    return (x / x.std()).astype(np.float32), y.astype(np.float32)


def plane(rows: int = 300, columns: int = 6, seed: int = 0, noise: float = 0.3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    y = x @ rng.normal(size=(columns, 1)) + np.tanh(x[:, :1] * x[:, 1:2])
    y = y + noise * rng.normal(size=y.shape)
    return x.astype(np.float32), ((y - y.mean()) / y.std()).astype(np.float32)


@cache
def digits():
    data = load("digits", seed=0)
    return (data.x_train, data.y_train), (data.x_validation, data.y_validation)


def named(name: str):
    data = load(name, seed=0)
    return data.training, (data.x_validation, data.y_validation)


def pictures(rows: int = 5000, seed: int = 0):
    """Rows like those of small pictures: 784 numbers from 0 to 1, most of them 0."""
    rng = np.random.default_rng(seed)
    shapes = np.maximum(rng.normal(size=(10, 784)) - 0.8, 0)
    y = rng.integers(0, 10, rows)
    x = shapes[y] * rng.uniform(0.5, 1.2, (rows, 1)) + 0.3 * np.abs(rng.normal(size=(rows, 784)))
    x[:, rng.random(784) < 0.3] = 0
    return np.clip(x, 0, 1).astype(np.float32), y


def trained(model, data, loss, optimizer=None, epochs=30, **keywords):
    optimizer = optimizer or optim.Adam(0.01)
    history = cr.fit(
        model, data, loss=loss, optimizer=optimizer, epochs=epochs, compiled=False, **keywords
    )
    return history


# ------------------------------------------------------------------------------------- healthy


@healthy
def moons_trained_with_adam():
    data, other = moons(), moons(200, seed=1)
    net = nn.MLP([2, 16, 2])
    history = trained(net, data, SOFTMAX, validation=other)
    return Patient(net, data, SOFTMAX, {"history": history, "validation": other})


@healthy
def digits_before_training():
    return Patient(nn.MLP([64, 64, 10]), digits()[0], SOFTMAX, {"optimizer": optim.Adam(1e-3)})


@healthy
def digits_trained():
    data, other = digits()
    net = nn.MLP([64, 64, 10])
    history = trained(net, data, SOFTMAX, optim.Adam(3e-3), 20, validation=other)
    return Patient(net, data, SOFTMAX, {"history": history})


@healthy
def a_wave_with_tanh_and_momentum():
    data, other = wave(), wave(100, seed=1)
    net = nn.MLP([1, 32, 32, 1], activation="tanh")
    history = trained(net, data, SQUARED, optim.SGD(0.05, momentum=0.9), 200, validation=other)
    return Patient(net, data, SQUARED, {"history": history, "validation": other})


@healthy
def several_labels_with_gelu():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 12)).astype(np.float32)
    y = (x @ rng.normal(size=(12, 5)) + 0.3 * rng.normal(size=(500, 5)) > 0.5).astype(np.float32)
    net = nn.MLP([12, 32, 5], activation="gelu")
    history = trained(net, (x, y), BINARY, optim.RMSProp(3e-3), 20)
    return Patient(net, (x, y), BINARY, {"history": history})


@healthy
def a_linear_classifier_of_irises():
    data, other = named("iris")
    net = nn.Sequential(nn.Linear(4, 3))
    history = trained(net, data, SOFTMAX, optim.Adam(0.03), 60, validation=other)
    return Patient(net, data, SOFTMAX, {"history": history})


@healthy
def wines_with_batch_norm_and_dropout():
    data, other = named("wine")
    net = nn.MLP([13, 32, 3], normalization="batch", dropout=0.2)
    history = trained(net, data, SOFTMAX, optim.Adam(3e-3), 40, validation=other)
    return Patient(net, data, SOFTMAX, {"history": history})


@healthy
def pictures_before_training():
    return Patient(nn.MLP([784, 128, 10]), pictures(), SOFTMAX)


@healthy
def yes_or_no_with_sigmoids():
    (x, y), (xv, yv) = named("breast_cancer")
    data = x, y[:, None].astype(np.float32)
    other = xv, yv[:, None].astype(np.float32)
    net = nn.MLP([30, 16, 1], activation="sigmoid")
    history = trained(net, data, BINARY, optim.Adam(0.01), 40, validation=other)
    return Patient(net, data, BINARY, {"history": history})


@healthy
def diabetes_with_huber_and_leaky_relu():
    data, other = named("diabetes")
    (x, y), (xv, yv) = data, other
    shape = (-1, 1)
    data, other = (x, y.reshape(shape)), (xv, yv.reshape(shape))
    net = nn.MLP([x.shape[1], 16, 1], activation="leaky_relu")
    history = trained(net, data, cr.huber, optim.AdamW(3e-3), 20, validation=other)
    return Patient(net, data, cr.huber, {"history": history})


@healthy
def a_spiral_with_three_layers_of_elu():
    data, other = spiral(), spiral(200, seed=1)
    net = nn.MLP([2, 32, 32, 32, 3], activation="elu")
    history = trained(net, data, SOFTMAX, optim.Adam(3e-3), 80, validation=other)
    return Patient(net, data, SOFTMAX, {"history": history, "validation": other})


@healthy
def blobs_with_layer_norm_and_silu():
    data = blobs()
    net = nn.MLP([8, 24, 24, 4], activation="silu", normalization="layer")
    history = trained(net, data, SOFTMAX, optim.NAdam(3e-3), 20)
    return Patient(net, data, SOFTMAX, {"history": history})


@healthy
def counts_with_poisson():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    y = rng.poisson(np.exp(0.8 * x[:, :1] - 0.5 * x[:, 1:2] + 0.5)).astype(np.float32)
    net = nn.MLP([5, 16, 1])
    history = trained(net, (x, y), cr.poisson, optim.Adam(3e-3), 30)
    return Patient(net, (x, y), cr.poisson, {"history": history})


@healthy
def blobs_with_a_margin():
    data = blobs(classes=3)
    net = nn.MLP([8, 16, 3])
    history = trained(net, data, cr.hinge, optim.SGD(0.01, momentum=0.9), 30)
    return Patient(net, data, cr.hinge, {"history": history})


@healthy
def a_deep_net_before_training():
    return Patient(nn.MLP([8, *[32] * 7, 4]), blobs(), SOFTMAX)


@healthy
def digits_with_a_usual_penalty():
    data, _ = digits()
    net = nn.MLP([64, 32, 10], activation="selu")
    penalty = nn.L2(1e-3)
    history = trained(net, data, SOFTMAX, optim.Adam(3e-3), 15, regularization=penalty)
    return Patient(net, data, SOFTMAX, {"history": history, "regularization": penalty})


@healthy
def words_with_an_embedding():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, (400, 6))
    y = (np.isin(x, np.arange(10)).sum(1) > 1).astype(int)

    class Bag(nn.Module):
        def __init__(self):
            self.table, self.out = nn.Embedding(50, 16), nn.MLP([16, 16, 2])

        def forward(self, x):
            return self.out(cr.mean(self.table(x), axis=1))

    net = Bag()
    history = trained(net, (x, y), SOFTMAX, optim.Adam(3e-3), 20)
    return Patient(net, (x, y), SOFTMAX, {"history": history})


@healthy
def three_hidden_units():
    return Patient(nn.MLP([2, 3, 2]), moons(), SOFTMAX)


@healthy
def a_linear_regression():
    return Patient(nn.Linear(6, 1), plane(), SQUARED)


@healthy
def a_line_of_few_noisy_points():
    return Patient(nn.MLP([1, 16, 1], activation="tanh"), wave(25, noise=0.6), SQUARED)


@healthy
def outputs_that_start_at_zero():
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4, init="zeros"))
    return Patient(net, blobs(), SOFTMAX)


@healthy
def small_weights_before_tanh():
    small = nn.initialization.normal(0.01)
    first, last = nn.Linear(64, 64, init=small), nn.Linear(64, 10, init=small)
    return Patient(nn.Sequential(first, nn.Tanh(), last), digits()[0], SOFTMAX)


@healthy
def a_residual_net():
    class Net(nn.Module):
        def __init__(self):
            self.first, self.out = nn.Linear(8, 32), nn.Linear(32, 4)
            self.blocks = [nn.Linear(32, 32) for _ in range(3)]

        def forward(self, x):
            x = self.first(x)
            for block in self.blocks:
                x = x + cr.tanh(block(x))
            return self.out(x)

    return Patient(Net(), blobs(), SOFTMAX)


@healthy
def raw_columns_behind_a_normalization():
    x, y = blobs()
    x = x * np.array([1, 1000, 0.01, 1, 50, 1, 1, 1], np.float32) + np.float32(300)
    net = nn.Sequential(nn.BatchNorm(8), nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    history = trained(net, (x, y), SOFTMAX, optim.Adam(3e-3), 30)
    return Patient(net, (x, y), SOFTMAX, {"history": history})


@healthy
def moons_stopped_early():
    data, other = moons(200, 0.3), moons(200, 0.3, seed=1)
    net = nn.MLP([2, 32, 2])
    history = trained(
        net, data, SOFTMAX, optim.Adam(0.01), 100, validation=other, early_stopping=10
    )
    return Patient(net, data, SOFTMAX, {"history": history})


# ---------------------------------------------------------------------------------------- sick


def started(sizes, activation="relu", **keywords):
    return nn.MLP(sizes, activation=activation, **keywords)


@sick("dead_units")
def a_bias_far_below_zero():
    net = started([8, 32, 4])
    bias = np.array(net[0].bias.data)
    bias[:20] = -50
    net[0].bias.data = bias
    return net, blobs(), SOFTMAX, {}


@sick("dead_units", follows="cannot_overfit worse_than_constant underfitting update_ratio "
      "chance_loss")  # fmt: skip
def units_killed_by_long_steps():
    data, net = pictures(600), started([784, 32, 10])
    history = trained(net, data, SOFTMAX, optim.SGD(1.0), 3)
    return net, data, SOFTMAX, {"history": history}


@sick("dead_units")
def dead_units_of_a_forward_of_ones_own():
    class Net(nn.Module):
        def __init__(self):
            self.hidden, self.out = nn.Linear(8, 24), nn.Linear(24, 4)

        def forward(self, x):
            return self.out(np.maximum(self.hidden(x), 0))

    net = Net()
    bias = np.array(net.hidden.bias.data)
    bias[::2] = -50
    net.hidden.bias.data = bias
    return net, blobs(), SOFTMAX, {}


@sick("dead_units")
def gelus_that_never_move():
    net = started([8, 32, 4], "gelu")
    bias = np.array(net[0].bias.data)
    bias[:16] = -50
    net[0].bias.data = bias
    return net, blobs(), SOFTMAX, {}


@sick("dying_units")
def units_that_few_rows_wake():
    data, net = blobs(1000), started([8, 32, 4])
    scores = np.asarray(net[0](data[0]).data)
    bias = np.array(net[0].bias.data)
    bias[:12] = -np.quantile(scores, 0.996, axis=0)[:12]
    net[0].bias.data = bias
    return net, data, SOFTMAX, {}


@sick("dying_units")
def one_layer_of_two_dies():
    data, net = moons(800), started([2, 24, 24, 2])
    scores = np.asarray(net[2](net[1](net[0](data[0]))).data)
    bias = np.array(net[2].bias.data)
    bias[8:] = -np.quantile(scores, 0.995, axis=0)[8:]
    net[2].bias.data = bias
    return net, data, SOFTMAX, {}


@sick("saturated", follows="cannot_overfit vanishing chance_loss")
def tanh_with_large_weights():
    net = started([8, 32, 4], "tanh")
    net[0].weight.data = 20 * net[0].weight.data
    return net, blobs(), SOFTMAX, {}


@sick("saturated", follows="vanishing chance_loss cannot_overfit")
def sigmoids_with_large_weights():
    net = started([8, 32, 32, 4], "sigmoid")
    net[0].weight.data = 50 * net[0].weight.data
    net[2].weight.data = 50 * net[2].weight.data
    return net, blobs(), SOFTMAX, {}


@sick("duplicate_units")
def columns_that_were_copied():
    net = started([8, 16, 4])
    weights = np.array(net[0].weight.data)
    weights[:, 8:12] = weights[:, :4]
    net[0].weight.data = weights
    return net, blobs(), SOFTMAX, {}


@sick("duplicate_units")
def a_net_made_wider_by_copies():
    data, net = blobs(), started([8, 16, 4])
    trained(net, data, SOFTMAX, epochs=10)
    wide = started([8, 32, 4])
    wide[0].weight.data = np.tile(net[0].weight.data, 2)
    wide[0].bias.data = np.tile(net[0].bias.data, 2)
    wide[2].weight.data = np.tile(net[2].weight.data, (2, 1)) / 2
    wide[2].bias.data = net[2].bias.data
    return wide, data, SOFTMAX, {}


@sick("symmetric", follows="cannot_overfit linear_collapse")
def all_weights_are_the_same():
    net = started([8, 16, 4], "tanh")
    for p in net.parameters().values():
        p.data = np.full(p.shape, 0.1)
    return net, blobs(), SOFTMAX, {}


@sick("symmetric", follows="cannot_overfit dead_units vanishing")
def all_weights_are_zero():
    net = started([8, 16, 16, 4])
    for p in net.parameters().values():
        p.data = np.zeros(p.shape)
    return net, blobs(), SOFTMAX, {}


@sick("input_scale", follows="chance_loss cannot_overfit")
def pixels_up_to_255():
    x, y = pictures(1000)
    return started([784, 32, 10]), (255 * x, y), SOFTMAX, {}


@sick("input_scale", follows="cannot_overfit")
def inputs_near_zero():
    x, y = blobs()
    return started([8, 16, 4]), (x * 1e-4, y), SOFTMAX, {}


@sick("input_scale", follows="chance_loss")
def one_column_in_dollars():
    x, y = blobs()
    x = np.array(x)
    x[:, 3] *= 2000
    return started([8, 16, 4]), (x, y), SOFTMAX, {}


@sick("linear_collapse", follows="underfitting cannot_overfit")
def layers_without_an_activation():
    net = nn.Sequential(nn.Linear(2, 32), nn.Linear(32, 32), nn.Linear(32, 2))
    return net, moons(), SOFTMAX, {}


@sick("linear_collapse", follows="underfitting cannot_overfit")
def identities_for_activations():
    data, net = spiral(), started([2, 32, 32, 3], "identity")
    history = trained(net, data, SOFTMAX, epochs=10)
    return net, data, SOFTMAX, {"history": history}


@sick("linear_collapse", follows="cannot_overfit")
def relus_that_are_always_on():
    net = started([2, 32, 2])
    net[0].bias.data = np.full(32, 20.0)
    net[2].bias.data = -20 * np.asarray(net[2].weight.data).sum(0)
    return net, moons(), SOFTMAX, {}


@sick("vanishing", follows="cannot_overfit")
def ten_layers_of_sigmoids():
    return started([8, *[16] * 10, 4], "sigmoid"), blobs(), SOFTMAX, {}


@sick("vanishing", follows="cannot_overfit linear_collapse")
def a_deep_net_of_small_weights():
    net = started([8, *[32] * 6, 4], "tanh")
    for p in net.parameters().values():
        if p.ndim == 2:
            p.data = 0.1 * p.data
    return net, blobs(), SOFTMAX, {}


@sick("exploding", follows="chance_loss cannot_overfit")
def a_deep_net_of_large_weights():
    net = started([8, *[32] * 6, 4])
    for p in net.parameters().values():
        if p.ndim == 2:
            p.data = 4 * p.data
    return net, blobs(), SOFTMAX, {}


@sick("exploding", follows="chance_loss cannot_overfit")
def standard_normal_weights():
    rng = np.random.default_rng(0)
    net = started([20, 100, 100, 100, 5])
    for p in net.parameters().values():
        if p.ndim == 2:
            p.data = rng.normal(size=p.shape)
    return net, blobs(columns=20, classes=5), SOFTMAX, {}


@sick("chance_loss")
def a_last_layer_that_is_too_large():
    net = started([64, 64, 10])
    net[2].weight.data = 10 * net[2].weight.data
    return net, digits()[0], SOFTMAX, {}


@sick("chance_loss", follows="worse_than_constant")
def a_bias_that_prefers_one_class():
    net = started([8, 16, 4])
    net[2].bias.data = np.array([15.0, 0, 0, 0])
    return net, blobs(), SOFTMAX, {}


@sick("chance_loss")
def a_sum_over_the_rows():
    def summed(out, y):
        return cr.softmax_cross_entropy(out, y, reduction="sum")

    return started([8, 16, 4]), blobs(), summed, {}


@sick("penalty_dominates", follows="cannot_overfit")
def a_strong_penalty_before_training():
    return started([8, 32, 4]), blobs(), SOFTMAX, {"regularization": nn.L2(1.0)}


@sick("penalty_dominates", follows="underfitting worse_than_constant vanishing linear_collapse "
      "symmetric duplicate_units dead_units update_ratio dying_units")  # fmt: skip
def a_net_pressed_to_nothing():
    data, net = blobs(), started([8, 32, 4])
    penalty = nn.L1(1.0)
    history = trained(net, data, SOFTMAX, epochs=20, regularization=penalty)
    return net, data, SOFTMAX, {"regularization": penalty, "history": history}


@sick("penalty_dominates")
def a_penalty_inside_the_loss():
    net = started([8, 32, 4])
    weights = [p for p in net.parameters().values() if p.ndim == 2]

    def loss(out, y):
        return cr.softmax_cross_entropy(out, y) + 0.5 * sum((w * w).sum() for w in weights)

    return net, blobs(), loss, {}


@sick("cannot_overfit")
def chances_taken_for_scores():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.MLP([8, 32, 4])

        def forward(self, x):
            return cr.softmax(self.body(x))

    return Net(), blobs(), SOFTMAX, {}


@sick("cannot_overfit")
def numbers_behind_a_sigmoid():
    x, y = plane()
    return nn.Sequential(nn.MLP([6, 16, 1]), nn.Sigmoid()), (x, 3 * y), SQUARED, {}


@sick("cannot_overfit")
def everything_is_frozen():
    net = started([8, 16, 4])
    net.freeze()
    return net, blobs(), SOFTMAX, {}


@sick("cannot_overfit", follows="vanishing dead_units")
def inputs_that_are_lost():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.MLP([8, 16, 4])

        def forward(self, x):
            return self.body(cr.stop_gradient(x) * 0 + 1)

    return Net(), blobs(), SOFTMAX, {}


@sick("update_ratio", follows="worse_than_constant dead_units cannot_overfit underfitting "
      "dying_units chance_loss")  # fmt: skip
def a_rate_that_is_too_high():
    data, net = digits()[0], started([64, 32, 10])
    history = trained(net, data, SOFTMAX, optim.Adam(3.0), 5)
    return net, data, SOFTMAX, {"history": history}


@sick("update_ratio", follows="underfitting worse_than_constant")
def a_rate_that_is_too_low():
    data, net = digits()[0], started([64, 32, 10])
    history = trained(net, data, SOFTMAX, optim.Adam(1e-7), 3)
    return net, data, SOFTMAX, {"history": history}


@sick("update_ratio")
def an_optimiser_that_leaps():
    return started([8, 32, 4]), blobs(), SOFTMAX, {"optimizer": optim.SGD(50.0)}


@sick("imbalance")
def three_rows_in_a_hundred():
    x, y = moons(1000)
    keep = (y == 0) | (np.arange(1000) % 30 == 0)
    return started([2, 16, 2]), (x[keep], y[keep]), SOFTMAX, {}


@sick("imbalance")
def a_rare_yes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 6)).astype(np.float32)
    y = (x[:, :1] > 1.9).astype(np.float32)
    return started([6, 16, 1]), (x, y), BINARY, {}


@sick("label_noise", follows="worse_than_constant")
def a_fifth_of_the_labels_shuffled():
    x, y = digits()[0]
    rng = np.random.default_rng(0)
    y = np.where(rng.random(len(y)) < 0.2, rng.integers(0, 10, len(y)), y)
    return started([64, 32, 10]), (x, y), SOFTMAX, {}


@sick("label_noise")
def moons_with_flipped_labels():
    x, y = moons(600)
    y = np.where(np.random.default_rng(1).random(600) < 0.15, 1 - y, y)
    net = started([2, 16, 2])
    history = trained(net, (x, y), SOFTMAX, epochs=20)
    return net, (x, y), SOFTMAX, {"history": history}


@sick("worse_than_constant", follows="chance_loss underfitting")
def a_net_for_other_labels():
    (x, y), net = blobs(), started([8, 16, 4])
    trained(net, (x, (y + 1) % 4), SOFTMAX, epochs=15)
    return net, (x, y), SOFTMAX, {}


@sick("worse_than_constant", follows="cannot_overfit")
def targets_far_from_zero():
    x, y = plane()
    return started([6, 16, 1]), (x, y * 20 + 1000), SQUARED, {}


@sick("overfitting")
def thirty_rows_of_noise():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 20)).astype(np.float32), rng.integers(0, 2, 60)
    xv, yv = rng.normal(size=(200, 20)).astype(np.float32), rng.integers(0, 2, 200)
    net = started([20, 64, 2])
    history = trained(net, (x, y), SOFTMAX, epochs=60, validation=(xv, yv))
    return net, (x, y), SOFTMAX, {"history": history}


@sick("overfitting")
def a_wave_learned_by_heart():
    data, other = plane(40, 10, noise=1.0), plane(200, 10, seed=0, noise=1.0)
    other = other[0][100:], other[1][100:]
    net = started([10, 64, 64, 1])
    trained(net, data, SQUARED, epochs=150)
    return net, data, SQUARED, {"validation": other}


@sick("underfitting")
def a_net_too_small_for_a_spiral():
    data, net = spiral(), started([2, 2, 3])
    history = trained(net, data, SOFTMAX, epochs=40)
    return net, data, SOFTMAX, {"history": history}


@sick("underfitting", follows="update_ratio")
def too_few_steps():
    data, net = digits()[0], started([64, 32, 10])
    history = trained(net, data, SOFTMAX, optim.SGD(0.003), 3)
    return net, data, SOFTMAX, {"history": history}
