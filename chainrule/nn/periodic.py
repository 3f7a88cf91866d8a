"""PeriodicEmbedding: each number as a few smooth waves of itself, with learned frequencies.

Imports linear, module and ops. Nets for tables put it in front.
"""

from math import pi, prod, sqrt
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.nn.initialization import generator
from chainrule.nn.linear import floating, positive
from chainrule.nn.module import Module
from chainrule.nn.run import Run
from chainrule.ops.letters.transcendental import cos
from chainrule.ops.movement import reshape, swapaxes
from chainrule.ops.parts import concatenate
from chainrule.ops.random import Key, key
from chainrule.tensors import Parameter


class PeriodicEmbedding(Module):
    """Each column x becomes (x, W cos(2 pi f x + c) + b) with f, c, W, b of its own.

    A plain net sees a column as a straight line, and bends it slowly; the waves let the first
    layer see that small differences matter. The column itself goes along.

    Parameters
    ----------
    features : int
        Columns of the input, D.
    hidden : int, default 16
        Waves of a column.
    outputs : int, default 4
        Columns that each becomes, with itself: the output is (N, D * outputs).
    sigma : float, default 0.1
        Standard deviation of the first frequencies: about how many waves there are from 0 to 1.
        The phases c start anywhere between -pi and pi.
    dtype : dtype, default "float32"
    seed : int, optional
        Default: 0, folded with the layer's place in the net.

    Source
    ------
    Gorishniy, Rubachev, Babenko 2022, "On embeddings for numerical features in tabular deep
    learning", section 3.3; as "PBLD" in Holzmüller, Grinsztajn, Steinwart 2024, "Better by
    default: strong pre-tuned MLPs and boosted trees on tabular data", section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> nn.PeriodicEmbedding(3)(np.ones((5, 3))).shape
    (5, 12)
    """

    one_array: ClassVar[bool] = True
    unpenalized: ClassVar[tuple[str, ...]] = ("frequency", "phase", "bias")

    def __init__(
        self,
        features: int,
        hidden: int = 16,
        outputs: int = 4,
        sigma: float = 0.1,
        dtype: Any = "float32",
        seed: int | None = None,
    ) -> None:
        self.features, self.hidden = positive(features, "features"), positive(hidden, "hidden")
        self.outputs, self.sigma, self.seed = positive(outputs, "outputs"), float(sigma), seed
        if self.outputs < 2:
            raise ArgumentError(
                "PeriodicEmbedding gives each column at least 2 outputs: the first is the column.",
                do="Take outputs=4, or leave the layer out.",
            )
        dtype, waves = floating(dtype, self), self.outputs - 1
        self.frequency = Parameter(np.zeros((self.features, 1, self.hidden), dtype))
        self.phase = Parameter(np.zeros((self.features, 1, self.hidden), dtype))
        self.weight = Parameter(np.zeros((self.features, self.hidden, waves), dtype))
        self.bias = Parameter(np.zeros((self.features, 1, waves), dtype))
        self._drawn = self._changed()
        self.draw_tree(key(0))

    def forward(self, x: Any, run: Run | None = None) -> Any:
        if len(x.shape) != 2 or x.shape[1] != self.features:
            raise ShapeError(
                f"PeriodicEmbedding({self.features}) takes rows of {self.features} numbers, but x "
                f"is {tuple(x.shape)}.",
                found=[describe("x", x)],
                do="Give it the columns that it was built for.",
            )
        rows = x.shape[0]
        column = reshape(swapaxes(x, 0, 1), (self.features, rows, 1))
        waves = cos(column * (self.frequency * (2 * pi)) + self.phase) @ self.weight + self.bias
        itself = reshape(x, (rows, self.features, 1))
        both = concatenate([itself, swapaxes(waves, 0, 1)], axis=2)
        return reshape(both, (rows, self.features * self.outputs))

    def draw(self, stream: Key, force: bool) -> None:
        if not force and self._changed() != self._drawn:
            return
        rng, name = generator(stream), "its initialization"
        edge = 1 / sqrt(self.hidden)
        self.frequency.write(self.sigma * rng.standard_normal(self.frequency.shape), name)
        self.phase.write(rng.uniform(-pi, pi, self.phase.shape), name)
        self.weight.write(rng.uniform(-edge, edge, self.weight.shape), name)
        self.bias.write(rng.uniform(-edge, edge, self.bias.shape), name)
        self._drawn = self._changed()

    def _changed(self) -> tuple[Any, ...]:
        """Something else, once somebody has written one of the parameters."""
        return tuple(p.changed for p in (self.frequency, self.phase, self.weight, self.bias))

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """Two per wave and its cosine, and the product with the weights."""
        waves = prod(inputs) * self.hidden
        return 3 * waves + 2 * waves * (self.outputs - 1)

    def extra(self) -> str:
        return f"{self.features}, {self.hidden}, {self.outputs}"
