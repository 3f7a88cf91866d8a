"""Dispatch: a primitive finds the rule of its kind; every other op is read by its own formula.

Imports the recorder and the rules beside it. record.py calls ``lower``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.plan.lower import along, formulas, moves, words
from chainrule.plan.lower import along_axes as reductions
from chainrule.plan.lower import along_last as scans
from chainrule.plan.lower import by_python as opaque
from chainrule.plan.lower import contractions as products
from chainrule.plan.lower import maps as letters
from chainrule.plan.lower import positions as indexing
from chainrule.plan.lower import random_numbers as random
from chainrule.plan.lower import shapes as movement
from chainrule.plan.lower import whole_loops as loops
from chainrule.plan.recorder import Recorder, is_native

# By the kind that ``primitive`` names on the op's class.
RULES: Mapping[str, Any] = MappingProxyType(
    letters.RULES
    | words.RULES
    | moves.RULES
    | movement.RULES
    | indexing.RULES
    | along.RULES
    | reductions.RULES
    | products.RULES
    | scans.RULES
    | random.RULES
    | loops.RULES
    | opaque.RULES
)


def lower(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Steps for an op: the rule of a primitive, the op's formula, or a call of Python."""
    try:
        if any(not is_native(x.dtype) for x in operands if hasattr(x, "dtype")):
            return opaque.call(recorder, op, operands)
        if op.primitive:
            return RULES[op.primitive](recorder, op, operands)
        return formulas.read(recorder, op, operands)
    except ChainruleError:
        raise
    except (ValueError, IndexError) as error:
        raise op.explain(error, operands) from error
