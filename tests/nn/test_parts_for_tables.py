"""Periodic embeddings, scheduled dropout and weights from data: values, gradients, compiled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, ShapeError

FADING = cr.optim.FlatCosine(0.4, steps=8)


def rows(count=40, features=3):
    return np.random.default_rng(0).normal(size=(count, features)).astype(np.float32)


def net():
    return nn.Sequential(
        nn.PeriodicEmbedding(3), nn.Scale(12), nn.Linear(12, 6), nn.LearnableActivation(6),
        nn.ScheduledDropout(FADING), nn.Linear(6, 2),
    )  # fmt: skip


def trained(compiled):
    model = net()
    cr.fit(
        model, (rows(), np.arange(40) % 2), loss=cr.softmax_cross_entropy,
        optimizer=cr.optim.Adam(0.01), epochs=3, batch_size=16, compiled=compiled, callbacks=(),
    )  # fmt: skip
    return model


def test_each_column_goes_along_with_waves_of_itself_alone():
    layer, x = nn.PeriodicEmbedding(3, hidden=5, outputs=4, sigma=2.0), rows(7)
    out = layer(x).data.reshape(7, 3, 4)
    assert_array_equal(out[:, :, 0], x)
    place = 1
    angles = 2 * np.pi * x[:, place, None] * layer.frequency.data[place] + layer.phase.data[place]
    waves = np.cos(angles) @ layer.weight.data[place] + layer.bias.data[place]
    assert_allclose(out[:, place, 1:], waves, rtol=1e-5, atol=1e-5)
    changed = x.copy()
    changed[:, 0] += 1
    assert_array_equal(layer(changed).data.reshape(7, 3, 4)[:, 1:], out[:, 1:])


def test_the_gradients_of_a_periodic_embedding_are_those_of_differences():
    layer, x = nn.PeriodicEmbedding(2, hidden=3, outputs=3, sigma=1.0, dtype="float64"), rows(5, 2)
    x = x.astype(float)
    cr.sum(cr.sin(layer(x))).backward()
    step = 1e-6
    for path, parameter in layer.parameters().items():
        start, place = parameter.data.copy(), (1, *(0,) * (parameter.data.ndim - 1))
        found = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            parameter.data = moved
            found.append(cr.sum(cr.sin(layer(x))).item())
        parameter.data = start
        difference = (found[0] - found[1]) / (2 * step)
        assert_allclose(parameter.grad[place], difference, rtol=1e-6, err_msg=path)


def test_compiled_training_ends_where_eager_training_ends():
    compiled, eager = (trained(each).state() for each in (True, False))
    for path, array in compiled.items():
        assert_allclose(array, eager[path], rtol=2e-4, atol=2e-5, err_msg=path)
    assert compiled["layers.4.step"] == 9


def test_a_saved_net_answers_alike(tmp_path):
    model, again = trained(True), net()
    again.load_state({path: array.copy() for path, array in model.state().items()})
    assert_array_equal(again(rows()).data, model(rows()).data)


def test_weights_that_somebody_wrote_are_kept_and_others_follow_the_seed():
    one, other = nn.PeriodicEmbedding(3), nn.PeriodicEmbedding(3)
    other.frequency.data = np.ones_like(other.frequency.data)
    nn.Sequential(one, nn.Linear(12, 2), seed=5)
    nn.Sequential(other, nn.Linear(12, 2), seed=5)
    assert_array_equal(other.frequency.data, 1)
    assert not np.array_equal(one.phase.data, nn.PeriodicEmbedding(3).phase.data)
    again = nn.Sequential(nn.PeriodicEmbedding(3), nn.Linear(12, 2), seed=5)
    assert_array_equal(again[0].phase.data, one.phase.data)


@pytest.mark.parametrize("step", [0, 5, 7, 8])
def test_the_noise_is_as_strong_as_that_of_dropout_with_the_rate_of_the_step(step):
    layer = nn.ScheduledDropout(FADING)
    layer.step = np.array(step, np.float32)
    rate = FADING(step)
    out = layer(np.ones(40_000), training=cr.ops.random.key(0)).data
    assert_allclose(out.mean(), 1, atol=0.02)
    assert_allclose(out.var(), rate / (1 - rate), atol=0.02)


def test_evaluation_leaves_rows_alone_and_counts_no_step():
    layer, x = nn.ScheduledDropout(FADING), rows()
    out, updates = layer.run(x)
    assert_array_equal(out.data, x)
    assert not updates


def test_weights_from_data_make_every_layer_as_wide_and_put_kinks_among_rows():
    x = rows(200) * [1, 1000, 0.001] + [0, 5000, 0]
    model = nn.Sequential(
        nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2, bias=False)
    )
    nn.initialize_from_data(model, x, seed=1)
    hidden = x
    for layer in model:
        hidden = layer(hidden).data
        if isinstance(layer, nn.Linear):
            assert_allclose(hidden.std(0), 1, rtol=1e-3)
            if layer.bias is not None:
                assert ((hidden > 0).any(0) & (hidden < 0).any(0)).all()
    before = model[0].weight.data.copy()
    nn.initialize_from_data(model, x, seed=1)
    assert_array_equal(model[0].weight.data, before)


def test_a_unit_that_says_the_same_of_every_row_stays_finite():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    nn.initialize_from_data(model, np.ones((5, 2)))
    assert np.isfinite(model(np.ones((5, 2))).data).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.PeriodicEmbedding(3)(np.ones((2, 4))), ShapeError, "rows of 3 numbers"),
        (lambda: nn.PeriodicEmbedding(3, outputs=1), ArgumentError, "at least 2 outputs"),
        (lambda: nn.ScheduledDropout(cr.optim.FlatCosine(0.2)), ArgumentError, "its steps"),
        (lambda: nn.ScheduledDropout(cr.optim.FlatCosine(1.2, steps=3)), ArgumentError, "rate"),
        (lambda: nn.ScheduledDropout(cr.optim.FlatCosine(steps=3)), ArgumentError, "full rate"),
        (lambda: nn.initialize_from_data(nn.Linear(2, 2), [[1, 2]]), ArgumentError, "row of"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
