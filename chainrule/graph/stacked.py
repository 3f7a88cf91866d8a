"""Stacked: a nested list in which tensors stand, as one tensor of their graph.

Imports the catalogue and symbol. tensors.py calls it.
"""

from typing import Any

import numpy as np

from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.symbol import Constant, Symbol
from chainrule.spec import is_sequence


def symbols_in(tree: Any) -> list[Any]:
    """The symbols of a nested list, in their order; named constants are numbers."""
    if isinstance(tree, Symbol):
        return [] if isinstance(tree, Constant) else [tree]
    if not is_sequence(tree):
        return []
    found: list[Any] = []
    for x in tree:
        if isinstance(x, Symbol) or is_sequence(x):
            found += symbols_in(x)
    return found


def stacked(tree: Any, dtype: Any) -> Any:
    """The nested list as one symbol; a Python number beside the tensors takes their dtype."""
    if is_sequence(tree):
        return CATALOGUE.function("stack")([stacked(x, dtype) for x in tree])
    if isinstance(tree, bool | int | float):
        return np.asarray(tree, dtype)
    return tree.value if isinstance(tree, Constant) else tree
