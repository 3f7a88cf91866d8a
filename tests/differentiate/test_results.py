"""What comes out of a transform: arrays and tensors in the containers given, nothing internal."""

from dataclasses import dataclass, field, is_dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, UnsupportedError
from chainrule.graph.numpy.symbol import Symbol
from tests.together import together

X, U = np.array([1.0, 2.0]), np.array([0.5, -1.0])


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass(frozen=True)
class Facts:
    x: Any
    more: Any = None


@dataclass(slots=True)
class Slots:
    x: Any
    more: list[Any] = field(default_factory=list)


CONTAINERS = {
    "array": lambda x: x,
    "tuple": lambda x: (x, 2 * x),
    "list": lambda x: [x, [x]],
    "dict": lambda x: {"a": x, "b": (x, None)},
    "named tuple": lambda x: Point(x, [x * x]),
    "with None": lambda x: (None, x),
    "with a number": lambda x: (x, 3.0, 2),
}
ASIDE = CONTAINERS | {
    "nothing": lambda x: None,
    "text": lambda x: "text",
    "dataclass": lambda x: Facts(x, {"a": [x]}),
    "dataclass with slots": lambda x: Slots(x, [Facts(x * 2)]),
    "dataclass of constants": lambda x: Facts(1, X),
}


def taken(transform, made, aside):
    """A transform of a function that returns one container, and another one aside."""
    whole = lambda x: (made(x), aside(x))  # noqa: E731
    one = lambda x: (x.sum(), aside(x))  # noqa: E731
    calls = {
        "grad": lambda: cr.grad(one, has_aux=True)(X),
        "value_and_grad": lambda: cr.value_and_grad(one, has_aux=True)(X),
        "elementwise_grad": lambda: cr.elementwise_grad(made)(X),
        "jvp": lambda: cr.jvp(whole, (X,), (U,), has_aux=True),
        "vjp": lambda: cr.vjp(whole, X, has_aux=True)[::2],
        "linearize": lambda: cr.linearize(made, X)[0],
        "push": lambda: cr.linearize(made, X)[1](U),
        "hvp": lambda: cr.hvp(lambda x: (x**2).sum(), (X,), (U,)),
        "jacobian": lambda: cr.jacobian(whole, has_aux=True)(X),
        "hessian": lambda: cr.hessian(one, has_aux=True)(X),
    }
    return calls[transform]()


NAMES = [
    "grad", "value_and_grad", "elementwise_grad", "jvp", "vjp", "linearize", "push", "hvp",
    "jacobian", "hessian",
]  # fmt: skip


def internal(found):
    """The symbols anywhere in a container that a user should not meet."""
    if isinstance(found, Symbol):
        return [] if type(found) in (cr.Tensor, cr.Parameter) else [found]
    if isinstance(found, dict):
        return [each for x in found.values() for each in internal(x)]
    if isinstance(found, list | tuple):
        return [each for x in found for each in internal(x)]
    if is_dataclass(found) and isinstance(found, Facts | Slots):
        return internal([found.x, found.more])
    return []


@pytest.mark.parametrize("transform", NAMES)
@pytest.mark.parametrize("made", CONTAINERS)
@together("aside", ASIDE)
def test_nothing_internal_comes_out(transform, made, aside):
    found = taken(transform, CONTAINERS[made], ASIDE[aside])
    assert internal(found) == []
    w = cr.parameter(np.ones(2))
    found = taken(transform, lambda x: CONTAINERS[made](x * w), lambda x: ASIDE[aside](x * w))
    assert internal(found) == []


@pytest.mark.parametrize("kind", [lambda x: SimpleNamespace(x=x), lambda x: {x}])
def test_what_hides_a_value_of_the_derivative_raises(kind):
    with pytest.raises(UnsupportedError, match="holds values of this derivative"):
        cr.grad(lambda x: (x.sum(), kind(x)), has_aux=True)(X)
    with pytest.raises(UnsupportedError, match="holds values of this derivative"):
        cr.jvp(lambda x: (x, [kind(x)]), (X,), (U,), has_aux=True)


@pytest.mark.parametrize("kind", [Facts, lambda x: SimpleNamespace(x=x), lambda x: "text"])
def test_a_result_that_is_no_array_raises(kind):
    calls = [
        lambda: cr.grad(kind)(X),
        lambda: cr.elementwise_grad(kind)(X),
        lambda: cr.jvp(kind, (X,), (U,)),
        lambda: cr.vjp(kind, X),
        lambda: cr.linearize(kind, X),
        lambda: cr.jacobian(kind)(X),
    ]
    for call in calls:
        with pytest.raises(ArgumentError, match="which is no array and no number"):
            call()
