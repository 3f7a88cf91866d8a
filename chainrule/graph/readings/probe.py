"""Probe: which of an op's inputs and result its backward rule reads, and so must be kept as it is.

Imports op and symbol. The backward walk asks when an array has changed; a memory planner may ask
for every node.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, apply
from chainrule.spec import is_tuple


@dataclass(frozen=True)
class Needs:
    """What a backward rule reads as values; shape and dtype do not count."""

    inputs: frozenset[int]
    out: bool


class Probe(Symbol):
    """A value that notes when it is read.

    Parameters
    ----------
    value : array
        What the rule computes with.
    read_by : set, optional
        Where a reading is noted; without it this is a result, which may be read freely.
    place : int
        What is noted there.
    """

    __slots__ = ("_place", "_read_by", "_value")
    rank: ClassVar[int] = 1_000_000_000  # reads before every derivative

    def __init__(self, value: Any, read_by: "set[int] | None" = None, place: int = 0) -> None:
        self._value = value
        self._read_by = read_by
        self._place = place

    @property
    def value(self) -> Any:
        """The array, which is hereby read."""
        if self._read_by is not None:
            self._read_by.add(self._place)
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; asking for them reads nothing."""
        return np.shape(self._value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements; asking for it reads nothing."""
        return np.asarray(self._value).dtype

    def read(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """Compute the op; every probe among its operands is read."""
        out = apply(op, tuple(x.value if isinstance(x, Probe) else x for x in operands))
        return tuple(map(Probe, out)) if is_tuple(out) else Probe(out)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.value, dtype=dtype)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    @property
    def data(self) -> Any:
        """The array, which is hereby read."""
        return self.value


OUT = -1  # the place of the result among the inputs


def needs(op: Op, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]) -> Needs:
    """What the rule of an op reads to compute the gradients that are wanted.

    Parameters
    ----------
    op : Op
    inputs : sequence of (array or None)
        Values of the right shape and dtype: the rule runs once on them.
    out : array or tuple of them
        The result.
    wanted : sequence of bool
        Whose gradients are asked for.

    Returns
    -------
    Needs
        All there is, where a rule cannot be followed: an op that writes none walks back through
        its formula, which reads every input again.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.graph.op.catalogue import CATALOGUE
    >>> x = w = np.ones((2, 2))
    >>> needs(CATALOGUE["matmul"](), [x, w], x @ w, [True, False])  # dL/dX = dL/dY W^T
    Needs(inputs=frozenset({1}), out=False)
    """
    everything = Needs(frozenset(range(len(inputs))), True)
    if not op.differentiates:
        return everything
    read: set[int] = set()
    probes = [None if x is None else Probe(x, read, i) for i, x in enumerate(inputs)]
    outs: Any = tuple(Probe(x, read, OUT) for x in out) if is_tuple(out) else Probe(out, read, OUT)
    upstream: Any = tuple(map(_ones, out)) if is_tuple(out) else _ones(out)
    try:
        with np.errstate(all="ignore"):
            op.pull(upstream, None, probes, outs, wanted)
    except Exception:  # a rule for arrays alone, or one that fails on values that have changed
        return everything
    return Needs(frozenset(read - {OUT}), OUT in read)


def _ones(out: Any) -> Probe:
    return Probe(np.ones(np.shape(out), np.asarray(out).dtype))
