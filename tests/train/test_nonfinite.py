"""A loss that is not finite: epoch, batch and the op where it began."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import NonFiniteError
from chainrule.train import Callback, fit

X, Y = np.linspace(0.5, 1, 8)[:, None], np.ones((8, 1))


def attempt(model, loss=cr.squared_error, optimizer=None, **options):
    with pytest.raises(NonFiniteError) as caught:
        fit(model, (X, Y), loss=loss, optimizer=optimizer or optim.SGD(0.1), **options)
    return caught.value.short()


class Into(Callback):
    """Sets a weight at the start of a batch."""

    def __init__(self, value, epoch=1, batch=1):
        self.value, self.place = value, (epoch, batch)

    def on_batch_start(self, state):
        if (state.epoch, state.batch) == self.place:
            state.model.weight.data = np.full((1, 1), self.value, np.float32)


def logarithm(out, y):
    return cr.mean(cr.log(out) * y)


def test_epoch_batch_and_the_first_op_are_named():
    message = attempt(
        nn.Linear(1, 1),
        logarithm,
        batch_size=2,
        epochs=3,
        optimizer=optim.SGD(1e-6),
        callbacks=[Into(1.0), Into(-2.0, epoch=2, batch=3)],
    )
    assert message.startswith(
        "the loss became nan in epoch 2, batch 3: log is the first op whose result is not finite."
    )
    lines = message.splitlines()
    assert lines[1].startswith("    log       (2, 1)      float32  2 of 2 not finite")
    assert "values -" in lines[2]
    assert lines[-1].startswith(
        "The parameters are those of the step before. Use a lower learning"
    )


def test_an_overflow_is_named_where_it_happens():
    message = attempt(nn.Linear(1, 1), callbacks=[Into(1e30)])
    assert "the loss became inf in epoch 1, batch 1: squared_error is the first op" in message


def test_the_parameters_of_the_step_before_remain():
    model = nn.Linear(1, 1)
    seen = []

    class Look(Into):
        def on_batch_start(self, state):
            super().on_batch_start(state)
            seen.append(state.model.weight.data.copy())

    attempt(model, logarithm, callbacks=[Look(-2.0)])
    np.testing.assert_array_equal(model.weight.data, seen[-1])


def test_a_parameter_that_overflowed_is_named():
    message = attempt(nn.Linear(1, 1), callbacks=[Into(np.nan)])
    assert "weight was not finite before the first op." in message
    assert "The step before overflowed it." in message


def test_a_rate_that_is_far_too_high_is_found():
    message = attempt(nn.MLP([1, 8, 1]), optimizer=optim.SGD(1e6), epochs=50, batch_size=2)
    assert "Use a lower learning rate" in message


def test_an_infinite_gradient_behind_a_finite_loss_is_named():
    class Net(nn.Linear):
        def forward(self, x, run=None):
            return cr.sqrt(super().forward(x, run))

    model = Net(1, 1, bias=False)
    message = attempt(model, callbacks=[Into(0.0)], epochs=1)
    assert message.startswith("the gradient of weight became ")
    assert "in epoch 1, batch 1, although the loss is finite." in message
    assert np.isfinite(model.weight.data).all()


def test_an_infinite_penalty_is_found_too():
    def penalty(model):
        return cr.exp(cr.sum(model.weight) * 100)

    message = attempt(nn.Linear(1, 1), regularization=penalty, callbacks=[Into(3.0)])
    assert "exp is the first op whose result is not finite" in message


def test_lbfgs_names_it_too():
    message = attempt(nn.Linear(1, 1), logarithm, optim.LBFGS(), callbacks=[Into(-2.0)])
    assert "log is the first op" in message


def test_callbacks_hear_the_end_and_the_history_says_error():
    ends = []

    class Listen(Into):
        def on_fit_end(self, state):
            ends.append(state.history.stopped)

    attempt(nn.Linear(1, 1), logarithm, callbacks=[Listen(-2.0)])
    assert ends == ["error"]
