"""SpecSymbol: the reading in which only shapes and dtypes flow, and no value is computed.

Imports op, node and reading. The compiler records with it; the property tests compare its answers
with real runs.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.leaving import asked_by
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.op.operation import Op, compute
from chainrule.graph.readings.reading import inside, told
from chainrule.graph.readings.unvalued import Unvalued
from chainrule.spec import Spec, is_sequence, is_tuple, spec_of


class SpecSymbol(Unvalued):
    """A tensor of which only shape and dtype are known; asking for its values raises."""

    __slots__ = ("depth", "spec")

    def __init__(self, spec: Spec, depth: int = 1) -> None:
        self.spec = spec
        self.depth = depth  # a derivative taken inside the function stands above it

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.spec.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.spec.dtype

    def follow(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Shape and dtype of the op's result."""
        with told(op, operands):
            found = _results(op, [_stand_in(x) for x in operands])
        if isinstance(found, Spec):
            return SpecSymbol(found, self.depth)
        return tuple(SpecSymbol(each, self.depth) for each in found)

    def __repr__(self) -> str:
        return f"SpecSymbol({self.shape}, {self.dtype})"

    def no_value(self, asked: str) -> UnsupportedError:
        """The error for what was asked."""
        call, instead = asked_by(asked)
        return UnsupportedError(
            f"{call} asks for a value, but only shapes and dtypes flow through here.",
            found=[describe("x", self)],
            do=f"{instead}Choose with where(condition, x, y), or decide by x.shape or x.dtype.",
        )


def infer(function: Callable[..., Any], *specs: Any) -> Any:
    """Shape and dtype of what an op or a function returns, without computing its value.

    Parameters
    ----------
    function : Op or callable
        An op, its public function, or any function written with ops.
    *specs : Spec or anything
        A Spec stands for an unknown tensor; every other argument is taken as it is.

    Returns
    -------
    Spec
        A tuple of them where the function returns several results.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> from chainrule.spec import Spec
    >>> x, w = Spec((32, 784), np.dtype("float32")), Spec((784, 10), np.dtype("float32"))
    >>> infer(lambda x, w: cr.relu(x @ w).sum(axis=0), x, w)
    Spec(shape=(10,), dtype=dtype('float32'))
    """
    with inside() as depth:
        symbols = [SpecSymbol(s, depth) if isinstance(s, Spec) else s for s in specs]
        return _spec(function(*symbols))


def _spec(result: Any) -> Any:
    if is_sequence(result):
        return tuple(map(_spec, result))
    return result.spec if isinstance(result, SpecSymbol) else spec_of(result)


def _stand_in(x: Any) -> Any:
    """A Spec for what is unknown; a known array stays: as a mask, it decides the shape."""
    if isinstance(x, Constant | Node):
        x = x.value
    return x.spec if isinstance(x, SpecSymbol) else x


def _results(op: Op, operands: Sequence[Any]) -> Spec | tuple[Spec, ...]:
    """By the op's own rule; an op without one runs once on zeros."""
    rule = getattr(op, "spec", None)
    if rule is not None:
        return rule(*(spec_of(x) if isinstance(x, np.ndarray) else x for x in operands))
    zeros = [np.zeros(x.shape, x.dtype) if isinstance(x, Spec) else x for x in operands]
    with np.errstate(all="ignore"):
        out = compute(op, zeros)
    return tuple(map(spec_of, out)) if is_tuple(out) else spec_of(out)
