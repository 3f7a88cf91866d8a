"""A child that is called with its parent's run: the message says how to call it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError

X = np.ones((8, 4), "float32")


class Parent(nn.Module):
    def __init__(self):
        self.child = nn.Linear(4, 2)

    def forward(self, x, run):
        return self.child(x, run)


@pytest.mark.parametrize("training", [None, cr.ops.random.key(0)], ids=["evaluated", "trained"])
def test_a_child_called_with_the_run_says_how_to_call_it(training):
    with pytest.raises(ArgumentError, match=r"self\.f\(x\)"):
        Parent()(X, training=training)
