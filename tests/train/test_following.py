"""Compiled training follows whatever a callback changes, as eager training does."""

import inspect
import itertools
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import EagerWarning, NoGradientError, RecordingWarning
from chainrule.optim.lookup import OPTIMIZERS
from chainrule.train import Program, fit
from tests.thorough import crossed
from tests.train.following import (
    FEATURES,
    HOOKS,
    ROWS,
    X,
    Y,
    alike,
    at,
    fresh_values,
    net,
    trained,
    values,
)

from .small_nets import apart

CONTAINERS = {"Ensemble", "Module", "Sequential", "MLP"}


def another(value):
    """A legal value near this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return {"gradients": "steps"}[value]
    return value + 1 if isinstance(value, int) else 0.5 * value + 0.03


SETTINGS = [
    (kind, name) for kind in OPTIMIZERS for name in kind.settings if not kind.needs_closure
]


@pytest.mark.parametrize(("kind", "name"), SETTINGS)
def test_every_setting_of_every_optimiser_is_followed(kind, name):
    def change(state):
        setattr(state.optimizer, name, another(getattr(state.optimizer, name)))

    def make():
        return kind(momentum=0.6) if kind is optim.SGD else kind()

    alike(change, optimizer=make, matters=name != "epsilon")


def test_settings_of_lbfgs_are_followed():
    for name, hook in (("rate", "on_batch_start"), ("history", "on_epoch_start")):

        def change(state, name=name):
            setattr(state.optimizer, name, another(getattr(state.optimizer, name)) // 3 + 1)

        alike(
            change, hook, optimizer=optim.LBFGS, batch_size=ROWS, matters=False,
            when=lambda state: state.epoch == 2,
        )  # fmt: skip


def layers():
    """One of each kind of layer that takes rows of eight numbers."""
    for name in sorted(dir(nn)):
        kind = getattr(nn, name)
        if not (inspect.isclass(kind) and issubclass(kind, nn.Module)) or name in CONTAINERS:
            continue
        given = inspect.signature(kind).parameters
        if "vocabulary" in given or "count" in given or name == "Embedding":
            continue
        if "outputs" in given:  # it gives more columns than it takes
            continue
        if "schedule" in given:
            yield partial(kind, optim.FlatCosine(0.3, steps=40))
            continue
        sizes = {name: 8 for name in ("features", "units") if name in given}
        dtype = {"dtype": "float64"} if "dtype" in given else {}
        yield partial(kind, **sizes, **dtype)


ATTRIBUTES = [
    (make, name)
    for make in layers()
    for name, value in vars(make()).items()
    if isinstance(value, bool | int | float | str)
]


@pytest.mark.parametrize(
    ("make", "name"), ATTRIBUTES, ids=[f"{m.func.__name__}-{n}" for m, n in ATTRIBUTES]
)
def test_every_attribute_of_every_layer_is_followed(make, name):
    def change(state):
        layer = state.model.layers[1]
        value = getattr(layer, name)
        setattr(layer, name, "tanh" if isinstance(value, str) else another(value))

    matters = name in ("rate", "momentum", "eps", "slope", "alpha", "approximate")
    eager = trained(change, model=lambda: net(make()), compiled=False)
    assert not matters or isinstance(eager, dict)
    alike(change, model=lambda: net(make()), matters=matters)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_change_at_every_border_is_followed(hook):
    fresh_values()

    def change(state):
        values.listed[0] = 1 / (1 + state.step)

    def loss(out, y):
        return values.listed[0] * cr.squared_error(out, y)

    results = []
    for compiled in (False, True):
        fresh_values()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EagerWarning)  # it changes at every step
            results.append(
                trained(change, hook, loss=loss, compiled=compiled, when=lambda state: True)
            )
    assert apart(*results) <= 1e-12


STRUCTURE = {
    "a layer's penalty": lambda m: setattr(m.layers[0], "regularization", nn.L2(0.3)),
    "a bound": lambda m: setattr(m.layers[0], "regularization", nn.MaxNorm(0.3)),
    "another activation": lambda m: setattr(m, "layers", (*m.layers[:1], nn.ReLU(), m.layers[2])),
    "another layer": lambda m: setattr(
        m, "layers", (*m.layers[:2], nn.Linear(8, 2, dtype="float64", seed=9))
    ),
    "another parameter": lambda m: setattr(m.layers[0], "bias", cr.parameter(np.ones(8))),
    "new values": lambda m: setattr(m.layers[0].weight, "data", 0.5 * m.layers[0].weight.data),
    "a frozen parameter": lambda m: setattr(m.layers[0].weight, "wants_gradient", False),
    "a frozen layer": lambda m: m.layers[2].freeze(),
    "no bias": lambda m: setattr(m.layers[0], "bias", None),
    "everything frozen": lambda m: m.freeze(),
}


@crossed("name, hook", STRUCTURE, ["on_batch_start", "on_epoch_start"])
def test_a_change_of_the_net_is_followed(name, hook):
    alike(lambda state: STRUCTURE[name](state.model), hook)


def test_regularization_and_clipping_are_followed():
    penalties, clip = [nn.L2(0.01)], optim.ClipNorm(0.5)

    def change(state):
        penalties[0] = replace(penalties[0], strength=0.5)
        object.__setattr__(clip, "limit", 0.05)

    for options in ({"regularization": penalties}, {"clip": clip}):
        results = []
        for compiled in (False, True):
            penalties[0] = nn.L2(0.01)
            object.__setattr__(clip, "limit", 0.5)
            results.append(trained(change, compiled=compiled, **options))
        assert apart(*results) <= 1e-12


def test_a_layer_of_the_users_own_list_is_followed():
    class Stack(nn.Module):
        def __init__(self):
            self.steps = [nn.Linear(FEATURES, 8, dtype="float64"), nn.Tanh()]
            self.last = nn.Linear(8, 2, dtype="float64")

        def forward(self, x):
            for step in self.steps:
                x = step(x)
            return self.last(x)

    alike(lambda state: state.model.steps.__setitem__(1, nn.ReLU()), model=Stack)


def changes_between_calls():
    yield lambda m, o: setattr(o, "momentum", 0.3)
    yield lambda m, o: setattr(o, "rate", 0.01)
    yield lambda m, o: m.layers[0].freeze()
    yield lambda m, o: setattr(m.layers[1], "rate", 0.6)
    yield lambda m, o: setattr(m.layers[0], "regularization", nn.L2(0.3))
    yield lambda m, o: values.listed.__setitem__(0, 3.0)


@pytest.mark.parametrize("change", tuple(changes_between_calls()))
def test_a_program_follows_between_its_calls(change):
    def loss(out, y):
        return values.listed[0] * cr.squared_error(out, y)

    fresh_values()
    model, optimizer = net(nn.Dropout(0.2)), optim.SGD(0.05, momentum=0.9)
    fit(
        model, (X, Y), loss=loss, optimizer=optimizer, epochs=4, batch_size=ROWS, metric=None,
        compiled=False,
        callbacks=[
            at("on_epoch_start", lambda s: change(s.model, s.optimizer), lambda s: s.epoch == 3)
        ],
    )  # fmt: skip
    fresh_values()
    twin, same = net(nn.Dropout(0.2)), optim.SGD(0.05, momentum=0.9)
    program = Program(twin, loss, same)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        for epoch in range(1, 5):
            if epoch == 3:
                change(twin, same)
            program.epoch(X, Y, batch_size=ROWS)
    assert apart(model.state(), twin.state()) <= 1e-12


def test_one_sentence_says_why_a_step_is_recorded_anew():
    fresh_values()

    def change(state):
        values.listed[0] += 1

    with pytest.warns(RecordingWarning, match=r"listed\[0\] was 1.0 and is 2.0") as said:
        fit(
            net(), (X, Y), loss=lambda o, y: values.listed[0] * cr.squared_error(o, y),
            optimizer=optim.SGD(0.01), epochs=4, callbacks=[at("on_epoch_start", change)],
        )  # fmt: skip
    assert len(said) == 1


def test_what_changes_at_every_step_runs_eagerly_after_a_while():
    fresh_values()
    counter = itertools.count(1)

    def change(state):
        values.listed[0] = 1 / next(counter)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        history = fit(
            net(), (X, Y), loss=lambda o, y: values.listed[0] * cr.squared_error(o, y),
            optimizer=optim.SGD(0.01), epochs=4, batch_size=8,
            callbacks=[at("on_batch_start", change, lambda state: True)],
        )  # fmt: skip
    assert [each.category for each in said] == [RecordingWarning, EagerWarning]
    assert not history.compiled
    assert "has changed" in history.eager_because


def test_nothing_is_recorded_anew_where_equal_values_are_set():
    fresh_values()
    native = []

    def change(state):
        values.listed[0] = float("1.0")
        state.optimizer.momentum = float("0.9")
        native.append(state.history.timing.compiling)

    fit(
        net(), (X, Y), loss=lambda o, y: values.listed[0] * cr.squared_error(o, y),
        optimizer=optim.SGD(0.01, momentum=0.9), epochs=2,
        callbacks=[at("on_batch_start", change, lambda state: True)],
    )  # fmt: skip
    assert len(set(native)) == 1


def test_a_program_of_a_frozen_net_says_so():
    model = net()
    program = Program(model, cr.squared_error, optim.SGD(0.01))
    program.step(X, Y)
    model.freeze()
    with pytest.raises(NoGradientError, match=r"frozen.*\n.*\n?.*unfreeze"):
        program.step(X, Y)
    model.unfreeze()
    program.step(X, Y)


def test_the_outputs_of_a_program_follow_too():
    model = net(nn.LeakyReLU())
    program = Program(model, cr.squared_error, optim.SGD(0.01))
    for change in (
        lambda: setattr(model.layers[1], "slope", 0.7),
        lambda: setattr(model, "layers", (*model.layers[:2], nn.ReLU(), model.layers[3])),
        lambda: setattr(model.layers[0], "bias", cr.parameter(np.ones(8))),
        lambda: setattr(model.layers[0].weight, "data", np.ones((FEATURES, 8))),
    ):
        before = program.predict(X)
        change()
        after = program.predict(X)
        np.testing.assert_allclose(after, model(X).data, rtol=1e-12, atol=1e-14)
        assert not np.allclose(before, after)
