"""Learning: data, the training loop, and what it leaves behind.

architecture.py       what a saved net is rebuilt from, as JSON text
batches.py            the rows of the data in a new order each epoch, a few at a time
bound.py              a plan as machine code, bound to the arrays of a net and to those of a batch
checks.py             what fit and evaluate were given, in one form
choices.py            how to train on some data: what nobody chose is filled in
claims.py             who trains a net says so in its parameters
compiling.py          compiling the steps of a fit, or saying why they run eagerly
contents.py           what an object holds that can be read, and which code could read it
early_stopping.py     end training when it no longer helps, and keep the best weights
entering.py           arrays, lists and frames become arrays of numbers, or an error says why
evaluation.py         loss and metric of many rows, or its outputs, without recording a graph
events.py             what happens during a fit, and how a callback listens
files.py              files written so that a crash leaves either the old one or the new one
head_metrics.py       metrics of a net with several outputs: by name, or a function of all
heads.py              which output of a net meets which targets, and by which loss
history.py            what training left behind, epoch by epoch
hooks.py              what is done to gradients between the backward walk and the update
interruption.py       Ctrl-C: a flag first; the second time, as if nobody listened
keeping.py            what a spoilt step can be taken back with
loop.py               what the user calls to train a net
loss_check.py         what a loss is: one number with a graph, its facts
metrics.py            figures a person reads beside the loss
misnamed.py           a net or a loss that asks for an array that there is not
native_epoch.py       a pass over the rows in native slices
native_evaluation.py  the outputs of a net as machine code, for any number of rows
native_loss.py        the loss of a batch and its gradients as machine code
native_step.py        a recorded step as machine code
native_steps.py       the machine code of a training step, for every size of batch it has met
nonfinite.py          a loss that is not finite: where in the graph it began
objective.py          a loss as the training step calls it
penalty.py            the regularization of a net, ready to be computed at every step
program.py            the whole training step of a net, compiled
progress.py           lines of progress, one per epoch
reach.py              the objects that Python code can get at from some roots
recipe.py             what a training step is made of, eager or recorded
recording.py          the training step as one function of arrays, recorded
saving.py             saving a trained net with everything that `predict` needs
settings.py           what fit and Program are told about learning
stand_ins.py          what stands in the place of parameters while a step is recorded
state.py              where a fit stands, whole, in plain arrays and numbers
steadiness.py         a step is recorded twice, to see whether it stays the same
step.py               forward, loss, backward, update; once per batch
streams.py            the arrays of x, of y and of the weights, and their containers
surroundings.py       what a recorded function read beside its arguments
training.py           the epochs of a fit, step by step, with everybody who listens
trial.py              a loss tried on a few rows, before anything starts
watch.py              what the history shows of one step per epoch
data/                 data sets by name or CSV path, split and standardised
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
