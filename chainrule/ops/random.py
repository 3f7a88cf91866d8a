"""Random numbers as functions of a key: no hidden state, so every run of a step draws the same.

Imports the families, letters and NumPy's Philox. Dropout and the initializers use it; the eager
run, the backward walk, higher orders and native code share a mask because they share its key.
"""

import operator
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import LinearOp, Pulled
from chainrule.graph.op.operation import Op, op
from chainrule.ops.letters.logic import logical_and, where

Key = np.ndarray[Any, np.dtype[np.uint64]]  # two words

WORD = 2**64 - 1
LANES = 2**32  # a word is cut into two numbers of 32 bits, one per element
# SplitMix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
GAMMA = 0x9E3779B97F4A7C15
MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = 31


def key(seed: int) -> Key:
    """The key of a seed: the first two words of SplitMix64.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.

    Examples
    --------
    >>> from chainrule.ops import random
    >>> random.key(0)
    array([16294208416658607535,  7960286522194355700], dtype=uint64)
    """
    number = _whole(seed, "a seed")
    return np.array([_mixed(number + GAMMA), _mixed(number + 2 * GAMMA)], np.uint64)


def fold(key: Key, number: int) -> Key:
    """A new key from a key and a number: of an epoch, a step or a layer.

    Each word is taken for the state of a SplitMix64; the new word is its output of that number.
    ``fold(fold(key, 1), 2)`` and ``fold(fold(key, 2), 1)`` differ.
    """
    number = _whole(number, "a number to fold in")
    if isinstance(key, Symbol):
        return key.read(FoldKey(number), (key,))
    return _folded(key, number)


def philox(key: Key) -> np.random.Philox:
    """NumPy's Philox 4x64-10 with this key and a counter of 0; ``np.random.Philox(key=key)``.

    Source
    ------
    Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """
    given: Any = _Given(key)  # the stub asks for a SeedSequence; any ISeedSequence will do
    return np.random.Philox(given)


def _check_rate(operation: Any) -> None:
    if not 0 <= operation.rate < 1:
        raise ArgumentError(
            f"{operation.name} takes a rate of at least 0 and below 1, not {operation.rate}.",
            do="The rate is the share of elements to drop: 0.1 to 0.5 are usual.",
        )


@op("random_mask", flat=True, samples=lambda rng: (key(int(rng.integers(9))), (3, 4), 0.5))
class RandomMask(Op):
    """True with probability 1 - rate for each element: a function of key and place alone.

    Element i (in C order) is False where the i-th 32 bits of Philox's words, low half first,
    are below rate * 2**32.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the axes.
    rate : float, default 0.5
        The chance of False, from 0 up to but not including 1.
    """

    primitive = "draw"
    shape: tuple[int, ...]
    rate: float = 0.5

    def __post_init__(self) -> None:
        _check_rate(self)

    def forward(self, key: Any) -> Any:
        size = int(np.prod(self.shape))
        words = philox(key).random_raw((size + 1) // 2)
        numbers = words.astype("<u8", copy=False).view("<u4")[:size]
        return (numbers >= np.uint32(round(self.rate * LANES))).reshape(self.shape)


@op("dropout", onnx="Dropout", gate="gradient router", samples=lambda rng: (
    rng.normal(size=(3, 4)), key(int(rng.integers(9)))))  # fmt: skip
class Dropout(LinearOp):
    """Each element is dropped with a chance of ``rate``; the others are divided by 1 - rate.

    So the mean stays what it was, and nothing is left to do when the net is evaluated (inverted
    dropout). The mask is a function of the key: the same key drops the same elements.

    Parameters
    ----------
    rate : float, default 0.5
        The share of elements to drop, from 0 up to but not including 1.

    Source
    ------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, "Dropout: a simple way to
    prevent neural networks from overfitting".
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        _check_rate(self)

    def forward(self, x: Any, key: Any) -> Any:
        return self.routed(random_mask(key, tuple(x.shape), self.rate), x)

    def pull(self, upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Pulled:
        """The op itself is its own transpose; what was dropped is dead."""
        x, key = inputs
        kept = random_mask(key, tuple(x.shape), self.rate)
        alive = kept if live is None else logical_and(kept, live)
        return [self.routed(alive, upstream), None], [alive, None]

    def routed(self, kept: Any, x: Any) -> Any:
        """What was kept, scaled up; exactly 0 elsewhere, even where x is infinite."""
        return where(kept, x / (1 - self.rate), 0)


@op("fold_key", flat=True, samples=lambda rng: (key(int(rng.integers(9))), 3))
class FoldKey(Op):
    """A new key from a key and a number; ``random.fold`` for keys that are not known yet.

    Parameters
    ----------
    number : int
        Of an epoch, a step or a layer.
    """

    primitive = "fold"
    number: int

    def forward(self, key: Any) -> Any:
        return _folded(key, self.number)


class _Given(ISeedSequence):
    """Hands a key to Philox; ``Philox(key=...)`` first asks the system for entropy, for 10 us."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        return self._key


def _folded(key: Any, number: int) -> Key:
    """Output ``number`` of both SplitMix64 whose states are the words of the key."""
    steps = (number + 1) * GAMMA
    first, second = key.tolist()
    return np.array([_mixed(first + steps), _mixed(second + steps)], np.uint64)


def _mixed(word: int) -> int:
    """SplitMix64's output function: every bit of the word reaches every bit of the result."""
    word &= WORD
    for shift, factor in MIX:
        word = (word ^ (word >> shift)) * factor & WORD
    return word ^ (word >> LAST_SHIFT)


def _whole(number: Any, name: str) -> int:
    try:
        whole = operator.index(number)
    except TypeError:
        whole = -1
    if not 0 <= whole <= WORD:
        raise ArgumentError(
            f"{name} is a whole number from 0 to 2**64 - 1, not {number!r}.",
            do="Give a number such as 0 or 42.",
        )
    return whole


random_mask, dropout = RandomMask.function, Dropout.function
