"""Settings of layers and penalties: plain numbers, into which no gradient flows."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ChainruleError, UnsupportedError

X = np.ones((2, 4))
SETTINGS = {
    "strength": [nn.L2, nn.L1],
    "l1": [lambda v: nn.ElasticNet(v, 0.1)],
    "l2": [lambda v: nn.ElasticNet(0.1, v)],
    "limit": [nn.MaxNorm],
    "rate": [nn.Dropout, lambda v: nn.MLP([2, 3, 1], dropout=v)],
    "slope": [nn.LeakyReLU],
    "alpha": [nn.ELU],
    "eps": [lambda v: nn.LayerNorm(4, eps=v), lambda v: nn.BatchNorm(4, eps=v)],
    "momentum": [lambda v: nn.BatchNorm(4, momentum=v)],
}
CASES = [(name, make) for name, makers in SETTINGS.items() for make in makers]
LAYERS = [nn.Dropout(), nn.LeakyReLU(), nn.ELU(), nn.LayerNorm(4), nn.BatchNorm(4)]


@pytest.mark.parametrize(("name", "make"), CASES)
@pytest.mark.parametrize("kind", [cr.parameter, cr.tensor])
def test_a_setting_that_is_a_tensor_raises_and_names_it(name, make, kind):
    with pytest.raises(UnsupportedError, match=f"^{name} is a setting of") as raised:
        make(kind(0.1))
    assert f"{name}.item()" in str(raised.value)
    with pytest.raises(UnsupportedError, match=f"^{name} is a setting of"):
        cr.grad(lambda v: make(v) and v)(0.1)
    make(kind(0.1).item())


@pytest.mark.parametrize("layer", LAYERS, ids=lambda x: type(x).__name__)
def test_a_setting_that_is_exchanged_for_a_tensor_raises(layer):
    assert layer.numbers_only
    for name in layer.numbers_only:
        before = getattr(layer, name)
        with pytest.raises(UnsupportedError, match=f"^{name} is a setting of"):
            setattr(layer, name, cr.parameter(0.1))
        assert getattr(layer, name) is before


OPTIMIZERS = [
    (kind, name)
    for kind in cr.optim.OPTIMIZERS
    if not kind.needs_closure
    for name in kind.settings
]


@pytest.mark.parametrize(("kind", "name"), OPTIMIZERS)
def test_a_setting_of_an_optimiser_that_is_a_tensor_raises(kind, name):
    with pytest.raises(ChainruleError, match=name):
        kind(**{"rate": 0.1, name: cr.parameter(0.1)})


def test_the_advice_speaks_of_the_setting_at_hand():
    for name, call in {
        "delta": lambda v: cr.huber(cr.tensor(X), X, v),
        "rate": lambda v: nn.Dropout(v),  # noqa: PLW0108  one form for all
        "slope": lambda v: cr.leaky_relu(cr.tensor(X), v),
    }.items():
        with pytest.raises(UnsupportedError) as raised:
            call(cr.parameter(0.1))
        advice = str(raised.value).rpartition("Pass the value")[2]
        assert name in advice
        assert ("leaky" in advice or "slope" in advice) == (name == "slope")
