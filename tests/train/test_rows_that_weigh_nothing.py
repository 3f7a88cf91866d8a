"""A batch whose rows all weigh 0 counts 0 and moves nothing; all rows together must weigh some."""

from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import DataError
from chainrule.train import Program, fit

from .small_nets import apart

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))
Y = {"class": RNG.integers(0, 2, 12), "price": RNG.normal(size=(12, 2))}
ONLY_SOME = np.repeat([1.0, 0.0, 2.0], 4)  # the second batch of 4 has no prices


class Two(nn.Module):
    def __init__(self):
        self.layers = {"class": nn.Linear(3, 2, dtype="float64"),
                       "price": nn.Linear(3, 2, dtype="float64")}  # fmt: skip
        for p in self.parameters().values():
            p.data = np.random.default_rng(p.size).normal(size=p.shape)

    def forward(self, x):
        return {name: layer(x) for name, layer in self.layers.items()}


LOSSES = {
    "functions": {"class": cr.softmax_cross_entropy, "price": cr.squared_error},
    "partial": {
        "class": partial(cr.softmax_cross_entropy, reduction="mean"),
        "price": partial(cr.huber, delta=0.5),
    },
}


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("together", [True, False])
def test_a_batch_that_weighs_nothing_moves_nothing(kind, together):
    losses = LOSSES[kind]
    weights = ONLY_SOME if together else {"price": ONLY_SOME}
    model, by_hand = Two(), Two()
    program = Program(model, losses, optim.SGD(0.1))
    found = program.epoch(X, Y, batch_size=4, sample_weight=weights)
    for i, start in enumerate(range(0, 12, 4)):
        some = slice(start, start + 4)
        out, own = by_hand(X[some]), ONLY_SOME[some]
        loss = 0.0
        for head, each in losses.items():
            y = Y[head][some]
            if not (together or head == "price"):
                loss = loss + each(out[head], y)
            elif own.any():
                w = own if y.ndim == 1 else np.broadcast_to(own[:, None], y.shape)
                loss = loss + each(out[head], y, weights=w)
        assert found[i] == pytest.approx(getattr(loss, "value", loss), rel=1e-12)
        if not isinstance(loss, float):
            loss.backward()
            optim.SGD(0.1).step(by_hand.parameters(), missing="skip")
    assert apart(model.state(), by_hand.state()) < 1e-12


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam])
def test_eager_and_compiled_fits_agree_where_batches_weigh_nothing(rule):
    states = []
    for compiled in (False, True):
        model, weights = Two(), np.where(np.arange(12) == 5, 1.0, 0.0)
        history = fit(
            model, (X, Y), loss=LOSSES["functions"], optimizer=rule(0.01), epochs=3, batch_size=2,
            sample_weight=weights, validation=(X, Y, weights), compiled=compiled,
        )  # fmt: skip
        assert history.compiled == compiled
        assert np.isfinite(history["loss"]).all()
        states.append(model.state())
    assert apart(*states) < 1e-12
    assert apart(states[0], Two().state()) > 1e-3


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_are_looked_at_in_every_step_and_epoch(wrong):
    program = Program(Two(), LOSSES["functions"], optim.SGD(0.1))
    weights = np.ones(4)
    program.step(X[:4], {k: y[:4] for k, y in Y.items()}, weights)
    weights[2] = wrong
    before = program.model.state()
    for call in (program.step, program.epoch):
        with pytest.raises(DataError, match="sample_weight of this"):
            call(X[:4], {k: y[:4] for k, y in Y.items()}, sample_weight=weights)
    assert apart(before, program.model.state()) == 0


def test_the_first_step_of_a_head_may_weigh_nothing_as_any_other():
    program = Program(Two(), LOSSES["functions"], optim.SGD(0.1))
    before = {name: array.copy() for name, array in program.model.state().items()}
    weights = {"class": np.ones(4), "price": np.zeros(4)}
    for _ in range(2):
        program.step(X[:4], {k: y[:4] for k, y in Y.items()}, weights)
    moved = {k for k, array in program.model.state().items() if (array != before[k]).any()}
    assert moved == {"layers.class.weight", "layers.class.bias"}
    for call in (program.step, program.epoch):
        with pytest.raises(DataError, match="is 0 in all"):
            call(X[:4], {k: y[:4] for k, y in Y.items()}, sample_weight=np.zeros(4))


def of_both(out, y, weights):
    wrong = cr.softmax_cross_entropy(out["class"], y["class"], weights=weights)
    each = ((out["price"] - y["price"]) ** 2).mean(axis=1)
    return wrong + (weights * each).sum() / weights.sum()


def of_price(out, y, weights):
    each = ((out - y) ** 2).mean(axis=1)
    return (weights * each).sum() / weights.sum()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("loss", [of_both, {**LOSSES["functions"], "price": of_price}])
def test_a_loss_that_asks_for_weights_where_there_are_none_is_given_ones(loss, compiled):
    states = []
    for weights in (None, np.ones(12)):
        model = Two()
        history = fit(model, (X, Y), loss=loss, optimizer=optim.SGD(0.1), epochs=2, batch_size=5,
                      validation=(X, Y), sample_weight=weights, compiled=compiled)  # fmt: skip
        states.append(model.state())
        found = cr.evaluate(model, (X, Y), loss)[0]
        assert history["validation_loss"][-1] == pytest.approx(found, rel=1e-12)
    assert apart(*states) < 1e-12
    assert found == pytest.approx(cr.evaluate(model, (X, Y), LOSSES["functions"])[0], rel=1e-9)
