"""Steps of our own code that are alike are recorded once; others are not taken for them."""

import gc
import weakref
from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train.native import all_sizes
from tests.thorough import parametrize

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5)).astype("f")
Y = rng.integers(0, 3, size=40)


def fitted(recorded, net=None, **settings):
    """A fit and how many steps were recorded for it."""
    before = len(recorded)
    given = {
        "loss": cr.softmax_cross_entropy,
        "optimizer": optim.Adam(0.01),
        "epochs": 2,
        "batch_size": 16,
    } | settings
    net = nn.MLP([5, 7, 3]) if net is None else net
    cr.fit(net, (X, Y), **given)
    return net, len(recorded) - before


@pytest.fixture
def recorded(monkeypatch):
    """A list that grows by one for each recording."""
    found = []

    def counted(*args):
        found.append(args)
        return original(*args)

    original = all_sizes.recorded_step
    monkeypatch.setattr(all_sizes, "recorded_step", counted)
    return found


def test_a_second_fit_of_a_net_of_the_same_form_records_nothing_and_has_the_same_bits(recorded):
    first, _ = fitted(recorded)
    second, more = fitted(recorded)
    assert more == 0
    for one, other in zip(first.parameters().values(), second.parameters().values(), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def test_another_learning_rate_is_no_other_step(recorded):
    fitted(recorded)
    slow, more = fitted(recorded, optimizer=optim.Adam(0.001))
    eager, _ = fitted(recorded, optimizer=optim.Adam(0.001), compiled=False)
    assert more == 0
    for one, other in zip(slow.parameters().values(), eager.parameters().values(), strict=True):
        np.testing.assert_allclose(one.data, other.data, rtol=2e-5, atol=1e-6)


class Doubled(nn.Module):
    """A user's layer."""

    factor = 2.0

    def forward(self, x):
        return x * self.factor


def frozen():
    net = nn.MLP([5, 7, 3])
    net.layers[0].freeze()
    return net


def shared():
    layer = nn.Linear(5, 5)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.Linear(5, 3))


def apart():
    return nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5), nn.Linear(5, 3))


def weighed(scores, labels):
    return 2 * cr.softmax_cross_entropy(scores, labels)


OTHERS = {
    "another activation": {"net": lambda: nn.MLP([5, 7, 3], activation="tanh")},
    "another slope": {
        "net": lambda: nn.Sequential(nn.Linear(5, 7), nn.LeakyReLU(0.3), nn.Linear(7, 3))
    },
    "dropout": {"net": lambda: nn.MLP([5, 7, 3], dropout=0.5)},
    "another dropout": {"net": lambda: nn.MLP([5, 7, 3], dropout=0.25)},
    "float64": {"net": lambda: nn.MLP([5, 7, 3], dtype="float64")},
    "a frozen layer": {"net": frozen},
    "a layer twice": {"net": shared},
    "two layers alike": {"net": apart},
    "a penalty of one layer": {
        "net": lambda: nn.Sequential(
            nn.Linear(5, 7, regularization=nn.L2(0.1)), nn.ReLU(), nn.Linear(7, 3)
        )
    },
    "momentum": {"optimizer": lambda: optim.SGD(0.01, momentum=0.9)},
    "another momentum": {"optimizer": lambda: optim.SGD(0.01, momentum=0.8)},
    "groups": {"optimizer": lambda: optim.SGD(0.01, groups={"layers.0.*": {"rate": 0.5}})},
    "other groups": {"optimizer": lambda: optim.SGD(0.01, groups={"layers.0.*": {"rate": 0.1}})},
    "a penalty": {"regularization": lambda: nn.L2(0.1)},
    "another penalty": {"regularization": lambda: nn.L2(0.2)},
    "a penalty by rows": {"regularization": lambda: nn.L2(0.1, per_row=True)},
    "a bound": {"regularization": lambda: nn.MaxNorm(0.5)},
    "clipping": {"clip": lambda: 0.1},
    "other clipping": {"clip": lambda: 0.2},
    "smoothing": {"loss": lambda: partial(cr.softmax_cross_entropy, label_smoothing=0.1)},
    "other smoothing": {"loss": lambda: partial(cr.softmax_cross_entropy, label_smoothing=0.2)},
    "weights": {"sample_weight": lambda: np.linspace(0, 1, 40)},
    "a user's loss": {"loss": lambda: weighed},
}


@parametrize("name", OTHERS, few=range(0, len(OTHERS), 3))
def test_what_computes_something_else_is_not_taken_for_a_known_step(recorded, name):
    fitted(recorded)
    make = OTHERS[name]
    compiled, _ = fitted(recorded, **{key: value() for key, value in make.items()})
    eager, _ = fitted(recorded, compiled=False, **{key: value() for key, value in make.items()})
    for one, other in zip(
        compiled.parameters().values(), eager.parameters().values(), strict=True
    ):
        np.testing.assert_allclose(one.data, other.data, rtol=2e-5, atol=1e-5)


def test_a_batch_in_pieces_is_not_taken_for_the_whole_one(recorded):
    pieces = {"batch_size": 8, "accumulate": 2}
    fitted(recorded, nn.MLP([5, 7, 3], dropout=0.5))
    compiled, more = fitted(recorded, nn.MLP([5, 7, 3], dropout=0.5), **pieces)
    eager, _ = fitted(recorded, nn.MLP([5, 7, 3], dropout=0.5), compiled=False, **pieces)
    assert more > 0
    for one, two in zip(compiled.parameters().values(), eager.parameters().values(), strict=True):
        np.testing.assert_allclose(one.data, two.data, rtol=2e-5, atol=1e-5)


def test_a_users_code_is_recorded_in_every_fit(recorded):
    def net():
        return nn.Sequential(nn.Linear(5, 7), Doubled(), nn.Linear(7, 3))

    fitted(recorded, net())
    _, more = fitted(recorded, net())
    assert more > 0


def test_what_a_user_changes_in_a_class_of_ours_is_seen(recorded, monkeypatch):
    fitted(recorded)
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, x, run=None: 3 * x)
    other, more = fitted(recorded)
    eager, _ = fitted(recorded, compiled=False)
    assert more > 0
    for one, two in zip(other.parameters().values(), eager.parameters().values(), strict=True):
        np.testing.assert_allclose(one.data, two.data, rtol=2e-5, atol=1e-5)


def test_a_known_step_keeps_no_net_alive(recorded):
    net, _ = fitted(recorded)
    seen = weakref.ref(net)
    del net
    recorded.clear()
    gc.collect()
    assert seen() is None


def test_a_hook_after_a_known_step_is_followed(recorded):
    class Freezing(cr.train.Callback):
        def on_epoch_end(self, state):
            state.model.layers[0].freeze()

    fitted(recorded)
    net, _ = fitted(recorded, callbacks=[Freezing()])
    eager, _ = fitted(recorded, callbacks=[Freezing()], compiled=False)
    np.testing.assert_allclose(
        net.layers[0].weight.data, eager.layers[0].weight.data, rtol=2e-5, atol=1e-5
    )
