"""Rules and schedules against those of torch, where it is installed, and of scikit-learn."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim

STEPS = 40  # RAdam changes its ways at the sixth
# torch's optimiser by name and settings; ours.
TWINS = [
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}, optim.SGD(0.1, weight_decay=0.1)),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        optim.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    ),
    ("Adam", {"lr": 0.1, "amsgrad": True}, optim.Adam(0.1, amsgrad=True)),
    ("AdamW", {"lr": 0.1, "amsgrad": True}, optim.AdamW(0.1, amsgrad=True)),
    ("NAdam", {"lr": 0.1}, optim.NAdam(0.1)),
    (
        "NAdam",
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "momentum_decay": 0.1},
        optim.NAdam(0.1, weight_decay=0.1, momentum_decay=0.1),
    ),
    ("RAdam", {"lr": 0.1}, optim.RAdam(0.1)),
    ("RAdam", {"lr": 0.1, "betas": (0.8, 0.7)}, optim.RAdam(0.1, beta1=0.8, beta2=0.7)),
    (
        "RAdam",
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        optim.RAdam(0.1, weight_decay=0.1),
    ),
]


def gradients(scale=1.0):
    return scale * np.random.default_rng(0).normal(size=(STEPS, 3, 4))


def trained(optimizer, given):
    p = cr.parameter(np.ones((3, 4)), "w")
    for gradient in given:
        p.gradient = gradient
        optimizer.step([p])
    return p.data


@pytest.mark.parametrize(("kind", "settings", "ours"), TWINS)
def test_a_rule_is_that_of_torch(kind, settings, ours):
    torch = pytest.importorskip("torch")
    w = torch.ones((3, 4), dtype=torch.float64, requires_grad=True)
    theirs = getattr(torch.optim, kind)([w], **settings)
    for gradient in gradients():
        w.grad = torch.from_numpy(gradient)
        theirs.step()
    # torch keeps the product of NAdam's momentums in float32.
    rtol = 1e-6 if kind == "NAdam" else 1e-10
    np.testing.assert_allclose(trained(ours, gradients()), w.detach().numpy(), rtol=rtol)


def sklearn_trained(rates, optimizer, given):
    w = np.ones((3, 4))
    for rate, gradient in zip(rates, given, strict=True):
        optimizer.learning_rate = rate
        optimizer.update_params([w], [gradient])
    return w


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_that_gathers_steps_is_scikit_learns_bit_for_bit(nesterov):
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    rates = [0.1 / (i + 1) for i in range(STEPS)]
    expected = sklearn_trained(
        rates, theirs.SGDOptimizer([np.ones((3, 4))], 0.1, nesterov=nesterov), gradients()
    )
    ours = optim.SGD(0.1, momentum=0.9, nesterov=nesterov, velocity="steps")
    p = cr.parameter(np.ones((3, 4)), "w")
    for rate, gradient in zip(rates, gradients(), strict=True):
        p.gradient = gradient
        ours.step([p], rate=rate)
    np.testing.assert_array_equal(p.data, expected)


@pytest.mark.parametrize("scale", [1.0, 1e-9])  # where epsilon is larger than the gradients
def test_adam_with_epsilon_hat_is_scikit_learns(scale):
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    given = gradients(scale)
    expected = sklearn_trained([0.1] * STEPS, theirs.AdamOptimizer([np.ones((3, 4))], 0.1), given)
    found = trained(optim.Adam(0.1, epsilon_hat=True), given)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    own = trained(optim.Adam(0.1), given)
    assert (np.abs(own - expected).max() > 0.1) == (scale < 1)


@pytest.mark.parametrize(("first", "growth"), [(10, 1), (7, 2), (3, 3)])
def test_restarts_are_those_of_torch(first, growth):
    torch = pytest.importorskip("torch")
    one = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    theirs = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(one, first, growth, 0.1)
    ours = optim.CosineRestarts(0.5, first=first, growth=growth, final=0.1)
    for step in range(150):
        assert ours(step) == pytest.approx(one.param_groups[0]["lr"], rel=1e-9)
        one.step()
        theirs.step()


def test_inverse_scaling_is_scikit_learns():
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    batches, rows = 5, 37
    one = theirs.SGDOptimizer([np.zeros(1)], 0.1, "invscaling", power_t=0.7)
    ours = optim.InverseScaling(0.1, every=batches, rows=rows, power=0.7)
    for epoch in range(20):
        for batch in range(batches):
            assert ours(epoch * batches + batch) == pytest.approx(one.learning_rate, rel=1e-14)
        one.iteration_ends((epoch + 1) * rows)
