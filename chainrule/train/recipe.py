"""Recipe: what a training step is made of, eager or recorded: everything but the data.

Imports nn, optim and the gradient hooks. fit and Program make one; the steps read it.
"""

from dataclasses import dataclass
from typing import Any

from chainrule.nn import Module
from chainrule.optim import Optimizer
from chainrule.train.hooks import GradientHook


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a training step is made of: everything but the data.

    Attributes
    ----------
    scale : float
        Every element of x is multiplied by it: 1/255 for images of bytes.
    loss : callable, or a dict or tuple of them
        See objective.py.
    hooks : tuple of callable
        Each takes the gradients in a list and returns others in their places: see hooks.py.
    trained : tuple of str
        Paths of the parameters that the optimiser changes.
    """

    model: Module
    loss: Any
    optimizer: Optimizer
    regularization: Any
    hooks: tuple[GradientHook, ...]
    trained: tuple[str, ...]
    scale: float = 1.0
    piece: int = 0  # rows whose gradients are gathered at a time, before an update; 0: all
    behind: tuple[int, ...] = ()  # steps that each trained parameter has missed; (): none


def reads_indices(model: Module) -> bool:
    """Whether a layer of the net takes whole numbers, such as an Embedding."""
    return any(getattr(module, "takes_indices", False) for module in model.modules().values())
