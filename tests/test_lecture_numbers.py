"""The numbers of the standard lecture on backpropagation, recomputed: each a test."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr


def scalars(**values):
    return [cr.tensor(float(value), name=name) for name, value in values.items()]


def grads(*tensors):
    return [t.grad.item() for t in tensors]


def test_sum_times_z_at_the_lecture_point():
    x, y, z = scalars(x=-2, y=5, z=-4)
    q = x + y
    f = q * z
    f.backward()
    assert f.item() == -12
    assert grads(z, q, x, y) == [3, -4, -4, -4]


NEURON_W, NEURON_X = (2.0, -3.0, -3.0), (-1.0, -2.0)


def six_gates(score):
    """The sigmoid of a score, gate by gate: negative, exp, add, divide."""
    return 1 / (1 + cr.exp(-score))


@pytest.mark.parametrize("sigmoid", [six_gates, cr.sigmoid], ids=["six gates", "one gate"])
def test_the_two_dimensional_neuron_is_the_same_built_of_six_gates_or_one(sigmoid):
    w = [cr.tensor(value) for value in NEURON_W]
    x = [cr.tensor(value) for value in NEURON_X]
    out = sigmoid(w[0] * x[0] + w[1] * x[1] + w[2])
    out.backward()
    assert round(out.item(), 4) == 0.7311
    assert_allclose(grads(*w), [-0.1966, -0.3932, 0.1966], atol=5e-5)
    assert_allclose(grads(*x), [0.3932, -0.5898], atol=5e-5)


def test_six_gates_and_one_gate_agree_to_the_last_digits():
    found = []
    for sigmoid in (six_gates, cr.sigmoid):
        w, x = cr.tensor(np.array(NEURON_W)), cr.tensor(np.array([*NEURON_X, 1.0]))
        sigmoid((w * x).sum()).backward()
        found.append(np.concatenate([w.grad, x.grad]))
    assert_allclose(found[0], found[1], rtol=1e-15)


def test_the_add_gate_distributes_its_upstream_gradient():
    x, y = scalars(x=3, y=4)
    (x + y).backward(upstream=2.0)
    assert grads(x, y) == [2, 2]


def test_the_multiply_gate_swaps_its_inputs():
    x, y = scalars(x=2, y=3)
    (x * y).backward(upstream=5.0)
    assert grads(x, y) == [15, 10]


def test_a_copy_adds_the_gradients_that_come_back():
    (x,) = scalars(x=7)
    copies = [cr.identity(x), cr.identity(x)]
    cr.backward(copies, [4.0, 2.0])
    assert grads(x) == [6]


def test_the_max_gate_routes_its_upstream_gradient():
    x, y = scalars(x=4, y=5)
    cr.maximum(x, y).backward(upstream=9.0)
    assert grads(x, y) == [0, 9]


def test_the_four_gates_in_one_graph():
    x, y, z, w = scalars(x=3, y=-4, z=2, w=-1)
    f = 2 * (x * y + cr.maximum(z, w))
    f.backward()
    assert f.item() == -20
    assert grads(x, y, z, w) == [-8, 6, 2, 0]


def test_the_staged_example():
    x, y = scalars(x=3, y=-4)
    f = (x + cr.sigmoid(y)) / (cr.sigmoid(x) + (x + y) ** 2)
    f.backward()
    assert_allclose(f.item(), 1.5456448841066441, rtol=1e-15)
    assert_allclose(grads(x, y), [2.0595697955721652, 1.5922327514838093], rtol=1e-15)


def test_relu_lets_the_gradient_pass_where_it_was_active():
    x = cr.tensor(np.array([1.0, -2.0, 3.0, -1.0]))
    cr.relu(x).backward(upstream=[4.0, -1.0, 5.0, 9.0])
    assert_array_equal(x.grad, [4, 0, 5, 0])


X = np.array([[2.0, 1.0, -3.0], [-3.0, 4.0, 2.0]])
W = np.array([[3.0, 2.0, 1.0, -1.0], [2.0, 1.0, 3.0, 2.0], [3.0, 2.0, 1.0, -2.0]])
UPSTREAM = np.array([[2.0, 3.0, -3.0, 9.0], [-8.0, 1.0, 4.0, 6.0]])
DX = [[0, 16, -9], [-24, 9, -30]]
DW = [[28, 3, -18, 0], [-30, 7, 13, 33], [-22, -7, 17, -15]]


@pytest.mark.parametrize("product", [cr.matmul, cr.linear], ids=["matmul", "linear"])
def test_the_matrix_example(product):
    x, w = cr.tensor(X), cr.tensor(W)
    y = product(x, w)
    y.backward(upstream=UPSTREAM)
    assert_array_equal(y.data, [[-1, -1, 2, 6], [5, 2, 11, 7]])
    assert_array_equal(x.grad, DX)
    assert_array_equal(w.grad, DW)


def test_the_column_form_is_the_row_form_with_w_transposed():
    columns, w = cr.tensor(X.T), cr.tensor(W.T)  # one column per row of X; W is (C, D)
    scores = w @ columns
    scores.backward(upstream=UPSTREAM.T)
    assert_array_equal(scores.data, (X @ W).T)
    assert_array_equal(columns.grad, np.transpose(DX))
    assert_array_equal(w.grad, np.transpose(DW))


def test_one_column_at_a_time_gives_the_row_form():
    x, w = cr.tensor(X[0]), cr.tensor(W.T)
    (w @ x).backward(upstream=UPSTREAM[0])
    row, weight = cr.tensor(X[:1]), cr.tensor(W)
    (row @ weight).backward(upstream=UPSTREAM[:1])
    assert_array_equal(x.grad, row.grad[0])
    assert_array_equal(w.grad, weight.grad.T)


def two_layers(activation):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 5))
    first, second = rng.normal(size=(5, 7)), rng.normal(size=(7, 3))
    scores = activation(cr.tensor(x) @ first) @ second
    return scores.data, x @ (first @ second)


def test_two_linear_layers_without_activation_equal_one_matrix():
    scores, one_matrix = two_layers(cr.identity)
    assert_allclose(scores, one_matrix, rtol=1e-12, atol=1e-12)


def test_two_linear_layers_with_relu_equal_no_single_matrix():
    scores, _ = two_layers(cr.relu)
    x = np.random.default_rng(0).normal(size=(20, 5))
    best, *_ = np.linalg.lstsq(x, scores, rcond=None)
    assert np.abs(x @ best - scores).max() > 0.5


def small_net(rows=20, features=6, hidden=40, classes=3, scale=1e-2):
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(rows, features)), rng.integers(0, classes, rows)
    shapes = {"w1": (features, hidden), "b1": (hidden,), "w2": (hidden, classes), "b2": (classes,)}
    parameters = {
        name: cr.parameter(rng.normal(size=shape) * scale, name=name)
        for name, shape in shapes.items()
    }
    return parameters, x, labels


def data_loss(p, x, labels):
    hidden = cr.relu(x @ p["w1"] + p["b1"])
    return cr.softmax_cross_entropy(hidden @ p["w2"] + p["b2"], labels)


def regularized(p, x, labels, strength):
    return data_loss(p, x, labels) + 0.5 * strength * ((p["w1"] ** 2).sum() + (p["w2"] ** 2).sum())


def test_the_loss_at_initialisation_is_ln_of_the_number_of_classes():
    for classes in (2, 3, 10):
        loss = data_loss(*small_net(rows=200, classes=classes)).item()
        assert abs(loss - math.log(classes)) < 0.05 * math.log(classes)


def test_twenty_rows_are_overfit_to_under_a_thousandth():
    p, x, labels = small_net(scale=0.5)
    for _ in range(2000):
        loss = data_loss(p, x, labels)
        loss.backward()
        for each in p.values():
            each.data -= 0.5 * each.grad
    assert data_loss(p, x, labels).item() < 1e-3


def test_the_loss_rises_with_the_strength_of_regularization():
    net = small_net(scale=0.5)
    losses = [regularized(*net, strength).item() for strength in (0, 0.001, 0.01, 0.1, 1)]
    assert losses == sorted(losses)
    assert losses[-1] > losses[0] + 1


def test_weights_shrink_as_regularization_grows():
    sizes = []
    for strength in (0.001, 0.01, 0.1):
        p, x, labels = small_net(scale=0.5)
        for _ in range(200):
            regularized(p, x, labels, strength).backward()
            for each in p.values():
                each.data -= 0.2 * each.grad
        sizes.append(float((p["w1"].data ** 2).sum()))
    assert sizes == sorted(sizes, reverse=True)
