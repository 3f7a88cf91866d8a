"""A number that was changed in the picture is changed in the lines: the lines are all there is.

Imports the typed graph. questions.py calls it before the lines are read anew.
"""

from math import isfinite
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.typed_graph import typed_graph
from chainrule.spec import is_dict, is_list


def rewritten(text: str, change: Any) -> str:
    """The lines with one input set to other numbers.

    Parameters
    ----------
    text : str
    change : mapping
        ``{"name": "x", "value": 3}``; the value is a number or a nested list of the same shape.

    Raises
    ------
    ArgumentError
        If there is no such input, or the value is not like it.
    """
    name, value = (change.get("name"), change.get("value")) if is_dict(change) else (None, None)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    leaves = typed_graph(text).leaves
    if not isinstance(name, str) or name not in leaves:
        raise ArgumentError("there is no input of this name.", do="Set one of the inputs.")
    leaf = leaves[name]
    try:
        array = np.array(value, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise ArgumentError(f"{name} is made of numbers.", do="Type numbers.") from None
    if array.shape != leaf.node.shape or not np.all(np.isfinite(array)):
        raise ArgumentError(
            f"{name} holds finite numbers of shape {leaf.node.shape}.", do="Type such numbers."
        )
    numbers = _literal(array.tolist())
    if leaf.span is None:
        return f"{name} = {numbers}\n{text}"
    start, end = leaf.span
    return f"{text[:start]}{numbers}{text[end:]}"


def _literal(x: Any) -> str:
    if is_list(x):
        return f"[{', '.join(map(_literal, x))}]"
    return repr(int(x)) if isfinite(x) and x == int(x) and abs(x) < 1e15 else repr(float(x))
