"""NativeLoss: the loss of a batch and its gradients as machine code.

Imports recording, plan and native. L-BFGS, which asks for them several times in a step, is given
one by ``fit``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.native.engine import compile_plan
from chainrule.ops.random import Key
from chainrule.optim.problem import LossAndGradients
from chainrule.plan.make import make
from chainrule.tensors import Parameter
from chainrule.train.native_step import specs_of
from chainrule.train.recording import Recipe, recorded_loss
from chainrule.train.steadiness import steady, surroundings_of

Array = np.ndarray[Any, np.dtype[Any]]


class NativeLoss:
    """``native_loss(x, y, key)`` computes the loss where the parameters are.

    Attributes
    ----------
    data_loss, penalty : float
    out : ndarray
        The net's outputs.
    updates : dict of str to ndarray
        New values of buffers.
    """

    def __init__(self, recipe: Recipe, parameters: Mapping[str, Parameter], x: Any, y: Any):
        self._model, self._parameters = recipe.model, recipe.model.parameters()
        specs = specs_of(x, y, len(x))
        recorded = steady(
            lambda left: recorded_loss(recipe, *specs, left), surroundings_of(recipe), twice=True
        )
        plan = make(recorded.flow)
        self._run = compile_plan(plan).run_object()
        self._trained = [parameters[path] for path in recipe.trained]
        self._changed, self._specs = recorded.changed, plan.outputs
        self._has_buffers = bool(recorded.buffers)
        self.data_loss = self.penalty = 0.0
        self.out: Array = np.zeros(0)
        self.updates: dict[str, Array] = {}

    def __call__(self, x: Array, y: Array, key: Key) -> LossAndGradients:
        """The whole loss, and the gradient of every trained parameter."""
        buffers = self._model.buffers().values() if self._has_buffers else ()
        own = [p.value for p in self._parameters.values()]
        outputs = [np.empty(spec.shape, spec.dtype) for spec in self._specs]
        self._run([*own, *buffers, x, y, key], outputs)
        gradients, rest = outputs[: len(self._trained)], outputs[len(self._trained) :]
        self.updates = dict(zip(self._changed, rest, strict=False))
        data_loss, penalty, self.out = rest[len(self._changed) :]
        self.data_loss, self.penalty = float(data_loss), float(penalty)
        found = dict(zip(self._trained, gradients, strict=True))
        return LossAndGradients(self.data_loss + self.penalty, found)
