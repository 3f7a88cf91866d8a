"""Whatever a loss can read beside its arguments is followed; what nothing reads is let alone."""

import array
import collections
import contextvars
import functools
import itertools
import operator
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, EagerWarning, RecordingWarning
from chainrule.train import Callback, fit
from tests.thorough import crossed

from .small_nets import apart

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 3)), RNG.normal(size=(24, 2))
BOTH = pytest.mark.parametrize("compiled", [False, True])


def net():
    return nn.Linear(3, 2, dtype="float64")


def at(step, change, hook="on_batch_start"):
    """A callback that changes something once."""

    def listen(self, state):
        if state.step == step:
            change(state)

    return type("Change", (Callback,), {hook: listen})()


def trained(compiled, callbacks, loss=cr.squared_error, model=net, optimizer=None, epochs=3):
    """Parameters and history of a fit."""
    model = model()
    optimizer = optim.SGD(0.05) if optimizer is None else optimizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        history = fit(
            model, (X, Y), loss=loss, optimizer=optimizer, epochs=epochs, batch_size=10,
            callbacks=callbacks, compiled=compiled, metric=None,
        )  # fmt: skip
    return model.state(), history


class Meta(type):
    @property
    def weight(cls):
        return cls.kept


class Held:
    """Objects that hold a weight in unusual ways."""

    shadowed = 1.0

    def __init__(self):
        self.kept = 1.0

    def __repr__(self):
        return f"{self.kept}"

    def __getitem__(self, index):
        return self.kept


class Empty:
    weight = 1.0


def function_attribute():
    def loss():
        return loss.weight

    loss.weight = 1.0
    return loss, lambda: setattr(loss, "weight", 3.0)


def cached():
    box = [1.0]

    @functools.cache
    def weight():
        return box[0]

    def change():
        box[0] = 3.0
        weight.cache_clear()

    return weight, change


def of_a_metaclass():
    kind = Meta("Kind", (), {"kept": 1.0})
    return lambda: kind.weight, lambda: setattr(kind, "kept", 3.0)


def context_variable():
    variable = contextvars.ContextVar("weight", default=1.0)
    return variable.get, lambda: variable.set(3.0)


def thread_local():
    local = threading.local()
    local.weight = 1.0
    return lambda: local.weight, lambda: setattr(local, "weight", 3.0)


def chained():
    values = {"weight": 1.0}
    chain = collections.ChainMap(values)
    return lambda: chain["weight"], lambda: values.update(weight=3.0)


def user_dict():
    values = collections.UserDict(weight=1.0)
    return lambda: values["weight"], lambda: values.update(weight=3.0)


def in_bytes(kind):
    def make():
        values = kind()
        return lambda: values[0], lambda: operator.setitem(values, 0, 3)

    return make


def bound(make, get, key):
    """A method of a built-in object, kept by itself."""

    def made():
        values = make()
        method = getattr(values, get)
        return lambda: method(*key), lambda: operator.setitem(values, key[0] if key else 0, 3.0)

    return made


def by_attribute(name, read, value=3.0, kind=Held):
    def make():
        held = kind()
        return lambda: read(held), lambda: setattr(held, name, value)

    return make


def bound_getattribute():
    held = Held()
    look = held.__getattribute__
    return lambda: look("kept"), lambda: setattr(held, "kept", 3.0)


def by_a_pattern():
    held = SimpleNamespace(kept=1.0)

    def weight():
        match held:
            case SimpleNamespace(kept=1.0):
                return 1.0
        return 3.0

    return weight, lambda: setattr(held, "kept", 3.0)


WEIGHTS = {
    "an attribute of a function": function_attribute,
    "a cached function": cached,
    "a property of a metaclass": of_a_metaclass,
    "a context variable": context_variable,
    "what a thread keeps": thread_local,
    "a chain of dicts": chained,
    "a UserDict": user_dict,
    "bytes": in_bytes(lambda: bytearray(b"\1\1")),
    "an array of the standard library": in_bytes(lambda: array.array("d", [1.0])),
    "a view of bytes": in_bytes(lambda: memoryview(bytearray(b"\1\1"))),
    "dict.get": bound(lambda: {"w": 1.0}, "get", ("w",)),
    "list.__getitem__": bound(lambda: [1.0], "__getitem__", (0,)),
    "ndarray.item": bound(lambda: np.ones(1), "item", ()),
    "__getattribute__": bound_getattribute,
    "an attribute by a computed name": by_attribute("kept", lambda x: getattr(x, "ke" + "pt")),
    "an attribute by attrgetter": by_attribute("kept", operator.attrgetter("kept")),
    "an attribute in a repr": by_attribute("kept", lambda x: float(str(x))),
    "an attribute behind []": by_attribute("kept", lambda x: x[0]),
    "a class's attribute, shadowed": by_attribute("shadowed", lambda x: x.shadowed),
    "an empty object": by_attribute("weight", lambda x: x.weight, kind=Empty),
    "an attribute that is new": by_attribute("new", lambda x: 3.0 if hasattr(x, "new") else 1.0),
    "an attribute in a pattern": by_a_pattern,
}


@crossed("name, hook", WEIGHTS, ["on_batch_start", "on_batch_end", "on_validation_start"])
def test_a_weight_is_followed_wherever_it_is_kept(name, hook):
    def run(compiled, changes=True):
        weight, change = WEIGHTS[name]()
        callbacks = [at(3, lambda _: change(), hook)] if changes else []
        return trained(
            compiled, callbacks, lambda out, y: weight() * cr.squared_error(out, y)
        )[0]  # fmt: skip

    eager = contextvars.copy_context().run(run, False)
    compiled = contextvars.copy_context().run(run, True)
    assert apart(eager, compiled) <= 1e-12
    assert apart(eager, contextvars.copy_context().run(run, True, False)) > 1e-9


def test_an_iterator_that_a_step_reads_is_read_at_every_step():
    def run(compiled):
        weights = itertools.cycle([1.0, 1.0, 1.0, 2.0])
        return trained(compiled, [], lambda out, y: next(weights) * cr.squared_error(out, y))

    eager, _ = run(False)
    with pytest.warns(EagerWarning, match="can reach an iterator, weights in the loss"):
        compiled, history = run(True)
    assert apart(eager, compiled) <= 1e-12
    assert not history.compiled


class Trainer(Callback):
    """A loss, and the log of its steps."""

    def __init__(self):
        self.weight, self.log = 1.0, []

    def loss(self, out, y):
        return self.weight * cr.squared_error(out, y)

    def on_batch_end(self, state):
        self.log.append(state.loss)


class Logging(Callback):
    def __init__(self, where):
        self.where = where

    def on_batch_end(self, state):
        place = {
            "net": state.model, "optimiser": state.optimizer, "class": type(state.model),
        }.get(self.where, self)  # fmt: skip
        place.log = [*getattr(place, "log", ()), state.loss]
        place.last, place.shadow = state.loss, list(state.model.state().values())


class Net(nn.Module):
    def __init__(self):
        self.layer = net()

    def forward(self, x):
        return self.layer(x)


@pytest.mark.parametrize("where", ["net", "optimiser", "class", "callback"])
def test_a_log_leaves_the_fit_compiled(where):
    _, history = trained(True, [Logging(where)], model=Net, epochs=10)
    assert history.compiled
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(
            Net(), (X, Y), loss=cr.squared_error, optimizer=optim.SGD(0.1), batch_size=10,
            callbacks=[Logging(where)], metric=None,
        )  # fmt: skip
    for name in ("log", "last", "shadow"):
        if name in vars(Net):
            delattr(Net, name)


def test_a_loss_may_stand_beside_its_log():
    trainer = Trainer()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(
            net(), (X, Y), loss=trainer.loss, optimizer=optim.SGD(0.1), batch_size=10,
            callbacks=[trainer], metric=None, epochs=10,
        )  # fmt: skip
    assert history.compiled
    assert len(trainer.log) == 30


class Doubling(optim.SGD):
    """An optimiser with a rule of its own."""

    factor = 1.0

    def update(self, parameter, gradient, state, rate, step):
        return super().update(parameter, self.factor * gradient, state, rate, step)


@BOTH
def test_the_rule_of_a_derived_optimiser_is_the_one_that_runs(compiled):
    def double(state):
        state.optimizer.factor = 2.0

    follows = trained(compiled, [at(0, double)], optimizer=lambda: Doubling(0.05))[0]
    assert apart(follows, trained(compiled, [], optimizer=lambda: optim.SGD(0.1))[0]) <= 1e-12


class Halving(optim.SGD):
    def step(self, parameters, missing="raise", rate=None):
        for p in parameters.values():
            p.gradient = 0.5 * p.gradient
        super().step(parameters, missing, rate)


def test_an_optimiser_with_a_step_of_its_own_runs_eagerly():
    with pytest.warns(EagerWarning, match=r"Halving has a step\(\) of its own"):
        state, _ = trained(True, [], optimizer=lambda: Halving(0.1))
    assert apart(state, trained(True, [])[0]) <= 1e-12


@BOTH
@pytest.mark.parametrize("name", ["model", "parameters", "optimizer", "history"])
def test_what_a_fit_works_on_cannot_be_exchanged(name, compiled):
    with pytest.raises(ArgumentError, match=f"state.{name} cannot be exchanged"):
        trained(compiled, [at(1, lambda state: setattr(state, name, None))])


def test_a_forward_that_would_not_be_called_is_refused():
    with pytest.raises(ArgumentError, match="set on one Tanh would not be called"):
        nn.Tanh().forward = abs
    own = Net()
    own.forward = lambda x: 2 * x
    assert own(np.ones((1, 2))).data.tolist() == [[2.0, 2.0]]
