"""Target: what the machine code is made for: the width of a vector, the size of the caches.

Imports nothing of chainrule; the emitters ask it, the engine makes it from what LLVM reports.
"""

from dataclasses import dataclass

L1, L2 = 32 * 1024, 512 * 1024  # bytes of the caches where the system does not tell
BITS = {
    "bool": 8,
    "int8": 8,
    "uint8": 8,
    "int16": 16,
    "uint16": 16,
    "float16": 16,
    "int32": 32,
    "uint32": 32,
    "float32": 32,
    "int64": 64,
    "uint64": 64,
    "float64": 64,
}


@dataclass(frozen=True)
class Target:
    """A kind of CPU.

    Attributes
    ----------
    vector_bits : int
        Width of a vector register: 128, 256 or 512.
    registers : int
        How many vector registers there are.
    masks : bool
        Whether masked stores are as fast as others (AVX-512).
    l1, l2 : int
        Bytes of a core's data caches.
    brief : bool
        Whether code is to be short, for work that takes less time than LLVM: it computes the
        same bits, in loops that are not unrolled.
    """

    vector_bits: int
    registers: int
    masks: bool
    l1: int = L1
    l2: int = L2
    brief: bool = False

    def lanes(self, dtype: str) -> int:
        """Elements of a dtype in one vector."""
        return self.vector_bits // BITS[dtype]
