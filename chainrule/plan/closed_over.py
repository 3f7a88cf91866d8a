"""ClosedOver: what a recorded function closes over, as inputs of its plan.

Imports tensors, steps and settings. record.py lets it stand in RECORDING while a function runs:
every op shows it its operands, wherever they come from.
"""

from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.node import Node, next_serial
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.plan.steps import Array
from chainrule.settings import Watch
from chainrule.tensors import Parameter, Tensor


class SymbolMet(Exception):
    """A value of a derivative or a recording around this one flowed in."""


class ClosedOver(Watch):
    """Makes an input of every parameter that an op of the function meets.

    Attributes
    ----------
    inputs : list of Array
        Of the plan, after those of the arguments.
    sources : list
        What each of them stands for: a Parameter, or what the caller gave to :meth:`stand_in`.
    """

    recorder: Any

    def __init__(self) -> None:
        self.inputs: list[Array] = []
        self.sources: list[Any] = []
        self._begin = next_serial()
        self._known: dict[Any, Any] = {}

    def inside(self) -> "ClosedOver":
        """Itself, with a graph: a rule may close over parameters, too."""
        return self.with_graph()

    def met(self, x: Any) -> Any:
        """The input that stands for a parameter; everything else is read as it is."""
        if not isinstance(x, Symbol) or x.depth >= self.recorder.depth or isinstance(x, Constant):
            return x
        if is_over(x) or (isinstance(x, Node) and x.serial > self._begin and not x.traced):
            return x  # a constant; or the recorder says that it is none
        if not isinstance(x, Tensor) or x.traced:
            raise SymbolMet
        if isinstance(x, Parameter):
            return self.stand_in(x, x.value, x.label)
        return x

    def stand_in(self, source: Any, array: np.ndarray[Any, Any], label: str) -> Any:
        """The input for what has this value now."""
        found = self._known.get(source)
        if found is None:
            made = Array(array.shape, array.dtype.newbyteorder("=").name, label=label)
            self.inputs.append(made)
            self.sources.append(source)
            found = self._known[source] = self.recorder.symbol(made.ref())
        return found

    def asked(self, x: Any, call: str) -> None:
        """Raise for a parameter: its value would be the one of the recording for ever."""
        if isinstance(x, Parameter) and not x.traced and x.serial < self._begin:
            raise UnsupportedError(
                f"{call} is for the moment it is called, but this function is being recorded.",
                found=[describe("x", x, x.origin)],
                do=(
                    "Stay with ops on x (x.data is one), or do this outside and pass what comes "
                    "of it as an argument."
                ),
            )


def is_over(x: Any) -> bool:
    """Whether a symbol belongs to a recording that has ended."""
    recorder = getattr(x, "recorder", None)
    return recorder is not None and not recorder.is_open
