"""A fit with an average of the weights: what validation, early stopping and the net get."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NonFiniteError
from chainrule.train import Callback, EarlyStopping, evaluate, fit

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(60, 5)).astype("f"), RNG.integers(0, 3, 60)
OTHER = RNG.normal(size=(30, 5)).astype("f"), RNG.integers(0, 3, 30)


def run(optimizer, compiled=True, epochs=6, model=None, **options):
    model = model or nn.MLP([5, 8, 3])
    history = fit(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optimizer, epochs=epochs,
        batch_size=16, validation=OTHER, compiled=compiled, **options,
    )  # fmt: skip
    return model, history


class Weights(Callback):
    """The weights after every step, and those that validation sees."""

    def __init__(self):
        self.steps, self.epochs = [], []

    def on_batch_end(self, state):
        self.steps.append({name: p.data.copy() for name, p in state.parameters.items()})

    def on_epoch_end(self, state):
        with state.averaged():
            self.epochs.append({name: p.data.copy() for name, p in state.parameters.items()})


@MODES
def test_the_net_ends_with_the_average_and_training_with_its_own_weights(compiled):
    plain, weights = run(optim.Adam(0.01), compiled), Weights()
    model, history = run(optim.SWA(optim.Adam(0.01)), compiled, callbacks=[weights])
    assert history["loss"] == plain[1]["loss"]
    for name, array in model.state().items():
        steps = [each[name].astype(float) for each in weights.steps]
        np.testing.assert_allclose(array, np.mean(steps, 0), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(history.state.model[name], plain[0].state()[name])


@MODES
def test_validation_sees_the_average(compiled):
    weights = Weights()
    _, history = run(optim.EMA(optim.Adam(0.01), 0.9), compiled, callbacks=[weights])
    for epoch, seen in zip(history, weights.epochs, strict=True):
        model = nn.MLP([5, 8, 3])
        model.load_state(seen)
        loss, _ = evaluate(model, OTHER, cr.softmax_cross_entropy)
        assert epoch.validation_loss == pytest.approx(loss, rel=1e-6)


@MODES
def test_early_stopping_keeps_the_average_of_the_best_epoch(compiled):
    weights = Weights()
    model, history = run(
        optim.EMA(optim.Adam(0.1), 0.9), compiled, epochs=60,
        callbacks=[weights], early_stopping=EarlyStopping(5),
    )  # fmt: skip
    assert history.stopped == "early stopping"
    best = weights.epochs[history.best_epoch - 1]
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, best[name])
    loss, _ = evaluate(model, OTHER, cr.softmax_cross_entropy)
    assert loss == pytest.approx(min(history["validation_loss"]), rel=1e-6)


@MODES
@pytest.mark.parametrize("parts", [(3, 3), (1, 0, 5)])
def test_a_fit_in_parts_ends_as_one(parts, compiled):
    def average():
        return optim.EMA(optim.Adam(0.01), 0.95)

    whole, own = run(average(), compiled)
    model, history = nn.MLP([5, 8, 3]), None
    for epochs in parts:
        _, history = run(average(), compiled, epochs, model, after=history)
    assert history["validation_loss"] == own["validation_loss"]
    for name, array in whole.state().items():
        np.testing.assert_array_equal(array, model.state()[name])


@MODES
def test_averages_are_held_within_the_bounds_of_the_weights(compiled):
    bound = nn.MaxNorm(0.5)
    model, _ = run(optim.EMA(optim.SGD(0.5), 0.9), compiled, regularization=bound)
    for name, array in model.state().items():
        if name.endswith("weight"):
            assert np.linalg.norm(array, axis=0).max() <= 0.5 + 1e-6


def test_layers_that_are_frozen_stay_as_they_are():
    model = nn.MLP([5, 8, 3])
    model.layers[0].freeze()
    before = model.state()
    run(optim.EMA(optim.Adam(0.1)), model=model)
    for name, array in model.state().items():
        assert np.array_equal(array, before[name]) == name.startswith("layers.0")


@MODES
def test_after_an_error_the_net_holds_what_was_trained(compiled):
    class Spoil(Callback):
        def on_epoch_start(self, state):
            if state.epoch == 3:
                state.optimizer.rate = 1e30

        def on_batch_end(self, state):
            self.last = {name: p.data.copy() for name, p in state.parameters.items()}

    model, spoil = nn.MLP([5, 8, 3]), Spoil()
    with pytest.raises(NonFiniteError):
        run(optim.EMA(optim.SGD(0.1)), compiled, 6, model, callbacks=[spoil])
    for name, p in model.parameters().items():
        np.testing.assert_array_equal(p.data, spoil.last[name])


@pytest.mark.parametrize(
    ("name", "value"), [("decay", 0.2), ("ramp", False), ("beta1", 0.2), ("rate", 0.1)]
)
def test_compiled_steps_follow_the_settings_of_both(name, value):
    class Change(Callback):
        def on_epoch_start(self, state):
            if state.epoch == 3:
                setattr(state.optimizer, name, value)

    def model(compiled, callbacks=()):
        own = optim.EMA(optim.Adam(0.01), 0.9)
        return run(own, compiled, 4, nn.MLP([5, 8, 3], dtype="float64"), callbacks=callbacks)[0]

    one, other = (model(compiled, [Change()]).state() for compiled in (False, True))
    unchanged = model(True).state()
    for path, array in one.items():
        np.testing.assert_allclose(array, other[path], rtol=1e-8, atol=1e-10)
        assert not np.allclose(array, unchanged[path], rtol=1e-4)
