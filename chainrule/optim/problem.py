"""Problem: a closure over parameters, seen as a function of one vector.

Imports the backward walk, tensors and errors; L-BFGS uses it. The vector is float64 whatever the
parameters hold: the line search compares losses that differ in the last digits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, NotScalarError, a_kind, describe
from chainrule.graph.nodes.walk import walk
from chainrule.optim.chosen import Parameters, fresh, named
from chainrule.tensors import Parameter, Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Closure = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class LossAndGradients:
    """What a closure may return that has taken the gradients itself.

    Attributes
    ----------
    loss : float
    gradients : mapping of Parameter to ndarray
    """

    loss: float
    gradients: Mapping[Parameter, Array]


@dataclass(frozen=True, eq=False)
class Place:
    """All parameters as one vector, and the loss and gradient there."""

    position: Array
    loss: float
    gradient: Array


class Problem:
    """The loss as a function of one vector."""

    def __init__(self, closure: Closure, parameters: Parameters, missing: str) -> None:
        self._closure = closure
        self._pairs = named(parameters)
        self._parameters = list(dict.fromkeys(p for _, p in self._pairs))
        self._missing = missing
        ends = np.cumsum([p.size for p in self._parameters]).tolist()
        self._places = [
            (p, slice(end - p.size, end), p.shape)
            for p, end in zip(self._parameters, ends, strict=True)
        ]
        # A position that is written to other parameters is rounded.
        self._exact = all(p.dtype == np.float64 for p in self._parameters)

    def evaluate(self, position: Array | None = None) -> Place:
        """Loss and gradient at a position; by default where the parameters are."""
        if position is not None:
            self._write(position)
        answer = self._closure()
        if isinstance(answer, LossAndGradients):
            loss, found = answer.loss, answer.gradients
        else:
            end = _one_number(answer)
            loss = float(np.asarray(end.value).item())
            one = np.ones(end.shape, end.dtype)
            found = walk([end], [one], targets=set(self._parameters))
        for p in self._parameters:
            p.gradient = found.get(p)
        if self._missing != "skip":
            fresh(self._pairs, self._missing, "LBFGS")
        if position is None or not self._exact:
            position = _vector(self._parameters, [p.value for p in self._parameters])
        return Place(
            position,
            loss,
            _vector(self._parameters, [p.gradient for p in self._parameters]),
        )

    def settle(self, position: Array) -> None:
        """Leave the parameters at a position that was evaluated."""
        self._write(position)
        for p in self._parameters:
            p.spend()

    def _write(self, position: Array) -> None:
        for p, place, shape in self._places:
            p.value[...] = position[place].reshape(shape)
            p.touch("LBFGS.step()")


def _vector(parameters: list[Parameter], arrays: list[Any]) -> Array:
    parts = [
        np.zeros(p.size) if array is None else np.asarray(array, np.float64).ravel()
        for p, array in zip(parameters, arrays, strict=True)
    ]
    return np.concatenate([np.zeros(0), *parts])


def _one_number(loss: Any) -> Tensor:
    if not isinstance(loss, Tensor) or not loss.wants_gradient:
        raise ArgumentError(
            f"the closure returned {a_kind(loss)} that no gradient flows into.",
            do="Return the loss itself, computed from the parameters; not loss.item().",
        )
    if loss.size != 1:
        raise NotScalarError(
            f"a loss is one number, but the closure returned {loss.size}.",
            found=[describe("loss", loss)],
            do="Return mean(loss) or sum(loss).",
        )
    return loss
