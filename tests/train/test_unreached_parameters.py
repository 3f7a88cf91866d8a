"""Parameters that the loss does not reach: one warning by name, and the others are trained."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NoGradientError, UnreachedWarning
from chainrule.train import Program, fit
from tests.train.small_nets import OPTIMIZERS

MODES = pytest.mark.parametrize("compiled", [False, True])
X = np.random.default_rng(0).normal(size=(50, 3)).astype("f")
Y = X.sum(axis=1, keepdims=True)


class Forgetful(nn.Module):
    """A net with a layer that nobody calls."""

    def __init__(self):
        self.used, self.idle = nn.Linear(3, 1), nn.Linear(3, 1)

    def forward(self, x):
        return self.used(x)


def run(compiled, model=None, optimizer=None, **options):
    model, optimizer = model or Forgetful(), optimizer or optim.Adam(0.05)
    settings = {"loss": cr.squared_error, "batch_size": 16, "epochs": 3} | options
    history = fit(model, (X, Y), optimizer=optimizer, compiled=compiled, **settings)
    return model, optimizer, history


@MODES
@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
def test_the_others_are_trained_and_one_warning_names_those_left_out(optimizer, clip, compiled):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model, rule, history = run(compiled, optimizer=OPTIMIZERS[optimizer](), clip=clip)
    assert [warning.category for warning in caught] == [UnreachedWarning]
    assert caught[0].filename == __file__
    assert str(caught[0].message).startswith("the loss does not reach idle.weight, idle.bias: are")
    assert history.compiled == compiled
    start = Forgetful().state()
    assert np.array_equal(model.idle.weight.data, start["idle.weight"])  # weight decay included
    assert not np.array_equal(model.used.weight.data, start["used.weight"])
    assert history["gradient_norm/idle.weight"] == history["update_ratio/idle.weight"] == [0] * 3
    assert history["gradient_norm/used.weight"][0] > 0
    assert not any("idle" in name and np.any(a) for name, a in rule.state().items())


def test_both_modes_train_the_same():
    with pytest.warns(UnreachedWarning):
        eager, _, _ = run(False)
    with pytest.warns(UnreachedWarning):
        compiled, _, _ = run(True)
    for name, array in eager.state().items():
        np.testing.assert_allclose(array, compiled.state()[name], rtol=1e-4, atol=1e-6)


@MODES
def test_a_penalty_reaches_a_parameter(compiled):
    with pytest.warns(UnreachedWarning, match=r"does not reach idle\.bias: is not trained"):
        model, _, _ = run(compiled, regularization=nn.L2(0.1))
    assert not np.array_equal(model.idle.weight.data, Forgetful().state()["idle.weight"])


@MODES
def test_lbfgs_leaves_them_out_too(compiled):
    with pytest.warns(UnreachedWarning, match=r"idle\.weight"):
        model, _, history = run(compiled, optimizer=optim.LBFGS(), batch_size=50)
    assert np.array_equal(model.idle.weight.data, Forgetful().state()["idle.weight"])
    assert history["loss"][-1] < history["loss"][0] / 10
    assert history.compiled == compiled


@MODES
def test_a_fit_that_goes_on_says_so_again_and_keeps_its_bits(compiled):
    with pytest.warns(UnreachedWarning):
        whole, _, _ = run(compiled, epochs=4)
    with pytest.warns(UnreachedWarning):
        model, rule, history = run(compiled, epochs=2)
    with pytest.warns(UnreachedWarning):
        run(compiled, model, rule, epochs=2, after=history)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(array, model.state()[name])


def test_a_parameter_that_some_batches_reach_is_trained_by_them():
    class Choosing(Forgetful):
        def forward(self, x):
            return self.used(x) + (self.idle(x) if float(np.asarray(x.data)[0, 0]) > 0 else 0)

    with pytest.warns(UnreachedWarning, match="idle"):
        model, _, _ = run(False, Choosing())
    assert not np.array_equal(model.idle.weight.data, Forgetful().state()["idle.weight"])


@MODES
def test_a_loss_that_reaches_nothing_is_an_error(compiled):
    def idle(out, y):
        return cr.mean(cr.stop_gradient(out) - y)

    with pytest.raises(NoGradientError):
        run(compiled, loss=idle)


def test_a_step_by_hand_raises():
    model = Forgetful()
    rule = optim.SGD(0.1)
    cr.squared_error(model(X), Y).backward()
    with pytest.raises(NoGradientError, match=r"idle\.weight, idle\.bias have no fresh gradient"):
        rule.step(model.parameters())


def test_a_program_leaves_them_out_as_a_fit_does():
    model, rule = Forgetful(), optim.Adam(0.05)
    program = Program(model, cr.squared_error, rule)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        losses = [program.epoch(X, Y, batch_size=16).mean() for _ in range(3)]
        program.step(X[:8], Y[:8])  # another size, and no other word
    assert [str(warning.message)[:47] for warning in caught] == [
        "the loss does not reach idle.weight, idle.bias:"
    ]
    assert caught[0].filename == __file__
    assert losses[-1] < losses[0]
    assert np.array_equal(model.idle.weight.data, Forgetful().state()["idle.weight"])
    assert not any("idle" in name and np.any(a) for name, a in rule.state().items())


def test_a_program_takes_a_parameter_back_that_is_reached_again():
    weight = [0.0]

    def loss(out, y):
        reached = weight[0] * cr.mean(model.idle.bias) if weight[0] else 0.0
        return cr.squared_error(out, y) + reached

    model = Forgetful()
    program = Program(model, loss, optim.SGD(0.1))
    with pytest.warns(UnreachedWarning, match=r"idle\.weight, idle\.bias: are"):
        program.step(X, Y)
    weight[0] = 1.0
    with pytest.warns(cr.errors.RecordingWarning):
        program.step(X, Y)
    np.testing.assert_allclose(model.idle.bias.data, [-0.1], rtol=1e-6)


def test_a_program_trains_a_net_on_the_derivative_of_another():
    class Slope(nn.Module):
        def __init__(self):
            self.net = nn.MLP([1, 8, 1], "tanh", seed=0)

        def forward(self, x):
            return cr.elementwise_grad(self.net)(x)

    x, model, fitted = np.linspace(-2, 2, 64, dtype="f")[:, None], Slope(), Slope()
    options = {"loss": cr.squared_error, "epochs": 40, "batch_size": 64}
    with pytest.warns(UnreachedWarning, match=r"does not reach net\.layers\.2\.bias: is not"):
        fit(fitted, (x, np.cos(x)), optimizer=optim.Adam(0.02), compiled=False, **options)
    program = Program(model, cr.squared_error, optim.Adam(0.02))
    with pytest.warns(UnreachedWarning, match=r"does not reach net\.layers\.2\.bias: is not"):
        losses = [program.epoch(x, np.cos(x), batch_size=64).item() for _ in range(40)]
    assert losses[-1] < losses[0] / 4
    for name, array in fitted.state().items():
        np.testing.assert_allclose(model.state()[name], array, rtol=1e-3, atol=1e-5)


def test_a_program_whose_loss_reaches_only_what_is_frozen_is_an_error():
    model = Forgetful()
    model.used.freeze()
    with pytest.raises(NoGradientError, match="nothing can be learned"):
        Program(model, cr.squared_error, optim.SGD(0.1)).step(X, Y)
