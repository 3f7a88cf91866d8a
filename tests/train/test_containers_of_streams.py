"""Containers that look alike: names in another order, ordered dicts, tuples with names."""

from collections import OrderedDict, defaultdict

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import DataError
from chainrule.train import Program, fit
from tests.thorough import crossed

from .small_nets import apart


def test_dicts_in_another_order_are_read_in_that_order_by_machine_code():
    """They are one structure to a tree, but not to a net that goes through ``x.values()``."""

    class Joined(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(3, 1)

        def forward(self, x):
            a_and_b = x.values() if isinstance(x, dict) else x[0].values()
            return self.layer(cr.concatenate(list(a_and_b), 1))

    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5, 2)).astype("float32")
    b, y = b[:, :1], np.zeros((5, 1), "float32")
    for hold in (lambda x: x, lambda x: (x,)):
        model = Joined()
        program = Program(model, cr.squared_error, optim.SGD(1e-12))
        for x in map(hold, ({"a": a, "b": b}, {"b": b, "a": a}, {"a": a, "b": b})):
            expected = cr.predict(model, x)
            assert np.allclose(program.predict(x), expected, atol=1e-6)
            assert program.step(x, y) == pytest.approx((expected**2).mean(), rel=1e-5)


class Two(nn.Module):
    """Two heads, in a container that ``hold`` makes of them."""

    def __init__(self, hold):
        self.hold, self.a, self.b = hold, nn.Linear(2, 3), nn.Linear(2, 1)
        for p in self.parameters().values():
            p.data = np.random.default_rng(p.size).normal(size=p.shape).astype("float32")

    def forward(self, x):
        return self.hold(self.a(x), self.b(x))


X = np.random.default_rng(0).normal(size=(40, 2))
LABELS, PRICES = np.arange(40) % 3, np.random.default_rng(2).normal(size=(40, 1))
HELD = {
    "dict": lambda a, b: {"a": a, "z": b},
    "turned": lambda a, b: {"z": b, "a": a},
    "ordered": lambda a, b: OrderedDict(a=a, z=b),
    "ordered, turned": lambda a, b: OrderedDict(z=b, a=a),
    "default": lambda a, b: defaultdict(list, z=b, a=a),
}


def a_function(out, y):
    return cr.softmax_cross_entropy(out["a"], y["a"]) + cr.squared_error(out["z"], y["z"])


OF_HEADS = {"a": cr.softmax_cross_entropy, "z": cr.squared_error}


@crossed("loss, returned", [OF_HEADS, OrderedDict(reversed(OF_HEADS.items())), a_function], HELD)
def test_heads_meet_by_their_names_in_dicts_of_any_kind(loss, returned):
    states = []
    for given in HELD:
        for compiled in (False, True):
            model = Two(HELD[returned])
            history = fit(model, (X, HELD[given](LABELS, PRICES)), loss=loss, epochs=2,
                          optimizer=optim.SGD(0.1), compiled=compiled)  # fmt: skip
            states.append(model.state())
            assert history.compiled == compiled
            assert set(history.metrics) == {"accuracy_a", "r2_z"}
            figures = cr.evaluate(model, (X, HELD[given](LABELS, PRICES)), loss)[1]
            assert 0 <= figures["accuracy_a"] <= 1
    assert all(apart(states[0], state) < 1e-6 for state in states[1:])


class Frame:
    """What frames of pandas and polars have in common."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.array = np.stack(list(columns.values()), 1)
        self.shape = self.array.shape

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)

    def __len__(self):
        return len(self.array)

    def __getitem__(self, names):
        return Frame({name: self.array[:, self.columns.index(name)] for name in names})


class OfTwo(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(2, 1), nn.Linear(3, 1)

    def forward(self, x):
        a, b = x if isinstance(x, tuple) else x.values()
        return self.a(a) + self.b(b)


@pytest.mark.parametrize("hold", [tuple, lambda pair: dict(zip("ab", pair, strict=True))])
def test_each_frame_among_the_inputs_keeps_its_columns(hold):
    rng = np.random.default_rng(0)
    a, b = (Frame({name: rng.normal(size=20) for name in names}) for names in ("uv", "uvw"))
    model, y = OfTwo(), np.zeros((20, 1))
    turned = hold((a, b[["w", "v", "u"]]))
    train = {"loss": cr.squared_error, "optimizer": optim.SGD(0.1), "epochs": 1}
    fit(model, (hold((a, b)), y), validation=(hold((a, b)), y), **train)
    assert np.array_equal(
        cr.predict(model, hold((a, b))), cr.predict(model, hold((a.array, b.array)))
    )
    for call in (
        lambda: cr.predict(model, turned),
        lambda: cr.evaluate(model, (turned, y), cr.squared_error),
        lambda: fit(OfTwo(), (hold((a, b)), y), validation=(turned, y), **train),
    ):
        with pytest.raises(DataError, match=r"X\[.*\] .*has its columns in another order"):
            call()
