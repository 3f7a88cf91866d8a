"""Optimisers: rules that change parameters so that the loss falls; schedules, and clipping.

Floor 5: imports ops, tensors, graph and errors. Users and the training loop use it.

    adagrad.py       each element's step is divided by the size of all its gradients so far
    adam.py          momentum, divided by the recent size of the gradient
    adamw.py         Adam, with a weight decay that its quotient does not rescale
    arguments.py     numbers an optimiser may be given, checked once when it is made
    averaging.py     an average of the weights beside those that an optimiser trains
    by_group.py      parameters whose names fit a pattern have settings of their own
    by_step.py       the learning rate as a function of the step number, and the warm-up
    chosen.py        which parameters a step changes, and whether a fresh gradient stands at each
    clipping.py      gradients that are too large are made smaller before the step
    groups.py        parameters whose elements one call of an elementwise rule updates, in place
    lbfgs.py         Newton's direction from the last few steps, without ever storing a Hessian
    line_search.py   how far to go along a direction: the strong Wolfe conditions
    lion.py          only the sign of the mean gradient counts
    lookup.py        optimisers by name, for command lines, configurations and estimators
    minimizing.py    a smooth function of one vector is followed down, by SciPy's L-BFGS-B
    nadam.py         Adam, whose mean gradient looks one step ahead
    optimizer.py     what all optimisers share
    other_names.py   a name that other libraries use, and that nobody would read here
    problem.py       a closure over parameters, seen as a function of one vector
    radam.py         Adam, whose quotient waits until it can be trusted
    rmsprop.py       each element's step is divided by the recent size of its gradient
    schedules.py     how it falls
    sgd.py           against the gradient, with momentum if wanted
    waves.py         schedules in which the learning rate rises and falls again
    weight_decay.py  what a step takes off each weight
"""

from chainrule.optim.adagrad import Adagrad
from chainrule.optim.adam import Adam
from chainrule.optim.adamw import AdamW
from chainrule.optim.averaging import EMA, SWA, Averaging
from chainrule.optim.by_step import Schedule
from chainrule.optim.clipping import ClipNorm, ClipValue, global_norm
from chainrule.optim.lbfgs import LBFGS
from chainrule.optim.lion import Lion
from chainrule.optim.lookup import OPTIMIZERS, by_name, names
from chainrule.optim.minimizing import Minimum, minimize
from chainrule.optim.nadam import NAdam
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.radam import RAdam
from chainrule.optim.rmsprop import RMSProp
from chainrule.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    FlatCosine,
    InverseScaling,
    InverseSqrt,
    Linear,
    Polynomial,
    Step,
)
from chainrule.optim.sgd import SGD
from chainrule.optim.waves import CosineRestarts, LogCosine, OneCycle

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "Averaging",
    "ClipNorm",
    "ClipValue",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "EMA",
    "Exponential",
    "FlatCosine",
    "InverseScaling",
    "InverseSqrt",
    "LBFGS",
    "Linear",
    "Lion",
    "LogCosine",
    "Minimum",
    "NAdam",
    "OPTIMIZERS",
    "OneCycle",
    "Optimizer",
    "Polynomial",
    "RAdam",
    "RMSProp",
    "SGD",
    "SWA",
    "Schedule",
    "Step",
    "by_name",
    "global_norm",
    "minimize",
    "names",
]
