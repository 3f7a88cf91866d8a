"""A derivative taken inside a graph that somebody else holds stays in it: transform by holder.

TRANSFORMS has, for every transform, functions of w that close over w, take it as a point, or take
it as a direction; HOLDERS, everybody who may ask for the gradient by w. Each pair is compared with
central differences.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import nn
from chainrule.differentiate import __all__ as public
from tests.together import together

STEP = 1e-6
W, Z, U = np.array([0.8, 1.3, -0.4]), np.array([0.3, -0.7, 1.1]), np.array([0.5, -1.0, 0.25])


def number(w, z):
    """One number that no letter of w and z leaves alone."""
    return np.tanh(w * z).sum() + (w**2 * z**3).sum() + z[0] * z[1] * w[2]


def vector(w, z):
    return np.tanh(w * z) * z[::-1] + w**2 * z**2


def squares(x):
    return cr.sum(x * x)


def flagged(w, z):
    """A pair of result and what is said aside."""
    return number(w, z), {"aside": [w * z]}


@cr.custom_gradient
def product(w, z):
    return w * z, lambda upstream: (upstream * z, upstream * w)


def third_order(w):
    inner = lambda y: squares(cr.grad(lambda x: number(w * y, x))(y))  # noqa: E731
    return cr.grad(lambda z: cr.sum(z * cr.grad(inner)(z)))(Z)


TRANSFORMS = {
    "grad": {
        "closed over": lambda w: cr.grad(lambda z: number(w, z))(Z),
        "as the point": cr.grad(lambda w: number(w, Z)),
        "aside": lambda w: cr.grad(lambda z: flagged(w, z), has_aux=True)(Z)[1]["aside"][0],
        "twice": lambda w: cr.grad(lambda z: squares(cr.grad(lambda y: number(w, y))(z)))(Z),
        "three deep": third_order,
    },
    "value_and_grad": {
        "value": lambda w: cr.value_and_grad(lambda z: number(w, z))(Z)[0],
        "gradient": lambda w: cr.value_and_grad(lambda z: number(w, z))(Z)[1],
        "in a dict": lambda w: cr.value_and_grad(lambda p: number(w, p["z"]))({"z": Z})[1]["z"],
    },
    "elementwise_grad": {
        "closed over": lambda w: cr.elementwise_grad(lambda z: vector(w, z))(Z),
        "twice": lambda w: cr.elementwise_grad(cr.elementwise_grad(lambda z: np.tanh(w * z)))(Z),
    },
    "jvp": {
        "result": lambda w: cr.jvp(lambda z: vector(w, z), (Z,), (U,))[0],
        "tangent": lambda w: cr.jvp(lambda z: vector(w, z), (Z,), (U,))[1],
        "aside": lambda w: cr.jvp(lambda z: (z, w * z), (Z,), (U,), has_aux=True)[2],
        "as the point": lambda w: cr.jvp(lambda z: vector(W, z), (w,), (U,))[1],
        "as the direction": lambda w: cr.jvp(lambda z: vector(W, z), (Z,), (w,))[1],
    },
    "vjp": {
        "result": lambda w: cr.vjp(lambda z: vector(w, z), Z)[0],
        "pullback": lambda w: cr.vjp(lambda z: vector(w, z), Z)[1](U)[0],
        "aside": lambda w: cr.vjp(lambda z: (z, w * z), Z, has_aux=True)[2],
        "as the point": lambda w: cr.vjp(lambda z: vector(W, z), w)[1](U)[0],
        "as upstream": lambda w: cr.vjp(lambda z: vector(W, z), Z)[1](w)[0],
    },
    "linearize": {
        "result": lambda w: cr.linearize(lambda z: vector(w, z), Z)[0],
        "push": lambda w: cr.linearize(lambda z: vector(w, z), Z)[1](U),
        "as the direction": cr.linearize(lambda z: vector(W, z), Z)[1],
    },
    "hvp": {
        "closed over": lambda w: cr.hvp(lambda z: number(w, z), (Z,), (U,))[0],
        "as the vector": lambda w: cr.hvp(lambda z: number(W, z), (Z,), (w,))[0],
    },
    "jacobian": {
        "full": lambda w: cr.jacobian(lambda z: vector(w, z))(Z),
        "diagonal": lambda w: cr.jacobian(lambda z: np.sin(w * z))(Z),
        "of a product": lambda w: cr.jacobian(lambda z: z[None, :] @ w[:, None])(Z),
        "by columns": lambda w: cr.jacobian(
            lambda z: vector(w, z), mode="forward", layout="denominator"
        )(Z),
        "as the point": cr.jacobian(lambda w: vector(w, Z)),
    },
    "hessian": {"closed over": lambda w: cr.hessian(lambda z: number(w, z))(Z)},
    "checkpoint": {
        "closed over": lambda w: cr.checkpoint(lambda z: vector(w, z))(Z),
        "inside": lambda w: cr.grad(cr.checkpoint(lambda y: number(w, y)))(Z),
        "around": lambda w: cr.checkpoint(lambda z: cr.grad(lambda y: number(w, y))(z) * w)(Z),
        "around, beside": lambda w: cr.checkpoint(
            lambda z: (cr.grad(lambda y: number(w, y))(z), w * z)
        )(Z)[0],
    },
    "custom_gradient": {
        "as an argument": lambda w: cr.grad(lambda z: cr.sum(product(w, z) ** 2))(Z),
        "of constants": lambda w: cr.custom_gradient(lambda z: (vector(w, z), lambda u: u))(Z),
    },
}
CASES = [(name, how) for name, hows in TRANSFORMS.items() for how in hows]


class Holding(nn.Module):
    """A net whose forward is the function, read by its parameter."""

    def __init__(self, function):
        self.weight, self.function = cr.parameter(W), function

    def forward(self, x):
        return self.function(self.weight)


def of_parameter(f):
    w = cr.parameter(W, name="w")
    f(w).backward()
    return w.grad


def of_tensor(f):
    w = cr.tensor(W)
    f(w).backward()
    return w.grad


def of_a_result(f):
    w = cr.tensor(W / 2)
    f(2 * w).backward()
    return w.grad / 2


def of_a_net(f):
    net = Holding(f)
    net(np.zeros(1)).backward()
    return net.weight.grad


def along_units(pushed):
    return np.array([pushed(unit) for unit in np.eye(3)])


def behind(outer):
    """Of a parameter that a derivative around closes over in its turn."""

    def gradient(f):
        w = cr.parameter(W, name="w")
        outer(lambda scale: f(w * scale)).backward()
        return w.grad

    return gradient


def by_compiled_jvp(f):
    pushed = cr.compile(lambda w, unit: cr.jvp(f, (w,), (unit,))[1])
    return along_units(lambda unit: pushed(W, unit))


HOLDERS = {
    "a parameter": of_parameter,
    "a tensor": of_tensor,
    "the result of an op": of_a_result,
    "a net": of_a_net,
    "grad": lambda f: cr.grad(f)(W),
    "jvp": lambda f: along_units(lambda unit: cr.jvp(f, (W,), (unit,))[1]),
    "a parameter behind grad": behind(lambda f: cr.value_and_grad(f)(1.0)[0]),
    "a parameter behind jvp": behind(lambda f: cr.jvp(f, (1.0,), (1.0,))[0]),
    "compiled grad": lambda f: cr.compile(cr.grad(f))(W),
    "compiled jvp": by_compiled_jvp,
}


def differences(f):
    def slope(unit):
        above, below = f(W + STEP * unit), f(W - STEP * unit)
        return (np.asarray(above) - np.asarray(below)) / (2 * STEP)

    return along_units(slope)


@pytest.mark.parametrize(("transform", "how"), CASES)
@together("holder", HOLDERS)
def test_the_result_stays_in_the_graph_around(transform, how, holder):
    function = TRANSFORMS[transform][how]
    loss = lambda w: squares(function(w))  # noqa: E731
    found = HOLDERS[holder](loss)
    assert type(found) is np.ndarray
    assert_allclose(found, differences(loss), rtol=1e-6, atol=1e-7)


def test_every_transform_is_tried():
    assert set(TRANSFORMS) == set(public) - {"Traced", "stop_gradient"}


@pytest.mark.parametrize(("transform", "how"), CASES)
def test_nothing_is_kept_where_no_gradient_is_wanted(transform, how):
    """A frozen parameter, and any inside no_grad, give what an array gives."""
    function = TRANSFORMS[transform][how]
    expected, frozen = np.asarray(function(W)), cr.parameter(W)
    frozen.wants_gradient = False
    found = function(frozen)
    assert not isinstance(found, cr.Tensor) or not found.wants_gradient
    assert_allclose(np.asarray(found), expected, rtol=1e-12)
    with cr.no_grad():
        found = function(cr.parameter(W))
        assert_allclose(np.asarray(found), expected, rtol=1e-12)
    if transform not in ("checkpoint", "custom_gradient"):  # they are ops, and leave tensors
        assert not isinstance(found, cr.Tensor)


def test_a_gradient_penalty_reaches_its_parameter():
    w, z = cr.parameter(np.array([2.0])), np.array([3.0])
    slope = cr.grad(lambda z: (w * z**2).sum())(z)
    ((w * z).sum() + (slope**2).sum()).backward()
    assert_allclose(w.grad, [147.0])


def test_the_step_of_a_parameter_after_the_run_does_not_move_the_pullback():
    w = cr.parameter(np.array([2.0]))
    _, pullback = cr.vjp(lambda w: w**3, w)
    w.data = np.array([5.0])
    assert_allclose(pullback(np.ones(1))[0].data, [12.0])


def test_a_pullback_taken_forward_leaves_no_node_of_its_own_run():
    w = cr.parameter(W)
    _, pullback = cr.vjp(lambda z: vector(w, z), Z)
    for part in cr.jvp(lambda u: pullback(u)[0], (U,), (W,)):
        assert type(part) is cr.Tensor
    with cr.no_grad():
        for part in cr.jvp(lambda u: pullback(u)[0], (U,), (W,)):
            assert type(part) is np.ndarray


def test_inner_steps_of_descent_are_differentiated_through():
    """Learning the rate of an inner training: d/d rate of the loss after three steps."""
    target = cr.parameter(np.array([1.0, -2.0]))
    inner = lambda w: cr.sum((w - target) ** 4)  # noqa: E731

    def after(rate):
        w = np.zeros(2)
        for _ in range(3):
            w = w - rate * cr.grad(inner)(w)
        return inner(w)

    rate = cr.parameter(np.array(0.01))
    after(rate).backward()
    with cr.no_grad():
        slope = (after(0.01 + STEP) - after(0.01 - STEP)) / (2 * STEP)
    assert_allclose(rate.grad, slope.data, rtol=1e-6)
    assert target.grad is not None
