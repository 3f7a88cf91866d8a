"""Values: when two values of Python are the same for a recording.

Imports NumPy. ``==`` is not it: 0.0 == -0.0, 1 == True, and NaN is not even itself. The signature
and the surroundings write their keys with it.
"""

import enum
from typing import Any

import numpy as np

from chainrule.graph.nodes.guard import COPY_BYTES, fingerprint

PLAIN = frozenset({type(None), bool, int, str, bytes, type(Ellipsis), type(NotImplemented)})


class Same:
    """Stands in a key for an object that only itself is like, and keeps it alive."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


class Bytes:
    """Stands for a buffer that is no array; a view would forbid its owner to extend it."""

    nbytes = 0  # compared by its bytes, however many

    def __init__(self, x: Any) -> None:
        self._x = x

    def tobytes(self) -> bytes:
        """What it holds now."""
        return bytes(memoryview(self._x))


def kind_of(x: Any) -> Any:
    """Its type, as a part of a key."""
    return type(x)  # pyright: ignore[reportUnknownVariableType]  of any object


def atom(x: Any) -> Any:
    """The key of a value that has no parts and never changes; None for everything else.

    A float is told by its bits, so that -0.0 is not 0.0 and NaN is NaN; a type belongs to its
    value, so that True is not 1.
    """
    kind = kind_of(x)
    if kind in PLAIN:
        return kind, x
    if kind is float:
        return kind, x.hex()
    if kind is complex:
        return kind, x.real.hex(), x.imag.hex()
    if isinstance(x, np.generic):
        return kind, *_number(x)
    if kind is slice:
        ends = atom(x.start), atom(x.stop), atom(x.step)
        return None if None in ends else (kind, *ends)
    if kind is range:
        return kind, x.start, x.stop, x.step
    if isinstance(x, enum.Enum):
        return kind, Same(x)
    return None


def _number(x: Any) -> tuple[str, bytes]:
    return x.dtype.str, x.tobytes()


def foreign(x: Any) -> Any:
    """The key of an object of another library: its value and its text, or itself alone.

    ``Decimal("0.0") == Decimal("-0.0")``, but they are written differently.
    """
    kind = kind_of(x)
    if kind.__hash__ is None or kind.__hash__ is object.__hash__ or hasattr(x, "__dict__"):
        return Same(x)
    try:
        hash(x)
    except (TypeError, ValueError):  # a memoryview that may be written says the second
        return Same(x)
    return kind, repr(x), x


def content(array: Any) -> Any:
    """What an array holds: its bytes up to 64 KiB, and a fingerprint of more."""
    if array.nbytes <= COPY_BYTES:
        return array.tobytes()
    return fingerprint(array)
