"""Operands: LLVM's types, values and constants, as text.

Imports nothing of chainrule; ir.py builds instructions from them, and hands them on.
"""

import struct
from dataclasses import dataclass

INDEX = "i64"
POINTER = "ptr"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of LLVM's: its text (a name or a constant) and its type."""

    text: str
    type: str

    @property
    def lanes(self) -> int:
        """Elements of a vector; 1 for a scalar."""
        return lanes_of(self.type)

    @property
    def scalar(self) -> str:
        """Type of one element."""
        return scalar_of(self.type)

    def __str__(self) -> str:
        return f"{self.type} {self.text}"


def lanes_of(kind: str) -> int:
    """Elements of a vector type; 1 for a scalar type."""
    return int(kind[1 : kind.index(" x ")]) if kind[0] == "<" else 1


def scalar_of(kind: str) -> str:
    """Type of one element."""
    return kind[kind.index(" x ") + 3 : -1] if kind[0] == "<" else kind


def vector(scalar: str, lanes: int) -> str:
    """Type of a vector; the scalar type itself for one lane."""
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def integer(number: int, kind: str = INDEX) -> Value:
    """A constant integer, repeated in every lane."""
    return repeated(str(int(number)), kind)


def floating(number: float, kind: str) -> Value:
    """A constant of type float or double, repeated in every lane; rounded once, to nearest."""
    single = scalar_of(kind) == "float"
    rounded: float = number
    if single:
        (rounded,) = struct.unpack("f", struct.pack("f", _in_range(number)))
    return repeated(f"0x{struct.unpack('<Q', struct.pack('<d', rounded))[0]:016X}", kind)


def _in_range(number: float) -> float:
    largest = 3.4028235677973366e38  # float32's last number, and half a step: inf from here on
    return number if abs(number) < largest or number != number else number * float("inf")


def repeated(text: str, kind: str) -> Value:
    """A constant in every lane."""
    if kind[0] != "<":
        return Value(text, kind)
    return Value(f"splat ({scalar_of(kind)} {text})", kind)
