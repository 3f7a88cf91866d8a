"""A tensor as a notebook shows it: what it holds, how it was made, what came back to it.

Imports node, symbols and markup. Tensor shows itself with it.
"""

from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.markup import facts_card


def tensor_card(x: Node) -> str:
    """Facts about a tensor; those that it does not have are left out."""
    facts = [
        ("name", x.label),
        ("shape", str(x.shape)),
        ("elements", str(x.dtype)),
        ("made", getattr(x, "origin", "")),
        ("value", _as_text(x.value)),
        ("gradient", "" if x.gradient is None else _as_text(x.gradient)),
    ]
    return facts_card(type(x).__name__, facts)


def _as_text(value: Any) -> str:
    """An array in lines; of another derivative's symbol, what it says itself."""
    if isinstance(value, Symbol):
        return repr(value)
    return np.array2string(np.asarray(value), threshold=50, precision=4)
