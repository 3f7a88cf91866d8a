"""Dispatch: an op finds its rule, else its formula is read, else Python is called for it.

Imports the recorder, the families and the rules beside it. record.py calls ``lower``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.families import Composite, Elementwise, Letter
from chainrule.graph.op import Op
from chainrule.plan.lower import (
    along,
    indexing,
    letters,
    losses,
    movement,
    opaque,
    products,
    random,
    reductions,
    scans,
    words,
)
from chainrule.plan.recorder import Recorder, is_native

RULES: Mapping[str, Any] = MappingProxyType(
    words.RULES
    | letters.RULES
    | movement.RULES
    | indexing.RULES
    | along.RULES
    | reductions.RULES
    | products.RULES
    | scans.RULES
    | random.RULES
    | losses.RULES
)


def lower(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Steps for an op: its own rule, its formula, or a call of Python."""
    try:
        return _lowered(recorder, op, operands)
    except ChainruleError:
        raise
    except (ValueError, IndexError) as error:
        raise op.explain(error, operands) from error


def _lowered(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    if any(not is_native(x.dtype) for x in operands if hasattr(x, "dtype")):
        return opaque.call(recorder, op, operands)
    if type(op) is not CATALOGUE.ops.get(op.name) or op.guarded:
        return opaque.own_op(recorder, op, operands)
    rule = RULES.get(op.name)
    if rule is not None:
        return rule(recorder, op, operands)
    if isinstance(op, Letter):  # a word without a rule of its own
        return words.word(recorder, op, operands)
    if isinstance(op, Elementwise | Composite):
        return _formula(op, operands)
    return opaque.call(recorder, op, operands)


def _formula(op: Op, operands: tuple[Any, ...]) -> Any:
    """The steps of an op's own formula; numbers become arrays where it asks for their shape."""
    try:
        return op.forward(*operands)
    except (AttributeError, TypeError):
        arrays = tuple(np.asarray(x) if isinstance(x, int | float) else x for x in operands)
        if all(x is y for x, y in zip(arrays, operands, strict=True)):
            raise
        return op.forward(*arrays)
