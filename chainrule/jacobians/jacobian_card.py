"""A Jacobian as a notebook shows it: between what it stands, and what its structure saves.

Imports sizes and markup. Jacobian shows itself with it.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.jacobians.sizes import size_text
from chainrule.markup import facts_card

MOST_ENTRIES = 256  # of one whose numbers are shown


def jacobian_card(jacobian: Any) -> str:
    """Facts about a Jacobian; its numbers only where they are few."""
    entries = prod(jacobian.shape)
    small = 0 < entries <= MOST_ENTRIES
    numbers = np.array2string(np.asarray(jacobian), precision=4) if small else ""
    facts = [
        ("outputs", jacobian.outputs),
        ("inputs", jacobian.inputs),
        ("layout", jacobian.layout),
        ("elements", jacobian.dtype),
        ("may differ from 0", f"{jacobian.entries:,} of {entries:,} entries"),
        ("as an array", size_text(jacobian.bytes_dense)),
        ("held here", size_text(jacobian.bytes_here)),
        ("numbers", numbers),
    ]
    return facts_card(f"{type(jacobian).__name__} Jacobian", facts)
