"""What a loop computes for one element: a short list of instructions over scalars.

Imports light. Kernels carry bodies; the interpreter reads them with NumPy, the
native floor with LLVM.

An instruction refers to earlier ones by their position in the body. Dtypes are NumPy's names;
every operand of a letter has been cast, so that arithmetic never mixes dtypes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from chainrule.plan.light import light


@light()
class Access:
    """Where a loop meets a buffer: at offset plus each loop index times its stride, in elements.

    A stride of 0 repeats an element along that axis: this is broadcasting. Strides may be
    negative.
    """

    buffer: int
    strides: tuple[int, ...]
    offset: int = 0


@light()
class Load:
    """The element of a buffer."""

    access: Access
    dtype: str


@light()
class Gather:
    """The element of a buffer, ``index`` times ``stride`` further on; the index was checked.

    A negative index counts from the end of ``length``.
    """

    access: Access
    index: int  # the instruction that computed it, an int64
    stride: int
    length: int
    dtype: str


@light()
class Literal:
    """A number."""

    value: float | int | bool
    dtype: str


@light()
class Coordinate:
    """The loop index along an axis."""

    axis: int
    dtype: str = "int64"


@light()
class Given:
    """What the kernel hands in: the sum of a product, or what is known of a whole row."""

    place: int
    dtype: str


@light()
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


@light()
class Store:
    """An instruction's value goes to an element of a buffer."""

    access: Access
    value: int


def counted(body: Body) -> set[int]:
    """The axes whose loop index is part of what a body computes."""
    return {step.axis for step in body if isinstance(step, Coordinate)}


def other_length(lengths: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    """Loops of which one has another length."""
    return (*lengths[:axis], length, *lengths[axis + 1 :])


def after(found: Body, body: Body, given: Mapping[int, int]) -> tuple[Body, tuple[int, ...]]:
    """A body that goes on from what was found, and the places of its instructions there.

    ``given`` says where what was handed in stands.
    """
    joined, places = list(found), list[int]()
    for step in body:
        if isinstance(step, Given):
            places.append(given[step.place])
            continue
        if isinstance(step, Apply):
            step = replace(step, operands=tuple([places[i] for i in step.operands]))
        elif isinstance(step, Gather):
            step = replace(step, index=places[step.index])
        places.append(len(joined))
        joined.append(step)
    return tuple(joined), tuple(places)
