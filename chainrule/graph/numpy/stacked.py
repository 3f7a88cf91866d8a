"""Stacked: a nested list in which tensors stand, as one tensor of their graph.

Imports errors, the catalogue and symbol. tensors.py calls it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, describe
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.graph.op.catalogue import CATALOGUE
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


def joined(tree: Any, within: Sequence[Any], name: str, wants_gradient: bool | None) -> Any:
    """The symbols of a nested list as one, under a name, in their graph.

    Raises
    ------
    ArgumentError
        If it is asked to want no gradient, which they do.
    """
    if wants_gradient is False and any(getattr(x, "wants_gradient", True) for x in within):
        raise ArgumentError(
            "a tensor made of tensors stays in their graph, and wants the gradient that they do.",
            found=[describe("tensor", x) for x in within[:1]],
            do="Pass cr.stop_gradient(x), or the values: x.data.",
        )
    made = stacked(tree, np.result_type(*(x.dtype for x in within)))
    if name and made is not tree and hasattr(made, "label"):
        made.label = name
    return made


def stacked(tree: Any, dtype: Any) -> Any:
    """The nested list as one symbol; a Python number beside the tensors takes their dtype."""
    if is_sequence(tree):
        return CATALOGUE.function("stack")([stacked(x, dtype) for x in tree])
    if isinstance(tree, bool | int | float):
        return np.asarray(tree, dtype)
    return tree.value if isinstance(tree, Constant) else tree
