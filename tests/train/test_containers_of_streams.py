"""Containers that look alike: names in another order, ordered dicts, tuples with names."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Program


def test_dicts_in_another_order_are_read_in_that_order_by_machine_code():
    """They are one structure to a tree, but not to a net that goes through ``x.values()``."""

    class Joined(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(3, 1)

        def forward(self, x):
            return self.layer(cr.concatenate(list(x.values()), 1))

    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5, 2)).astype("float32")
    b, y = b[:, :1], np.zeros((5, 1), "float32")
    model = Joined()
    program = Program(model, cr.squared_error, optim.SGD(1e-12))
    for x in ({"a": a, "b": b}, {"b": b, "a": a}, {"a": a, "b": b}):
        expected = cr.predict(model, x)
        assert np.allclose(program.predict(x), expected, atol=1e-6)
        assert program.step(x, y) == pytest.approx((expected**2).mean(), rel=1e-5)
