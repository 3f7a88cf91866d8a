"""Learning: data, the training loop, and what it leaves behind.

loop.py        fit: checks its arguments, then trains
training.py    epochs and batches             step.py      one step
streams.py     x, y and weights by name       objective.py a loss as a step calls it
heads.py       outputs and their targets      head_metrics.py  metrics by name
hooks.py       between gradients and update   recipe.py    what a step is made of
bound.py       machine code and its arrays    misnamed.py  names that there are not
choices.py     what suits the data
batches.py     rows in a new order            penalty.py   regularization, at every step
checks.py      bad input, found early         nonfinite.py a loss that is not finite
entering.py    data as people have it         trial.py     a loss tried on a few rows
loss_check.py  what a loss is                 state.py     where a fit stands, to go on from
evaluation.py  evaluate and predict           metrics.py   accuracy and R^2
history.py     what training left behind      files.py     written whole or not at all
events.py      callbacks                      early_stopping.py  progress.py
interruption.py  Ctrl-C                       data/        data sets by name or CSV path
"""

from chainrule.train import data
from chainrule.train.early_stopping import EarlyStopping
from chainrule.train.evaluation import evaluate, predict
from chainrule.train.events import Callback, FitState
from chainrule.train.history import Epoch, History
from chainrule.train.loop import fit
from chainrule.train.program import Program
from chainrule.train.progress import PlainProgress
from chainrule.train.state import TrainingState

__all__ = [
    "Callback",
    "EarlyStopping",
    "Epoch",
    "FitState",
    "History",
    "PlainProgress",
    "Program",
    "TrainingState",
    "data",
    "evaluate",
    "fit",
    "predict",
]
