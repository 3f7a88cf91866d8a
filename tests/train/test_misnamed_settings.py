"""Names of other libraries that nobody reads here: setting one raises, and names the right one."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.train import Callback

X = np.ones((8, 4), "float32")
KINDS = [cr.optim.SGD, cr.optim.Adam, cr.optim.AdamW, cr.optim.RMSProp, cr.optim.Adagrad]


def fit(hook, compiled=True):
    callback = Callback()
    callback.on_batch_start = hook
    return cr.fit(
        nn.Linear(4, 2), (X, X[:, :2]), loss=cr.squared_error, optimizer=cr.optim.SGD(0.1),
        epochs=3, batch_size=4, callbacks=[callback], compiled=compiled, validation=None,
    )  # fmt: skip


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("stop", r"stop\(\)"),
        ("stop_training", r"stop\(\)"),
        ("should_stop", r"stop\(\)"),
        ("learning_rate", "rate"),
        ("lr", "rate"),
    ],
)
def test_a_name_that_the_state_does_not_read_raises(name, right, compiled):
    with pytest.raises(ArgumentError, match=rf"state\.{right}"):
        fit(lambda state: setattr(state, name, True), compiled)


@pytest.mark.parametrize("compiled", [True, False])
def test_what_the_state_has_works_and_so_do_notes_of_a_callback(compiled):
    def hook(state):
        state.my_notes = [state.step]
        state.rate = 0.05
        if state.step == 2:
            state.stop("enough")

    assert fit(hook, compiled).stopped == "enough"


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
@pytest.mark.parametrize("name", ["lr", "learning_rate"])
def test_a_name_that_an_optimiser_does_not_read_raises(kind, name):
    optimizer = kind(0.1)
    with pytest.raises(ArgumentError, match=r"optimizer\.rate"):
        setattr(optimizer, name, 1e-9)
    assert not hasattr(optimizer, name)
    assert optimizer.rate == 0.1


def test_an_optimiser_of_the_users_may_have_these_names():
    class Own(cr.optim.SGD):
        def __init__(self, learning_rate):
            super().__init__(learning_rate)
            self.learning_rate = learning_rate

    optimizer = Own(0.1)
    optimizer.learning_rate = 0.2
    assert optimizer.learning_rate == 0.2
    del optimizer.learning_rate
    assert not hasattr(optimizer, "learning_rate")
