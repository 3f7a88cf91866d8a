"""Containers: layers in a row, and the n-layer fully connected net.

Imports the layers. The rest of the library and most users build nets with these two.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar, NoReturn, cast

from chainrule.errors import ArgumentError, UnknownNameError, UnsupportedError
from chainrule.graph.op.families import Elementwise
from chainrule.nn.activations import USUAL, activation, activation_op
from chainrule.nn.dropout import Dropout
from chainrule.nn.initialization import Initializer
from chainrule.nn.linear import Linear, Weights
from chainrule.nn.module import Module, no_attribute
from chainrule.nn.normalization import BatchNorm, LayerNorm
from chainrule.nn.run import Run

NORMALIZATIONS = ("batch", "layer")


class Sequential(Module):
    """Layers in a row: each takes the result of the one before.

    Parameters
    ----------
    *layers : Module
        Their parameters are called ``layers.0.weight`` and so on.
    seed : int, optional
        Default: 0, folded with this net's place in another. Each layer folds in its own place.
    **named : Module
        Layers with names instead of positions: ``hidden.weight``.

    Notes
    -----
    A layer without an ``init`` of its own is drawn for the activation behind it.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> net
    Sequential(
      layers.0: Linear(4, 8)
      layers.1: ReLU()
      layers.2: Linear(8, 3)
    )
    >>> len(net), net[0]
    (3, Linear(4, 8))
    >>> net(np.zeros((2, 4))).shape
    (2, 3)
    """

    side_by_side: ClassVar[bool] = True
    names: tuple[str, ...]
    layers: tuple[Module, ...]

    def __init__(self, *layers: Module, seed: int | None = None, **named: Module) -> None:
        self.seed = seed
        self.names = (*(f"layers.{i}" for i in range(len(layers))), *named)
        self.layers = (*layers, *named.values())

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layers":
            value = self._checked(value)
            _tell_what_follows(value)
            if "layers" in self.__dict__:
                super().__setattr__("names", self._names_of(value))
        super().__setattr__(name, value)

    def _checked(self, layers: Any) -> "Layers":
        kind = type(self).__name__
        if isinstance(layers, Module) or not isinstance(layers, Iterable):
            raise ArgumentError(
                f"{kind}.layers holds several modules, but this is {layers!r}.",
                do="Give a tuple: net.layers = (*net.layers, Linear(4, 3)).",
            )
        found = Layers(cast(Iterable[Any], layers))
        for layer in found:
            if not isinstance(layer, Module):
                raise ArgumentError(
                    f"{kind} takes modules, but this is {layer!r}.",
                    do="Give layers such as Linear(4, 3) and ReLU(), not functions or lists.",
                )
        return found

    def _names_of(self, layers: Sequence[Module]) -> tuple[str, ...]:
        """Positions, but a layer that has a name keeps it, and so does a place that is filled."""
        old = dict(zip(self.layers, self.names, strict=True))
        if len(layers) == len(self.names):
            old = dict(zip(layers, self.names, strict=True)) | old
        given = [old.get(layer, "layers.") for layer in layers]
        names = [f"layers.{i}" if n.startswith("layers.") else n for i, n in enumerate(given)]
        return tuple(n if n not in names[:i] else f"layers.{i}" for i, n in enumerate(names))

    def forward(self, x: Any, run: Run) -> Any:
        for layer in self.layers:
            x = layer.advance(x, run)
        return x

    def takes_one_array(self) -> bool:
        """Whether its first layer does."""
        return not self.layers or self.layers[0].takes_one_array()

    def members(self) -> Iterator[tuple[str, Any]]:
        yield from zip(self.names, self.layers, strict=True)
        for name, x in super().members():  # what a subclass added
            if not name.startswith("layers."):
                yield name, x

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("names", ()):
            return self.layers[self.names.index(name)]
        raise no_attribute(self, name)

    def __getitem__(self, place: int | slice) -> Any:
        """One layer, or a slice of them as a tuple."""
        return self.layers[place]

    def __setitem__(self, place: int | slice, layer: Any) -> None:
        _not_in_place()

    def __delitem__(self, place: int | slice) -> None:
        _not_in_place()

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class Layers(tuple[Module, ...]):
    """The layers of a Sequential: a tuple, since other layers have other names and weights."""

    def _refuse(self, *given: Any) -> NoReturn:
        _not_in_place()

    __setitem__ = __delitem__ = _refuse
    append = extend = insert = pop = remove = clear = reverse = _refuse


class MLP(Sequential):
    """The n-layer fully connected net: Linear layers with an activation between two of them.

    Parameters
    ----------
    sizes : sequence of int
        Features, hidden units of each layer, outputs: ``[784, 128, 10]`` is a 2-layer net.
    activation : str or Module, default "relu"
        relu, leaky_relu, elu, selu, gelu, silu, mish, sigmoid, tanh, softplus, identity.
    dtype : dtype, default "float32"
        Element type of all parameters.
    init : callable or str, optional
        Default: by the activation that follows, see :class:`Linear`.
    dropout : float, default 0
        Rate of a Dropout behind each hidden layer.
    normalization : {"batch", "layer"}, optional
        A BatchNorm or LayerNorm between each hidden layer and its activation.
    seed : int, optional
        Of the weights, 0 by default; each layer folds in its place. One seed makes one net.

    Examples
    --------
    >>> from chainrule import nn
    >>> nn.MLP([64, 32, 10], activation="tanh", dropout=0.2)
    MLP(
      layers.0: Linear(64, 32)
      layers.1: Tanh()
      layers.2: Dropout(0.2)
      layers.3: Linear(32, 10)
    )
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Module | type[Module] = USUAL,
        dtype: Any = "float32",
        init: Initializer | str | None = None,
        dropout: float = 0.0,
        normalization: str | None = None,
        seed: int | None = None,
    ) -> None:
        if len(sizes) < 2:
            raise ArgumentError(
                f"an MLP needs the number of features and of outputs, but sizes is {sizes!r}.",
                do="Give them all: MLP([64, 32, 10]) has 32 hidden units.",
            )
        layers: list[Module] = []
        for features, units in pairwise(sizes):
            if layers:
                layers += _between(features, activation, dtype, dropout, normalization)
            layers.append(Linear(features, units, init=init, dtype=dtype))
        super().__init__(*layers, seed=seed)


def _not_in_place() -> NoReturn:
    raise UnsupportedError(
        "the layers of a net are a tuple, which is not changed in place.",
        do=(
            "Assign a new one, and the names follow: net.layers = (*net.layers, layer) to "
            "append, net.layers = (*net.layers[:1], layer, *net.layers[2:]) to replace, "
            "net.layers = net.layers[:-1] to take away."
        ),
    )


def _between(
    units: int,
    kind: str | Module | type[Module],
    dtype: Any,
    dropout: float,
    normalization: str | None,
) -> list[Module]:
    """What stands between two Linear layers: normalization, activation, dropout."""
    layers = [activation(kind)]
    if normalization is not None:
        if normalization not in NORMALIZATIONS:
            raise UnknownNameError("normalization", str(normalization), NORMALIZATIONS)
        norm = BatchNorm if normalization == "batch" else LayerNorm
        layers.insert(0, norm(units, dtype=dtype))
    return [*layers, Dropout(dropout)] if dropout else layers


def _tell_what_follows(layers: Sequence[Module]) -> None:
    """Let each layer of weights know the activation behind it, past normalization and dropout."""
    following: Elementwise | None = None
    for layer in reversed(layers):
        if isinstance(layer, Weights):
            layer.followed_by = following
        if not isinstance(layer, BatchNorm | LayerNorm | Dropout):
            following = activation_op(layer)
