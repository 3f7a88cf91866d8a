"""Fold: a new key of random numbers, bit for bit that of ``ops.random``.

Imports frame, ir and keys.
"""

from chainrule.native.ir import INDEX, Builder, Value, integer
from chainrule.native.kernel_function import Function
from chainrule.native.random_keys import WORD, key_words
from chainrule.plan.alone import View
from chainrule.plan.kinds.fold import Fold

# SplitMix64, as ops.random mixes it.
GAMMA = 0x9E3779B97F4A7C15
MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = 31


def emit(kernel: Fold[View], function: Function) -> int:
    """Write it; it is one unit."""
    b, frame = function.builder, function.frame
    steps = integer((kernel.number + 1) * GAMMA & WORD)
    mixed = [_mixed(b, b.add(word, steps)) for word in key_words(frame, kernel.key)]
    start = frame.address(kernel.target.access, (integer(0),), "uint64")
    for i, word in enumerate(mixed):
        b.store(word, b.at(start, integer(i), INDEX), 8)
    return 1


def _mixed(b: Builder, word: Value) -> Value:
    for shift, factor in MIX:
        word = b.binary("xor", word, b.binary("lshr", word, integer(shift)))
        word = b.mul(word, integer(factor))
    return b.binary("xor", word, b.binary("lshr", word, integer(LAST_SHIFT)))
