"""What a recorded function reads beside its arguments: seen where it changes, and only there."""

from collections import deque
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special.cython_special import gammaln as of_cython
from sklearn._loss._loss import CyPinballLoss as KindOfCython

import chainrule as cr
from chainrule import nn, optim
from chainrule.train.native.guards import Surroundings

SCALE = [1.0]


def helper(x):
    return SCALE[0] * x


class Config:
    """An object of a user's: attributes of its own and of its class."""

    shared = 1.0
    __slots__ = ("__dict__", "slotted")

    def __init__(self):
        self.own, self.slotted, self.inner = 1.0, 2, SimpleNamespace(depth=1)

    def __call__(self, x):
        if hasattr(self, "more"):
            return x
        return x * self.own * self.shared * self.inner.depth * helper(x)


def made():
    """Something that holds a bit of everything."""
    config, table = Config(), np.ones(3)
    holder = {
        "list": [1.0, [2.0]], "set": {1}, "dict": {"a": 1}, "deque": deque([1]),
        "table": table, "large": np.zeros((100, 200)), "config": config, "net": nn.Dropout(0.5),
        "rule": optim.Adam(0.1), "outside": cr.parameter(np.ones(2)), "zero": 0.0,
    }  # fmt: skip

    def function(x, default=holder["list"]):
        return helper(x) * holder["zero"] + default[0] + config.own

    return function, holder


CHANGES = {
    "an element of a list": lambda h: h["list"].__setitem__(0, 2.0),
    "an element further in": lambda h: h["list"][1].append(1),
    "a set": lambda h: h["set"].add(2),
    "a key": lambda h: h["dict"].update(b=2),
    "a value of a dict": lambda h: h["dict"].update(a=2),
    "a deque": lambda h: h["deque"].append(2),
    "an array": lambda h: h["table"].__setitem__(1, 2.0),
    "a large array": lambda h: h["large"].__setitem__((7, 8), 1.0),
    "another array": lambda h: h.update(table=np.zeros(3)),
    "an attribute": lambda h: setattr(h["config"], "own", 2.0),
    "a slot": lambda h: setattr(h["config"], "slotted", 3),
    "a namespace": lambda h: setattr(h["config"].inner, "depth", 2),
    "a new attribute": lambda h: setattr(h["config"], "more", 2),
    "a layer": lambda h: setattr(h["net"], "rate", 0.25),
    "an optimiser": lambda h: setattr(h["rule"], "beta1", 0.5),
    "a parameter's value": lambda h: setattr(h["outside"], "data", np.zeros(2)),
    "a parameter that is frozen": lambda h: setattr(h["outside"], "wants_gradient", False),
    "the sign of zero": lambda h: h.update(zero=-0.0),
    "the kind of a number": lambda h: h["dict"].update(a=True),
    "NaN": lambda h: h.update(zero=float("nan")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_named_and_then_expected(name):
    function, holder = made()
    surroundings = Surroundings({"the loss": function, "holder": holder})
    assert surroundings.same()
    assert surroundings.change() == ""
    CHANGES[name](holder)
    assert not surroundings.same()
    assert surroundings.change()
    assert surroundings.same()


UNREAD = {
    "a log on an object": lambda h: setattr(h["config"], "log", [1.0]),
    "a log on a net": lambda h: setattr(h["net"], "log", [1.0]),
    "a log on an optimiser": lambda h: setattr(h["rule"], "log", [1.0]),
    "a log on a function": lambda h: setattr(helper, "log", [1.0]),
    "a log on a class": lambda h: setattr(Config, "log", [1.0]),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_no_code_names_is_no_change(name):
    function, holder = made()
    surroundings = Surroundings({"the loss": function, "holder": holder})
    try:
        UNREAD[name](holder)
        assert surroundings.change() == ""
        UNREAD[name](holder)
        if "class" not in name:
            assert surroundings.same()  # by now it is not even looked at
    finally:
        vars(helper).clear()
        if hasattr(Config, "log"):
            del Config.log


def test_a_global_of_a_function_that_is_called_and_an_attribute_of_a_class_are_seen():
    function, holder = made()
    surroundings = Surroundings({"the loss": function, "holder": holder})
    try:
        SCALE[0] = 2.0
        assert surroundings.change() == "the global SCALE[0] was 1.0 and is 2.0"
        Config.shared = 2.0
        assert "shared was 1.0 and is 2.0" in surroundings.change()
    finally:
        SCALE[0] = Config.shared = 1.0


@pytest.mark.parametrize(
    "same",
    [
        lambda h: h["list"].__setitem__(0, float("1.0")),
        lambda h: h.update(table=np.ones(3)),
        lambda h: h["dict"].update(a=1),
        lambda h: setattr(h["rule"], "beta1", float("0.9")),
        lambda h: setattr(h["rule"], "rate", 7.0),  # an input of every step
        lambda h: setattr(h["rule"], "steps", 7),
    ],
)
def test_equal_values_are_no_change(same):
    function, holder = made()
    surroundings = Surroundings({"the loss": function, "holder": holder})
    same(holder)
    assert surroundings.change() == ""
    assert surroundings.same()


def test_a_function_of_cython_is_let_alone():
    def loss(x):
        return KindOfCython(x, x) + of_cython(x)

    surroundings = Surroundings({"f": loss})
    assert surroundings.same()
    assert surroundings.change() == ""


def test_functions_in_other_forms_are_looked_into():
    values = [1.0]

    def loss(x):
        return values[0] * x

    for form in (partial(loss), cr.compile(loss), cr.grad(loss), Bound(values).method):
        surroundings = Surroundings({"f": form})
        values[0] += 1
        assert not surroundings.same()
        assert "was" in surroundings.change()


class Bound:
    def __init__(self, values):
        self.values = values

    def method(self, x):
        return self.values[0] * x


def test_parameters_that_are_inputs_may_change_their_values():
    model = nn.Linear(2, 1)
    surroundings = Surroundings({"model": model}, lambda: model.parameters().values())
    model.weight.data = np.ones((2, 1))
    assert surroundings.same()
    model.weight.wants_gradient = False
    assert "trained and is" in surroundings.change()
    model.weight = cr.parameter(np.ones((2, 1)))
    assert surroundings.change()


def test_generators_that_can_be_reached_are_found():
    holder = SimpleNamespace(generator=np.random.default_rng(0))
    assert [path for path, _ in Surroundings({"x": holder}).generators] == ["x.generator"]


def test_loops_among_objects_end():
    one, other = [], {}
    one.append(other)
    other["back"] = one
    surroundings = Surroundings({"x": one})
    assert surroundings.same()
    other["new"] = 1
    assert surroundings.change() == "x[0] was dict of 1 and is dict of 2"


def test_other_values_of_a_tensor_and_of_an_array_are_named_as_such():
    weight, numbers = cr.parameter(np.ones(2), name="w"), np.zeros(50)
    weight.wants_gradient = False
    for held, change in (
        (weight, lambda: setattr(weight, "data", np.zeros(2))),
        (numbers, lambda: numbers.__setitem__(25, 1.0)),
    ):
        around = Surroundings({"the loss": {"w": held}})
        change()
        assert not around.same()
        words = around.change()
        assert words.startswith("the loss['w'] holds other values than before")
        assert "model.teacher = teacher" in words
        assert " was " not in words
