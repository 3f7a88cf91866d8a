"""Compiled steps end where the eager steps end, whatever the net is made of."""

from functools import partial

import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.plan.kinds.opaque import Opaque
from chainrule.train import Program, fit
from tests.thorough import crossed
from tests.train.small_nets import OPTIMIZERS, ROWS, apart, data, net

STEPS = 200


def trained(make_net, make_optimizer, loss, y, x, *, compiled, steps=STEPS, **options):
    model = make_net()
    epochs = steps // (ROWS // 32)
    fit(
        model, (x, y), loss=loss, optimizer=make_optimizer(), epochs=epochs, batch_size=32,
        compiled=compiled, metric=None, **options,
    )  # fmt: skip
    return model.state()


def both(make_net, make_optimizer, loss, y, x, **options):
    runs = [
        trained(make_net, make_optimizer, loss, y, x, compiled=compiled, **options)
        for compiled in (False, True)
    ]
    return apart(*runs)


TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@crossed("name, dtype", OPTIMIZERS, ["float32", "float64"])
def test_every_optimiser_ends_where_the_eager_steps_end(name, dtype):
    x, labels, _ = data(dtype)
    found = both(lambda: net(dtype), OPTIMIZERS[name], cr.softmax_cross_entropy, labels, x)
    assert found <= TOLERANCE[dtype]


LABEL_LOSSES = {
    "softmax": cr.softmax_cross_entropy,
    "ignoring": partial(cr.softmax_cross_entropy, ignore_index=1),
    "focal": cr.softmax_focal,
    "hinge": cr.hinge,
}
SHARE_LOSSES = {
    "binary": cr.binary_cross_entropy,
    "positives": partial(cr.binary_cross_entropy, pos_weight=3.0),
    "binary focal": partial(cr.binary_focal, alpha=0.25),
}
NUMBER_LOSSES = {
    "squared": cr.squared_error,
    "absolute": cr.absolute_error,
    "huber": cr.huber,
    "quantile": cr.quantile,
    "poisson": cr.poisson,
    "log cosh": cr.log_cosh,
}


@pytest.mark.parametrize("name", [*LABEL_LOSSES, *NUMBER_LOSSES, *SHARE_LOSSES])
def test_every_loss_ends_where_the_eager_steps_end(name):
    x, labels, numbers = data("float64")
    y = labels if name in LABEL_LOSSES else numbers
    loss = {**LABEL_LOSSES, **NUMBER_LOSSES, **SHARE_LOSSES}[name]
    if name == "poisson" or name in SHARE_LOSSES:
        y = (numbers > 0).astype(float)
    found = both(lambda: net("float64"), lambda: optim.SGD(0.02), loss, y, x)
    assert found <= 1e-12


@pytest.mark.parametrize("name", [*LABEL_LOSSES, *NUMBER_LOSSES, *SHARE_LOSSES, "gaussian"])
def test_no_loss_is_called_back_in_python(name):
    x, labels, numbers = data()
    y = labels if name in LABEL_LOSSES else (numbers > 0).astype("f")
    others = {"gaussian": cr.gaussian_likelihood}
    loss = {**LABEL_LOSSES, **NUMBER_LOSSES, **SHARE_LOSSES, **others}[name]
    if name == "gaussian":
        y = y[:, : y.shape[1] // 2]
    kernels = Program(net(), loss, optim.SGD(0.1)).plan(x[:32], y[:32]).kernels
    assert not [kernel for kernel in kernels if isinstance(kernel, Opaque)]


ACTIVATIONS = [
    nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Identity,
    nn.SELU, nn.Mish,
]  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_ends_where_the_eager_steps_end(activation):
    x, labels, _ = data("float64")
    make = lambda: net("float64", activation=activation)  # noqa: E731
    found = both(make, lambda: optim.Adam(0.003), cr.softmax_cross_entropy, labels, x)
    assert found <= 1e-12


LAYERS = {
    "layer norm": lambda dtype: nn.LayerNorm(8, dtype=dtype),
    "batch norm": lambda dtype: nn.BatchNorm(8, dtype=dtype),
    "dropout": lambda dtype: nn.Dropout(0.3),
}


@crossed("name, dtype", LAYERS, ["float32", "float64"])
def test_every_layer_ends_where_the_eager_steps_end(name, dtype):
    x, labels, _ = data(dtype)
    make = lambda: net(dtype, extra=[LAYERS[name](dtype)])  # noqa: E731
    found = both(make, lambda: optim.SGD(0.05), cr.softmax_cross_entropy, labels, x)
    assert found <= TOLERANCE[dtype]


@pytest.mark.parametrize(
    "options",
    [
        {"regularization": nn.L2(1e-2)},
        {"regularization": nn.L1(1e-3)},
        {"regularization": nn.ElasticNet(1e-3, 1e-3)},
        {"regularization": [nn.L2(1e-3), nn.MaxNorm(0.8)]},
        {"clip": 0.3},
        {"clip": optim.ClipValue(0.05)},
        {"schedule": optim.Cosine(warmup=5)},
        {"schedule": optim.Step(every=20)},
        {"schedule": optim.Linear()},
        {"schedule": optim.InverseSqrt(warmup=10)},
        pytest.param({"schedule": lambda step: 0.1 / (step + 1)}, id="a function"),
        {"seed": 7},
    ],
    ids=str,
)
def test_regularization_clipping_and_schedules_end_where_the_eager_steps_end(options):
    x, labels, _ = data("float64")
    make = lambda: net("float64")  # noqa: E731
    found = both(make, lambda: optim.SGD(0.05), cr.softmax_cross_entropy, labels, x, **options)
    assert found <= 1e-12


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_part_of_a_usual_step_is_called_back_in_python(activation):
    x, labels, _ = data()
    layers = [nn.LayerNorm(8), nn.BatchNorm(8), nn.Dropout(0.2)]
    program = Program(
        net(activation=activation, extra=layers), cr.softmax_cross_entropy, optim.Adam(),
        regularization=[nn.L2(1e-3), nn.L1(1e-3), nn.MaxNorm(2.0)], clip=1.0,
    )  # fmt: skip
    kernels = program.plan(x[:32], labels[:32]).kernels
    assert not [kernel for kernel in kernels if isinstance(kernel, Opaque)]


def test_lbfgs_asks_machine_code_for_its_losses():
    x, labels, _ = data("float64")
    states = []
    for compiled in (False, True):
        model = net("float64")
        history = fit(
            model, (x, labels), loss=cr.softmax_cross_entropy, optimizer=optim.LBFGS(), epochs=8,
            batch_size=ROWS, regularization=nn.L2(1e-3), compiled=compiled,
        )  # fmt: skip
        assert history.compiled is compiled
        states.append(model.state())
    assert apart(*states) <= 1e-9
