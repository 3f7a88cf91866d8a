"""Flow: a recorded function as steps over whole tensors, before they are fused into kernels.

Imports light and NumPy. Recording and lowering make it, passes simplify it, fusion turns it into
kernels. Steps that become kernels of their own are kinds of kernels: see alone.py.

A step makes a new Array; it reads arrays through a Ref, as NumPy reads memory through a view, so
transposing, slicing and broadcasting are no steps at all.
"""

import functools
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from chainrule.plan.light import light

if TYPE_CHECKING:
    from chainrule.plan.alone import Alone


@light(eq=False)
class Array:
    """The result of a step, an input or a constant: C-contiguous wherever it is stored."""

    shape: tuple[int, ...]
    dtype: str
    value: "np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None" = None  # of a constant
    label: str = ""  # the op that made it, for messages and show()

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def ref(self) -> "Ref":
        """The whole of it, as it lies."""
        return Ref(self, self.shape, contiguous(self.shape), 0)


@light()
class Ref:
    """A view of an array: the element at offset + sum(index * stride), in elements."""

    array: Array
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # 0 along a repeated axis; may be negative
    offset: int = 0

    @property
    def dtype(self) -> str:
        """Type of the elements."""
        return self.array.dtype


@light()
class Number:
    """A number that is the same for every element."""

    value: float | int | bool
    dtype: str


Operand: TypeAlias = Ref | Number


@light()
class Map:
    """A letter (see scalar.Apply), element by element; every Ref has the result's shape.

    Operands are already cast to one dtype, by Maps of the letter "cast". "copy" passes its
    operand on. "coordinate" has no operand but the axis, as a Number.
    """

    letter: str
    operands: tuple[Operand, ...]
    out: Array


@light()
class Reduce:
    """A Reduction kind along axes; they stay in the result with length 1."""

    kind: str
    x: Ref
    axes: tuple[int, ...]
    out: Array


@light()
class Product:
    """(*batch, I, K) times (*batch, K, J); both Refs have the same batch axes."""

    a: Ref
    b: Ref
    out: Array


@light()
class Pick:
    """out[c] = source[c], index[c] times stride further on; an index < 0 counts from the end.

    ``source`` has the result's shape, with stride 0 along the axes that are indexed.
    """

    source: Ref
    index: Ref  # int64, of the result's shape
    stride: int
    length: int
    out: Array


@light()
class Part:
    """An operand and the view of the result that it fills."""

    operand: Operand
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


@light()
class Assemble:
    """Parts written into one array that was filled before (None: the parts cover all of it)."""

    fill: Number | None
    parts: tuple[Part, ...]
    out: Array


Step: TypeAlias = "Map | Reduce | Product | Pick | Assemble | Alone[Ref]"


@dataclass(frozen=True, eq=False)
class Flow:
    """Steps in an order in which they can run.

    Attributes
    ----------
    updates : dict of int to int
        Outputs (by number) that take the memory of an input, which the caller gives up.
    """

    inputs: tuple[Array, ...]
    outputs: tuple[Operand, ...]
    steps: tuple[Step, ...]
    updates: dict[int, int] = field(default_factory=dict[int, int])


@functools.lru_cache(4096)
def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of an array whose last axis lies densest, in elements."""
    strides: list[int] = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))
