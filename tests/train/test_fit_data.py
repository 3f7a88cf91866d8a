"""What fit does with the data it is given, and what the trained net says."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import fit, predict
from tests.train.samples import numbers


def test_the_users_arrays_stay_as_they_are():
    x, y = numbers()
    copies = x.copy(), y.copy()
    fit(nn.Linear(3, 1), (x, y), loss=cr.squared_error, optimizer=optim.SGD(), batch_size=60)
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(y, copies[1])
    assert x.flags.writeable


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_data_are_brought_into_the_type_of_the_net(dtype):
    types = set()

    class Net(nn.MLP):
        def forward(self, x, run):
            types.add(x.dtype)
            return super().forward(x, run)

    for source in (np.int64, np.uint8, np.float16, ">f8", bool):
        x, y = np.ones((4, 3), source), np.ones((4, 1), np.int32)
        fit(Net([3, 1], dtype=dtype), (x, y), loss=cr.squared_error, optimizer=optim.SGD())
    assert types == {np.dtype(dtype)}


def test_ids_stay_whole_numbers_for_an_embedding():
    class Net(nn.Module):
        def __init__(self):
            self.table, self.scores = nn.Embedding(5, 4), nn.Linear(4, 5)

        def forward(self, x):
            return self.scores(self.table(x))

    ids = np.arange(5).repeat(8)
    history = fit(
        Net(), (ids, ids), loss=cr.softmax_cross_entropy, optimizer=optim.Adam(0.05), epochs=30
    )
    assert history["accuracy"][-1] == 1.0


def test_a_loss_of_the_users_own_receives_arrays_of_targets():
    kinds = set()

    def half_squares(out, y):
        kinds.add(type(y))  # an assert here would be followed into all that pytest holds
        return cr.mean((out - y) ** 2) * 0.5

    history = fit(
        nn.Linear(3, 1),
        numbers(),
        loss=half_squares,
        optimizer=optim.SGD(0.1),
        epochs=3,
        compiled=False,
    )
    assert kinds == {np.ndarray}
    assert history["loss"][-1] < history["loss"][0]
    assert history.metric == "r2"


def test_the_net_predicts_what_it_learned():
    x, y = numbers()
    model = nn.Linear(3, 1, dtype="float64")
    fit(model, (x, y), loss=cr.squared_error, optimizer=optim.SGD(0.1), epochs=60)
    np.testing.assert_allclose(predict(model, x, batch_size=7), y, atol=1e-3)
    assert not model.weight.fresh


def test_bundled_data_fit_as_they_are():
    bundled = cr.train.data.load("iris", seed=0)
    history = fit(
        nn.MLP([bundled.inputs, 16, bundled.outputs]),
        (bundled.x_train, bundled.y_train),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.Adam(0.02),
        epochs=40,
        validation=(bundled.x_validation, bundled.y_validation),
    )
    assert history["accuracy"][-1] > 0.95
