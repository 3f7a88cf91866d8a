"""Compiled training follows what a loss looks up, wherever that is kept."""

from functools import partial

import numpy as np
import pytest

import chainrule as cr
from tests.train.following import fresh_values, trained, values

from .small_nets import apart

WEIGHT = 1.0


def set_global(value):
    global WEIGHT  # noqa: PLW0603  a global that a loss names is what is tested
    WEIGHT = value


class Weighted:
    """A loss with an attribute, and one of its class."""

    factor = 1.0

    def __init__(self):
        self.weight = 1.0

    def __call__(self, out, y):
        return self.weight * self.factor * cr.squared_error(out, y)


def loss_of_a_cell():
    weight = 1.0

    def loss(out, y):
        return weight * cr.squared_error(out, y)

    def change(state):
        nonlocal weight
        weight = 3.0

    return loss, change


def helper(out):
    return values.bound * out


def losses():
    """Ways in which a loss looks a number up, and how a callback changes it."""
    of_object, (of_cell, change_cell) = Weighted(), loss_of_a_cell()

    def put(owner, key, value):
        return lambda state: owner().__setitem__(key, value)

    error = cr.squared_error
    yield "list", lambda o, y: values.listed[0] * error(o, y), put(lambda: values.listed, 0, 3.0)
    yield (
        "dict",
        lambda o, y: values.named["weight"] * error(o, y),
        put(lambda: values.named, "weight", 3.0),
    )
    yield (
        "array",
        lambda o, y: (values.array * error(o, y)).sum(),
        put(lambda: values.array, 1, 3.0),
    )
    yield (
        "large array",
        lambda o, y: values.table.mean() * error(o, y),
        put(lambda: values.table, (1, 3), 3.0),
    )
    yield "global", lambda o, y: WEIGHT * error(o, y), lambda state: set_global(3.0)
    yield (
        "attribute",
        lambda o, y: values.bound * error(o, y),
        lambda state: setattr(values, "bound", 3.0),
    )
    yield (
        "through a function",
        lambda o, y: error(helper(o), y),
        lambda state: setattr(values, "bound", 3.0),
    )
    yield (
        "parameter",
        lambda o, y: (values.outside * error(o, y)).sum(),
        lambda state: setattr(values.outside, "data", np.full(2, 3.0)),
    )
    yield "cell", of_cell, change_cell
    yield "object", of_object, lambda state: setattr(of_object, "weight", 3.0)
    yield (
        "partial",
        partial(lambda weight, o, y: weight[0] * error(o, y), values.listed),
        put(lambda: values.listed, 0, 3.0),
    )


@pytest.mark.parametrize("number", range(11))
def test_a_number_that_the_loss_looks_up_is_followed(number):
    def attempt(change, compiled):
        fresh_values()
        set_global(1.0)
        _, loss, doing = list(losses())[number]
        return trained(doing if change else None, loss=loss, compiled=compiled)

    eager, compiled, unchanged = attempt(True, False), attempt(True, True), attempt(False, False)
    assert apart(eager, compiled) <= 1e-12
    assert apart(eager, unchanged) > 1e-9
