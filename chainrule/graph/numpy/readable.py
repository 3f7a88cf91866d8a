"""Readable: a node that foreign code may read as an array or a number, where no gradient is lost.

Imports node and leaving. Tensor inherits from it: np.asarray, float, format and NumPy's other
doors to a value stand here, and each of them asks first.
"""

import operator
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.storage import read_only
from chainrule.graph.numpy.leaving import leaves_the_graph, warn_lost
from chainrule.graph.numpy.symbol import Symbol
from chainrule.settings import RECORDING, RULE, TRIAL, asked

AS_ARRAY = "np.asarray(x)"  # what every door to the memory is for
NO_MEMORY = "a tensor shows no memory: np.asarray(x) copies it"  # NumPy goes on to __array__


class Readable(Node):
    """A node whose value other code can ask for.

    What wants no gradient (labels, constants, results under ``no_grad``) converts freely. What
    wants one raises where an array is asked for, and warns where a number is.
    """

    __slots__ = ()

    @property
    def origin(self) -> str:
        """Where the value comes from, in words."""
        return f"from {self.op.name}" if self.op is not None else "given"

    def item(self, *place: Any) -> float | int | bool:
        """The one element as a Python number; or the one at a place, as NumPy counts it."""
        self.stay("x.item()")
        return np.asarray(self.value).item(*place)

    def stay(self, call: str) -> None:
        """Raise where the rule of a user's op, read by tensors, would cut the graph."""
        if RULE.get() and self.wants_gradient:
            raise leaves_the_graph(call, self, self.origin)
        asked(self, call)

    def leaves(self) -> bool:
        """Whether a gradient would miss what is made of the value outside the graph."""
        return self.wants_gradient and bool(RECORDING.get() or RULE.get())

    def as_number(self, call: str) -> None:
        """Say that the graph ends here: a word for what math.exp(x) does in silence."""
        self.stay(call)
        if not self.leaves() or isinstance(self.value, Symbol):
            return  # what has a symbol for its value lets that one answer
        if TRIAL.get():
            raise leaves_the_graph(call, self, self.origin)
        warn_lost(call)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        asked(self, AS_ARRAY)
        if self.leaves():
            raise leaves_the_graph(AS_ARRAY, self, self.origin)
        if copy is False and not isinstance(self.value, Symbol):
            return np.array(read_only(self.value), dtype=dtype, copy=False)
        return np.array(self.value, dtype=dtype)

    @property
    def __array_interface__(self) -> Any:
        asked(self, AS_ARRAY)
        if self.leaves():
            raise leaves_the_graph(AS_ARRAY, self, self.origin)
        raise AttributeError(NO_MEMORY)

    @property
    def __array_struct__(self) -> Any:
        asked(self, AS_ARRAY)
        if self.leaves():
            raise leaves_the_graph(AS_ARRAY, self, self.origin)
        raise AttributeError(NO_MEMORY)

    def __bool__(self) -> bool:
        asked(self, "bool(x)")
        return bool(self.value)

    def __float__(self) -> float:
        self.as_number("float(x)")
        return float(self.value)

    def __int__(self) -> int:
        self.as_number("int(x)")
        return int(self.value)

    def __index__(self) -> int:
        asked(self, "x as an index")
        return operator.index(self.value)

    def __format__(self, spec: str) -> str:
        if spec:
            asked(self, f"format(x, {spec!r})")
        return format(self.value, spec) if spec else str(self)
