"""Globals, containers, buffers and other values that a compiled function closes over."""

import collections
import contextvars
import types
from array import array as numbers
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import RecordingWarning
from tests.compiled.following import V, follows

SCALE: Any = 2.0
VECTOR: Any = cr.parameter(V)


def helper(x):
    return x * SCALE


def test_globals_are_followed_in_the_functions_that_are_called_too():
    def scaled():
        global SCALE  # noqa: PLW0603  what is tested
        SCALE = 3.0

    def redefined():
        global helper  # noqa: PLW0603  what is tested

        def helper(x):
            return x - SCALE

    def reference(x):
        return helper(x) + VECTOR

    follows(
        cr.compile(lambda x: helper(x) + VECTOR),
        reference,
        [scaled, redefined, lambda: VECTOR.write(9.0)],
        (V,),
        3,
    )


CONTAINERS: Any = {
    "mapping proxy": types.MappingProxyType,
    "chain map": collections.ChainMap,
    "user dict": collections.UserDict,
    "ordered dict": collections.OrderedDict,
}
BUFFERS: Any = {"bytes": bytearray, "array of numbers": lambda held: numbers("i", held)}
RATE: contextvars.ContextVar[float] = contextvars.ContextVar("rate")


def values(kind):
    """A function over one closed-over value, and changes of it."""
    if kind == "small array":
        a = np.ones(3)
        return lambda x: x * a + a.sum(), [lambda: a.fill(2), lambda: a.__setitem__(1, 5.0)]
    if kind == "large array":
        a = np.ones(40_000)
        return lambda x: x * a[:3] + a.mean(), [
            lambda: a.__setitem__(30_000, 1e6),
            lambda: a.__setitem__(1, -1e6),
        ]
    if kind == "number in a list":
        a = [1.0]
        return lambda x: x * a[0], [lambda: a.__setitem__(0, -0.0), lambda: a.insert(0, 3.0)]
    if kind == "nested dict":
        a = {"a": {"b": [2]}, "c": {4}}
        return lambda x: x * a["a"]["b"][0] + len(a["c"]), [
            lambda: a["a"]["b"].__setitem__(0, 3),
            lambda: a["c"].add(5),
            lambda: a.__setitem__("a", {"b": [7]}),
        ]
    if kind == "default":
        box = [1.0]

        def function(x, scale=box, *, shift={"by": 2.0}):  # noqa: B006  changed on purpose
            return x * scale[0] + shift["by"]

        return function, [
            lambda: box.__setitem__(0, 4.0),
            lambda: function.__kwdefaults__["shift"].__setitem__("by", 6.0),
            lambda: setattr(function, "__defaults__", ([7.0],)),
            lambda: setattr(function, "__kwdefaults__", {"shift": {"by": 8.0}}),
        ]
    if kind == "code":  # what a reloader puts into the function that stands

        def inner(x):
            return x * 2.0

        return lambda x: inner(x) + 1.0, [
            lambda: setattr(inner, "__code__", (lambda x: x * 3.0).__code__)
        ]
    if kind == "name made up":
        a, part = types.SimpleNamespace(rate=1.0), "ra"
        return lambda x: x * getattr(a, part + "te"), [lambda: setattr(a, "rate", 2.0)]
    if kind == "deque":
        a = collections.deque([1.0])
        return lambda x: x * a[0], [
            lambda: a.appendleft(2.0), lambda: a.__setitem__(0, 3.0)]  # fmt: skip
    if kind in CONTAINERS:
        held = {"rate": 1.0}
        a = CONTAINERS[kind](held)
        owner = held if kind == "mapping proxy" else a
        return lambda x: x * a["rate"], [lambda: owner.__setitem__("rate", 2.0)]
    if kind in BUFFERS:
        a = BUFFERS[kind]([1, 2])
        return lambda x: x * a[0] + len(a), [lambda: a.__setitem__(0, 3), lambda: a.append(4)]
    if kind == "context variable":
        return lambda x: x * RATE.get(1.0), [lambda: RATE.set(2.0), lambda: RATE.set(3.0)]
    if kind == "slots":

        class Slotted:
            __slots__ = ("w",)

        a = Slotted()
        a.w = 2.0
        return lambda x: x * a.w, [
            lambda: setattr(a, "w", 3.0), lambda: setattr(a, "w", cr.parameter(V)),
            lambda: a.w.write(4.0),
        ]  # fmt: skip
    a, b = [cr.parameter(V)], [cr.parameter(V)]  # two that become one, and part again
    return lambda x: x * a[0] + b[0], [
        lambda: b.__setitem__(0, a[0]),
        lambda: a[0].write(2.0),
        lambda: a.__setitem__(0, cr.parameter(3 * V)),
    ]


@pytest.mark.parametrize("kind", [
    "small array", "large array", "number in a list", "nested dict", "default", "code",
    "name made up", "slots", "shared", "deque", *CONTAINERS, *BUFFERS, "context variable",
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_a_changed_value_means_a_new_recording(kind):
    function, changes = values(kind)
    follows(cr.compile(function), function, changes, (V,), None)


def test_what_moves_between_two_lists_is_noticed():
    a, b = [cr.parameter(V)], []
    function = cr.compile(lambda x: x * (len(a) + 2 * len(b)) * [*a, *b][0])
    once = function(V)
    b.append(a.pop())
    assert_allclose(function(V), 2 * once)


def test_a_value_that_changes_all_the_time_is_said():
    box = [0.0]
    function = cr.compile(lambda x: x * box[0])
    for i in range(3):
        box[0] = float(i)
        function(V)
    box[0] = 9.0
    with pytest.warns(RecordingWarning, match="values that it closes over"):
        assert_allclose(function(V), 9 * V)


def innermost(x):
    return innermost(x[0]) if isinstance(x, tuple) else x


def test_a_function_that_calls_itself_is_read_once():
    assert cr.compile(lambda x: innermost(((x,),)) * 2)(np.float64(3)) == 6
