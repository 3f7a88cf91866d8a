"""Row blocks: a batch that does not fit the cache is computed some rows at a time.

Imports row_chain, blockwise and fuse's result. ``make`` calls it.

The kernels of a step hand on arrays with a row for each example. Where all that lives at a time is
larger than the second-level cache, every kernel fetches from far what the one before has put
there. Block by block of rows it is still near. The order in which sums over rows are added up is
that of the blocks, for any number of threads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from chainrule.plan.blockwise import Blocks
from chainrule.plan.buffers import Buffer
from chainrule.plan.copy_kernels import zeros
from chainrule.plan.fuse import Fused
from chainrule.plan.homes import UNPLACED
from chainrule.plan.kernel import Kernel
from chainrule.plan.row_chain import Chain, Link, Named
from chainrule.plan.scalar import Access


@dataclass(frozen=True)
class Cache:
    """What decides whether rows are cut into blocks; not the machine's: results depend on it.

    Attributes
    ----------
    nbytes : int
        Of a block's arrays and all weights and sums that it meets.
    rows : int
        Of a block, at least: fewer do not keep the loops of a product busy.
    """

    nbytes: int = 1 << 20  # of the 1 to 2 MiB that a core has today
    rows: int = 64

    def block(self, chain: Chain) -> tuple[int, int] | None:
        """Bytes that stay here in blocks and would not have, and the rows of a block.

        None where whole batches are as good: they fit, or weights and sums alone do not.
        """
        local = local_buffers(chain)
        nbytes = {b: pace * chain.buffers[b].itemsize for b, pace in chain.paces.items()}
        each = _living(chain, {b: nbytes[b] for b in local})
        met = [(b, pace) for link in chain.links for b, pace in link.paces.items()]
        staying = [b for b, pace in met if not pace]
        whole = sum(chain.buffers[b].nbytes for b in set(staying))
        if each * chain.rows < 2 * self.nbytes or self.nbytes - whole < each * self.rows:
            return None
        count = -(-chain.rows // ((self.nbytes - whole) // each))
        handed_on = chain.rows * sum(nbytes[b] for b, _ in met if b in local)
        again = count * sum(chain.buffers[b].nbytes for b in staying)
        return (handed_on - again, _even(chain.rows, count)) if handed_on > again else None


CACHE = Cache()


@dataclass(frozen=True, eq=False)
class Blocked:
    """The kernels of a plan, some of them in blocks."""

    fused: Fused
    blocks: tuple[Blocks, ...]


def in_blocks(fused: Fused, lengths: Sequence[int], cache: Cache) -> Blocked | None:
    """The plan with the rows of a batch in blocks, if that keeps more of them in the cache.

    Parameters
    ----------
    lengths : sequence of int
        How many rows there may be: the first axes of the inputs.
    """
    best: tuple[int, Chain, int] | None = None
    for rows in dict.fromkeys(lengths):
        if rows < max(2, 2 * cache.rows):
            continue
        chain = Chain([*zip(fused.kernels, fused.names, strict=True)], fused.buffers, rows)
        found = cache.block(chain)
        if found and (best is None or found[0] > best[0]):
            best = found[0], chain, found[1]
    return _Cutting(best[1], best[2]).blocked(fused) if best else None


def _even(rows: int, count: int) -> int:
    """Rows of a block: so many that all blocks are full, if they need not be much smaller."""
    block = -(-rows // count)
    return next((n for n in range(block, block * 3 // 4 - 1, -1) if rows % n == 0), block)


def local_buffers(chain: Chain) -> set[int]:
    """The buffers of rows that only the chain meets."""
    arena = {b for b in chain.paces if chain.buffers[b].place == "arena"}
    return arena - chain.outside()


def _living(chain: Chain, nbytes: Mapping[int, int]) -> int:
    """The most bytes that a row has at a time in these buffers."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, link in enumerate(chain.links):
        for b in link.paces:
            if b in nbytes:
                first.setdefault(b, number)
                last[b] = number
    change = [0] * (len(chain.links) + 1)
    for b, number in first.items():
        change[number] += nbytes[b]
        change[last[b] + 1] -= nbytes[b]
    most = now = 0
    for each in change:
        now += each
        most = max(most, now)
    return most


class _Cutting:
    """A chain, cut into blocks of so many rows.

    The last block ends with the last row. Where the rows are no multiple of a block it begins
    among those of the block before, which come out the same; but sums take the new ones only.
    """

    def __init__(self, chain: Chain, block: int) -> None:
        self.chain, self.block = chain, block
        self.buffers = list(chain.buffers)
        self.local = local_buffers(chain)
        self.cleared = [(b, link.name) for link in chain.links for b in link.sums]

    def blocked(self, fused: Fused) -> Blocked:
        """The whole plan."""
        chain, block = self.chain, self.block
        count, rest = divmod(chain.rows, block)
        inside = self._homes()
        loop = [(self._placed(link, block, inside), _named(link)) for link in chain.links]
        last = [*self._last(rest)] if rest else []
        clears = [(zeros(self.buffers[b], b), f"zeros for {name}") for b, name in self.cleared]
        start = len(chain.before) + len(clears)
        stop = start + len(loop)
        steps = tuple(self._steps(link, inside) for link in chain.links)
        kernels: list[Named] = [*chain.before, *clears, *loop, *last, *chain.after]
        made = replace(
            fused,
            kernels=tuple(kernel for kernel, _ in kernels),
            names=tuple(name for _, name in kernels),
            buffers=tuple(self.buffers),
        )
        return Blocked(made, (Blocks(start, stop, count, block, steps, len(last), rest),))

    def _homes(self) -> dict[int, int]:
        """For each local buffer a new one, with the rows of a block."""
        return {
            b: self._new(self.block * self.chain.paces[b], self.chain.buffers[b].dtype)
            for b in sorted(self.local)
        }

    def _new(self, size: int, dtype: str) -> int:
        self.buffers.append(Buffer(size, dtype, "arena", UNPLACED))
        return len(self.buffers) - 1

    def _steps(self, link: Link, inside: Mapping[int, int]) -> dict[int, int]:
        """Elements from block to block, by buffer."""
        return {b: pace * self.block for b, pace in link.paces.items() if pace and b not in inside}

    def _placed(
        self,
        link: Link,
        rows: int,
        inside: Mapping[int, int],
        first: int = 0,
        within: int = 0,
        sums: Mapping[int, int] = MappingProxyType({}),
    ) -> Kernel:
        """A kernel for so many rows from ``first`` on, which is row ``within`` of its block."""

        def change(access: Access) -> Access:
            buffer, row = access.buffer, first
            if buffer in inside:
                buffer, row = inside[buffer], within
            buffer = sums.get(buffer, buffer)
            offset = access.offset + row * link.paces[access.buffer]
            return Access(buffer, access.strides, offset)

        return link.cut(rows).moved(change)

    def _last(self, rest: int) -> Iterator[Named]:
        """The last block, where it is not like the others."""
        chain, block, inside = self.chain, self.block, self._homes()
        for link in chain.links:
            start = chain.rows - block
            if not link.sums:
                yield self._placed(link, block, inside, start), link.name
                continue
            if chain.paces.keys() & link.met.writes:  # it makes more than sums: for all rows
                unread = {
                    b: self._new(chain.buffers[b].size, chain.buffers[b].dtype) for b in link.sums
                }
                self.cleared += [(b, link.name) for b in unread.values()]
                yield self._placed(link, block, inside, start, 0, unread), _named(link)
            new = chain.rows - rest, block - rest
            yield self._placed(link, rest, inside, *new), _named(link)


def _named(link: Link) -> str:
    return f"{link.name}, so far" if link.sums else link.name
