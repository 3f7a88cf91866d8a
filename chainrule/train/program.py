"""Program: the whole training step of a net, compiled: forward, loss, backward, update.

Imports recording and the native files beside it. ``fit`` trains with it; users who write their own
loop call it.
"""

import threading
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NoReturn

import numpy as np

from chainrule.errors import ArgumentError, ChainruleError, UnsupportedError
from chainrule.nn import Module
from chainrule.ops.random import fold, key, philox
from chainrule.optim import ClipNorm, ClipValue, Optimizer, Schedule
from chainrule.optim.arguments import whole
from chainrule.plan.plan import Plan
from chainrule.train.batches import checked_order
from chainrule.train.checks import (
    arrays_of,
    check_loss,
    check_model,
    check_rows,
    check_single_rows,
    takes_several,
    trained_parameters,
)
from chainrule.train.eager_step import say_left_out
from chainrule.train.entering import in_memory_order
from chainrule.train.hooks import GradientHook, checked_hooks
from chainrule.train.learning_settings import check_optimizer, checked_rate, clipping, rates_of
from chainrule.train.native.all_sizes import NativeSteps
from chainrule.train.native.entering_symbols import inputs
from chainrule.train.native.epoch import NativeEpoch
from chainrule.train.native.keeping import Again
from chainrule.train.native.outputs import NativeEvaluation
from chainrule.train.native.recorded_step import UnreachedError
from chainrule.train.native.step import NativeStep
from chainrule.train.recipe import Recipe
from chainrule.train.streams import PLAIN, Rows, inputs_alone, key_of, streams
from chainrule.train.trial import Refused, tried_on_few

Array = np.ndarray[Any, np.dtype[Any]]
EXAMINED = 32  # rows, the first ones, on which the loss is tried


class Program:
    """A training step as machine code.

    Parameters and the optimiser's memory are updated in place; nothing is allocated per step, and
    the GIL is released while it runs. The same seed draws the same dropout masks as ``fit``.

    Each call follows what Python has changed since the last one, as eager steps do: the
    optimiser's settings, attributes of layers, regularization, numbers that the loss looks up,
    ``module.freeze()``. The step is recorded anew then; see "What a compiled step follows" in
    docs/native.md for what cannot be seen. Parameters that the loss does not reach are left as
    they are, and an UnreachedWarning names them once.

    Parameters
    ----------
    model : Module
    loss : callable, or a dict or tuple of them
        loss(outputs, y) returns the mean over the rows; as in :func:`fit`.
    optimizer : Optimizer
        Any but LBFGS, whose step computes the loss several times.
    regularization : optional
        As in :func:`fit`.
    schedule : Schedule or callable, optional
        Learning rate by step, counted from 0; it must know its ``rate`` and ``steps``.
    clip : ClipNorm, ClipValue or float, optional
    seed : int, default 0
        Of dropout.
    scale : float, default 1
        Every element of x is multiplied by it: 1/255 for images given as bytes (uint8).
    gradient_hooks : sequence of callable, optional
        As in :func:`fit`.
    epochs : int, default 0
        Made before, by another program with this seed: their dropout masks do not come again.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(256, 2)).astype(np.float32)
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> model = cr.nn.MLP([2, 16, 2])
    >>> program = cr.train.Program(model, cr.softmax_cross_entropy, cr.optim.Adam(0.01))
    >>> for epoch in range(20):
    ...     losses = program.epoch(x, y, batch_size=32, order=rng.permutation(len(x)))
    >>> losses.shape, bool(losses.mean() < 0.2)
    ((8,), True)
    >>> (program.predict(x).argmax(axis=1) == y).mean() > 0.95
    np.True_
    """

    def __init__(
        self,
        model: Module,
        loss: Any,
        optimizer: Optimizer,
        regularization: Any = None,
        schedule: Schedule | Callable[[int], float] | None = None,
        clip: ClipNorm | ClipValue | float | None = None,
        *,
        seed: int = 0,
        scale: float = 1.0,
        gradient_hooks: Sequence[GradientHook] = (),
        epochs: int = 0,
    ) -> None:
        check_model(model)
        check_loss(loss)
        check_optimizer(optimizer, model)
        if optimizer.needs_closure:
            raise ArgumentError(
                f"a step of {type(optimizer).__name__} computes the loss several times, which no "
                "program of one step does.",
                do="Train with cr.fit, or choose Adam or SGD.",
            )
        self.model, self.optimizer = model, optimizer
        trained = trained_parameters(model)
        hooks = (*checked_hooks(gradient_hooks, "Program"), *clipping(clip, "Program"))
        self._recipe = Recipe(
            model, loss, optimizer, regularization, hooks, tuple(trained), float(scale)
        )
        self._native, self._examined = NativeSteps(self._recipe), set[Any]()
        self._left_out = set[str]()  # parameters that were named as not reached
        self._rates = rates_of(schedule, optimizer, None, "Program")
        self._key = key(whole("Program", "seed", seed))
        self._epochs = whole("Program", "epochs", epochs)
        self._evaluation = NativeEvaluation(model, float(scale))
        self._lock = threading.Lock()

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            "a Program is machine code for one net, and cannot be copied or pickled.",
            found=[f"of {type(self.model).__name__} and {self.optimizer!r}"],
            do="Copy net and optimiser together, copy.deepcopy((program.model, "
            "program.optimizer)), and make a new Program of them.",
        )

    @property
    def steps(self) -> int:
        """How many steps have been made."""
        return self._native.steps

    def step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """One step on a batch; returns its loss, regularization included.

        Parameters
        ----------
        x : array, (N, ...), or a tuple or a dict of some
        y : array, (N, ...), or a tuple or a dict of some
            Class labels, or numbers of the shape of the net's outputs.
        sample_weight : array, (N,), optional
            See :func:`fit`.

        Raises
        ------
        IndexRangeError
            For a label outside the classes; nothing is changed.
        NonFiniteError
            If the loss or a gradient is NaN or infinite; nothing is changed.
        ArgumentError
            If the learning rate of this step is negative, NaN or infinite.
        """
        rows = arrays_of(x, y, sample_weight, "this batch")
        key = key_of(rows.form, rows.arrays)
        with self._lock:
            native, rates = self._native, self._rates
            native.follow()
            step = native.find(key) or self._made_for(rows)
            one = step.one
            rate = self.optimizer.rate if rates is None else rates(self.steps, 1)[0]
            if type(rate) is not float or not 0 <= rate < inf:
                rate = checked_rate(rate, f"step {self.steps + 1}")
            one.rates[0], one.counts[0] = rate, native.bound(step) + 1
            if step.draws:
                one.keys[0] = fold(fold(self._key, 0), self.steps)
            keeper = native.begin()
            try:
                step.step(rows.arrays)
            except ChainruleError as error:
                place = f"step {self.steps + 1}"
                raise native.explained(error, rows, one.keys[0], place) from None
            if not keeper.sound():
                keeper.restore()
                raise native.spoilt(rows, one.keys[0], f"step {self.steps + 1}")
            if keeper.is_small:
                native.made(1)
            else:
                native.made(1, _again(step, keeper.copied(rows.arrays)), rows.nbytes)
            return one.losses.item() + one.penalties.item()

    def epoch(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        order: Any = None,
        sample_weight: Any = None,
    ) -> Array:
        """Steps on all rows, batch by batch, in native code; returns a loss per batch.

        Parameters
        ----------
        x : array, (N, ...) of float32, float64 or uint8; or a tuple or a dict of some
        y : array, (N, ...), or a tuple or a dict of some
        batch_size : int, default 32
            The last batch may be smaller, and is used too.
        order : array of int, optional
            The rows in the order in which they are taken, such as a permutation; a row may be
            left out or stand twice. Default: as they are given, which spares gathering them.
        sample_weight : array, (N,), optional
            See :func:`fit`.

        Raises
        ------
        IndexRangeError
            For a label outside the classes: the steps before that batch have been made. For a
            row of ``order`` outside the data: none has.
        NonFiniteError
            If the loss or a gradient becomes NaN or infinite: the message names the batch, and
            parameters, buffers and the optimiser's memory are those from before it.
        ArgumentError
            Where the learning rate of a step is negative, NaN or infinite; those before it have
            been made. While another thread trains this net, or with this optimiser.
        ShapeError
            For streams of several lengths; for batches of one row where a BatchNorm needs several.
        """
        size = whole("epoch", "batch_size", batch_size, least=1)
        rows = arrays_of(x, y, sample_weight, "this epoch")
        given = checked_order(order, len(rows.arrays[0]) if rows.arrays[0].ndim else 0)
        check_rows(rows, "this epoch")
        if given is not None:
            rows = Rows(rows.arrays, rows.form, given)
        with self._lock:
            self._native.follow()
            with self._native.claimed:
                return self._steps_on(rows, size)

    def _steps_on(self, rows: Rows, size: int) -> Array:
        """An epoch, whose net and optimiser are claimed; a loss per batch."""
        first = self._native.find_for(rows, size) if size > 1 else None
        if first is None:
            self._prepare(rows, size)
        self._epochs += 1
        rates = self._rates_of(-(-rows.count // size))
        run = NativeEpoch(self._native, rows, size, self._keys, rates, shows=False, first=first)
        while run.done < run.count:
            run.advance()
        return run.feeds.losses + run.feeds.penalties

    def predict(self, x: Any) -> Any:
        """The net's outputs for all rows: scores, not probabilities; dropout is off."""
        if type(x) is np.ndarray:
            return self._evaluation(PLAIN, (in_memory_order(x, "x"),))
        takes_several(self.model, x, "x")
        rows = inputs_alone(x, in_memory_order)
        if rows.form is not PLAIN:
            check_rows(rows, "this batch")
        return self._evaluation(rows.form, rows.arrays)

    def plan(self, x: Any, y: Any, sample_weight: Any = None) -> Plan:
        """The plan of the step for a batch like this one; ``print(plan.show())`` shows it."""
        rows = streams(x, y, sample_weight, in_memory_order)
        with self._lock:
            self._native.follow()
            return self._step_for(rows, rows.count).plan

    def _made_for(self, rows: Rows) -> NativeStep:
        """Machine code for a batch that looks like none before."""
        check_rows(rows, "this batch")
        self._examine(rows)
        return self._step_for(rows, rows.count)

    def _step_for(self, rows: Rows, count: int) -> NativeStep:
        """Machine code for so many of these rows, which leaves out what the loss does not reach.

        A warning names it once.
        """
        native = self._native
        try:
            return native.step_for(rows, count)
        except UnreachedError as error:
            say_left_out(error.paths, self._left_out)
            native.leave_out(error.paths)
            return native.step_for(rows, count)

    def _prepare(self, rows: Rows, size: int) -> None:
        """Try the net and the loss, and make the machine code for the batches of an epoch."""
        self._examine(rows)
        if size == 1:
            check_single_rows(self.model, self._entered(rows, 1), size)
        for count in {min(size, rows.count), rows.count % size} - {0}:
            self._step_for(rows, count)

    def _examine(self, rows: Rows) -> None:
        """Try the loss on the first rows of a new shape: whether outputs and targets meet.

        A net or a loss that does not take so few is recorded all the same, and says so there.
        """
        shapes = (rows.form.key, *[array.shape[1:] for array in rows.arrays])
        if shapes in self._examined or not len(rows.arrays[0]):
            return
        recipe = self._recipe
        takes_several(recipe.model, rows.form.inputs_of(rows.arrays), "x")
        try:
            tried_on_few(
                recipe.model, recipe.loss, self._entered(rows, EXAMINED), "this batch",
                trains=True, ranges=False,
            )  # fmt: skip
        except Refused as refused:
            if refused.surely:
                raise refused.error from None
        self._examined.add(shapes)

    def _entered(self, rows: Rows, count: int) -> Rows:
        """The first rows, with inputs as the net is given them."""
        recipe, form = self._recipe, rows.form
        x = [
            np.asarray(inputs(recipe.model, array[:count], recipe.scale, form))
            for array in rows.arrays[: form.inputs]
        ]
        rest = rows.arrays[form.inputs :]
        return Rows((*x, *rest), form)

    def _keys(self, count: int) -> Array:
        """A random key for each batch of this epoch; ``fit`` draws the same."""
        return philox(fold(self._key, self._epochs)).random_raw(2 * count).reshape(-1, 2)

    def _rates_of(self, count: int) -> Any:
        """Learning rates of the next steps, or the one for all."""
        if self._rates is not None:
            return self._rates(self.steps, count)
        rate = self.optimizer.rate
        return rate if type(rate) is float else checked_rate(rate, f"step {self.steps + 1}")


def _again(step: NativeStep, arrays: Sequence[Array]) -> Again:
    """What makes a step on a batch once more."""
    one = step.one
    numbers = one.rates[0], one.counts[0], one.keys[0].copy()

    def again() -> None:
        one.rates[0], one.counts[0], one.keys[0] = numbers
        step.step(arrays)

    return again
