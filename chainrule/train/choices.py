"""Choices: how to train on some data: what nobody chose is filled in by what suits the data.

Imports nn, optim, the losses and train. The command line carries a plan out and records it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.nn import L2, Module
from chainrule.nn.activations import ACTIVATIONS, USUAL
from chainrule.nn.containers import NORMALIZATIONS
from chainrule.ops.losses.loss import Loss
from chainrule.optim import (
    Cosine,
    CosineRestarts,
    Exponential,
    InverseSqrt,
    Linear,
    OneCycle,
    Optimizer,
    Polynomial,
    Schedule,
    Step,
    by_name,
    names,
)
from chainrule.train.architecture import Architecture
from chainrule.train.data import Dataset
from chainrule.train.early_stopping import EarlyStopping
from chainrule.train.events import Callback
from chainrule.train.history import History
from chainrule.train.loop import fit

SPREAD = {  # over all steps
    "cosine": Cosine, "linear": Linear, "one_cycle": OneCycle, "restarts": CosineRestarts,
    "exponential": Exponential, "polynomial": Polynomial,
}  # fmt: skip
SCHEDULES = (*SPREAD, "step", "inverse_sqrt", "constant")

# Measured on the named data sets over ten seeds (those of lion, nadam and radam over three); the
# optimisers' own defaults suit long training.
RATES = {
    "adam": 3e-3, "adamw": 3e-3, "adagrad": 0.05, "lbfgs": 1.0, "lion": 3e-4, "nadam": 3e-3,
    "radam": 0.01, "rmsprop": 1e-3, "sgd": 0.05,
}  # fmt: skip
STEPS = 2500  # enough for the small sets to settle, and seconds of work
FEWEST_EPOCHS, MOST_EPOCHS = 10, 200
BATCH_ROWS = 32
WHOLE_BATCH = "lbfgs"  # compares losses of the same rows
FALLS = 3  # of the step schedule: by a factor of 10 after each third but the last
# Multiplications of a forward pass. Below it, waiting for a second thread costs more than it
# helps, and twenty times more while another program keeps a core busy.
WORK_FOR_THREADS = 50_000_000
WARMUP_SHARE = 20  # inverse_sqrt falls from the end of the first twentieth of all steps


@dataclass(frozen=True)
class Choices:
    """What may be chosen; None leaves it to the data.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer; () for a linear classifier.
    activation, loss, optimizer, schedule : str
        Their names; the loss "auto" is the usual one for the data's task.
    dropout : float
        Share of the hidden units left out at each step.
    normalization : str, optional
        "batch" or "layer".
    learning_rate : float, optional
        Default: what suits the optimiser.
    l2 : float
        Strength of the regularization.
    clip : float, optional
        Largest norm of the gradients of a step.
    epochs, batch_size : int, optional
        Default: as many epochs as make 2500 steps, but 10 at least and 200 at most; 32 rows, or
        all for an optimiser that compares losses.
    patience : int
        Epochs without a lower validation loss; 0 trains to the end.
    seed : int

    Examples
    --------
    >>> from chainrule.train.data import load
    >>> data = load("iris", seed=0)
    >>> planned = plan(Choices(hidden=(16,), epochs=20), data)
    >>> planned.batch_size, planned.rate, planned.loss.__name__
    (32, 0.003, 'softmax_cross_entropy')
    >>> model = planned.architecture.build(planned.seed)
    >>> history = planned.fit(model, data)
    >>> history.metric
    'accuracy'
    """

    hidden: tuple[int, ...] = (64,)
    activation: str = USUAL
    dropout: float = 0.0
    normalization: str | None = None
    loss: str = "auto"
    optimizer: str = "adam"
    learning_rate: float | None = None
    schedule: str = "cosine"
    l2: float = 1e-3
    clip: float | None = None
    epochs: int | None = None
    batch_size: int | None = None
    patience: int = 20
    seed: int = 0


@dataclass(frozen=True)
class TrainingPlan:
    """What training does, with nothing left open.

    Parameters
    ----------
    architecture : Architecture
        The net, and the name of the loss.
    loss : callable
    optimizer, schedule : str
        Their names.
    rate : float
        Learning rate at the start.
    l2 : float
        Strength of the regularization; 0 for none.
    clip : float or None
        Largest norm of the gradients of a step.
    epochs, batch_size : int
        Passes over the training rows, and rows per step.
    steps : int
        In all epochs together.
    patience : int
        Epochs; 0 means no early stopping.
    seed : int
        Of the weights and the order of the rows.
    """

    architecture: Architecture
    loss: Callable[..., Any]
    optimizer: str
    schedule: str
    rate: float
    l2: float
    clip: float | None
    epochs: int
    batch_size: int
    steps: int
    patience: int
    seed: int

    def make_optimizer(self) -> Optimizer:
        """A fresh optimiser."""
        return by_name(self.optimizer, self.rate)

    def make_schedule(self) -> Schedule | None:
        """The learning rate by step; None while it stays the same."""
        match self.schedule:
            case "step":
                return Step(every=max(-(-self.steps // FALLS), 1))
            case "inverse_sqrt":
                return InverseSqrt(warmup=self.steps // WARMUP_SHARE)
            case name:
                kind = SPREAD.get(name)
                return None if kind is None else kind()

    def threads(self) -> int | None:
        """How many of the linear algebra's; None for as many as it likes."""
        work = self.batch_size * self.architecture.weights
        return 1 if work < WORK_FOR_THREADS else None

    def regularization(self) -> L2 | None:
        """The penalty on the weights."""
        return L2(self.l2) if self.l2 else None

    def early_stopping(self) -> EarlyStopping | None:
        """When to stop, and which weights to keep."""
        return EarlyStopping(self.patience) if self.patience else None

    def fit(self, model: Module, dataset: Dataset, callbacks: Sequence[Callback] = ()) -> History:
        """Train a net on the data's training part, watched on its validation part."""
        watched = dataset.x_validation, dataset.y_validation
        return fit(
            model,
            dataset.training,
            loss=self.loss,
            optimizer=self.make_optimizer(),
            regularization=self.regularization(),
            epochs=self.epochs,
            batch_size=self.batch_size,
            validation=watched if len(watched[0]) else None,
            schedule=self.make_schedule(),
            clip=self.clip,
            early_stopping=self.early_stopping(),
            callbacks=callbacks,
            seed=self.seed,
        )


def check(choices: Choices) -> None:
    """Refuse unknown names, before any data is read."""
    known_losses = ("auto", *losses("classification"), *losses("regression"))
    for kind, name, known in (
        ("activation", choices.activation, tuple(ACTIVATIONS)),
        ("normalization", choices.normalization, NORMALIZATIONS),
        ("loss", choices.loss, known_losses),
        ("optimiser", choices.optimizer, names()),
        ("schedule", choices.schedule, SCHEDULES),
    ):
        if name is not None and name not in known:
            raise UnknownNameError(kind, name, known)


def losses(task: str) -> dict[str, Callable[..., Any]]:
    """The losses of a task by name; the first is what "auto" means.

    Numbers are standardised, so that a loss whose link makes rates of outputs is not among them;
    nor is one that asks for several outputs of each number.
    """
    kinds = [op for op in map(CATALOGUE.__getitem__, CATALOGUE.names()) if issubclass(op, Loss)]
    if task == "classification":
        fitting = [kind for kind in kinds if kind.targets == "labels"]
    else:
        plain = [kind for kind in kinds if not kind.link and kind.columns == 1]
        fitting = [kind for kind in plain if kind.targets == "numbers"]
    return {kind.name: kind.function for kind in fitting}


def plan(choices: Choices, dataset: Dataset) -> TrainingPlan:
    """Fill in what the choices leave to the data."""
    rows = dataset.rows
    default_batch = rows if choices.optimizer == WHOLE_BATCH else BATCH_ROWS
    batch_size = min(choices.batch_size or default_batch, rows)
    steps_per_epoch = -(-rows // batch_size)
    usual = min(max(-(-STEPS // steps_per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
    epochs = choices.epochs or usual
    loss = _loss(choices.loss, dataset)
    is_watched = len(dataset.x_validation) > 0
    return TrainingPlan(
        architecture=Architecture(
            (dataset.inputs, *choices.hidden, dataset.outputs),
            choices.activation,
            loss,
            choices.dropout,
            choices.normalization,
        ),
        loss=losses(dataset.task)[loss],
        optimizer=choices.optimizer,
        schedule="constant" if choices.optimizer == WHOLE_BATCH else choices.schedule,
        rate=choices.learning_rate or RATES[choices.optimizer],
        l2=choices.l2,
        clip=choices.clip,
        epochs=epochs,
        batch_size=batch_size,
        steps=epochs * steps_per_epoch,
        patience=choices.patience if is_watched else 0,
        seed=choices.seed,
    )


def _loss(name: str, dataset: Dataset) -> str:
    fitting = losses(dataset.task)
    if name == "auto":
        return next(iter(fitting))
    if name not in fitting:
        answer = "classes" if dataset.task == "classification" else "numbers"
        raise ArgumentError(
            f"the loss {name} does not suit {dataset.name}, whose answers are {answer}.",
            do=f"Choose one of: {', '.join(fitting)}.",
        )
    return name
