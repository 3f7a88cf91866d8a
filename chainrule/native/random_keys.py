"""Keys: the two words from which random numbers are drawn.

Imports frame and ir. Masks and folds load them.
"""

from chainrule.native.frame import Frame
from chainrule.native.ir import INDEX, Value, integer
from chainrule.plan.alone import View

WORD = 2**64 - 1  # all bits of a word


def key_words(frame: Frame, key: View) -> list[Value]:
    """The two words of a key."""
    b, start = frame.builder, frame.address(key.access, (integer(0),), "uint64")
    return [b.load(b.at(start, integer(i), INDEX), INDEX, 8) for i in range(2)]
