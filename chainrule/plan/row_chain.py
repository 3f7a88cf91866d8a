"""Row chain: which kernels of a plan can run for a few rows of a batch, then for the next.

Imports kernel, traffic, buffers and homes. row_blocks.py cuts the chain that is found here.

Most kernels of a training step compute each row of the batch by itself; the gradients of weights
are sums over the rows. The first kind is cut into blocks of rows. The second adds up block after
block, and what follows its sum is left for the end. Everything else runs before all rows or after
them, where what it reads and writes allows that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chainrule.plan.buffers import Buffer
from chainrule.plan.homes import UNPLACED
from chainrule.plan.kernel import Kernel
from chainrule.plan.traffic import Touch, Traffic, extent

Named = tuple[Kernel, str]


@dataclass(frozen=True, eq=False)
class Link:
    """A kernel of the chain.

    Attributes
    ----------
    cut : callable
        Makes the kernel for the first so many rows.
    paces : dict of int to int
        By how many elements each buffer goes on from row to row; 0 for one that stays.
    sums : tuple of int
        The buffers in which it adds up.
    """

    name: str
    cut: Callable[[int], Kernel]
    paces: Mapping[int, int]
    sums: tuple[int, ...]
    met: "Met"


@dataclass(frozen=True, eq=False)
class Met:
    """The buffers that kernels read and write."""

    reads: set[int]
    writes: set[int]

    @classmethod
    def by(cls, kernel: Kernel) -> "Met":
        """Those of a kernel. What it checks must not be read by others before: as if written."""
        traffic = kernel.traffic
        reads = {touch.access.buffer for touch in traffic.reads}
        writes = {touch.access.buffer for touch in traffic.writes}
        return cls(reads, writes | reads if kernel.may_end else writes)

    def add(self, other: "Met") -> None:
        """Those of one more."""
        self.reads.update(other.reads)
        self.writes.update(other.writes)

    def in_order(self, other: "Met") -> bool:
        """Whether these must keep their order to the others."""
        return not (
            self.writes.isdisjoint(other.writes)
            and self.writes.isdisjoint(other.reads)
            and self.reads.isdisjoint(other.writes)
        )


class Chain:
    """The kernels of a plan that go through its rows, and what runs before and after them.

    Attributes
    ----------
    links, before, after : list
    buffers : list of Buffer
        Those of the plan, and some that hold sums.
    paces : dict of int to int
        Of the buffers that the chain writes: elements from row to row.
    """

    def __init__(self, kernels: Sequence[Named], buffers: Sequence[Buffer], rows: int) -> None:
        self.rows, self.buffers = rows, list(buffers)
        self.links: list[Link] = []
        self.before: list[Named] = []
        self.after: list[Named] = []
        self.paces: dict[int, int] = {}
        self._inside, self._later = Met(set(), set()), Met(set(), set())
        self._told = False  # whether something that may end the run, or Python, comes after
        for kernel, name in kernels:
            self._take(kernel, name)

    def outside(self) -> set[int]:
        """The buffers that are met before or after."""
        found = set[int]()
        for kernel, _ in (*self.before, *self.after):
            met = Met.by(kernel)
            found |= met.reads | met.writes
        return found

    def _take(self, kernel: Kernel, name: str) -> None:
        met = Met.by(kernel)
        told = kernel.may_end or kernel.by_python
        if not told and (self._by_rows(kernel, name, met) or self._by_sums(kernel, name)):
            return
        written = {touch.access.buffer for touch in kernel.traffic.writes}
        fixed = any(self.buffers[b].place == "input" for b in written)
        waits = met.in_order(self._later) or met.in_order(self._inside) or fixed
        if waits or (told and self._told):
            self._put_off(kernel, name)
            self._told |= told
        else:
            self.before.append((kernel, name))

    def _put_off(self, kernel: Kernel, name: str) -> None:
        self._later.add(Met.by(kernel))
        self.after.append((kernel, name))

    def _by_rows(self, kernel: Kernel, name: str, met: Met) -> bool:
        """Let a kernel be part of the chain if it computes each row by itself."""
        if met.in_order(self._later):
            return False
        for axis, length in kernel.row_axes():
            if length and length % self.rows == 0:
                each = length // self.rows

                def cut(rows: int, axis: int = axis, each: int = each) -> Kernel:
                    return kernel.cut(axis, rows * each)

                if self._joins(name, cut, (), met):
                    return True
        return False

    def _by_sums(self, kernel: Kernel, name: str) -> bool:
        """Let a kernel be part of the chain if it only adds up what it finds in the rows."""
        fresh = [Buffer(size, dtype, "arena", UNPLACED) for size, dtype in kernel.sums()]
        sums = tuple(range(len(self.buffers), len(self.buffers) + len(fresh)))
        for axis, length in kernel.sum_axes():
            if length and length % self.rows == 0:
                each = length // self.rows

                def cut(rows: int, axis: int = axis, each: int = each) -> Kernel:
                    return kernel.adding(axis, rows * each, sums)

                met = Met.by(cut(self.rows))
                if not met.in_order(self._later) and self._joins(name, cut, sums, met):
                    self.buffers += fresh
                    self._put_off(kernel.ending(sums), f"{name}, of all rows")
                    return True
        return False

    def _joins(
        self, name: str, cut: Callable[[int], Kernel], sums: tuple[int, ...], met: Met
    ) -> bool:
        one = cut(1).traffic
        paces = _paces(cut(self.rows).traffic, one, self.rows)
        if paces is None:
            return False
        for touch in one.touches:
            buffer = touch.access.buffer
            written = buffer in met.writes
            if buffer in sums or (buffer not in self.paces and not written):
                continue
            pace = paces[buffer]
            if self.paces.get(buffer, pace) != pace or not _within_row(touch, pace):
                return False
            if written and not self._may_write(buffer, pace):
                return False
        self.paces |= {b: paces[b] for b in met.writes if b not in sums}
        self._inside.add(met)
        self.links.append(Link(name, cut, paces, sums, met))
        return True

    def _may_write(self, buffer: int, pace: int) -> bool:
        """Whether a buffer is one of rows, which nobody in the chain has read in another way."""
        known = self.buffers[buffer]
        fits = known.place in ("arena", "output") and known.size == pace * self.rows
        return fits and (buffer in self.paces or buffer not in self._inside.reads)


def _paces(whole: Traffic, one: Traffic, rows: int) -> dict[int, int] | None:
    """Elements from row to row in each buffer; None: not the same everywhere in one of them."""
    found: dict[int, int] = {}
    pairs = zip(whole.touches, one.touches, strict=True)
    for large, small in pairs:
        loops = zip(large.lengths, small.lengths, large.access.strides, strict=True)
        pace = sum(n // rows * stride for n, m, stride in loops if n != m)
        if found.setdefault(large.access.buffer, pace) != pace:
            return None
    return found


def _within_row(touch: Touch, pace: int) -> bool:
    """Whether all that is met of the first row lies before the second one."""
    low, high = extent(touch)
    return low >= 0 and high < pace
