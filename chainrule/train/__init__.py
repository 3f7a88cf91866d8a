"""Learning: data, the training loop, and what it leaves behind.

architecture.py       what a saved net is rebuilt from, as JSON text
batches.py            the rows of the data in a new order each epoch, a few at a time
blocks.py             rows that come a block at a time, for data larger than memory
checks.py             what fit and evaluate were given, in one form
choices.py            how to train on some data: what nobody chose is filled in
claims.py             who trains a net says so in its parameters
class_weights.py      how much each row counts, by its class
eager_step.py         forward, loss, backward, update; once per batch
early_stopping.py     end training when it no longer helps, and keep the best weights
entering.py           arrays, lists and frames become arrays of numbers, or an error says why
evaluation.py         loss and metric of many rows, or its outputs, without recording a graph
events.py             what happens during a fit, and how a callback listens
files.py              files written so that a crash leaves either the old one or the new one
fit_state.py          where a fit stands, for everybody who listens
head_metrics.py       metrics of a net with several outputs: by name, or a function of all
heads.py              which output of a net meets which targets, and by which loss
history_card.py  a history as a notebook shows it: curves over a table
history.py            what training left behind, epoch by epoch
hooks.py              what is done to gradients between the backward walk and the update
interruption.py       Ctrl-C: a flag first; the second time, as if nobody listened
judgement.py          what chances or numbers are worth on rows whose answers are known
learning_settings.py  what fit and Program are told about learning
loop.py               what the user calls to train a net
loss_check.py         what a loss is: one number with a graph, its facts
loss_not_finite.py    a loss that is not finite: where in the graph it began
metrics.py            figures a person reads beside the loss
monitored.py          a column of the history, and how long ago it became better
objective.py          a loss as the training step calls it
penalty.py            the regularization of a net, ready to be computed at every step
pieces.py             a batch whose gradients are gathered piece by piece
program.py            the whole training step of a net, compiled
progress.py           lines of progress, one per epoch
recipe.py             what a training step is made of, eager or recorded
reducing.py           a smaller learning rate whenever training no longer helps
saving.py             saving a trained net with everything that `predict` needs
standing.py           where a fit stands, taken down and taken up again
state.py              where a fit stands, whole, in plain arrays and numbers
streams.py            the arrays of x, of y and of the weights, and their containers
training.py           the epochs of a fit, step by step, with everybody who listens
trial.py              a loss tried on a few rows, before anything starts
unknown_streams.py    a net or a loss that asks for an array that there is not
waiting.py           what takes long is told to those who listen
watch.py              what the history shows of one step per epoch
whole_batch.py        a net is trained on all rows at once, by SciPy's L-BFGS-B
data/                 data sets by name or CSV path, split and standardised
native/               training in machine code: a step recorded, compiled, bound, repeated
"""

from chainrule.train import data
from chainrule.train.blocks import Blocks
from chainrule.train.class_weights import class_weights
from chainrule.train.early_stopping import EarlyStopping
from chainrule.train.evaluation import evaluate, predict
from chainrule.train.events import Callback
from chainrule.train.fit_state import FitState
from chainrule.train.history import Epoch, History
from chainrule.train.loop import fit
from chainrule.train.program import Program
from chainrule.train.progress import PlainProgress
from chainrule.train.reducing import ReduceOnPlateau
from chainrule.train.state import TrainingState
from chainrule.train.whole_batch import minimize

__all__ = [
    "Blocks",
    "Callback",
    "EarlyStopping",
    "Epoch",
    "FitState",
    "History",
    "PlainProgress",
    "Program",
    "ReduceOnPlateau",
    "TrainingState",
    "class_weights",
    "data",
    "evaluate",
    "fit",
    "minimize",
    "predict",
]
