"""Blockwise: some kernels of a plan that run for a few rows, then for the next, and so on.

Imports scalar. Plans hold them; the interpreter and the native loop over the kernels run them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.plan.scalar import Access

if TYPE_CHECKING:
    from chainrule.plan.kernel import Kernel


@dataclass(frozen=True, eq=False)
class Blocks:
    """Kernels first, first + 1, ..., stop - 1 run one after another, ``count`` times.

    As the plan lists them they compute the first block. What they hand to each other within a
    block lies at the same place in all blocks: it stays in the cache.

    Attributes
    ----------
    rows : int
        Of each block.
    steps : tuple of dict
        For each of the kernels: by how many elements it begins further on in a buffer with each
        block. Buffers that are not named stay where they are.
    more, rest : int
        How many kernels follow that compute one more block for the rows that are left, and how
        many rows these are; some rows before them are computed again.
    """

    first: int
    stop: int
    count: int
    rows: int
    steps: tuple[Mapping[int, int], ...]
    more: int = 0
    rest: int = 0

    def numbers(self) -> range:
        """The kernels."""
        return range(self.first, self.stop)

    def at(self, block: int, number: int, kernel: "Kernel") -> "Kernel":
        """One of the kernels, as it is for a block."""
        return shifted(kernel, self.steps[number - self.first], block) if block else kernel

    def kept(self, first: int, last: int) -> bool:
        """Whether a buffer that lives this long is needed in more than one block."""
        inside = self.first <= first and last < self.stop
        return first < self.stop and last >= self.first and not inside


def shifted(kernel: "Kernel", steps: Mapping[int, int], times: int) -> "Kernel":
    """A kernel that begins further on in its buffers."""

    def change(access: Access) -> Access:
        step = steps.get(access.buffer, 0)
        return replace(access, offset=access.offset + times * step) if step else access

    return kernel.moved(change)


def runs(kernels: tuple["Kernel", ...], blocks: tuple[Blocks, ...]) -> Iterator["Kernel"]:
    """The kernels in the order in which they run, those in blocks once for each block."""
    number = 0
    for each in blocks:
        yield from kernels[number : each.first]
        for block in range(each.count):
            for inside in each.numbers():
                yield each.at(block, inside, kernels[inside])
        number = each.stop
    yield from kernels[number:]


def times(blocks: Sequence[Blocks], number: int) -> int:
    """How often a kernel runs."""
    return next((each.count for each in blocks if number in each.numbers()), 1)
