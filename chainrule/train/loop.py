"""fit: what the user calls to train a net.

Imports everything beside it. All that can be wrong with the arguments is found here, before the
first step; the epochs run in training.py.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import ArgumentError, NoGradientError
from chainrule.nn import Module
from chainrule.optim import ClipNorm, ClipValue, Optimizer, Schedule
from chainrule.optim.arguments import whole
from chainrule.settings import RECORDING
from chainrule.spec import is_sequence
from chainrule.train.batches import Batches, check_shuffle
from chainrule.train.blocks import Blocks, block_batches, check_of, is_blocks
from chainrule.train.checks import (
    Task,
    check_model,
    check_single_rows,
    columns_known,
    note_columns,
    trained_parameters,
)
from chainrule.train.class_weights import weighed_by_class
from chainrule.train.eager_step import TrainingStep
from chainrule.train.early_stopping import EarlyStopping
from chainrule.train.events import Callback, Hooks
from chainrule.train.fit_state import FitState
from chainrule.train.head_metrics import names_of
from chainrule.train.history import History
from chainrule.train.hooks import GradientHook, checked_hooks
from chainrule.train.learning_settings import check_optimizer, clipping, rates_of
from chainrule.train.native.compiling import compiled_steps
from chainrule.train.penalty import Penalty
from chainrule.train.progress import PlainProgress
from chainrule.train.recipe import Recipe
from chainrule.train.state import TrainingState
from chainrule.train.training import Training
from chainrule.train.waiting import COMPILING, telling


def fit(
    model: Module,
    data: tuple[Any, Any] | Blocks,
    *,
    loss: Any,
    optimizer: Optimizer,
    regularization: Any = None,
    epochs: int = 10,
    batch_size: int = 32,
    accumulate: int = 1,
    validation: tuple[Any, ...] | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    schedule: Schedule | Callable[[int], float] | None = None,
    clip: ClipNorm | ClipValue | float | None = None,
    gradient_hooks: Sequence[GradientHook] = (),
    early_stopping: EarlyStopping | int | None = None,
    callbacks: Sequence[Callback] = (),
    metric: Any = "auto",
    seed: int = 0,
    shuffle: bool | Callable[[int], Any] = True,
    progress: bool = False,
    compiled: bool = True,
    after: History | None = None,
) -> History:
    """Train a net on rows of data.

    Parameters
    ----------
    model : Module
        Its parameters are changed in place.
    data : (array, array)
        X (N, ...) and y: class labels (N,), or numbers of the shape of the net's outputs. They
        are converted to the net's element type once, and not changed. Frames and lists of numbers
        will do; the names of a frame's columns are remembered, and `predict` compares them.
        X and y may each be several arrays of N rows, in a tuple or a dict: the net's forward is
        given X in the same container, and the loss y. Masks of booleans stay such there.
        Data that do not fit into memory come block by block, see :class:`Blocks`.
    loss : callable, or a dict or tuple of them
        loss(outputs, y) returns the mean over the rows, such as ``cr.softmax_cross_entropy``. It
        is tried on a few rows first: outputs and targets that broadcast into a table, (N, 1)
        against (N,), are an error. A net that returns several outputs, in a tuple or a dict,
        takes a function of all of them, or one loss for each by its name; their sum is trained.
    optimizer : Optimizer
        LBFGS needs all rows in one batch. Of an EMA or SWA, the average of the weights is what
        validation sees and what the net holds at the end.
    regularization : optional
        ``nn.L2(1e-4)``, L1, ElasticNet, MaxNorm, or a list of them; beside those of layers. A
        mapping has some for the parameters whose names fit a pattern, of which the first counts:
        ``{"layers.0.*": nn.L1(1e-4), "*": nn.L2(1e-3)}``; None exempts them.
    epochs : int, default 10
        Passes over all rows. 0 only checks the arguments. With ``after``: more passes.
    batch_size : int, default 32
        Rows per step; the last batch of an epoch may be smaller. 32 is small enough for the
        noise that generalises well and large enough to fill the vector units.
    accumulate : int, default 1
        Batches whose gradients are gathered for one update: k batches of n rows make the step of
        one batch of k * n, to rounding, in the memory that n rows take. Everything else sees that
        one step: the schedule, the callbacks, clipping and the hooks, the history. A BatchNorm
        and dropout see the n rows; the last step of an epoch has what is left. A compiled step
        writes out each of the batches, and takes longer to compile with more of them.
    validation : (array, array) or (array, array, array), optional
        Rows that are only evaluated, after each epoch; the third one are their weights.
    sample_weight : array, (N,), optional
        How much each row counts in the loss: a weighted mean over the rows of a batch. A loss of
        your own takes them as a parameter called ``weights``. Of several losses by name, all are
        given it; or a dict of weights has one for some of them. No metric is weighted.
    class_weight : "balanced" or mapping of label to number, optional
        How much the rows of each class count; the weights of :func:`chainrule.train.class_weights`
        multiply those of the rows. "balanced": each class as much as any other. Validation rows
        have weights of their own, if any.
    schedule : Schedule or callable, optional
        Learning rate by step, counted from 0 at the start of this fit, or of the one that it
        goes on from; ``state.rate = ...`` in a hook overrides it for one step, see
        :class:`FitState`. What it leaves open is filled in: the rate by the optimiser's, the
        steps by those of all epochs. Default: the optimiser's rate, as it is at each step.
    clip : ClipNorm, ClipValue or float, optional
        Applied to the gradients of each step, after the hooks; a number is ClipNorm's limit.
    gradient_hooks : sequence of callable, optional
        hook(gradients) is given the gradients of the parameters in a list at each step, before
        the update, and returns others in their places. Written with chainrule's functions or
        NumPy's, it runs in compiled steps as in eager ones; one that writes into the gradients
        in place makes all steps eager.
    early_stopping : EarlyStopping or int, optional
        A number is the patience in epochs.
    callbacks : sequence of Callback, optional
    metric : {"auto", "accuracy", "r2"}, callable, dict or None, default "auto"
        "auto" is the accuracy for class labels and for binary_cross_entropy, alone or within
        another function, and R^2 for other numbers. A function of outputs and targets, both
        arrays, is averaged over the rows; it returns one number, or one for each row. Of several
        outputs each has its own: a dict names them by output, and the history's columns are
        called "accuracy_class", "r2_price"; a function is given all outputs and all targets.
    seed : int, default 0
        Of the order of the rows and of dropout. The same seed gives the same bits.
    shuffle : bool or callable, default True
        Another order of the rows in each epoch, which a step needs to see rows that do not
        resemble each other. False: as they lie. A function of the epoch's number, from 1 on,
        returns the numbers of the rows in their order; a row may stand in it twice.
    progress : bool, default False
        Write a line per epoch to standard error, and one where compiling takes over a second.
    compiled : bool, default True
        Run the steps as machine code, see :class:`Program`. The gradients of the last full batch
        of each epoch go into the history; where writing those of all its batches would take
        longer than one eager step, this one runs eagerly. A step that cannot be compiled runs
        eagerly, with an EagerWarning that says why.
        False: eager steps, as they are recorded by ``loss.backward()``.
    after : History, optional
        Go on where the fit that returned it ended, with the same data, ``batch_size`` and
        ``seed``, for so many more ``epochs``: the net and the optimiser are brought back to where
        training stood (early stopping may have put better weights into the net since), and the
        order of the rows, dropout, the schedule's steps and early stopping go on from there. With
        the same arguments 3 epochs and 3 more are 6, bit for bit. A fit that was interrupted
        goes on with the next batch; its epoch counts as one of those to come. A schedule that
        leaves its ``steps`` open is spread over all epochs, old and new.

    Returns
    -------
    History
        Of all epochs, those of ``after`` among them.

    Raises
    ------
    ShapeError, DTypeError, DataError, IndexRangeError, ArgumentError
        For data or arguments that do not fit, before the first step.
    NonFiniteError
        If the loss or a gradient becomes NaN or infinite: the step is named, and parameters,
        buffers and the optimiser's memory are those from before it.
    ArgumentError
        Where the rate of a step is negative, NaN or infinite; the steps before it were made.

    Notes
    -----
    Callbacks may change the optimiser's settings, attributes of layers, regularization, layers
    and parameters, what is frozen, and what the loss looks up: compiled steps follow as eager
    ones do. See "What a compiled step follows" in docs/native.md.

    Parameters that the loss does not reach are left as they are, weight decay included, and an
    UnreachedWarning names them once.

    Ctrl-C or SIGTERM ends training when the step in progress is done, and ``history.stopped`` is
    "interrupted"; the second one leaves at once. Only the main thread hears them.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> from chainrule import nn, optim
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> history = fit(nn.MLP([2, 16, 2]), (x, (x[:, 0] > x[:, 1]).astype(int)),
    ...     loss=cr.softmax_cross_entropy, optimizer=optim.Adam(0.01), epochs=20)
    >>> history["accuracy"][-1] > 0.95
    True
    """
    if not RECORDING.get():
        raise NoGradientError(
            "fit was called inside cr.no_grad(), where no graph is recorded to learn from.",
            do="Call it outside; evaluate and predict record nothing by themselves.",
        )
    check_model(model)
    check_optimizer(optimizer, model)
    size, seed = whole("fit", "batch_size", batch_size, 1), whole("fit", "seed", seed)
    several = whole("fit", "accumulate", accumulate, 1)
    epochs = whole("fit", "epochs", epochs)
    check_shuffle(shuffle)
    known = None if after is None else columns_known(model)
    if class_weight is not None:
        sample_weight = weighed_by_class(data, class_weight, sample_weight)

    def task_of(given: Any, part: str, weights: Any) -> Task:
        return Task.of(model, given, loss, metric, part, size, True, known, weights)

    if is_blocks(data):
        check = check_of(task_of, sample_weight)
        if shuffle is not True:
            raise ArgumentError(
                f"data that come in blocks are shuffled by fit, but shuffle={shuffle!r:.60}.",
                do="Leave shuffle out; blocks() decides on the order of the blocks.",
            )
        task, batches = block_batches(data, size * several, seed, check)
    else:
        task = task_of(data, "the training data", sample_weight)
        batches = Batches(task.rows, size * several, seed, shuffle=shuffle)
    watched = None
    if validation is not None:
        part = "the validation data"
        given, weighing = _weighed(validation)
        watched = Task.of(model, given, loss, metric, part, size, False, task.columns, weighing)
    _check_whole_batch(optimizer, batches, several)
    check_single_rows(model, task.rows, min(size, batches.rows))
    parameters = trained_parameters(model)
    cut = (*checked_hooks(gradient_hooks, "fit"), *clipping(clip, "fit"))
    piece = size if several > 1 else 0
    recipe = Recipe(model, loss, optimizer, regularization, cut, tuple(parameters), piece=piece)
    penalty = Penalty(model, regularization)
    step = TrainingStep(recipe, parameters, penalty, task.rows.form)
    counter = None if task.make_metric is None else task.make_metric()
    history = History(names_of(counter), watched is not None)
    begun = None if after is None else _begun(after, history, batches, optimizer)
    epochs += 0 if begun is None else begun.epoch
    rates = rates_of(schedule, optimizer, batches.count * epochs, "fit")
    state = FitState(model, parameters, optimizer, history, epochs, batches.count, batches.rows)
    state.scheduled, state.project = rates is not None, penalty.project
    hooks = Hooks(_listeners(early_stopping, callbacks, progress))
    note_columns(model, task.columns)
    if begun is not None:
        begun.restore(model, optimizer)
        state.epoch, state.step = begun.epoch, begun.step
    native = None
    if compiled and epochs:
        with telling(hooks, COMPILING):
            left = epochs - state.epoch
            native = compiled_steps(recipe, parameters, step, batches, history, left)
    training = Training(state, task, watched, recipe, batches, step, native, hooks, rates, begun)
    return training.run()


def _begun(after: Any, history: History, batches: Batches, optimizer: Optimizer) -> TrainingState:
    """Where the fit stood that this one goes on from; the history begins with its epochs."""
    state = after.state if isinstance(after, History) else None
    if state is None:
        found = "that of a fit which an error ended" if isinstance(after, History) else repr(after)
        raise ArgumentError(
            f"after= is the history that a fit returned, but this is {found:.60}.",
            do="Pass history = cr.fit(...), then cr.fit(..., after=history).",
        )
    state.check(batches.seed, batches.size, batches.rows, optimizer)
    for what, own, new in (
        ("the metric", *(", ".join(h.metrics) or "none" for h in (after, history))),
        ("validation rows", *("yes" if h.validated else "no" for h in (after, history))),
    ):
        if own != new:
            raise ArgumentError(
                f"the fit to go on from had {what}: {own}, but this one has {new}.",
                do="One history cannot hold both: pass the same, or start without after=.",
            )
    history.take_over(after)
    return state


def _weighed(data: Any) -> tuple[Any, Any]:
    """Validation data, (X, y), and the weights of the rows, which may stand beside them."""
    if is_sequence(data) and len(data) == 3:
        return tuple(data[:2]), data[2]
    return data, None


def _check_whole_batch(optimizer: Optimizer, batches: Batches, several: int) -> None:
    if optimizer.needs_closure and several > 1:
        raise ArgumentError(
            f"{type(optimizer).__name__} computes the loss several times in a step, of all rows "
            f"at once, but was given accumulate={several}.",
            do="Leave accumulate out, or choose Adam or SGD.",
        )
    if optimizer.needs_closure and batches.count > 1:
        raise ArgumentError(
            f"{type(optimizer).__name__} compares losses of the same rows, but a batch has "
            f"{batches.size} of {batches.rows}.",
            do=f"Pass batch_size={batches.rows}, or choose Adam or SGD for minibatches.",
        )


def _listeners(early_stopping: Any, callbacks: Any, progress: Any) -> list[Callback]:
    """Early stopping first: the others see the weights that it restored."""
    if isinstance(early_stopping, EarlyStopping):
        first: list[Callback] = [early_stopping]
    else:
        if isinstance(early_stopping, type):
            name = early_stopping.__name__
            raise ArgumentError(
                f"early_stopping is an EarlyStopping or a patience, not {name}.",
                do="Pass early_stopping=EarlyStopping(), or a number of epochs.",
            )
        first = [] if early_stopping is None else [EarlyStopping(early_stopping)]
    if isinstance(callbacks, Callback) or not isinstance(callbacks, list | tuple):
        raise ArgumentError(
            f"callbacks is a list of callbacks, but this is {callbacks!r}.",
            do="Put it into a list: callbacks=[...].",
        )
    return [*first, *callbacks, *([PlainProgress()] if progress else [])]
