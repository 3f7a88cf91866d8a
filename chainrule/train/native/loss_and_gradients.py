"""NativeLoss: the loss of a batch and its gradients as machine code.

Imports recording, plan and native. L-BFGS, which asks for them several times in a step, is given
one by ``fit`` and by ``minimize``.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

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

Array = np.ndarray[Any, np.dtype[Any]]

FEW = 64  # evaluations: most searches on small data end before, and fast code would come too late


class NativeLoss:
    """``native_loss(batch, key)`` computes the loss where the parameters are.

    How often it will be asked nobody knows. Its first code is what a few evaluations are worth;
    when they are over the rest is made beside the next ones, and takes their place. The bits are
    the same.
    """

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

        self._known = known(recipe, surroundings, ("loss", specs, rows.form.key), record)
        recorded = self._known.recorded
        self._key, self._streams = np.zeros((1, *KEY.shape), KEY.dtype), len(specs)
        self._calls = 0
        self._bound, self._left = self._with_code(FEW)
        self._next = self._bound, self._left
        self._trained = [parameters[path] for path in recipe.trained]
        self._has_buffers = bool(recorded.buffers)
        self._first_loss = len(self._trained) + len(recorded.changed)

    def _with_code(self, runs: float) -> tuple[Bound, list[Array]]:
        """The loss as the code that so many runs are worth, and where it leaves its results."""
        plan, worth = self._known.plan, self._known.expected(runs)
        bound = Bound(plan, self._streams, [self._key], runs=worth)
        self._known.code = bound.code
        return bound, [bound.leaves(number) for number in range(len(plan.outputs))]

    def __call__(self, batch: Arrays, key: Key) -> LossAndGradients:
        """The whole loss, and the gradient of every trained parameter."""
        self._calls += 1
        if self._calls == FEW:
            self._next = self._with_code(inf)
        elif self._calls == 2 * FEW:
            self._bound, self._left = self._next
        buffers = self._model.buffers().values() if self._has_buffers else ()
        self._bound.hold([*(p.value for p in self._parameters.values()), *buffers])
        self._key[0] = key
        self._bound.run(batch)
        data_loss, penalty = map(float, self._left[self._first_loss : self._first_loss + 2])
        gradients = {p: array.copy() for p, array in zip(self._trained, self._left, strict=False)}
        return LossAndGradients(data_loss + penalty, gradients)
