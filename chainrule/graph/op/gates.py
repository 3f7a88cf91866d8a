"""Gates: the patterns in which gradients flow back through ops, each with what it does.

Imports nothing of chainrule. Families and ops name their pattern; listings and pictures say it.
The first four are the lecture's: add, copy, multiply and max.
"""

from types import MappingProxyType
from typing import Any

ROLES = MappingProxyType(
    {
        "gradient distributor": "hands the upstream gradient to every input",
        "gradient adder": "copies its input, so the gradients of the copies are added",
        "swap multiplier": "each input receives the upstream gradient times the other input",
        "gradient router": "sends the upstream gradient only where the input was selected",
        "gradient copier": "hands the upstream gradient on as it is, in another shape or place",
        "gradient scaler": "each element receives the upstream gradient times its own slope",
        "gradient mixer": "each element receives a sum of upstream gradients, each times a slope",
    }
)
FLAT = "sends nothing back: its derivative is 0 wherever it exists"
UNNAMED = "sends back what its rule says: its author has named no pattern"


def role_says(op: Any) -> str:
    """What an op does with the upstream gradient; of one without a role, why it has none."""
    if op.gate:
        return ROLES.get(op.gate, "")
    return FLAT if op.flat else UNNAMED
