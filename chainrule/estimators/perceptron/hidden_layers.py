"""The net behind the estimators: linear layers, and between two of them what was asked for.

Imports nn, the rules of the settings and scikit-learn's door, for its class of error. The first
weights are those that scikit-learn's MLP draws from the same seed.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence, Set
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from chainrule.estimators.perceptron.setting_rules import OF_A_LAYER, OTHER_NAMES, fits
from chainrule.estimators.perceptron.sklearn_door import (
    SettingError,
    of_setting,
    refuse_other_calls,
)
from chainrule.nn import (
    BatchNorm,
    Dropout,
    LayerNorm,
    Linear,
    Module,
    Sequential,
    activation,
)
from chainrule.nn.run import Run
from chainrule.nn.substitute import with_parameters

Array = np.ndarray[Any, np.dtype[Any]]
Between = tuple[tuple[Any, Any, Any], ...]  # activation, dropout and norm of each hidden layer
NO_LISTS: tuple[type, ...] = (str, Mapping, Set, type)
KIND, RATE, NORM = range(3)
WIDE, NARROW = 6.0, 2.0  # of the uniform first weights: Glorot and Bengio 2010, equation 16


def between(count: int, kind: Any, dropout: Any, normalization: Any) -> Between:
    """What each of so many hidden layers has after its linear one, as the settings say."""
    kinds = per_layer("activation", kind, count)
    rates = per_layer("dropout", dropout, count)
    norms = per_layer("normalization", normalization, count)
    return tuple(zip(kinds, rates, norms, strict=True))


def net_of(sizes: Sequence[int], wanted: Between, dtype: Any) -> Sequential:
    """A net of these sizes; each hidden layer may have its own activation and dropout.

    Its weights are 0 until ``draw``: those of a Linear would be drawn twice for nothing.
    """
    layers: list[Module] = []
    for place, (features, units) in enumerate(pairwise(sizes)):
        with of_setting("hidden_layer_sizes", sizes[1:-1]):  # more units than an array has places
            layers.append(Linear(features, units, init="zeros", dtype=dtype))
        if place < len(wanted):
            kind, rate, norm = wanted[place]
            layers += [*_norm(norm, units, dtype), _activation(kind), *_dropout(rate)]
    net = Sequential(*layers)
    for layer in linears(net):
        layer.init = None
    return net


def net_again(net: Sequential, stood: Between, wanted: Between) -> Sequential:
    """The same linear layers, and between them what is wanted now instead of what stood there."""
    layers: list[Module] = []
    rest = list(net.layers)
    for old, new in zip(stood, wanted, strict=True):
        linear: Any = rest.pop(0)
        norms = [rest.pop(0)] if old[NORM] is not None else []
        activated = rest.pop(0)
        del rest[: 1 if old[RATE] else 0]
        if old[NORM] != new[NORM]:
            norms = [*_norm(new[NORM], linear.weight.shape[1], linear.weight.dtype)]
        if old[KIND] is not new[KIND] and old[KIND] != new[KIND]:
            activated = _activation(new[KIND])
        layers += [linear, *norms, activated, *_dropout(new[RATE])]
    return Sequential(*layers, *rest)


def per_layer(name: str, given: Any, count: int) -> list[Any]:
    """A setting for each of so many layers: one for all of them, or a list of as many.

    Raises
    ------
    SettingError
        For a list of another length, for an entry that could not be given for all layers, or for
        what is neither.
    """
    rules = OF_A_LAYER[name]
    if fits(given, rules):
        return [given] * count
    found, allowed = [f"{name}   {given!r:.60}"], " or ".join(map(str, rules))
    # A dict would be read by its keys, a text by its letters; a set or a table has no order.
    is_list = not isinstance(given, NO_LISTS) and hasattr(given, "__iter__")
    if not is_list or getattr(given, "ndim", 1) != 1:
        raise SettingError(
            f"{name} is neither one for all layers nor a list of one for each.",
            found=found,
            do=f"Give {allowed}; or a list of {count} of them.",
        )
    several = list(given)
    if len(several) != count:
        raise SettingError(
            f"{name} has {len(several)} entries, but the net has {count} layers that take one.",
            found=found,
            do=f"Give one for all layers, or a list of {count}.",
        )
    for place, entry in enumerate(several):
        if not fits(entry, rules):
            close = get_close_matches(str(entry), getattr(rules[0], "options", ()), n=1)
            raise SettingError(
                f"{name} holds {entry!r:.60} for layer {place + 1} of {count}.",
                found=found,
                do=f"Each is {allowed}.{f' Did you mean {close[0]!r}?' if close else ''}",
            )
    return several


def linears(net: Sequential) -> list[Linear]:
    """The layers that have coefficients and intercepts."""
    return [layer for layer in net.layers if isinstance(layer, Linear)]


def draw(net: Sequential, kind: Any, rng: np.random.RandomState) -> None:
    """First weights, layer by layer, coefficients before intercepts; uniform, as wide as Glorot.

    A logistic unit's slope at 0 is 1/4, and scikit-learn draws less for it.
    """
    is_logistic = isinstance(kind, str) and kind in ("logistic", "sigmoid")
    factor = NARROW if is_logistic else WIDE
    for layer in linears(net):
        features, units = layer.weight.shape
        bound = np.sqrt(factor / (features + units))
        layer.weight.write(rng.uniform(-bound, bound, (features, units)), "its first weights")
        bias: Any = layer.bias
        bias.write(rng.uniform(-bound, bound, units), "its first weights")


class Forward:
    """A net on plain arrays, which leave no graph behind: for one row a graph costs more."""

    def __init__(self, net: Sequential) -> None:
        arrays: dict[Any, Any] = {p: p.value for p in net.parameters().values()}
        self.of, self._net = net, with_parameters(net, arrays)

    def __call__(self, x: Array) -> Array:
        """The scores of rows: (N, outputs)."""
        return self._net.forward(x, Run())


def _norm(kind: Any, units: int, dtype: Any) -> Iterator[Module]:
    if kind is None:
        return
    yield (BatchNorm if kind == "batch" else LayerNorm)(units, dtype=dtype)


def _dropout(rate: Any) -> list[Module]:
    return [Dropout(float(rate))] if rate else []


def _activation(kind: Any) -> Module:
    """The module of a name, a class, a module, an op or an op's public function."""
    if isinstance(kind, Module):
        with of_setting("activation", kind):
            own = copy.deepcopy(kind)  # each layer has parameters of its own
        return Sequential(own) if isinstance(own, Linear) else own  # which are no coefficients
    if isinstance(kind, str):
        return activation(OTHER_NAMES.get(kind, kind))
    if isinstance(kind, type):
        with of_setting("activation", kind):
            return activation(kind)
    return Applied(kind)


class Applied(Module):
    """A function of arrays, or an op, between two layers.

    Parameters
    ----------
    function : callable
        Of one array; written with chainrule's functions, NumPy's or an op of your own.
    """

    one_array: ClassVar[bool] = True

    def __init__(self, function: Any) -> None:
        self.function = function

    def forward(self, x: Any, run: Run | None = None) -> Any:
        try:
            return self.function(x)
        except TypeError:
            refuse_other_calls("activation", self.function, x)
            raise

    def extra(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)
