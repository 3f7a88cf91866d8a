"""Facts: what an op says about itself; whoever reads ops asks for them, and for no op's name.

Imports domain and operands. Op inherits them; families add those of their kind.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.graph.op.operands import SETTLED

Samples = Callable[[np.random.Generator], tuple[Any, ...]]


class Facts:
    """The facts that every op has; a class states those that are not the usual ones."""

    symbol: ClassVar[str] = ""  # how a formula shows it, where it has a sign
    onnx: ClassVar[str] = ""  # the operator of the same meaning in ONNX
    gate: ClassVar[str] = ""  # its pattern of gradient flow, of gates.py; a family has a usual one
    domains: ClassVar[tuple[Domain, ...]] = (REAL,)  # one per input; the last one repeats
    samples: ClassVar[Samples | None] = None
    numpy: ClassVar[Any] = None  # the NumPy function (or functions) it stands for
    takes: ClassVar[frozenset[type]] = SETTLED  # operands that its rules can do with as they are
    flat: ClassVar[bool] = False  # its derivative is 0 wherever it exists
    handed: ClassVar[Any] = None  # what NumPy makes of several results: a list, a named tuple
    takes_none: ClassVar[bool] = False  # in the place of gradients of results that nobody used
    router: ClassVar[bool] = False  # a slope of 0 means "not selected", not "flat"
    smooth: ClassVar[bool] = True  # has all derivatives but at its domains' kinks and poles
    views: ClassVar[bool] = True  # its result may share memory with an input
    edges: ClassVar[bool] = False  # its formula meets inf - inf or 0 * inf on purpose
    stateless: ClassVar[bool] = False  # rules read operands and attributes, which hold no code
    primitive: ClassVar[str] = ""  # the kind that readers speak themselves; "" has a formula
    changes_only: ClassVar[str] = ""  # of numbers that stay: their "shape", "dtype" or "axes"

    def branch(self, *operands: Any) -> Any:
        """Which side of its kinks some arrays are on, by element; None where it has none."""
        return None
