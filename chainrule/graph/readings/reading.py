"""Reading: what the symbols share in whose place a function is run, to learn something about it.

Imports op, operands and symbol. A new reading inherits from Reading, says in ``follow`` what an op
means to it, and runs the function under ``inside``; tests/graph/test_reading.py has one in twenty
lines.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.numpy.symbol import Constant, Symbol, plain
from chainrule.graph.op.breaches import tell_origins
from chainrule.graph.op.operands import explain_missing, settled
from chainrule.graph.op.operation import Op, apply
from chainrule.settings import DEPTH

DEPTH_STEP = 100  # between the ranks of two depths, so that all kinds of one depth fit between


class Reading(Symbol):
    """A symbol of a reading, which stands above everything that is around the function.

    What it has: ``depth``, which ``inside`` told; of its class or its own.
    """

    __slots__ = ()

    @property
    def rank(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]  one per object
        """Above the tensors around it, below the readings that begin inside."""
        return DEPTH_STEP * self.depth

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Let a deeper reading read first; settle what is no operand of the op; then follow it."""
        for x in operands:
            if isinstance(x, Symbol):
                if x.rank >= self.rank and not self.shares(x):
                    return x.read(op, operands)
            elif type(x) not in op.takes:
                return apply(op, settled(op, operands))
        return self.follow(op, operands)

    def follow(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """What an op means here; no operand is of a deeper reading."""
        raise NotImplementedError(f"{type(self).__name__} does not say what an op means")

    def shares(self, other: Symbol) -> bool:
        """Whether a symbol of this depth or deeper belongs to the same reading."""
        return other.rank == self.rank


class Valued:
    """What a symbol has of its value, beside Symbol: shape, dtype, the value alone."""

    __slots__ = ()
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes of the value."""
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements of the value."""
        value = self.value
        return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype

    @property
    def data(self) -> Any:
        """The value alone, without any derivative."""
        return plain(self.value)

    @classmethod
    def values(cls, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Operands with the values of these symbols, and of named numbers, in their places."""
        return tuple([x.value if isinstance(x, cls | Constant) else x for x in operands])


@contextmanager
def inside() -> Generator[int]:
    """A function is read in here; yields the depth of its symbols."""
    depth = DEPTH.get() + 1
    token = DEPTH.set(depth)
    try:
        yield depth
    finally:
        DEPTH.reset(token)


@contextmanager
def told(op: Op, operands: tuple[Any, ...]) -> Generator[None]:
    """An error about an op's operands says which they are, and where they came from."""
    try:
        yield
    except (AttributeError, TypeError) as error:
        raise (explain_missing(op, operands) or error) from error
    except ChainruleError as error:
        tell_origins(error, op, operands)
        raise
