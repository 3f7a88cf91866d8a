"""Dropout as a module: in training a random share of the units is silent.

Imports module and ops.random.
"""

from typing import Any, ClassVar

from chainrule.nn.module import Module
from chainrule.nn.op_layer import OperationOf
from chainrule.nn.run import Run
from chainrule.ops import random
from chainrule.ops.movement import broadcast_to


class Dropout(Module):
    """In training, drops each element with a chance of ``rate`` and divides the rest by 1 - rate.

    Evaluation leaves its input alone (inverted dropout). See :func:`chainrule.dropout`.

    Parameters
    ----------
    rate : float, default 0.5
        The share of elements to drop, from 0 up to but not including 1.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> from chainrule.ops.random import key
    >>> layer = nn.Dropout(0.5)
    >>> layer(np.ones(4)).data
    array([1., 1., 1., 1.])
    >>> layer(np.ones(4), training=key(0)).data
    array([0., 2., 0., 2.])
    """

    operation = OperationOf(random.Dropout, "rate")

    one_array: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True

    def __init__(self, rate: float = 0.5) -> None:
        self.rate = rate
        random.Dropout(rate)  # which refuses what is no share

    def forward(self, x: Any, run: Run) -> Any:
        if run.key is None or self.rate == 0:
            return x
        if run.members and len(x.shape) == 2:  # rows that all members share: a mask for each
            x = broadcast_to(x, (run.members, *x.shape))
        return self.operation(x, run.key_for(self))

    def extra(self) -> str:
        return f"{self.rate}"
