"""Letters: what each costs, said once for all who ask.

Imports nothing of chainrule. Fusion asks whether to compute a value again or to keep it, show()
how much a kernel computes, the native floor how to unroll its loops and share them out.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Cycles of throughput for one vector on an AVX2 core, roughly: the instructions of a letter over
# two a cycle. What is not named here is one instruction.
CYCLES: Mapping[str, float] = MappingProxyType({
    "copy": 0, "divide": 4, "sqrt": 4, "exp": 10, "expm1": 14, "log": 14, "log1p": 16, "tanh": 16,
    "erf": 20, "erfc": 24, "power": 40, "sin": 20, "cos": 20, "floor_divide": 8, "mod": 8,
    "fmod": 16,
})  # fmt: skip
INSTRUCTION, FOREIGN = 0.5, 200  # FOREIGN: a C function, lane by lane
DIVISION, FUNCTION = 5, 16  # in units of an addition: vector instructions of one value


def cycles(letter: str) -> float:
    """Of one vector."""
    return FOREIGN if ":" in letter else CYCLES.get(letter, INSTRUCTION)


def is_simple(letter: str) -> bool:
    """Whether a letter is an instruction or two, and no more."""
    return cycles(letter) <= INSTRUCTION


def is_function(letter: str) -> bool:
    """Whether a letter is a polynomial, or a call: such as exp."""
    return cycles(letter) >= CYCLES["exp"]


def weight(letter: str) -> int:
    """Instructions of a letter, roughly, to compute a value again or to keep it."""
    if is_simple(letter):
        return 0 if letter == "copy" else 1
    return FUNCTION if is_function(letter) else DIVISION
