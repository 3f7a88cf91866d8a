"""What a step is recorded on: a net's arrays, its rows as the net is given them, and gradients.

Imports nn and the recorder's symbols. The recorded step and the recorded outputs use it.
"""

from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError
from chainrule.graph.nodes.node import Node
from chainrule.nn import Module
from chainrule.ops.movement import cast
from chainrule.tensors import Parameter
from chainrule.train.recipe import reads_indices
from chainrule.train.streams import PLAIN, SINGLE, Form


def arrays_of(model: Module) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Parameters and buffers, in element types that machine code computes in."""
    parameters, buffers = model.parameters(), model.buffers()
    for path, p in parameters.items():
        if p.dtype.itemsize not in (4, 8):
            raise UnsupportedError(
                f"machine code computes in float32 and float64, but {path} is {p.dtype}.",
                do='Build the net with dtype="float32"; float16 trains in eager steps, with few '
                "digits.",
            )
    return parameters, buffers


def one_of(term: Any) -> Any:
    """The gradient that a loss starts with, as a symbol: rules are given one kind or the other."""
    symbol, one = symbol_of(term), np.ones(term.shape, term.dtype)
    return symbol.entered(one) if hasattr(symbol, "entered") else one


def inputs(model: Module, x: Any, scale: float, form: Form = PLAIN) -> Any:
    """Rows in the net's element type, scaled; ids stay whole numbers, a mask among several too."""
    whole = x.dtype.kind != "f" and reads_indices(model)
    if whole or (x.dtype.kind == "b" and form.x is not SINGLE):
        return x
    dtype = next((p.dtype for p in model.parameters().values()), np.dtype(np.float32))
    x = cast(x, dtype)
    return x if scale == 1 else x * scale


def symbol_of(x: Any) -> Any:
    """A value of the recording, without the graph of its backward walk."""
    return x.value if isinstance(x, Node) else x
