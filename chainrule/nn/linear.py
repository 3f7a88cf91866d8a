"""Linear: the score function X W + b.

Imports module and initialization. Weights are (D, C), one column per unit.
"""

import operator
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.op.families import Elementwise
from chainrule.nn.initialization import Initializer, generator, initializer
from chainrule.nn.module import Module
from chainrule.nn.run import Run
from chainrule.ops.linear_algebra import linear
from chainrule.ops.random import Key, key
from chainrule.tensors import Parameter


class Weights(Module):
    """A module whose ``weight`` is drawn by an initializer, as long as nobody changed it."""

    weight: Parameter
    init: Initializer | str | None
    followed_by: Elementwise | None = None  # the op behind this layer, if a container knows it

    def place(self, shape: tuple[int, ...], dtype: Any) -> None:
        """Make the weight, and draw it."""
        self._initializer()  # an unknown name is an error here, not at the first draw
        self.weight = Parameter(np.zeros(shape, floating(dtype, self)))
        self._drawn = self.weight.changed
        self.draw_tree(key(0))

    @property
    def untouched(self) -> bool:
        """Whether nobody has changed the weight since it was drawn."""
        return self.weight.changed == self._drawn

    def draw(self, stream: Key, force: bool) -> None:
        weight = self.weight
        if force or self.untouched:
            values = self._initializer()(generator(stream), weight.shape, weight.dtype)
            weight.write(values, "its initialization")
            self._drawn = weight.changed

    def _initializer(self) -> Initializer:
        return initializer(self.init, self.followed_by)


class Linear(Weights):
    """Scores X W + b: each unit is a template, and a score says how much a row is like it.

    Parameters
    ----------
    features : int
        Columns of the input, D.
    units : int
        Columns of the scores, C.
    bias : bool, default True
        Whether a bias is added to each unit's score; it starts at 0.
    init : callable or str, optional
        A function (rng, shape, dtype) or a name of :mod:`chainrule.nn.initialization`. Default:
        in a Sequential by the activation behind it (He for the ReLU family, Xavier for tanh and
        sigmoid), else LeCun.
    dtype : dtype, default "float32"
        Element type of weight and bias.
    regularization : callable, optional
        Acts on this layer only, such as ``L2(1e-3)``.
    seed : int, optional
        Default: 0, folded with the layer's place in the net.

    Raises
    ------
    ShapeError
        When called with another number of features.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    one_array: ClassVar[bool] = True
    side_by_side: ClassVar[bool] = True

    def __init__(
        self,
        features: int,
        units: int,
        bias: bool = True,
        init: Initializer | str | None = None,
        dtype: Any = "float32",
        regularization: Any = None,
        seed: int | None = None,
    ) -> None:
        self.features, self.units = positive(features, "features"), positive(units, "units")
        self.init, self.seed, self.regularization = init, seed, regularization
        self.place((self.features, self.units), dtype)
        self.bias = Parameter(np.zeros(self.units, self.weight.dtype), "bias") if bias else None

    def forward(self, x: Any, run: Run | None = None) -> Any:
        if len(self.weight.shape) == 3:  # of the members of an ensemble
            scores = x @ self.weight
            return scores if self.bias is None else scores + self.bias
        try:
            return linear(x, self.weight, self.bias)
        except ShapeError:
            if np.shape(x)[-1:] == self.weight.shape[:1]:
                raise  # it is the bias that does not fit
            raise self._mismatch(x) from None

    def draw(self, stream: Key, force: bool) -> None:
        super().draw(stream, force)
        if force and self.bias is not None:
            self.bias.write(0, "its initialization")

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """Two per weight and row, one per bias and row."""
        rows = int(np.prod(out[:-1]))
        return rows * self.units * (2 * self.features + (self.bias is not None))

    def extra(self) -> str:
        return f"{self.features}, {self.units}" + ("" if self.bias is not None else ", bias=False")

    def _mismatch(self, x: Any) -> ShapeError:
        name = self.weight.name.removesuffix("weight").rstrip(".")
        layer = f'layer "{name}"' if name else "this layer"
        x = x if hasattr(x, "shape") else np.asarray(x)
        columns = x.shape[-1] if x.shape else 1
        origin = getattr(x, "origin", "")
        return ShapeError(
            f"{layer} takes {self.features} features, but x has {columns}.",
            found=[
                describe("x", x, "" if origin == "given" else origin),
                describe("weight", self.weight, self.weight.origin),
            ],
            do=(
                f"Build it with Linear({columns}, {self.units}), "
                f"or give it {self.features} features."
            ),
        )


def positive(length: Any, name: str) -> int:
    """A number of rows, features or units, shown to be a positive whole number."""
    try:
        whole = 0 if isinstance(length, bool) else operator.index(length)
    except TypeError:
        whole = 0
    if whole < 1:
        raise ArgumentError(
            f"{name} is a positive whole number, not {length!r}.",
            do="Give the number of columns, such as Linear(64, 10).",
        )
    return whole


def floating(dtype: Any, module: Module) -> np.dtype[Any]:
    """The element type of parameters, shown to be a floating-point one."""
    found = np.dtype(dtype)
    if found.kind != "f":
        raise ArgumentError(
            f"{type(module).__name__} learns by small steps, so its dtype is a float, "
            f"not {found}.",
            do='Choose dtype="float32" (the default) or "float64".',
        )
    return found
