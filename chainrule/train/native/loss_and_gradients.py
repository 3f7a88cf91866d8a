"""NativeLoss: the loss of a batch and its gradients as machine code.

Imports recording, plan and native. L-BFGS, which asks for them several times in a step, is given
one by ``fit``.
"""

from collections.abc import Mapping

import numpy as np

from chainrule.ops.random import Key
from chainrule.optim.problem import LossAndGradients
from chainrule.tensors import Parameter
from chainrule.train.native.bound import Bound
from chainrule.train.native.known import known
from chainrule.train.native.recorded_step import KEY, Recorded, recorded_loss
from chainrule.train.native.steadiness import steady, surroundings_of
from chainrule.train.recipe import Recipe
from chainrule.train.streams import Arrays, Rows, specs_of


class NativeLoss:
    """``native_loss(batch, key)`` computes the loss where the parameters are."""

    def __init__(self, recipe: Recipe, parameters: Mapping[str, Parameter], rows: Rows) -> None:
        self._model, self._parameters = recipe.model, recipe.model.parameters()
        specs = specs_of(rows, rows.count)
        surroundings = surroundings_of(recipe)

        def record() -> Recorded:
            return steady(
                lambda left: recorded_loss(recipe, specs, rows.form, left),
                surroundings,
                twice=True,
            )

        found = known(recipe, surroundings, ("loss", specs, rows.form.key), record)
        recorded = found.recorded
        self._key = np.zeros((1, *KEY.shape), KEY.dtype)
        self._bound = Bound(found.plan, len(specs), [self._key])
        found.code = self._bound.code
        self._trained = [parameters[path] for path in recipe.trained]
        self._has_buffers = bool(recorded.buffers)
        outputs = len(self._bound.plan.outputs)
        self._left = [self._bound.leaves(number) for number in range(outputs)]
        self._first_loss = len(self._trained) + len(recorded.changed)

    def __call__(self, batch: Arrays, key: Key) -> LossAndGradients:
        """The whole loss, and the gradient of every trained parameter."""
        buffers = self._model.buffers().values() if self._has_buffers else ()
        self._bound.hold([*(p.value for p in self._parameters.values()), *buffers])
        self._key[0] = key
        self._bound.run(batch)
        data_loss, penalty = map(float, self._left[self._first_loss : self._first_loss + 2])
        gradients = {p: array.copy() for p, array in zip(self._trained, self._left, strict=False)}
        return LossAndGradients(data_loss + penalty, gradients)
