"""Optimisers by name: for command lines, configurations and estimators.

Imports every optimiser.
"""

from typing import Any

from chainrule.errors import UnknownNameError
from chainrule.optim.adagrad import Adagrad
from chainrule.optim.adam import Adam
from chainrule.optim.adamw import AdamW
from chainrule.optim.lbfgs import LBFGS
from chainrule.optim.lion import Lion
from chainrule.optim.nadam import NAdam
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.radam import RAdam
from chainrule.optim.rmsprop import RMSProp
from chainrule.optim.sgd import SGD

OPTIMIZERS = (Adagrad, Adam, AdamW, LBFGS, Lion, NAdam, RAdam, RMSProp, SGD)


def names() -> tuple[str, ...]:
    """The names that :func:`by_name` knows."""
    return tuple(optimizer.name for optimizer in OPTIMIZERS)


def by_name(name: str, rate: float | None = None, **settings: Any) -> Optimizer:
    """An optimiser by its name, with its own default rate if none is given.

    Raises
    ------
    UnknownNameError
        If there is no such optimiser; the nearest name is suggested.

    Examples
    --------
    >>> by_name("sgd", 0.1, momentum=0.9)
    SGD(rate=0.1, momentum=0.9, nesterov=False, weight_decay=0.0, velocity='gradients')
    """
    chosen = next((o for o in OPTIMIZERS if o.name == str(name).lower()), None)
    if chosen is None:
        raise UnknownNameError("optimiser", str(name), names())
    return chosen(**settings) if rate is None else chosen(rate=rate, **settings)
