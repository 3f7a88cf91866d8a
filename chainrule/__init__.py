"""chainrule: backpropagation you can see, check and run at native speed, on NumPy arrays.

Import it as ``cr``. Ops stand here under their public names, generated from the catalogue; the
stub beside this file lists them for editors.
"""

from typing import Any

from chainrule import errors, ops
from chainrule.differentiate import grad, value_and_grad
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.check import check as check_graph
from chainrule.graph.graph import Graph
from chainrule.graph.op import Op, op
from chainrule.graph.show import show as _show
from chainrule.graph.table import ops_table
from chainrule.settings import no_grad
from chainrule.tensors import Parameter, Tensor, backward, parameter, tensor

__version__ = "0.1.0"


def show(*ends: Any) -> str:
    """The graph behind some tensors, as text: one line per node. See :class:`Graph`."""
    return _show(Graph.of(*ends))


_OWN = (
    "Graph", "Op", "Parameter", "Tensor", "backward", "check_graph", "errors", "grad", "no_grad",
    "op", "ops", "ops_table", "parameter", "show", "tensor", "value_and_grad",
)  # fmt: skip

for _name in CATALOGUE.names():
    globals()[_name] = CATALOGUE[_name].function

__all__ = sorted([*_OWN, *CATALOGUE.names()])  # pyright: ignore[reportUnsupportedDunderAll]  the stub lists them
