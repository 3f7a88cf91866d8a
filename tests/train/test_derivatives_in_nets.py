"""Nets whose forward takes derivatives: physics-informed nets, slopes, gradient penalties.

Each trains as machine code, without falling back, and as the eager steps do.
"""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import UnsupportedError
from chainrule.train import Program, evaluate, fit
from tests.thorough import crossed
from tests.train.small_nets import apart

ROWS = 48
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}


class Derived(nn.Module):
    """A net of two inputs and one output, read through a function of the net and x."""

    def __init__(self, function, dtype, seed=0):
        rng = np.random.default_rng(seed)
        self.net = nn.Sequential(
            nn.Linear(2, 8, dtype=dtype), nn.Tanh(), nn.Linear(8, 1, bias=False, dtype=dtype)
        )
        self.speed = cr.parameter(np.array(0.7, dtype))
        for layer in (self.net.layers[0], self.net.layers[2]):
            layer.weight.data = rng.normal(size=layer.weight.shape).astype(dtype)
        self.function = function

    def forward(self, x):
        return self.function(self.net, x) + 0 * self.speed

    def residual(self, x):
        return self.function(self.net, x)


def heat_by_slopes(net, x):
    """u_t - u_xx by derivatives of derivatives."""
    slopes = cr.elementwise_grad(net)
    bent = cr.elementwise_grad(lambda x: slopes(x)[:, 0])(x)
    return slopes(x)[:, 1:] - bent[:, :1]


def heat_forward(net, x):
    """The same by tangents, and tangents of tangents."""
    along_x, along_t = np.zeros_like(x), np.zeros_like(x)
    along_x, along_t = along_x + np.array([1, 0], x.dtype), along_t + np.array([0, 1], x.dtype)
    first = lambda x: cr.jvp(net, (x,), (along_x,))[1]  # noqa: E731
    return cr.jvp(net, (x,), (along_t,))[1] - cr.jvp(first, (x,), (along_x,))[1]


def heat_mixed(net, x):
    """The same by products with the Hessian of the sum."""
    along_x = np.zeros_like(x) + np.array([1, 0], x.dtype)
    (bent,) = cr.hvp(lambda x: cr.sum(net(x)), (x,), (along_x,))
    return cr.grad(lambda x: cr.sum(net(x)))(x)[:, 1:] - bent[:, :1]


def pulled(net, x):
    out, pullback = cr.vjp(net, x)
    return out + pullback(out)[0][:, :1]


def pushed(net, x):
    out, push = cr.linearize(net, x)
    return out + push(np.zeros_like(x) + np.array([1, 2], x.dtype))


def with_penalty(net, x):
    """The output, and the slope's square as a second column."""
    value, slope = cr.value_and_grad(lambda x: cr.sum(np.sin(net(x))))(x)
    return cr.concatenate([net(x) + value / ROWS, np.tanh(slope[:, :1] * slope[:, 1:])], axis=1)


FORWARDS = {
    "elementwise_grad": lambda net, x: cr.elementwise_grad(net)(x),
    "grad": lambda net, x: cr.grad(lambda x: cr.sum(net(x)))(x),
    "jvp": lambda net, x: cr.jvp(net, (x,), (np.ones(x.shape, x.dtype),))[1],
    "vjp": pulled,
    "linearize": pushed,
    "jacobian": lambda net, x: cr.jacobian(lambda x: net(x).sum(axis=0))(x)[0],
    "checkpoint": lambda net, x: cr.elementwise_grad(cr.checkpoint(net))(x),
    "value_and_grad": with_penalty,
    "heat, reverse over reverse": heat_by_slopes,
    "heat, forward over forward": heat_forward,
    "heat, forward over reverse": heat_mixed,
}


def frozen(function, dtype):
    model = Derived(function, dtype)
    model.speed.wants_gradient = False
    return model


def data(function, dtype):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 2)).astype(dtype)
    with cr.no_grad():
        y = np.asarray(Derived(function, dtype, seed=2)(x).data)
    return x, y


@crossed("name, dtype", FORWARDS, TOLERANCES)
def test_a_net_that_takes_derivatives_trains_natively_as_it_does_eagerly(name, dtype):
    x, y = data(FORWARDS[name], dtype)
    states, losses = [], []
    for compiled in (False, True):
        model = frozen(FORWARDS[name], dtype)
        history = fit(
            model, (x, y), loss=cr.squared_error, optimizer=optim.SGD(1e-3), epochs=4,
            batch_size=20, validation=(x[:13], y[:13]), early_stopping=3, compiled=compiled,
        )  # fmt: skip
        assert history.compiled is compiled
        assert history["loss"][-1] < history["loss"][0]
        losses.append(history["loss"] + history["validation_loss"])
        states.append(model.state())
    np.testing.assert_allclose(*losses, rtol=10 * TOLERANCES[dtype])
    assert apart(*states) <= TOLERANCES[dtype]


@pytest.mark.parametrize("name", FORWARDS)
def test_it_is_evaluated_and_predicts(name):
    x, y = data(FORWARDS[name], "float64")
    model = frozen(FORWARDS[name], "float64")
    expected = model(x).data
    found = cr.predict(model, x)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    loss, _ = evaluate(model, (x, y), cr.squared_error)
    np.testing.assert_allclose(loss, np.mean((expected - y) ** 2), rtol=1e-12)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_program_steps_as_the_eager_loop(name):
    x, y = data(FORWARDS[name], "float64")
    model, eager = frozen(FORWARDS[name], "float64"), frozen(FORWARDS[name], "float64")
    program, other = Program(model, cr.squared_error, optim.SGD(1e-3)), optim.SGD(1e-3)
    for _ in range(3):
        loss = program.step(x, y)
        own = cr.squared_error(eager(x), y)
        own.backward()
        other.step({path: p for path, p in eager.parameters().items() if p.wants_gradient})
        np.testing.assert_allclose(loss, own.item(), rtol=1e-12)
    assert apart(model.state(), eager.state()) <= 1e-12


@pytest.mark.parametrize("name", FORWARDS)
def test_its_gradients_are_those_of_differences(name):
    x, y = data(FORWARDS[name], "float64")
    model = frozen(FORWARDS[name], "float64")
    weight = model.net.layers[0].weight
    direction = np.random.default_rng(3).normal(size=weight.shape)
    cr.squared_error(model(x), y).backward()
    slope, at, step = (weight.grad * direction).sum(), np.array(weight.data), 1e-6

    def loss(t):
        weight.data = at + t * direction
        return cr.squared_error(model(x), y).item()

    np.testing.assert_allclose(slope, (loss(step) - loss(-step)) / (2 * step), rtol=1e-6)


def plain_net(dtype="float64"):
    return nn.Sequential(nn.Linear(2, 6, dtype=dtype), nn.Tanh(), nn.Linear(6, 1, dtype=dtype))


def size_of_weights(net, x):
    return lambda out, y: cr.squared_error(out, y) + 0.1 * (net.layers[0].weight ** 2).sum()


def slope_penalty(net, x):
    return lambda out, y: cr.squared_error(out, y) + (cr.elementwise_grad(net)(x[:5]) ** 2).mean()


def fixed_size(net, x):
    """The size as a number of the moment: .data follows the weight, and has no gradient."""
    return lambda out, y: cr.squared_error(out, y) + 0.1 * (net.layers[0].weight.data ** 2).sum()


def boundary(net, x):
    """The net is asked for its value at another place, as a physics-informed loss does."""
    return lambda out, y: cr.squared_error(out, y) + cr.sum(net(x[:1]) ** 2)


@pytest.mark.parametrize("make", [size_of_weights, fixed_size, slope_penalty, boundary])
def test_a_loss_may_close_over_the_net_that_is_trained(make):
    x, y = data(FORWARDS["jvp"], "float64")
    losses, states = [], []
    for compiled in (False, True):
        model = plain_net()
        history = fit(
            model, (x, y), loss=make(model, x), optimizer=optim.SGD(0.02), epochs=3,
            batch_size=20, compiled=compiled,
        )  # fmt: skip
        assert history.compiled is compiled
        losses.append(history["loss"])
        states.append(model.state())
    np.testing.assert_allclose(*losses, rtol=1e-12)
    assert apart(*states) <= 1e-12


@pytest.mark.parametrize("compiled", [False, True])
def test_a_penalty_may_close_over_the_net_and_take_derivatives(compiled):
    x, y = data(FORWARDS["jvp"], "float64")
    model, same = plain_net(), plain_net()
    fit(
        model, (x, y), loss=cr.squared_error, optimizer=optim.SGD(0.02), epochs=2,
        regularization=lambda _: (cr.elementwise_grad(model)(x[:5]) ** 2).mean(),
        batch_size=ROWS, compiled=compiled,
    )  # fmt: skip
    for _ in range(2):
        penalty = (cr.elementwise_grad(same)(x[:5]) ** 2).mean()
        (cr.squared_error(same(x), y) + penalty).backward()
        optim.SGD(0.02).step(same.parameters())
    assert apart(model.state(), same.state()) <= 1e-12


def test_a_forward_may_close_over_a_part_of_its_own_net():
    x, y = data(FORWARDS["grad"], "float64")
    losses = []
    for compiled in (False, True):
        inner = plain_net()

        class Slopes(nn.Module):
            def __init__(self, net):
                self.net = net
                net.layers[2].bias.wants_gradient = False

            def forward(self, x, inner=inner):
                return cr.elementwise_grad(inner)(x)

        model = Slopes(inner)
        history = fit(
            model, (x, y), loss=cr.squared_error, optimizer=optim.SGD(0.02), epochs=3,
            validation=(x, y), batch_size=ROWS, compiled=compiled,
        )  # fmt: skip
        losses.append(history["loss"] + history["validation_loss"])
        np.testing.assert_allclose(cr.predict(model, x), model(x).data, rtol=1e-12)
    np.testing.assert_allclose(*losses, rtol=1e-12)


LAYERS = {
    "BatchNorm": lambda: nn.BatchNorm(6, dtype="float64"),
    "Dropout": lambda: nn.Dropout(0.3),
    "LayerNorm": lambda: nn.LayerNorm(6, dtype="float64"),
}


@crossed("layer, name", LAYERS, ["elementwise_grad", "jvp", "heat, forward over reverse"])
def test_layers_with_statistics_and_masks_are_differentiated_in_training(layer, name):
    x, y = data(FORWARDS[name], "float64")
    losses, states = [], []
    for compiled in (False, True):
        model = frozen(FORWARDS[name], "float64")
        model.net = nn.Sequential(
            nn.Linear(2, 6, dtype="float64"), LAYERS[layer](), nn.Tanh(),
            nn.Linear(6, 1, bias=False, dtype="float64"),
        )  # fmt: skip
        history = fit(
            model, (x, y), loss=cr.squared_error, optimizer=optim.SGD(1e-3), epochs=3,
            batch_size=ROWS // 2, validation=(x, y), compiled=compiled,
        )  # fmt: skip
        assert history.compiled is compiled
        losses.append(history["loss"] + history["validation_loss"])
        states.append(model.state())
    np.testing.assert_allclose(*losses, rtol=1e-9)
    assert apart(*states) <= 1e-9


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.LBFGS])
def test_optimisers_that_remember_train_it_too(optimizer):
    x, y = data(heat_by_slopes, "float64")
    losses = []
    for compiled in (False, True):
        model = frozen(heat_by_slopes, "float64")
        history = fit(
            model, (x, y), loss=cr.squared_error, optimizer=optimizer(), epochs=3,
            batch_size=ROWS, compiled=compiled,
        )  # fmt: skip
        assert history.compiled is compiled
        losses.append(history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-8)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.filterwarnings("ignore::chainrule.errors.EagerWarning")
def test_a_custom_gradient_that_closes_over_a_weight_is_refused(compiled):
    class Bad(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 3, dtype="float64")
            self.weight = cr.parameter(np.ones((3, 1)))

        def forward(self, x):
            last = cr.custom_gradient(lambda h: (h @ self.weight, lambda u: u @ self.weight.T))
            return last(self.first(x))

    x, y = data(FORWARDS["jvp"], "float64")
    with pytest.raises(UnsupportedError, match="closes over what wants a gradient"):
        fit(
            Bad(), (x, y), loss=cr.squared_error, optimizer=optim.SGD(0.1), compiled=compiled,
        )  # fmt: skip


def test_a_forward_may_read_the_data_of_its_own_weight():
    class Gated(nn.Module):
        def __init__(self):
            self.net = plain_net()
            self.net.initialize(0)

        def forward(self, x):
            return self.net(x) * (1 + self.net.layers[0].weight.data.sum() ** 2)

    x = np.random.default_rng(1).normal(size=(ROWS, 2))
    y = np.sin(x[:, :1])
    models = [Gated() for _ in range(4)]
    for model, compiled in zip(models, (False, True), strict=False):
        options = {"loss": cr.squared_error, "optimizer": optim.SGD(1e-2), "epochs": 3}
        history = fit(model, (x, y), batch_size=ROWS, compiled=compiled, **options)
        assert history.compiled is compiled
    program, rule = Program(models[2], cr.squared_error, optim.SGD(1e-2)), optim.SGD(1e-2)
    for _ in range(3):
        program.step(x, y)
        cr.squared_error(models[3](x), y).backward()
        rule.step(models[3].parameters())
    for model in models[:3]:
        assert apart(model.state(), models[3].state()) <= 1e-12
    np.testing.assert_allclose(cr.predict(models[0], x), models[3](x).data, rtol=1e-10)
