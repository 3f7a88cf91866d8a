"""Two fits at once on one net: the second gets an error, the first its own weights."""

import copy
import os
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.train import Callback, Program, fit

X = np.random.default_rng(0).normal(size=(16, 3))
Y = X[:, :1]


class Inside(Callback):
    """Does something once, in the first batch."""

    def __init__(self, what):
        self.what, self.answer = what, None

    def on_batch_end(self, state):
        if self.answer is None:
            self.answer = self.what()


def train(model, callbacks=(), compiled=True):
    return fit(model, (X, Y), loss=cr.squared_error, optimizer=optim.Adam(0.01), epochs=2,
               callbacks=list(callbacks), compiled=compiled)  # fmt: skip


def weights(model):
    return np.concatenate([p.data.ravel() for p in model.parameters().values()])


def in_a_thread(function):
    """What a function raises in another thread, or None."""
    found = []

    def run():
        try:
            function()
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0] if found else "nothing"


@pytest.mark.parametrize("compiled", [True, False])
def test_a_second_thread_that_fits_the_same_net_gets_an_error(compiled):
    model = nn.MLP([3, 4, 1], seed=0)
    alone = copy.deepcopy(model)
    larger = nn.Sequential(model, nn.Linear(1, 1))  # shares the parameters
    inside = [
        Inside(lambda: in_a_thread(lambda: train(model, compiled=compiled))),
        Inside(lambda: in_a_thread(lambda: train(larger, compiled=compiled))),
        Inside(lambda: in_a_thread(lambda: train(copy.deepcopy(model), compiled=compiled))),
    ]
    train(model, inside, compiled)
    for each in inside[:2]:
        assert isinstance(each.answer, ArgumentError)
        assert "another thread" in str(each.answer)
    assert inside[2].answer == "nothing"
    train(alone, [Inside(lambda: 0)], compiled)
    assert_array_equal(weights(model), weights(alone))
    train(model)  # free again


def test_a_fit_that_ended_by_an_error_holds_nothing():
    model = nn.MLP([3, 4, 1], seed=0)

    def fails():
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        train(model, [Inside(fails)])
    assert in_a_thread(lambda: train(model)) == "nothing"


# From Python 3.12 on a fork beside threads warns; the test runner and BLAS have some.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_during_a_fit_may_train_its_own_copy():
    model = nn.MLP([3, 4, 1], seed=0)

    def fork():
        child = os.fork()
        if child == 0:
            code = 1
            try:
                said = in_a_thread(lambda: train(model, compiled=False))
                code = 0 if said == "nothing" else 1
            finally:
                os._exit(code)  # never back into the test runner
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    inside = Inside(fork)
    train(model, [inside], compiled=False)
    assert inside.answer == 0


@pytest.mark.parametrize("compiled", [True, False])
def test_an_optimiser_at_work_serves_no_other_thread(compiled):
    optimizer = optim.Adam(0.01)

    def with_it(model, callbacks=()):
        return fit(model, (X, Y), loss=cr.squared_error, optimizer=optimizer, epochs=1,
                   callbacks=list(callbacks), compiled=compiled)  # fmt: skip

    inside = Inside(lambda: in_a_thread(lambda: with_it(nn.MLP([3, 4, 1]))))
    with_it(nn.MLP([3, 1]), [inside])
    assert isinstance(inside.answer, ArgumentError)
    assert inside.answer.what.startswith("this Adam is at work in another thread")
    assert in_a_thread(lambda: with_it(nn.MLP([3, 4, 1]))) == "nothing"


def test_a_copy_of_an_optimiser_at_work_is_free():
    optimizer, model = optim.Adam(0.01), nn.MLP([3, 1])
    inside = Inside(lambda: copy.deepcopy((model, optimizer)))
    fit(model, (X, Y), loss=cr.squared_error, optimizer=optimizer, epochs=1, callbacks=[inside])
    twin, other = inside.answer
    again = {"loss": cr.squared_error, "optimizer": other, "epochs": 1}
    assert in_a_thread(lambda: fit(twin, (X, Y), **again)) == "nothing"


def test_an_epoch_of_a_program_is_a_fit_as_well():
    model = nn.MLP([3, 4, 1])
    program = Program(model, cr.squared_error, optim.SGD(0.01))
    inside = Inside(lambda: in_a_thread(lambda: program.epoch(X.astype("f"), Y.astype("f"))))
    train(model, [inside])
    assert isinstance(inside.answer, ArgumentError)
    assert len(program.epoch(X.astype("f"), Y.astype("f"), batch_size=8)) == 2
