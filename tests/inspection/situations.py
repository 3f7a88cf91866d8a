"""Small situations whose cause is known, for why: each gives a loss, a tensor and an entry."""

import numpy as np

import chainrule as cr
from chainrule import nn

RNG_SEED = 0


def rng():
    return np.random.default_rng(RNG_SEED)


def rows(count=8, features=3):
    return rng().normal(size=(count, features))


def weights(*shape, name="w", scale=1.0):
    return cr.parameter(scale * np.random.default_rng(1).normal(size=shape), name=name)


def labels(count=8, classes=2):
    return np.arange(count) % classes


# dead units


def dead_layer():
    w = weights(3, 4)
    w.data = -np.abs(w.data)
    return cr.relu(np.abs(rows()) @ w).sum(), w, None


def dead_unit_of_a_net():
    net = nn.MLP([3, 4, 2], dtype="float64")
    bias = net.parameters()["layers.0.bias"]
    bias.data = np.array([0.0, -99.0, 0.0, 0.0])
    loss = cr.softmax_cross_entropy(net(rows()), labels())
    return loss, net.parameters()["layers.0.weight"], (2, 1)


def dead_unit_asked_by_its_bias():
    loss, _, _ = dead_unit_of_a_net()
    bias = next(x for x in cr.Graph.of(loss).leaves if x.label == "layers.0.bias")
    return loss, bias, 1


def dead_unit_two_layers_down():
    net = nn.MLP([3, 4, 4, 2], dtype="float64")
    net.parameters()["layers.2.bias"].data = np.full(4, -99.0)
    loss = cr.softmax_cross_entropy(net(rows()), labels())
    return loss, net.parameters()["layers.0.weight"], None


def weight_behind_a_dead_unit():
    net = nn.MLP([3, 4, 2], dtype="float64")
    net.parameters()["layers.0.bias"].data = np.array([0.0, -99.0, 0.0, 0.0])
    loss = cr.softmax_cross_entropy(net(rows()), labels())
    return loss, net.parameters()["layers.2.weight"], (1, 0)


def weight_behind_a_dead_unit_and_dropout():
    layers = nn.Linear(3, 4, dtype="float64"), nn.ReLU(), nn.Dropout(0.2)
    net = nn.Sequential(*layers, nn.Linear(4, 2, dtype="float64"))
    net.parameters()["layers.0.bias"].data = np.array([0.0, -99.0, 0.0, 0.0])
    loss = cr.softmax_cross_entropy(net(rows(), training=cr.key(3)), labels())
    return loss, net.parameters()["layers.3.weight"], (1, 0)


def relu_exactly_at_0():
    w = cr.parameter(np.zeros((3, 2)), name="w")
    return cr.relu(rows() @ w).sum(), w, None


# routers and picks


def beaten_by_a_constant():
    w = weights(3)
    return cr.maximum(w, 10.0).sum(), w, None


def not_the_largest():
    w = cr.parameter([1.0, 5.0, 2.0], name="w")
    return cr.max(w) * 2, w, 0


def branch_of_a_where():
    w = weights(4)
    return cr.where(np.zeros(4, bool), w, 1.0).sum() + (weights(2) ** 2).sum(), w, None


def outside_of_clip():
    w = cr.parameter([5.0, -7.0], name="w")
    return np.clip(w, -1, 1).sum(), w, 1


def another_row_of_an_embedding():
    table = weights(5, 2, name="table")
    return cr.take(table, np.array([0, 1, 1]), 0).sum(), table, (3, 0)


def cut_off_by_a_slice():
    w = weights(5)
    return (w[:2] ** 2).sum(), w, 4


def dropped_out():
    w = weights(6)
    return cr.dropout(w, cr.key(0), 0.5).sum(), w, int(np.argmin(_kept(6)))


def _kept(count):
    return np.asarray(cr.random_mask(cr.key(0), (count,), 0.5))


def masked_by_0():
    w = weights(4)
    return (w * np.array([1.0, 0.0, 1.0, 1.0])).sum(), w, 1


def feature_that_is_always_0():
    x = rows()
    x[:, 1] = 0
    w = weights(3, 2)
    return cr.tanh(x @ w).sum(), w, (1, 0)


def rows_of_weight_0():
    w = weights(3, 2)
    loss = cr.softmax_cross_entropy(rows() @ w, labels(), weights=np.zeros(8), reduction="sum")
    return loss, w, None


def labels_that_are_ignored():
    w = weights(3, 2)
    loss = cr.softmax_cross_entropy(rows() @ w, np.full(8, -100), ignore_index=-100)
    return loss, w, None


def part_that_nobody_reads():
    w = weights(2, 4)
    left, _ = cr.split(w * 2, 2, axis=1)
    return (left**2).sum(), w, (0, 3)


def step_of_a_recurrence_that_nobody_reads():
    w = weights(4, 1, scale=0.5)
    steps = cr.recurrence(np.full((4, 1), 0.5), w)
    return (steps[:2] ** 2).sum(), w, (3, 0)


def class_masked_in_a_softmax():
    w = weights(4)
    mask = np.array([True, False, True, True])
    shares = cr.softmax(w, where=mask)
    return (shares * np.arange(4.0)).sum(), w, 1


# saturated


def sigmoid_far_out():
    w = cr.parameter([-900.0, -800.0], name="w")
    return cr.sigmoid(w).sum(), w, None


def tanh_at_its_bound():
    w = weights(3, 4, scale=30.0)
    return cr.tanh(np.abs(rows()) @ np.abs(w)).sum(), w, None


def sigmoid_nearly_flat():
    w = cr.parameter([9.0, 10.0], name="w")
    return cr.sigmoid(w).sum(), w, None


def scores_too_far_apart():
    w = cr.parameter([0.0, 2000.0], name="w")
    return (cr.softmax(w) * np.array([1.0, 2.0])).sum(), w, 0


def faint_side_of_an_elu():
    w = cr.parameter([-9.0, -12.0], name="w")
    return cr.elu(w).sum(), w, None


def many_sigmoids_in_a_row():
    h, first = cr.tensor(rows(), wants_gradient=False), None
    for i in range(20):
        w = cr.parameter(0.5 * rng().normal(size=(3, 3)), name=f"w{i}")
        h, first = cr.sigmoid(h @ w), w if first is None else first
    return h.sum(), first, None


# cancelled


def difference_of_itself():
    w = weights(3)
    return (w - w * 1.0).sum(), w, None


def sum_of_shares():
    w = weights(4)
    return cr.softmax(w).sum(), w, 2


def bias_before_batch_norm():
    linear, norm = nn.Linear(3, 4, dtype="float64"), nn.BatchNorm(4, dtype="float64")
    out = norm(linear(rows()), training=cr.key(0))
    return cr.squared_error(out, rng().normal(size=(8, 4))), linear.bias, None


def bias_before_batch_norm_in_float32():
    linear, norm = nn.Linear(3, 4), nn.BatchNorm(4)
    out = norm(linear(rows().astype(np.float32)), training=cr.key(0))
    return cr.squared_error(out, rng().normal(size=(8, 4)).astype(np.float32)), linear.bias, 2


def rows_that_balance():
    w = cr.parameter([1.5], name="w")
    return (np.array([[1.0], [-1.0]]) * w).sum(), w, None


def penalty_against_data():
    w = cr.parameter([2.0], name="w")
    return (3.0 * w - 0.5 * w * 6.0).sum(), w, 0


# stopped, not reached


def stopped_by_decree():
    w, v = weights(3), weights(3, name="v")
    return (cr.stop_gradient(w) * v).sum(), w, None


def stopped_inside_a_function():
    w, v = weights(3, 2), weights(2, name="v")

    def target(x):
        return cr.stop_gradient(cr.tanh(x @ w))

    return ((v - 2 * target(rows())) ** 2).sum(), w, (0, 1)


def compared():
    w, v = weights(3), weights(3, name="v")
    return ((w > 0) * v).sum(), w, None


def rounded():
    w, v = weights(3), weights(3, name="v")
    return (cr.floor(w) * v).sum(), w, None


def accuracy_for_a_loss():
    w = weights(3, 2)
    right = np.argmax(rows() @ w, axis=1) == labels()
    return np.mean(right * 1.0), w, None


def rule_that_sends_nothing():
    class Silent(cr.Op):
        def forward(self, x):
            return x * 2

        def backward(self, upstream, x, out):
            return (np.zeros_like(x),)

    w = weights(3)
    return Silent()(w).sum(), w, None


def never_used():
    w, v = weights(3), weights(3, name="v")
    return (v * 2).sum(), w, None


def taken_out_by_data():
    w, v = weights(3), weights(3, name="v")
    return (w.data * v).sum(), w, None


def made_without_a_graph():
    w = weights(3)
    with cr.no_grad():
        loss = (w * 2).sum()
    return loss, w, None


def whole_numbers():
    ids = cr.tensor([0, 2], name="ids")
    return weights(3)[ids].sum(), ids, None


# small, large, not finite


def output_that_starts_at_0():
    w, v = weights(3, 4), cr.parameter(np.zeros((4, 1)), name="v")
    return (cr.tanh(rows() @ w) @ v).sum(), w, None


def loss_scaled_down():
    w = weights(3)
    return (w * 1e-9).sum(), w, None


def tiny_weights_in_between():
    w, v = weights(3, 4), weights(4, 2, name="v", scale=1e-9)
    return cr.softmax_cross_entropy(cr.tanh(rows() @ w) @ v, labels()), w, (0, 0)


def loss_scaled_up():
    w = weights(3)
    return (w * 1e6).sum(), w, 1


def targets_in_the_thousands():
    w = weights(3, 1)
    return cr.squared_error(rows() @ w, 1e5 * np.ones((8, 1))), w, None


def inputs_in_the_thousands():
    w = weights(3, 1)
    return (1e6 * rows() @ w).sum(), w, None


def close_to_a_pole():
    w = cr.parameter([1e-5, 1.0], name="w")
    return (1 / w).sum(), w, 0


def weights_that_explode():
    h, first = cr.tensor(rows(), wants_gradient=False), None
    for i in range(12):
        w = cr.parameter(4 * rng().normal(size=(3, 3)), name=f"w{i}")
        h, first = cr.relu(h @ w), w if first is None else first
    return h.sum(), first, None


def root_of_0():
    w = cr.parameter([0.0, 1.0], name="w")
    return cr.sqrt(w).sum(), w, 0


def logarithm_of_a_negative_number():
    w = cr.parameter([-1.0, 1.0], name="w")
    with np.errstate(all="ignore"):
        return (cr.log(w) * 2).sum(), w, None


def missing_value_in_the_data():
    x = rows()
    x[2, 1] = np.nan
    w = weights(3, 2)
    return cr.relu(x @ w).sum(), w, None


def parameter_that_is_nan():
    w, v = weights(3), cr.parameter([np.nan, 1.0, 1.0], name="v")
    return (w * v).sum(), w, 0


def exponential_that_overflows():
    w = cr.parameter(np.array([1000.0, 1.0]), name="w")
    with np.errstate(all="ignore"):
        return (cr.exp(w) - cr.exp(w)).sum(), w, 0


# healthy


def small_classifier():
    net = nn.MLP([3, 8, 2], dtype="float64")
    loss = cr.softmax_cross_entropy(net(rows()), labels())
    return loss, net.parameters()["layers.0.weight"], None


def small_classifier_in_float32():
    net = nn.MLP([3, 8, 2])
    loss = cr.softmax_cross_entropy(net(rows().astype(np.float32)), labels())
    return loss, net.parameters()["layers.2.bias"], 1


def deep_relu_net():
    net = nn.MLP([3, *[16] * 10, 2], dtype="float64")
    loss = cr.softmax_cross_entropy(net(rows(64)), labels(64))
    return loss, net.parameters()["layers.0.weight"], None


def deep_tanh_net():
    net = nn.MLP([3, *[16] * 8, 2], activation="tanh", dtype="float64")
    loss = cr.softmax_cross_entropy(net(rows(64)), labels(64))
    return loss, net.parameters()["layers.0.weight"], (1, 3)


def batch_norm_and_dropout():
    net = nn.Sequential(
        nn.Linear(3, 8, dtype="float64"),
        nn.BatchNorm(8, dtype="float64"),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(8, 2, dtype="float64"),
    )
    loss = cr.softmax_cross_entropy(net(rows(32), training=cr.key(1)), labels(32))
    return loss, net.parameters()["layers.0.weight"], None


def with_a_penalty():
    net = nn.MLP([3, 8, 2], dtype="float64")
    data = cr.softmax_cross_entropy(net(rows()), labels())
    return nn.objective(net, data, nn.L2(1e-3)).total, net.parameters()["layers.0.weight"], None


def shared_by_two_layers():
    w = weights(3, 3, scale=0.5)
    return cr.squared_error(cr.tanh(cr.tanh(rows() @ w) @ w), rows()), w, (0, 2)


def straight_through():
    w = weights(3)
    rounded = w + cr.stop_gradient(cr.floor(w) - w)
    return (rounded * np.array([1.0, 2.0, 3.0])).sum(), w, None


def penalty_on_a_gradient():
    w = weights(3, scale=0.5)
    first = (cr.tanh(w) ** 2).sum().backward(create_graph=True)[w]
    return (first**2).sum(), w, None


def embedding_row_that_is_used():
    table = weights(5, 2, name="table")
    return (cr.take(table, np.array([3, 1]), 0) ** 2).mean(), table, (3, 0)


def regression():
    w = weights(3, 1)
    return cr.squared_error(rows() @ w, np.ones((8, 1))), w, None


def attention_with_a_mask():
    q, k = weights(4, 3, name="q", scale=0.5), weights(4, 3, name="k", scale=0.5)
    scores = q @ k.T + np.where(np.tri(4) > 0, 0.0, -np.inf)
    return ((cr.softmax(scores) @ rows(4)) ** 2).mean(), q, (2, 1)


def answers_that_fit():
    w = weights(3)
    return cr.squared_error(rows() @ w, rows() @ w.data), w, None


def margins_that_are_kept():
    w = cr.parameter(10 * np.eye(3), name="w")
    return cr.hinge(np.eye(3) @ w, np.arange(3)), w, None


def lowest_point():
    w = cr.parameter(3.0, name="w")
    return (w - 3.0) ** 2, w, None


def square_of_0_by_a_product():
    w = weights(3)
    rest = rows() @ w - rows() @ w.data
    return (rest * rest).mean(), w, 0


def the_loss_itself():
    w = weights(3)
    loss = (w * w).sum()
    return loss, loss, None


SITUATIONS = {
    "dead_unit": [
        dead_layer,
        dead_unit_of_a_net,
        dead_unit_asked_by_its_bias,
        dead_unit_two_layers_down,
        weight_behind_a_dead_unit,
        weight_behind_a_dead_unit_and_dropout,
        relu_exactly_at_0,
    ],
    "not_selected": [
        beaten_by_a_constant,
        not_the_largest,
        branch_of_a_where,
        outside_of_clip,
        another_row_of_an_embedding,
        cut_off_by_a_slice,
        dropped_out,
        masked_by_0,
        feature_that_is_always_0,
        rows_of_weight_0,
        labels_that_are_ignored,
        part_that_nobody_reads,
        step_of_a_recurrence_that_nobody_reads,
        class_masked_in_a_softmax,
    ],
    "saturated": [
        sigmoid_far_out,
        tanh_at_its_bound,
        sigmoid_nearly_flat,
        scores_too_far_apart,
        faint_side_of_an_elu,
        many_sigmoids_in_a_row,
    ],
    "cancelled": [
        difference_of_itself,
        sum_of_shares,
        bias_before_batch_norm,
        bias_before_batch_norm_in_float32,
        rows_that_balance,
        penalty_against_data,
    ],
    "stopped": [
        stopped_by_decree,
        stopped_inside_a_function,
        compared,
        rounded,
        accuracy_for_a_loss,
        rule_that_sends_nothing,
    ],
    "not_reached": [never_used, taken_out_by_data, made_without_a_graph, whole_numbers],
    "small_factor": [output_that_starts_at_0, loss_scaled_down, tiny_weights_in_between],
    "large_factor": [
        loss_scaled_up,
        targets_in_the_thousands,
        inputs_in_the_thousands,
        close_to_a_pole,
        weights_that_explode,
    ],
    "non_finite": [
        root_of_0,
        logarithm_of_a_negative_number,
        missing_value_in_the_data,
        parameter_that_is_nan,
        exponential_that_overflows,
    ],
    "healthy": [
        small_classifier,
        small_classifier_in_float32,
        deep_relu_net,
        deep_tanh_net,
        batch_norm_and_dropout,
        with_a_penalty,
        shared_by_two_layers,
        straight_through,
        penalty_on_a_gradient,
        embedding_row_that_is_used,
        regression,
        attention_with_a_mask,
        answers_that_fit,
        margins_that_are_kept,
        lowest_point,
        square_of_0_by_a_product,
        the_loss_itself,
    ],
}
