"""Fold: a new key of random numbers, bit for bit that of ``ops.random``.

Imports frame, ir and keys.
"""

from collections.abc import Sequence

from chainrule.native.frame import Frame
from chainrule.native.ir import INDEX, Builder, Module, Value, integer
from chainrule.native.keys import WORD, key_words
from chainrule.native.target import Target
from chainrule.plan.alone import View
from chainrule.plan.buffers import Buffer
from chainrule.plan.kinds.fold import Fold

# SplitMix64, as ops.random mixes it.
GAMMA = 0x9E3779B97F4A7C15
MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = 31


def emit(
    module: Module,
    name: str,
    kernel: Fold[View],
    buffers: Sequence[Buffer],
    target: Target,
    number: int = 0,
) -> int:
    """Write ``void @name(ptr %table, i64 %begin, i64 %end)``; it is one unit."""
    b = Builder(module, name, [("ptr", "table"), (INDEX, "begin"), (INDEX, "end")])
    frame = Frame(b, b.arguments[0], buffers, kernel)
    steps = integer((kernel.number + 1) * GAMMA & WORD)
    mixed = [_mixed(b, b.add(word, steps)) for word in key_words(frame, kernel.key)]
    start = frame.address(kernel.target.access, (integer(0),), "uint64")
    for i, word in enumerate(mixed):
        b.store(word, b.at(start, integer(i), INDEX), 8)
    b.finish()
    return 1


def _mixed(b: Builder, word: Value) -> Value:
    for shift, factor in MIX:
        word = b.binary("xor", word, b.binary("lshr", word, integer(shift)))
        word = b.mul(word, integer(factor))
    return b.binary("xor", word, b.binary("lshr", word, integer(LAST_SHIFT)))
