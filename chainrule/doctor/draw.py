"""Operands for an op that nobody gave any: its own samples, or draws from its domains.

Imports the domain and the graph. check and the property tests of ``chainrule.testing`` draw.
"""

from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.errors import ArgumentError
from chainrule.graph.op.operation import Op

Array = np.ndarray[Any, Any]
SHAPE = (3, 4)  # of an operand that is drawn from a domain
KINK_DISTANCE = 0.01  # beyond the step of a difference quotient
MAX_DRAWS = 1000


def operands_of(op: type[Op], seed: int = 0) -> tuple[Any, Any]:
    """Operands and attribute values that an op can be run on.

    Raises
    ------
    ArgumentError
        If neither samples nor domains say how to make them.
    """
    rng = np.random.default_rng(seed)
    if op.samples is not None:
        return op.bind(tuple(op.samples(rng)), {})
    if op.variadic or op.required > len(op.inputs):
        raise ArgumentError(
            f"nothing says on which inputs {op.name} can be run.",
            do=f"Give them, cr.check({op.__name__}, x), or give @op a samples= fact.",
        )
    operands = tuple(draw(rng, domain_of(op, i)) for i in range(len(op.inputs)))
    return operands, op.defaults[op.places[0] : op.places[1]]


def domain_of(op: type[Op], position: int) -> Domain:
    """The domain of one input; the last one declared repeats."""
    return op.domains[min(position, len(op.domains) - 1)]


def draw(rng: np.random.Generator, domain: Domain, shape: tuple[int, ...] = SHAPE) -> Array:
    """Numbers from where differences are accurate, away from the kinks."""
    x = np.asarray(rng.uniform(domain.sample_low, domain.sample_high, shape))
    for _ in range(MAX_DRAWS):
        near = np.zeros(shape, bool)
        for kink in domain.kinks:
            near |= np.abs(x - kink) < KINK_DISTANCE
        if not near.any():
            return x
        x = np.where(near, rng.uniform(domain.sample_low, domain.sample_high, shape), x)
    raise AssertionError(f"{domain} leaves no room between its kinks.")
