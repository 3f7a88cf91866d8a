"""minimize: a net is trained on all rows at once, by SciPy's L-BFGS-B.

Imports optim, and what fit makes of its arguments. The loss and its gradients are machine code.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, NoGradientError, NonFiniteError
from chainrule.nn import Module
from chainrule.ops.random import Key, fold, key
from chainrule.optim import LBFGS, Minimum
from chainrule.optim.arguments import whole
from chainrule.optim.minimizing import LEAST_FALL
from chainrule.optim.minimizing import minimize as minimize_vector
from chainrule.optim.problem import Problem
from chainrule.settings import RECORDING
from chainrule.train.batches import Batches
from chainrule.train.blocks import is_blocks
from chainrule.train.checks import Task, check_model, note_columns, trained_parameters
from chainrule.train.claims import Claimed
from chainrule.train.eager_step import TrainingStep
from chainrule.train.history import History
from chainrule.train.interruption import Interruption
from chainrule.train.native.compiling import compiled_loss
from chainrule.train.penalty import Penalty, has_projection
from chainrule.train.recipe import Recipe
from chainrule.train.streams import Arrays

Array = np.ndarray[Any, np.dtype[Any]]
MANY = 2**62  # more rows than there are: the loss is tried on all of them


def minimize(
    model: Module,
    data: tuple[Any, Any],
    *,
    loss: Any,
    regularization: Any = None,
    sample_weight: Any = None,
    iterations: int = 200,
    evaluations: int = 15_000,
    tolerance: float = 1e-4,
    least_fall: float = LEAST_FALL,
    history: int = 10,
    callback: Callable[[Minimum], object] | None = None,
    seed: int = 0,
    compiled: bool = True,
) -> Minimum:
    """Train a net on all rows at once: SciPy's L-BFGS-B over the compiled loss and gradients.

    It is the fastest way for small data, and ends where no parameter can lower the loss. Where
    epochs, a schedule or validation are wanted, ``fit`` with :class:`chainrule.optim.LBFGS` goes
    one line search per epoch.

    Parameters
    ----------
    model : Module
        Its parameters are changed in place. The search is in float64, whatever they hold;
        float32 lacks the digits to tell apart losses near the end.
    data, loss, sample_weight, compiled
        As in :func:`fit`.
    regularization : optional
        As in :func:`fit`, but no MaxNorm: it is no part of the loss.
    iterations, evaluations, tolerance, least_fall, history
        As in :func:`chainrule.optim.minimize`.
    callback : callable, optional
        Is given a :class:`chainrule.optim.Minimum` after each iteration, when the net stands
        there, and stops the search by returning True.
    seed : int, default 0
        Of dropout: one mask for the whole search, or losses could not be compared.

    Returns
    -------
    Minimum
        Its loss is the whole one, with the regularization; its position the trained parameters,
        one after the other.

    Raises
    ------
    ShapeError, DTypeError, DataError, IndexRangeError, ArgumentError
        For data or arguments that do not fit, before the first step.
    NonFiniteError
        If the loss is NaN or infinite where the net stands; the message names the op.

    Notes
    -----
    Ctrl-C or SIGTERM ends the search after the iteration in progress; an exception leaves the net
    as the last whole iteration has.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> model = cr.nn.MLP([2, 16, 2], dtype="float64")
    >>> found = cr.train.minimize(model, (x, y), loss=cr.softmax_cross_entropy)
    >>> found.converged, found.loss < 1e-3
    (True, True)
    """
    if not RECORDING.get():
        raise NoGradientError(
            "minimize was called inside cr.no_grad(), where no graph is recorded to learn from.",
            do="Call it outside.",
        )
    check_model(model)
    if is_blocks(data):
        raise ArgumentError(
            "minimize compares losses of all rows, but these data come block by block.",
            do="Pass arrays, or train with cr.fit and Adam.",
        )
    if has_projection(model, regularization):
        raise ArgumentError(
            "MaxNorm shortens weights after a step, which no search for a minimum takes in.",
            do="Pass L2, or train with cr.fit.",
        )
    search = _Search(model, data, loss, regularization, sample_weight, seed, compiled)
    with Claimed(search.parameters, search.optimizer), Interruption() as interruption:

        def heard(found: Minimum) -> bool:
            search.arrive(found.position)
            stops = callback is not None and callback(found) is True
            return stops or interruption.requested

        try:
            found = minimize_vector(
                search.function,
                search.reached,
                iterations=iterations,
                evaluations=evaluations,
                tolerance=tolerance,
                least_fall=least_fall,
                history=history,
                callback=heard,
            )
        except NonFiniteError:
            search.explain()
            raise
        finally:
            search.problem.settle(search.reached)
    search.problem.settle(found.position)
    return replace(found, message="interrupted") if interruption.requested else found


class _Search:
    """The loss of a net on all rows as a function of one vector.

    Attributes
    ----------
    reached : ndarray
        Where the last whole iteration ended.
    """

    def __init__(
        self, model: Module, data: Any, loss: Any, regularization: Any, weights: Any, seed: int,
        compiled: bool,
    ) -> None:  # fmt: skip
        task = Task.of(model, data, loss, None, "the training data", MANY, True, None, weights)
        note_columns(model, task.columns)
        batches = Batches(task.rows, task.rows.count, whole("minimize", "seed", seed))
        parameters = trained_parameters(model)
        self.model, self.optimizer = model, LBFGS()
        recipe = Recipe(model, loss, self.optimizer, regularization, (), tuple(parameters))
        penalty = Penalty(model, regularization)
        self._step = TrainingStep(recipe, parameters, penalty, task.rows.form)
        if compiled:
            compiled_loss(recipe, parameters, self._step, batches, History())
        self._batch: Arrays = task.rows.arrays
        self._key: Key = fold(key(batches.seed), 1)
        self._buffers = bool(model.buffers())
        self.parameters = parameters
        self.problem = Problem(self._step.closure(self._batch, self._key), parameters, "skip")
        with np.errstate(all="ignore"):
            self.reached = self.problem.evaluate().position
        missing = [name for name, p in parameters.items() if p.gradient is None]
        if missing:
            self._step.leave_out(missing)

    def function(self, position: Array) -> tuple[float, Array]:
        """The loss and its gradient."""
        there = self.problem.evaluate(position)
        return there.loss, there.gradient

    def arrive(self, position: Array) -> None:
        """Bring the net to where an iteration has ended; its buffers see the rows from there."""
        self.reached = position
        self.problem.settle(position)
        if self._buffers:
            with np.errstate(all="ignore"):
                _, updates = self._step.forward(self._batch, self._key, "the search")
            if updates:
                self.model.write_buffers(updates)

    def explain(self) -> None:
        """Raise the error that says where in the graph the loss is not finite."""
        with np.errstate(all="ignore"):
            self._step.forward(self._batch, self._key, "the first evaluation")
