"""SGD: against the gradient, with momentum if wanted.

Imports the optimiser's base class.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.optim.arguments import share
from chainrule.optim.optimizer import Array, Optimizer

CHUNK = 16384  # elements: the scaled gradient, 64 KiB of float32, stays in the cache; measured


class SGD(Optimizer):
    """Stochastic gradient descent: w - rate * gradient.

    With momentum a velocity v gathers the gradients: v = momentum * v + gradient, and the step is
    rate * v. Nesterov's form looks ahead: the step is rate * (gradient + momentum * v).

    Parameters
    ----------
    rate : float, default 0.01
        Learning rate. 0.01 suits standardised inputs and He or Glorot weights.
    momentum : float, default 0
        Share of the velocity kept at each step, from 0 up to 1; 0.9 is usual.
    nesterov : bool, default False
        Look ahead; needs momentum.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.

    Notes
    -----
    There is no weight decay here: for plain SGD it is the same as L2 regularization, which stands
    in the graph and shows its own loss term.

    Source
    ------
    Robbins and Monro 1951; Polyak 1964 (momentum); Sutskever, Martens, Dahl and Hinton 2013, "On
    the importance of initialization and momentum in deep learning" (Nesterov's form).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> w = cr.parameter(np.array([1.0, 2.0]), name="w")
    >>> optimizer = SGD(rate=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step([w])
    >>> w.data.tolist()
    [0.0, 0.0]
    """

    name = "sgd"
    settings = ("rate", "momentum", "nesterov")

    def __init__(
        self,
        rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rate, groups)
        self.momentum = momentum
        self.nesterov = bool(nesterov)
        if nesterov and not momentum:
            raise ArgumentError(
                "SGD was given nesterov=True without momentum.",
                do="Pass momentum too: SGD(rate, momentum=0.9, nesterov=True).",
            )

    @property
    def momentum(self) -> float:
        """Share of the velocity kept; once it has been above 0, a velocity is remembered."""
        return self._momentum

    @momentum.setter
    def momentum(self, new: float) -> None:
        self._momentum = share("SGD", "momentum", new)
        if new and not self.memory:
            self.memory = ("velocity",)
            self._identities, self._given = (), None  # every parameter is given one

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * gradient; or w - rate * v."""
        if not self.memory:
            return parameter - rate * gradient, ()
        velocity = self.momentum * state[0] + gradient
        ahead = gradient + self.momentum * velocity if self.nesterov else velocity
        return parameter - rate * ahead, (velocity,)

    def _apply(self, rate: float) -> None:
        """Without momentum two NumPy calls per parameter are faster than any grouping."""
        if self.memory:
            super()._apply(rate)
            return
        scale = np.asarray(rate)
        for slot in self._chosen:
            if self.groups:
                scale = np.asarray(rate * self.rule_of(slot.name)[1])
            value, gradient = slot.parameter.value, slot.parameter.gradient
            if scale.dtype != value.dtype:  # an array without axes is faster than a Python float
                scale = scale.astype(value.dtype)
            if value.size > CHUNK:
                _subtract(value.ravel(), np.asarray(gradient).ravel(), scale)
            else:
                value -= gradient * scale


def _subtract(value: Array, gradient: Array, scale: Array) -> None:
    """value - rate * gradient in place, chunk by chunk in one small buffer."""
    buffer = np.empty(CHUNK, value.dtype)
    for start in range(0, value.size, CHUNK):
        part = value[start : start + CHUNK]
        scaled = np.multiply(gradient[start : start + CHUNK], scale, out=buffer[: part.size])
        np.subtract(part, scaled, out=part)
