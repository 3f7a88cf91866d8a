"""Plan: settings become a net, a loss and an optimiser, with everything left open filled in.

Imports nn, optim, the losses and train. training.py carries it out; config.toml records it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.cli.settings import TrainSettings, refuse_impossible
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.catalogue import CATALOGUE
from chainrule.nn import L2
from chainrule.nn.activations import ACTIVATIONS
from chainrule.nn.containers import NORMALIZATIONS
from chainrule.ops.losses.loss import Loss
from chainrule.optim import (
    Cosine,
    InverseSqrt,
    Linear,
    Optimizer,
    Schedule,
    Step,
    by_name,
    names,
)
from chainrule.train import EarlyStopping
from chainrule.train.architecture import Architecture
from chainrule.train.data import Dataset

SCHEDULES = ("cosine", "linear", "step", "inverse_sqrt", "constant")

# Measured on the named data sets over ten seeds; the optimisers' own defaults suit long training.
RATES = {"adam": 3e-3, "adamw": 3e-3, "adagrad": 0.05, "lbfgs": 1.0, "rmsprop": 1e-3, "sgd": 0.05}
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
class Plan:
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
            case "cosine":
                return Cosine()
            case "linear":
                return Linear()
            case "step":
                return Step(every=max(-(-self.steps // FALLS), 1))
            case "inverse_sqrt":
                return InverseSqrt(warmup=self.steps // WARMUP_SHARE)
            case _:
                return None

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


def check(settings: TrainSettings) -> None:
    """Refuse impossible numbers and unknown names, before any data is read."""
    refuse_impossible(settings)
    known_losses = ("auto", *losses("classification"), *losses("regression"))
    for kind, name, known in (
        ("activation", settings.activation, tuple(ACTIVATIONS)),
        ("normalization", settings.normalization, NORMALIZATIONS),
        ("loss", settings.loss, known_losses),
        ("optimiser", settings.optimizer, names()),
        ("schedule", settings.schedule, SCHEDULES),
    ):
        if name is not None and name not in known:
            raise UnknownNameError(kind, name, known)


def losses(task: str) -> dict[str, Callable[..., Any]]:
    """The losses of a task by name; the first is what "auto" means.

    Numbers are standardised, so that a loss whose link makes rates of outputs is not among them.
    """
    kinds = [op for op in map(CATALOGUE.__getitem__, CATALOGUE.names()) if issubclass(op, Loss)]
    if task == "classification":
        fitting = [kind for kind in kinds if kind.targets == "labels"]
    else:
        fitting = [kind for kind in kinds if kind.targets == "numbers" and not kind.link]
    return {kind.name: kind.function for kind in fitting}


def plan(settings: TrainSettings, dataset: Dataset) -> Plan:
    """Fill in what the settings leave to the data."""
    rows = len(dataset.x_train)
    default_batch = rows if settings.optimizer == WHOLE_BATCH else BATCH_ROWS
    batch_size = min(settings.batch_size or default_batch, rows)
    steps_per_epoch = -(-rows // batch_size)
    usual = min(max(-(-STEPS // steps_per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
    epochs = settings.epochs or usual
    loss = _loss(settings.loss, dataset)
    is_watched = len(dataset.x_validation) > 0
    return Plan(
        architecture=Architecture(
            (dataset.inputs, *settings.layers, dataset.outputs),
            settings.activation,
            loss,
            settings.dropout,
            settings.normalization,
        ),
        loss=losses(dataset.task)[loss],
        optimizer=settings.optimizer,
        schedule="constant" if settings.optimizer == WHOLE_BATCH else settings.schedule,
        rate=settings.learning_rate or RATES[settings.optimizer],
        l2=settings.l2,
        clip=settings.clip,
        epochs=epochs,
        batch_size=batch_size,
        steps=epochs * steps_per_epoch,
        patience=settings.patience if is_watched else 0,
        seed=settings.seed,
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
