"""Derivatives of plain functions of arrays and nested containers, in every mode.

Floor 5: imports the graph and tensors.
"""

from chainrule.differentiate.custom import checkpoint, custom_gradient, stop_gradient
from chainrule.differentiate.forward import hvp, jvp, linearize
from chainrule.differentiate.jacobian import hessian, jacobian
from chainrule.differentiate.reverse import elementwise_grad, grad, value_and_grad, vjp
from chainrule.differentiate.traced import Traced

__all__ = [
    "Traced",
    "checkpoint",
    "custom_gradient",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
