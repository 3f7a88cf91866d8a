"""SGD: against the gradient, with momentum if wanted.

Imports the optimiser's base class.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.optim.arguments import share
from chainrule.optim.optimizer import Array, Optimizer
from chainrule.optim.weight_decay import checked_decay, decay_at

VELOCITIES = ("gradients", "steps")
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
    weight_decay : float or callable, default 0
        Coupled, as in PyTorch's SGD: gradient + weight_decay * w takes the gradient's place, and
        so enters the velocity. It is what the gradient of L2 regularization adds, but shows no
        loss term. It reaches every parameter given, biases too: leave them out with
        ``groups={"*bias": {"weight_decay": 0}}``. A schedule says it for each step.
    velocity : {"gradients", "steps"}, default "gradients"
        What the velocity gathers. "gradients", as in PyTorch: a new rate also scales what was
        gathered before. "steps", as in the source, scikit-learn and Keras: v = momentum * v +
        rate * gradient, and the step is v, or rate * gradient + momentum * v. As long as the
        rate stays the same, both make the same steps.

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
    settings = ("rate", "momentum", "nesterov", "weight_decay", "velocity")
    by_group = ("rate", "weight_decay")

    def __init__(
        self,
        rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        groups: Mapping[str, Any] | None = None,
        *,
        weight_decay: float | Callable[[Any], Any] = 0.0,
        velocity: str = "gradients",
    ) -> None:
        super().__init__(rate, groups)
        self.momentum = momentum
        self.nesterov = bool(nesterov)
        if nesterov and not momentum:
            raise ArgumentError(
                "SGD was given nesterov=True without momentum.",
                do="Pass momentum too: SGD(rate, momentum=0.9, nesterov=True).",
            )
        self.weight_decay = checked_decay("SGD", weight_decay)
        if velocity not in VELOCITIES:
            raise UnknownNameError("velocity", str(velocity), VELOCITIES)
        self.velocity = velocity

    @property
    def momentum(self) -> float:
        """Share of the velocity kept; once it has been above 0, a velocity is remembered."""
        return self._momentum

    @momentum.setter
    def momentum(self, new: float) -> None:
        self._momentum = share("SGD", "momentum", new)
        if new:
            self._add_memory("velocity")

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * gradient; or w - rate * v."""
        if self.weight_decay:
            gradient = gradient + decay_at(self.weight_decay, step) * parameter
        if not self.memory:
            return parameter - rate * gradient, ()
        gathers_steps = self.velocity == "steps"
        pull = rate * gradient if gathers_steps else gradient
        velocity = self.momentum * state[0] + pull
        ahead = pull + self.momentum * velocity if self.nesterov else velocity
        return parameter - (ahead if gathers_steps else rate * ahead), (velocity,)

    def _apply(self, rate: float) -> None:
        """Without momentum two NumPy calls per parameter are faster than any grouping."""
        if self.memory or self.weight_decay or (self.groups and self._decays()):
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

    def _decays(self) -> bool:
        """Whether the weights of a group decay."""
        return any(group.get("weight_decay") for group in self.groups.values())


def _subtract(value: Array, gradient: Array, scale: Array) -> None:
    """value - rate * gradient in place, chunk by chunk in one small buffer."""
    buffer = np.empty(CHUNK, value.dtype)
    for start in range(0, value.size, CHUNK):
        part = value[start : start + CHUNK]
        scaled = np.multiply(gradient[start : start + CHUNK], scale, out=buffer[: part.size])
        np.subtract(part, scaled, out=part)
