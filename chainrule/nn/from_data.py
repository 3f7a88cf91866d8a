"""initialize_from_data: first weights for which every layer's outputs are as wide as the others'.

Imports module, containers, learnable and linear. Nets for tables begin with it.
"""

from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.op.operands import unmasked
from chainrule.nn.containers import Sequential
from chainrule.nn.initialization import generator
from chainrule.nn.linear import Linear
from chainrule.ops.random import key
from chainrule.settings import no_grad
from chainrule.tensors import tensor

Array = np.ndarray[Any, np.dtype[Any]]
CORNERS = 5  # outputs of a unit whose mean a bias is: the source's "he+5"
LEAST = 1e-30  # a unit that says the same of every row keeps its weights as they were drawn


def initialize_from_data(net: Sequential, x: Any, seed: int = 0) -> None:
    """Draw each Linear layer of a row of layers so that it fits the rows that reach it.

    Weights are normal and scaled for every unit's output to have a standard deviation of 1 on
    these rows. A bias is minus a random mean of five of the unit's outputs, so that the kinks of
    the activations lie where rows are. Then the rows go through the layer, to the next one.

    Parameters
    ----------
    net : Sequential
        Its other layers stay as they are.
    x : array_like, (N, D)
        Rows of the training data; some thousand are enough.
    seed : int, default 0

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (initialization).

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    >>> x = 100 * np.random.default_rng(0).normal(size=(50, 3))
    >>> nn.initialize_from_data(net, x)
    >>> net(x).data.std(axis=0).round(3)
    array([1., 1.], dtype=float32)
    """
    if not isinstance(net, Sequential):
        raise ArgumentError(
            f"initialize_from_data goes through a row of layers, but this is {net!r:.60}.",
            do="Build the net as nn.Sequential(...), or initialize the parts that are.",
        )
    rng = generator(key(seed))
    with no_grad():
        rows = tensor(np.asarray(unmasked(x)))
        for layer in net:
            if isinstance(layer, Linear):
                _fit(layer, np.asarray(rows.data, np.float64), rng)
            rows = layer(rows)


def _fit(layer: Linear, rows: Array, rng: np.random.Generator) -> None:
    name = "its initialization"
    weight: Array = rng.standard_normal(layer.weight.shape) / np.sqrt(layer.features)
    outputs: Array = rows @ weight
    weight /= np.where((spread := outputs.std(axis=0)) > LEAST, spread, 1.0)
    layer.weight.write(weight, name)
    if layer.bias is None:
        return
    outputs = rows @ weight
    chosen = rng.integers(0, len(rows), (CORNERS, layer.units))
    shares: Array = rng.standard_exponential((CORNERS, layer.units))
    picked: Array = np.take_along_axis(outputs, chosen, axis=0)
    layer.bias.write(-(picked * shares).sum(0) / shares.sum(0), name)
