"""Optimisers: rules that change parameters so that the loss falls; schedules, and clipping.

Floor 5: imports ops, tensors, graph and errors. Users and the training loop use it.

    optimizer.py   what all optimisers share      sgd.py rmsprop.py adagrad.py adam.py adamw.py
    groups.py      many parameters in one call    lbfgs.py, over problem.py and line_search.py
    selection.py   which parameters a step changes
    schedules.py   the learning rate as a function of the step
    clipping.py    gradients that are too large   arguments.py   numbers that are refused
    lookup.py      optimisers by name
"""

from chainrule.optim.adagrad import Adagrad
from chainrule.optim.adam import Adam
from chainrule.optim.adamw import AdamW
from chainrule.optim.clipping import ClipNorm, ClipValue, global_norm
from chainrule.optim.lbfgs import LBFGS
from chainrule.optim.lookup import OPTIMIZERS, by_name, names
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.rmsprop import RMSProp
from chainrule.optim.schedules import Constant, Cosine, InverseSqrt, Linear, Schedule, Step
from chainrule.optim.sgd import SGD

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "ClipNorm",
    "ClipValue",
    "Constant",
    "Cosine",
    "InverseSqrt",
    "LBFGS",
    "Linear",
    "OPTIMIZERS",
    "Optimizer",
    "RMSProp",
    "SGD",
    "Schedule",
    "Step",
    "by_name",
    "global_norm",
    "names",
]
