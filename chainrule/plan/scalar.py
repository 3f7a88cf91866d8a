"""What a loop computes for one element: a short list of instructions over scalars.

Imports nothing of chainrule. Kernels carry bodies; the interpreter reads them with NumPy, the
native floor with LLVM.

An instruction refers to earlier ones by their position in the body. Dtypes are NumPy's names;
every operand of a letter has been cast, so that arithmetic never mixes dtypes.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Access:
    """Where a loop meets a buffer: at offset plus each loop index times its stride, in elements.

    A stride of 0 repeats an element along that axis: this is broadcasting. Strides may be
    negative.
    """

    buffer: int
    strides: tuple[int, ...]
    offset: int = 0


@dataclass(frozen=True)
class Load:
    """The element of a buffer."""

    access: Access
    dtype: str


@dataclass(frozen=True)
class Gather:
    """The element of a buffer, ``index`` times ``stride`` further on; the index was checked.

    A negative index counts from the end of ``length``.
    """

    access: Access
    index: int  # the instruction that computed it, an int64
    stride: int
    length: int
    dtype: str


@dataclass(frozen=True)
class Literal:
    """A number."""

    value: float | int | bool
    dtype: str


@dataclass(frozen=True)
class Coordinate:
    """The loop index along an axis."""

    axis: int
    dtype: str = "int64"


@dataclass(frozen=True)
class Given:
    """What the kernel hands in: the sum of a product, or what is known of a whole row."""

    place: int
    dtype: str


@dataclass(frozen=True)
class Apply:
    """A letter ("add", "exp", "where", ... by its name in the catalogue), "cast", or a C function.

    The operands are of one dtype (the condition of "where" apart). A C function stands as
    "c:atan2", one of cython_special as "scipy:gammaln"; both work in float64.
    """

    letter: str
    operands: tuple[int, ...]
    dtype: str


Instruction: TypeAlias = Load | Gather | Literal | Coordinate | Given | Apply
Body: TypeAlias = tuple[Instruction, ...]


@dataclass(frozen=True)
class Store:
    """An instruction's value goes to an element of a buffer."""

    access: Access
    value: int
