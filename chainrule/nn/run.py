"""Run: one forward pass of a net, evaluating or training; its keys and the statistics it finds.

Imports graph, ops.random and errors. Module makes it; ``forward(self, x, run)`` receives it.
"""

import itertools
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.nodes.node import Node
from chainrule.graph.readings.dual import Dual
from chainrule.ops.random import Key, fold


@dataclass(frozen=True, slots=True)
class Run:
    """What a layer may ask about the forward pass that it is part of.

    Attributes
    ----------
    key : Key or None
        The key of a training run; None while the net is evaluated.
    found : list of (module, name, array)
        New values for buffers, such as running statistics.
    members : int
        How many members of an ensemble are computed at once; their axis comes first. 0: none.
    """

    key: Key | None = None
    found: list[tuple[Any, str, Any]] = field(default_factory=list[tuple[Any, str, Any]])
    numbers: Iterator[int] = field(default_factory=itertools.count)
    members: int = 0

    @property
    def training(self) -> bool:
        """Whether the net is being trained."""
        return self.key is not None

    def key_for(self, module: Any) -> Key:
        """A key of the module's own: the run's key and the number of keys asked for before.

        The same forward pass asks in the same order, so it draws the same masks when it is run
        again; a layer that is used twice draws two masks.
        """
        if self.key is None:
            raise ArgumentError(
                f"{type(module).__name__} asked for a random key while the net is evaluated.",
                do="Ask only if run.training is true, or call model(x, training=key).",
            )
        return fold(self.key, next(self.numbers))

    def update(self, module: Any, name: str, value: Any) -> None:
        """Hand out a new value for a buffer; it is written when the step is done."""
        if self.key is not None:
            self.found.append((module, name, settled(value)))


EVALUATION = Run(found=[])
# The run around a module that is called inside another module's forward.
CURRENT: ContextVar[Run] = ContextVar("chainrule_run", default=EVALUATION)


def run_of(training: Any) -> Run:
    """The run that ``model(x, training=...)`` asks for."""
    if training is None or training is False:
        return EVALUATION
    if isinstance(training, Run):
        raise ArgumentError(
            "a module takes one input; the run of the forward around it is known to it.",
            do="Call the child as self.f(x), without the run: it trains where its parent does.",
        )
    if isinstance(training, bool | int) or np.shape(training) != (2,):
        raise ArgumentError(
            f"training= takes a random key, not {training!r}.",
            do="Make one from a seed: model(x, training=chainrule.ops.random.key(0)).",
        )
    return Run(training)


def settled(value: Any) -> Any:
    """A value without the derivatives around it: an array, or a symbol of a recording."""
    while isinstance(value, Node | Dual):
        value = value.value
    return value
