"""Mask: random booleans, bit for bit those of ``ops.random``.

Imports frame, ir and keys. A mask is a function of a key and of the element's place, so that the
forward pass, the backward pass and eager code agree on it without keeping it.
"""

from dataclasses import replace
from math import prod

from chainrule.native.frame import Point
from chainrule.native.ir import INDEX, Builder, Value, integer, vector
from chainrule.native.kernel_function import Function
from chainrule.native.random_keys import WORD, key_words
from chainrule.plan.alone import View
from chainrule.plan.kinds.mask import Mask

# Philox 4x64-10: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
ROUNDS = 10
FACTORS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
BLOCK = 8  # elements: four words of 64 bits, two elements each
UNIT = 2048  # blocks in a unit, at some 8 ns each


def emit(kernel: Mask[View], function: Function) -> int:
    """Write it; the number of units."""
    b = function.builder
    begin, end = function.begin, function.end
    size, out = prod(kernel.target.shape), replace(kernel.target.access, strides=(1,))
    frame = function.frame
    keys = _round_keys(b, key_words(frame, kernel.key))
    shared = _after_first(b, keys)
    whole, rest = divmod(size, BLOCK)
    last = b.intrinsic("smin", b.mul(end, integer(UNIT)), integer(whole))
    with b.loop(b.mul(begin, integer(UNIT)), last) as block:
        kept = _kept(b, block.index, keys, shared, kernel.threshold)
        place = b.mul(block.index, integer(BLOCK))
        Point(frame, [place], 0, BLOCK).store(out, kept, "bool")
    units = max(1, -(-size // (BLOCK * UNIT)))
    if rest:
        with b.when(b.compare("eq", end, integer(units))):
            kept = _kept(b, integer(whole), keys, shared, kernel.threshold)
            kept = b.shuffle(kept, kept, range(rest)) if rest > 1 else b.extract(kept, 0)
            Point(frame, [integer(whole * BLOCK)], 0, rest).store(out, kept, "bool")
    return units


def _round_keys(b: Builder, key: list[Value]) -> list[list[Value]]:
    """The two keys of every round: a Weyl sequence from the key."""
    return [
        [b.add(word, integer(step * i & WORD)) for word, step in zip(key, WEYL, strict=True)]
        for i in range(ROUNDS)
    ]


def _after_first(b: Builder, keys: list[list[Value]]) -> tuple[Value, Value]:
    """The product of the second round that is the same for all blocks.

    A counter of (n, 0, 0, 0) leaves the first round with the key itself as its first word.
    """
    return _product(b, keys[0][0], FACTORS[0])


def _kept(
    b: Builder,
    block: Value,
    keys: list[list[Value]],
    shared: tuple[Value, Value],
    threshold: int,
) -> Value:
    """Philox's words for the counter block + 1, cut in halves, against the threshold."""
    zero = integer(0)
    counter = [b.add(block, integer(1)), zero, zero, zero]
    for i, (first, second) in enumerate(keys):
        high, low = shared if i == 1 else _product(b, counter[0], FACTORS[0])
        other_high, other_low = _product(b, counter[2], FACTORS[1])
        counter = [
            _xor(b, _xor(b, other_high, counter[1]), first),
            other_low,
            _xor(b, _xor(b, high, counter[3]), second),
            low,
        ]
    words = Value("poison", vector(INDEX, 4))
    for i, word in enumerate(counter):
        words = b.insert(words, word, i)
    halves = b.emit("<8 x i32>", f"bitcast {words} to <8 x i32>")
    return b.compare("uge", halves, integer(threshold, "<8 x i32>"))


def _product(b: Builder, x: Value, factor: int) -> tuple[Value, Value]:
    """The high and the low word of a product of two words."""
    if x.text == "0":
        return x, x
    whole = b.mul(b.convert("zext", x, "i128"), integer(factor, "i128"))
    high = b.binary("lshr", whole, integer(64, "i128"))
    return b.convert("trunc", high, INDEX), b.convert("trunc", whole, INDEX)


def _xor(b: Builder, x: Value, y: Value) -> Value:
    if x.text == "0":
        return y
    return x if y.text == "0" else b.binary("xor", x, y)
