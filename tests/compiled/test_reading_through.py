"""A compiled function that meets a value with a derivative is read like any other function."""

import contextlib
import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.ops import random

X = np.array([1.0, 2.0, 3.0])
W = np.array([0.5, -1.0, 2.0])

TRANSFORMS = {
    "grad": lambda f, w: cr.grad(f)(w),
    "value_and_grad": lambda f, w: cr.value_and_grad(f)(w)[1],
    "jvp": lambda f, w: cr.jvp(f, (w,), (np.ones(3),))[1],
    "vjp": lambda f, w: cr.vjp(f, w)[1](np.asarray(1.0))[0],
    "linearize": lambda f, w: cr.linearize(f, w)[1](np.ones(3)),
    "hvp": lambda f, w: cr.hvp(f, (w,), (np.ones(3),))[0],
    "jacobian": lambda f, w: np.asarray(cr.jacobian(f)(w)),
    "hessian": lambda f, w: np.asarray(cr.hessian(f)(w)),
    "elementwise_grad": lambda f, w: cr.elementwise_grad(f)(w),
    "second gradient": lambda f, w: cr.grad(lambda w: (cr.grad(f)(w) ** 2).sum())(w),
    "checkpoint": lambda f, w: cr.grad(cr.checkpoint(f))(w),
}
KINDS = pytest.mark.parametrize("kind", TRANSFORMS)
SHARED: Any = W


def loss(w, x):
    return (np.sin(x) * w**2).sum()


@dataclasses.dataclass
class Holder:
    w: Any


def rebind(w):
    global SHARED  # noqa: PLW0603  what is tested
    SHARED = w


def same(kind, function):
    """Whether the transform of a function of w is that of the loss."""
    transform = TRANSFORMS[kind]
    assert_allclose(transform(function, W), transform(lambda w: loss(w, X), W))


@KINDS
def test_a_compiled_function_that_closes_over_a_variable_is_differentiated(kind):
    same(kind, lambda w: cr.compile(lambda x: loss(w, x))(X))


@KINDS
@pytest.mark.parametrize("container", ["alone", "dict", "dataclass", "object"])
def test_a_variable_may_come_in_any_container(kind, container):
    class Thing:
        pass

    def held(w):
        thing = Thing()
        thing.w = w
        return {"alone": w, "dict": {"w": [w]}, "dataclass": Holder(w), "object": thing}[container]

    def read(p, x):
        return loss(p if container == "alone" else p["w"][0] if container == "dict" else p.w, x)

    function = cr.compile(read)
    assert_allclose(function(held(W), X), loss(W, X))  # recorded before
    same(kind, lambda w: function(held(w), X))


@KINDS
def test_a_variable_in_the_place_of_an_array_is_seen_after_a_recording(kind):
    cell, thing = [W], Holder(W)
    function = cr.compile(lambda x: loss(cell[0], x) + loss(thing.w, x) + loss(SHARED, x))
    before = function(X)

    def swapped(w):
        cell[0], thing.w = w, w
        rebind(w)
        try:
            return function(X) / 3
        finally:
            cell[0], thing.w = W, W
            rebind(W)

    same(kind, swapped)
    assert_allclose(function(X), before)
    assert repr(function).endswith("1 recordings>")


@KINDS
def test_a_variable_that_no_code_names_is_met_when_it_flows_in(kind):
    name = "SHA" + "RED"
    function = cr.compile(lambda x: loss(globals()[name], x))

    def swapped(w):
        rebind(w)
        try:
            return function(X)
        finally:
            rebind(W)

    same(kind, swapped)


@KINDS
def test_compiled_functions_nest(kind):
    inner = cr.compile(lambda w, x: cr.compile(lambda x: loss(w, x))(x))
    assert_allclose(inner(W, X), loss(W, X))
    same(kind, lambda w: inner(w, X))


# A Jacobian is an object that knows its structure, and no array of a recording.
@pytest.mark.parametrize("kind", sorted(TRANSFORMS.keys() - {"jacobian", "hessian"}))
def test_derivatives_may_be_taken_inside(kind):
    transform = TRANSFORMS[kind]
    function = cr.compile(lambda w, x: transform(lambda w: loss(w, x), w))
    assert_allclose(function(W, X), transform(lambda w: loss(w, X), W))


def test_an_eager_graph_goes_on_through_a_compiled_function():
    t = cr.tensor(X)
    cube = cr.compile(lambda x: (x**3).sum())
    ((t**2).sum() + cube(t)).backward()
    assert_allclose(t.grad, 2 * X + 3 * X**2)


def test_a_parameter_as_argument_gives_a_tensor_and_an_array_inside_no_grad():
    w, function = cr.parameter(W), cr.compile(lambda w, z: w * z**2)
    out = function(w, X)
    out.sum().backward()
    assert_allclose(w.grad, X**2)
    with cr.no_grad():
        assert type(function(w, X)) is np.ndarray


@pytest.mark.parametrize("passed", ["dataclass", "module", "list"])
def test_tensors_inside_an_argument_stay_in_their_graph(passed):
    layer = nn.Linear(3, 1)
    argument = {"dataclass": Holder(layer.weight), "module": layer, "list": [layer.weight]}[passed]

    def read(p, x):
        return p(x) if passed == "module" else x @ (p[0] if passed == "list" else p.w)

    function = cr.compile(read)
    function(argument, X[None].astype("float32")).sum().backward()
    assert_allclose(layer.weight.grad[:, 0], X)
    with cr.no_grad():
        assert type(function(argument, X[None].astype("float32"))) is np.ndarray


def test_a_tensor_that_wants_no_gradient_is_an_array():
    ids = cr.tensor(np.arange(3))
    assert type(cr.compile(lambda i: i * 2)(ids)) is np.ndarray


def test_tensors_of_data_and_closed_over_parameters_leave_a_graph():
    w, t = cr.parameter(W), cr.tensor(X, wants_gradient=False)
    function = cr.compile(lambda x: (x * w).sum())
    function(t).backward()
    assert_allclose(w.grad, X)
    assert type(function(X)) is np.float64
    with cr.no_grad():
        assert type(function(t)) is np.float64


def test_a_compiled_function_of_constants_runs_inside_a_derivative():
    double = cr.compile(lambda x: 2 * x)
    assert_allclose(cr.jvp(lambda z: z * double(X), (X,), (np.ones(3),))[1], 2 * X)
    assert_allclose(cr.grad(lambda z: (z * double(X)).sum())(X), 2 * X)


def test_a_compiled_function_in_a_custom_gradient_is_differentiated():
    cube = cr.compile(lambda x: (x**3).sum())

    @cr.custom_gradient
    def strange(x):
        return cube(x), lambda upstream: upstream * 10 * x

    assert_allclose(cr.grad(strange)(X), 10 * X)


class Block(nn.Module):
    def __init__(self):
        self.weight = cr.parameter(np.full((2, 2), 0.5, "float32"))

    @cr.compile
    def forward(self, x):
        return np.tanh(x @ self.weight)


def test_a_compiled_part_of_a_net_that_trains_hands_out_its_statistics():
    class Part(nn.Module):
        def __init__(self):
            self.norm, self.drop = nn.BatchNorm(3), nn.Dropout(0.5)

        @cr.compile
        def forward(self, x):
            return self.drop(self.norm(x))

    net, x = nn.Sequential(Part()), np.random.default_rng(0).normal(size=(4, 3))
    net(x)
    for on in (True, False):
        with contextlib.nullcontext() if on else cr.no_grad():
            first, updates = net.run(x, training=random.key(1))
            other = net(x, training=random.key(2))
            assert isinstance(net(x), cr.Tensor)
        assert set(updates) == {"layers.0.norm.running_mean", "layers.0.norm.running_variance"}
        assert not np.array_equal(first.data, other.data)


@pytest.mark.parametrize("compiled", [True, False])
def test_fit_trains_through_compiled_functions(compiled):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 2)).astype("float32")
    y = np.tanh(x @ np.array([[1.0], [-0.5]], "float32"))
    error = cr.compile(cr.squared_error)
    found = []
    for inner, outer in ((Block(), error), (nn.Linear(2, 2), cr.squared_error)):
        net = nn.Sequential(inner, nn.Linear(2, 1, seed=1))
        if not isinstance(inner, Block):
            net = nn.Sequential(Plain(), nn.Linear(2, 1, seed=1))
        history = cr.fit(
            net, (x, y), loss=outer, optimizer=cr.optim.SGD(0.1), epochs=5, batch_size=8,
            validation=None, compiled=compiled, seed=0,
        )  # fmt: skip
        assert history.compiled is compiled
        found.append(net.layers[0].weight.data.copy())
    assert not np.allclose(found[0], 0.5)
    assert_allclose(found[0], found[1], rtol=1e-5)


class Plain(Block):
    def forward(self, x):
        return np.tanh(x @ self.weight)


def test_a_plan_is_refused_where_something_is_differentiated():
    function = cr.compile(lambda x: 2 * x)
    with pytest.raises(ArgumentError, match="a plan is made for arrays"):
        function.plan(cr.tensor(X))
