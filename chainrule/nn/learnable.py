"""Parameters that work element by element: a factor per feature, and how bent an activation is.

Imports module and linear. Nets for tables put a Scale in front and bend each unit as it needs.
"""

from math import prod
from typing import Any, ClassVar

import numpy as np

from chainrule.nn.activations import SELU
from chainrule.nn.activations import activation as named_activation
from chainrule.nn.linear import floating, positive
from chainrule.nn.module import Module
from chainrule.nn.run import Run
from chainrule.ops.random import Key
from chainrule.tensors import Parameter


class Scale(Module):
    """Each feature times a factor of its own: in front of a net, it learns which columns count.

    Parameters
    ----------
    features : int
        Columns of the input, D.
    start : float, default 1
        What every factor is at first. Regularization leaves the factors out.
    dtype : dtype, default "float32"
        Element type of the factors.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (scaling layer).

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> nn.Scale(3, start=2.0)(np.ones((1, 3))).data
    array([[2., 2., 2.]], dtype=float32)
    """

    one_array: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True
    unpenalized: ClassVar[tuple[str, ...]] = ("weight",)

    def __init__(self, features: int, start: float = 1.0, dtype: Any = "float32") -> None:
        self.features, self.start = positive(features, "features"), float(start)
        self.weight = Parameter(np.full(self.features, self.start, floating(dtype, self)))

    def forward(self, x: Any, run: Run | None = None) -> Any:
        return x * self.weight

    def draw(self, stream: Key, force: bool) -> None:
        if force:
            self.weight.write(self.start, "its initialization")

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """One per element."""
        return prod(out)

    def extra(self) -> str:
        return f"{self.features}"


class LearnableActivation(Module):
    """x + s * (f(x) - x) with a strength s per unit: 0 is a straight line, 1 is f.

    Parameters
    ----------
    units : int
        Columns of the input, each with a strength of its own.
    activation : str or Module, default SELU
        f, an elementwise function without parameters.
    strength : float, default 1
        What every s is at first. Regularization leaves the strengths out.
    dtype : dtype, default "float32"
        Element type of the strengths.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (parametric activation functions).

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> layer = nn.LearnableActivation(2, "relu", strength=0.75)
    >>> layer(np.array([[-4.0, 4.0]])).data
    array([[-1.,  4.]], dtype=float32)
    """

    one_array: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True
    unpenalized: ClassVar[tuple[str, ...]] = ("strength",)

    def __init__(
        self,
        units: int,
        activation: str | Module | type[Module] = SELU,
        strength: float = 1.0,
        dtype: Any = "float32",
    ) -> None:
        self.units, self.start = positive(units, "units"), float(strength)
        self.activation = named_activation(activation)
        self.strength = Parameter(np.full(self.units, self.start, floating(dtype, self)))

    def forward(self, x: Any, run: Run) -> Any:
        return x + self.strength * (self.activation.advance(x, run) - x)

    def draw(self, stream: Key, force: bool) -> None:
        if force:
            self.strength.write(self.start, "its initialization")

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """Three per element beside those of the activation."""
        return 3 * prod(out)

    def extra(self) -> str:
        return f"{self.units}"
