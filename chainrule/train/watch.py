"""Watch: what the history shows of one step per epoch, gradient norms and update ratios.

Imports optim's norm and the errors of gradients that are no numbers. The training loop holds one.
"""

import math
from collections.abc import Mapping
from math import isfinite, nan
from typing import Any

import numpy as np

from chainrule.optim import global_norm
from chainrule.optim.clipping import SAFE_SQUARES
from chainrule.tensors import Parameter
from chainrule.train.loss_not_finite import non_finite_gradient
from chainrule.train.state import part_of

Array = np.ndarray[Any, np.dtype[Any]]


class Watch:
    """Gradient norm and update:weight ratio of each parameter, at one step of an epoch.

    Attributes
    ----------
    gradient_norm, update_ratio : mapping of str to float
        By the parameter's name; empty until the epoch's step has been watched.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = parameters
        self._before = {name: np.empty_like(p.value) for name, p in parameters.items()}
        self.gradient_norm: Mapping[str, float] = {}
        self.update_ratio: Mapping[str, float] = {}

    def of(self, parameters: Mapping[str, Parameter]) -> "Watch":
        """A watch on other parameters, which knows what this one has seen."""
        watch = Watch(parameters)
        watch.gradient_norm, watch.update_ratio = self.gradient_norm, self.update_ratio
        return watch

    def begin_epoch(self) -> None:
        """Forget the step of the epoch before."""
        self.gradient_norm = self.update_ratio = {}

    def running(self) -> dict[str, Array]:
        """What was seen in this epoch, as arrays; `go_on` takes it back."""
        return {
            f"{kind}/{name}": np.asarray(value)
            for kind in ("gradient_norm", "update_ratio")
            for name, value in getattr(self, kind).items()
        }

    def go_on(self, running: Mapping[str, Array]) -> None:
        """Know again what was seen in an epoch that was cut short."""
        for kind in ("gradient_norm", "update_ratio"):
            found = part_of(running, kind)
            setattr(self, kind, {name: float(value) for name, value in found.items()})

    def before_step(self) -> None:
        """Remember the parameters."""
        before = self._before
        for name, p in self._parameters.items():
            np.copyto(before[name], p.value)

    @property
    def seen(self) -> list[tuple[Array, Array]]:
        """The parameters' values, and where they are remembered: to do so in native code."""
        return [(p.value, self._before[name]) for name, p in self._parameters.items()]

    def after_step(self, place: str) -> None:
        """Compare the parameters with what the step made of them, and read their gradients.

        Raises
        ------
        NonFiniteError
            If a gradient is; the parameters are those from before the step then.
        """
        parameters: Mapping[str, Any] = self._parameters
        with np.errstate(all="ignore"):
            norms = {
                name: 0.0 if p.gradient is None else _norm(p.gradient)  # 0: nothing reaches it
                for name, p in parameters.items()
            }
            if not all(map(isfinite, norms.values())):
                raise self._refused(norms, place)
            ratios = {name: self._ratio(name, p) for name, p in parameters.items()}
        self.gradient_norm, self.update_ratio = norms, ratios

    def _refused(self, norms: Mapping[str, float], place: str) -> Exception:
        """The error for a gradient that is not finite; takes the step back."""
        parameters = self._parameters
        for name, p in parameters.items():
            p.write(self._before[name], "fit()")
        wrong = next(name for name, norm in norms.items() if not isfinite(norm))
        return non_finite_gradient(wrong, parameters[wrong], norms[wrong], place)

    def _ratio(self, name: str, p: Parameter) -> float:
        """Norm of the update over the norm of the parameter; NaN for a parameter that was 0."""
        before = self._before[name]
        weight = _norm(before)
        # What was remembered is not needed again.
        return _norm(np.subtract(p.value, before, out=before)) / weight if weight else nan


def _norm(x: Array) -> float:
    """The norm; the usual case in a third of the time, since a fit asks every epoch."""
    flat = x.ravel()
    squares = float(flat.dot(flat))
    if SAFE_SQUARES[0] < squares < SAFE_SQUARES[1]:
        return math.sqrt(squares)
    return global_norm([flat])
