"""Derivatives of plain functions of arrays and nested containers, in every mode.

Floor 5: imports the graph and tensors.

    coloring.py              columns of a sparse matrix that one product can find together
    custom.py                stop_gradient, custom_gradient and checkpoint
    forward.py               jvp and linearize; and hvp, forward over backward
    jacobian_and_hessian.py  the derivative of many numbers by many numbers
    push.py                  from the leaves to the results of a graph that is already recorded
    reverse.py               value_and_grad, grad, vjp and elementwise_grad
    structured.py            the structure first, then as few products as it needs
    traced.py                what flows through a function whose gradient is taken
    transform.py             the result of grad and its like, an object to pickle and copy
    tree.py                  the door to optree, and what a differentiated leaf must be
"""

from chainrule.differentiate.custom import checkpoint, custom_gradient, stop_gradient
from chainrule.differentiate.forward import hvp, jvp, linearize
from chainrule.differentiate.jacobian_and_hessian import hessian, jacobian
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
