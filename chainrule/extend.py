"""The authors' door: what an op of your own is written with, and nothing that will move.

Imports the graph. ``docs/ops.md`` writes an op of each family with it.

    op            enters a class into the catalogue under its public name
    Elementwise   a scalar formula for every element, with NumPy's broadcasting
    Reduction     many elements along ``axis`` become one; ``keepdims``, ``spread``
    Movement      elements are moved or copied, and nothing is computed
    Indexing      elements are picked
    Bilinear      linear in each of its two inputs
    Composite     a formula over ops
"""

from chainrule.graph.op.families import (
    Bilinear,
    Composite,
    Elementwise,
    Indexing,
    Movement,
    Reduction,
)
from chainrule.graph.op.operation import op

__all__ = ["Bilinear", "Composite", "Elementwise", "Indexing", "Movement", "Reduction", "op"]
