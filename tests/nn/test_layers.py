"""Layers and containers: what they compute, their gradients, and their messages."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, IndexRangeError, ShapeError, UnknownNameError
from chainrule.ops.random import key
from tests.thorough import crossed


def scalar_loss(net, x, weights, training=None):
    return (net(x, training=training) * weights).sum()


def assert_gradients_are_differences(net, x, training=None, step=1e-6):
    """Every parameter's gradient against central differences, in float64."""
    weights = np.random.default_rng(1).normal(size=net(x).shape)
    scalar_loss(net, x, weights, training).backward()
    for path, p in net.parameters().items():
        found, start = p.grad.copy(), np.array(p.data)
        expected = np.zeros(p.shape)
        for place in np.ndindex(p.shape):
            values = []
            for side in (step, -step):
                moved = start.copy()
                moved[place] += side
                p.data = moved
                values.append(scalar_loss(net, x, weights, training).item())
            expected[place] = (values[0] - values[1]) / (2 * step)
        p.data = start
        np.testing.assert_allclose(found, expected, atol=2e-7, err_msg=path)


@crossed(
    "name, normalization, training",
    nn.activations.ACTIVATIONS,
    [None, "batch", "layer"],
    [None, 3],
)
def test_gradients_of_an_mlp_are_the_differences(name, normalization, training, rng):
    net = nn.MLP(
        [3, 4, 2], name, dtype="float64", dropout=0.25, normalization=normalization, seed=5
    )
    x = rng.normal(size=(6, 3))
    assert_gradients_are_differences(net, x, None if training is None else key(training))


def test_linear_computes_x_w_plus_b(rng):
    layer, x = nn.Linear(3, 2, dtype="float64"), rng.normal(size=(4, 3))
    layer.bias.data = np.array([1.0, 2.0])
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data + [1, 2])
    assert nn.Linear(3, 2, bias=False).bias is None
    assert layer(np.ones((2, 5, 3))).shape == (2, 5, 2)
    assert layer(np.ones(3)).shape == (2,)


def test_two_linear_layers_are_one_matrix_and_with_relu_they_are_not(rng):
    x = rng.normal(size=(50, 4))
    for middle, collapses in ((nn.Identity(), True), (nn.ReLU(), False)):
        net = nn.Sequential(
            nn.Linear(4, 6, dtype="float64"), middle, nn.Linear(6, 3, dtype="float64")
        )
        first, _, second = net
        matrix = first.weight.data @ second.weight.data
        bias = first.bias.data @ second.weight.data + second.bias.data
        same = np.allclose(net(x).data, x @ matrix + bias, atol=1e-12)
        assert same is collapses


def test_the_first_loss_of_a_classifier_is_ln_c_with_small_weights(rng):
    x, labels = rng.normal(size=(200, 30)), rng.integers(0, 10, 200)
    for init in (nn.initialization.normal(0.01), None):
        net = nn.MLP([30, 50, 10], init=init)
        if init is None:
            for p in net.penalized().values():
                p.data = p.data * 0.1
        loss = cr.softmax_cross_entropy(net(x), labels).item()
        assert loss == pytest.approx(np.log(10), rel=0.05)


def test_the_wrong_number_of_features_is_explained():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(7, 3))
    with pytest.raises(ShapeError) as error:
        net(np.ones((2, 4)))
    place = error.value.where.split()[-1]
    assert str(error.value).splitlines() == [
        'layer "layers.2" takes 7 features, but x has 8.',
        f"    net(np.ones((2, 4)))                             {place}",
        "    x         (2, 8)      float32  from relu",
        '    weight    (7, 3)      float32  parameter "layers.2.weight"',
        "Build it with Linear(8, 3), or give it 7 features.",
    ]
    with pytest.raises(ShapeError, match="this layer takes 4 features, but x has 5"):
        nn.Linear(4, 2)(np.ones((3, 5)))


@pytest.mark.parametrize("features", [0, -1, 2.5, True, "3", None])
def test_sizes_are_positive_whole_numbers(features):
    with pytest.raises(ArgumentError) as error:
        nn.Linear(features, 3)
    assert error.value.what == f"features is a positive whole number, not {features!r}."


def test_numpy_integers_are_sizes_too():
    assert nn.Linear(np.int64(3), np.int32(2)).weight.shape == (3, 2)


def test_a_layer_of_whole_numbers_is_refused():
    for layer in (nn.Linear, nn.Embedding):
        with pytest.raises(ArgumentError, match="its dtype is a float, not int32"):
            layer(2, 3, dtype="int32")
    with pytest.raises(ArgumentError, match="BatchNorm learns by small steps"):
        nn.BatchNorm(3, dtype="int32")


def test_dropout_is_silent_in_evaluation_and_scales_in_training():
    layer, x = nn.Dropout(0.25), np.ones(10000)
    np.testing.assert_array_equal(layer(x).data, x)
    out = layer(x, training=key(0)).data
    assert set(np.unique(out)) == {0.0, 1 / 0.75}
    assert abs(out.mean() - 1) < 0.02
    np.testing.assert_array_equal(nn.Dropout(0)(x, training=key(0)).data, x)
    with pytest.raises(ArgumentError, match="dropout takes a rate of at least 0 and below 1"):
        nn.Dropout(1.0)


def test_batch_norm_trains_by_the_batch_and_evaluates_by_running_statistics(rng):
    layer = nn.BatchNorm(3, momentum=0.5, dtype="float64")
    x = rng.normal(2.0, 3.0, size=(40, 3))
    out, updates = layer.run(x, training=key(0))
    np.testing.assert_allclose(out.data.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(updates["running_mean"], 0.5 * x.mean(0))
    np.testing.assert_allclose(updates["running_variance"], 0.5 + 0.5 * x.var(0, ddof=1))
    assert all(type(array) is np.ndarray for array in updates.values())
    assert not layer.running_mean.any()  # nothing is written while the net computes
    layer.write_buffers(updates)
    np.testing.assert_allclose(layer.running_mean, 0.5 * x.mean(0))
    expected = (x - layer.running_mean) / np.sqrt(layer.running_variance + 1e-5)
    np.testing.assert_allclose(layer(x).data, expected)
    assert layer.run(x)[1] == {}


def test_batch_norm_in_a_net_keeps_dtype_and_names(rng):
    net = nn.Sequential(nn.Linear(3, 4), norm=nn.BatchNorm(4))
    out, updates = net.run(rng.normal(size=(8, 3)), training=key(0))
    assert out.dtype == np.float32
    assert {path: array.dtype for path, array in updates.items()} == {
        "norm.running_mean": np.float32,
        "norm.running_variance": np.float32,
    }
    assert net(np.ones((2, 3))).dtype == np.float32


def test_batch_norm_takes_one_row_and_more_axes(rng):
    layer = nn.BatchNorm(3)
    out, updates = layer.run(np.ones((1, 3)), training=key(0))
    assert not out.data.any()
    assert np.isfinite(updates["running_variance"]).all()
    x = rng.normal(size=(4, 5, 3)).astype(np.float32)
    out, _ = layer.run(x, training=key(0))
    flat, _ = layer.run(x.reshape(20, 3), training=key(0))
    np.testing.assert_array_equal(out.data.reshape(20, 3), flat.data)


@pytest.mark.parametrize("kind", [nn.BatchNorm, nn.LayerNorm])
def test_normalization_says_what_it_takes(kind):
    with pytest.raises(ShapeError) as error:
        kind(4)(np.ones((2, 5)))
    assert error.value.what == f"{kind.__name__}(4) takes 4 features, but x has 5."
    assert error.value.do == f"Build it with {kind.__name__}(5), or give it 4 features."


def test_a_momentum_outside_0_to_1_is_refused():
    with pytest.raises(ArgumentError, match=r"share of a new batch, from 0 to 1, not 1\.5"):
        nn.BatchNorm(3, momentum=1.5)


def test_embedding_picks_rows_and_adds_their_gradients():
    layer = nn.Embedding(4, 2, dtype="float64")
    out = layer(np.array([[1, 1], [3, 0]]))
    np.testing.assert_array_equal(out.data[0, 0], layer.weight.data[1])
    out.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad, [[1, 1], [2, 2], [0, 0], [1, 1]])


def test_embedding_refuses_ids_outside_its_table():
    layer = nn.Sequential(words=nn.Embedding(4, 2))
    for wrong in (4, -1):
        with pytest.raises(IndexRangeError) as error:
            layer(np.array([0, wrong]))
        assert error.value.what == f"id {wrong} at (1,) is outside a table of 4 rows."
        assert 'parameter "words.weight"' in str(error.value)
    with pytest.raises(IndexRangeError, match="whole numbers, but these are float32"):
        layer(np.array([0.0, 1.0]))


def test_sequential_is_indexed_counted_and_iterated():
    layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]
    net = nn.Sequential(*layers)
    assert len(net) == 3
    assert net[-1] is layers[2]
    assert net[:2] == (layers[0], layers[1])
    assert list(net) == layers


def test_layers_may_have_names():
    net = nn.Sequential(hidden=nn.Linear(2, 3), gate=nn.ReLU(), output=nn.Linear(3, 1))
    assert list(net.parameters()) == [
        "hidden.weight", "hidden.bias", "output.weight", "output.bias",
    ]  # fmt: skip
    assert net.hidden is net[0]
    with pytest.raises(AttributeError, match="no attribute or layer 'missing'"):
        net.missing  # noqa: B018  asking is the test


def test_sequential_takes_modules_only():
    with pytest.raises(ArgumentError, match="Sequential takes modules, but this is"):
        nn.Sequential(nn.Linear(2, 3), cr.relu)


def test_an_mlp_has_normalization_activation_and_dropout_between_its_layers():
    net = nn.MLP([4, 8, 6, 2], activation="tanh", dropout=0.1, normalization="layer")
    assert [type(layer).__name__ for layer in net] == [
        "Linear", "LayerNorm", "Tanh", "Dropout",
        "Linear", "LayerNorm", "Tanh", "Dropout",
        "Linear",
    ]  # fmt: skip
    assert isinstance(nn.MLP([4, 8, 2], nn.SiLU)[1], nn.SiLU)
    assert nn.MLP([4, 8, 2], nn.LeakyReLU(0.3))[1].slope == 0.3
    assert {p.dtype for p in nn.MLP([4, 2], dtype="float64").parameters().values()} == {
        np.dtype(np.float64)
    }


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownNameError) as error:
        nn.MLP([4, 8, 2], activation="rleu")
    assert error.value.what == "there is no activation named 'rleu'; did you mean 'relu'?"
    with pytest.raises(UnknownNameError, match="no normalization named 'bach'; did you mean"):
        nn.MLP([4, 8, 2], normalization="bach")
    with pytest.raises(UnknownNameError, match="no initializer named 'he'"):
        nn.Linear(2, 3, init="he")
    with pytest.raises(ArgumentError, match="an activation is a name or a module, not 3"):
        nn.MLP([4, 8, 2], activation=3)


def test_an_mlp_needs_two_sizes():
    with pytest.raises(ArgumentError) as error:
        nn.MLP([4])
    assert error.value.what == (
        "an MLP needs the number of features and of outputs, but sizes is [4]."
    )


def test_activations_are_those_of_the_ops(rng):
    x = rng.normal(size=(3, 4))
    for name in nn.activations.ACTIVATIONS:
        out = nn.activation(name)(x).data
        np.testing.assert_array_equal(out, getattr(cr, name)(x), err_msg=name)
    np.testing.assert_array_equal(nn.ELU(0.5)(x).data, cr.elu(x, 0.5))
    np.testing.assert_array_equal(nn.GELU("tanh")(x).data, cr.gelu(x, "tanh"))
