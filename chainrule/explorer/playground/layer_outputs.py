"""What every layer of a net says, in one pass of machine code.

Imports nn and the compiled evaluation. A copy of the net is looked at, which holds the parameters
of now or of some moment before; the net that is trained is left alone.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.nn import Activation, Module, Run, Sequential
from chainrule.train.native.outputs import NativeEvaluation
from chainrule.train.streams import PLAIN

Array = np.ndarray[Any, np.dtype[Any]]


class _AllLayers(Module):
    """A net whose output is that of each activation, and its own last."""

    def __init__(self, net: Sequential) -> None:
        self.net = net

    def forward(self, x: Any, run: Run) -> Any:
        found: list[Any] = []
        for layer in self.net.layers:
            x = layer.advance(x, run)
            if isinstance(layer, Activation):
                found.append(x)
        return (*found, x)


class LayerOutputs:
    """The activations of each hidden layer, and the scores, for many rows."""

    def __init__(self, net: Sequential) -> None:
        seen = copy.deepcopy(net)
        self._parameters = tuple(seen.parameters().values())
        self._evaluation = NativeEvaluation(_AllLayers(seen), 1.0)

    def __call__(self, parameters: Sequence[Array], x: Array) -> tuple[Array, ...]:
        """Each layer's outputs with these parameters, and the net's last."""
        for own, values in zip(self._parameters, parameters, strict=True):
            own.write(values)
        return self._evaluation(PLAIN, (x,))
