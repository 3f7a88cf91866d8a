"""How a product runs through memory: copies, blocks of terms, units for threads.

Imports grid, the target and the plan's data; the writers of loops ask it for every size.
"""

from dataclasses import dataclass
from math import ceil, gcd, prod

from chainrule.native.matmul.grid import BUSY, Grid, brief_grid, grid
from chainrule.native.target import BITS, Target
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.letters import is_simple
from chainrule.plan.scalar import Apply

UNIT_FLOPS = 3_000_000  # some 30 us of one core
FEW = 4  # units that a large product has at least: threads take them one by one
STACK = 256 * 1024  # bytes for copies and waiting sums, well inside a second-level cache
LINE, WAYS = 64, 8  # bytes of a cache line; how many of them share a place in the first cache
FAR = 1024  # bytes from row to row from which pages and cache sets run short: copy first
MANY = 64  # rows or columns that make up for a copy
CROWDED = 60  # rows times a panel's lines for each place in the cache that do so, too; measured
DEEP = 1024  # terms from which columns of a are read in blocks
BLOCK_A, BLOCK_B = 384, 512  # terms of a block
CHEAP = 6  # letters in a body that may stand at every vector of a tile
BRIEF = 3  # the same in short code


@dataclass(frozen=True)
class Schedule:
    """Sizes of the loops, all known when the code is written.

    Attributes
    ----------
    chains : int
        How many sums run side by side where a tile is too small to keep the arithmetic busy.
    block : int
        Terms of the sum between two visits to memory; the depth itself where none is needed.
    copies_a, copies_b : bool
        Whether a unit's rows of a, or panels of b, are copied so that they lie together.
    group : int
        Panels that are copied at once.
    late : bool
        Whether sums wait in memory until a panel is done: a long body is written only once then.
    tiles_per_unit, panels_per_unit, batches_per_unit : int
        What a unit computes: a part of one batch, or several whole ones.
    brief : bool
        Whether the code is short: loops are not unrolled.
    """

    grid: Grid
    chains: int
    block: int
    copies_a: bool
    copies_b: bool
    group: int
    late: bool
    tiles_per_unit: int
    panels_per_unit: int
    batches_per_unit: int
    brief: bool = False

    @property
    def rows_per_unit(self) -> int:
        """At most."""
        return self.tiles_per_unit * self.grid.height


def schedule(kernel: Matmul, target: Target) -> Schedule:
    """Choose the sizes for a product (as ``normal`` left it)."""
    size = BITS[kernel.dtype] // 8
    small = _flops(kernel) * 2 <= UNIT_FLOPS
    copies_a, copies_b = _copies_a(kernel, target), _copies_b(kernel, target)
    widest = 4 if copies_b else target.registers
    lanes, depth = target.lanes(kernel.dtype), kernel.depth
    cut = grid(kernel.rows, kernel.columns, lanes, target, small, widest, depth)
    chains = BUSY // cut.sums  # in short code too: they decide about the bits
    block = _block(kernel, copies_a, copies_b, size * cut.stride)
    brief = target.brief and not copies_a and block == kernel.depth
    if brief:  # which would copy element by element
        cut = brief_grid(kernel.rows, kernel.columns, lanes)
        copies_b = copies_b and kernel.b.strides[-1] != 1
    late = block < kernel.depth or _costs(kernel) > (BRIEF if brief else CHEAP)
    space = _space(copies_a, block < kernel.depth, late, size)
    group = cut.panels
    if copies_b:
        group = min(group, max(1, space.panels // (cut.stride * max(1, block))))
    return Schedule(
        *(cut, max(1, min(chains, kernel.depth // 4)), block, copies_a, copies_b, group, late),
        *_units(kernel, cut, (copies_a, copies_b), block, late, space),
        brief,
    )


@dataclass(frozen=True)
class Space:
    """Elements of the stack for copied rows of a, copied panels of b, and waiting sums."""

    rows: int
    panels: int
    sums: int


def _space(copies_a: bool, blocked: bool, late: bool, size: int) -> Space:
    part = STACK // 4 // size
    if copies_a:
        return Space(2 * part, part, part)
    if blocked:
        return Space(0, 2 * part, 2 * part)
    return Space(0, 3 * part, part) if late else Space(0, 4 * part, 0)


def _flops(kernel: Matmul) -> int:
    return max(1, 2 * kernel.rows * kernel.columns * kernel.depth)


def _copies_a(kernel: Matmul, target: Target) -> bool:
    """Where columns of a are read, whose lines would push each other out of the first cache."""
    along_row, along_k = kernel.a.strides[-2:]
    step = abs(along_k) * BITS[kernel.dtype] // 8
    if along_row != 1 or step < FAR or kernel.columns < MANY:
        return False
    return kernel.depth * 2 >= _places(step, 1, target)


def _places(step: int, lines: int, target: Target) -> int:
    """How many lines the first cache holds of those that stand so many bytes apart."""
    sets = target.l1 // LINE // WAYS
    reached = lines * sets // gcd(step // LINE, sets) if step % LINE == 0 else sets
    return min(reached, sets) * WAYS


def _copies_b(kernel: Matmul, target: Target) -> bool:
    """Where the rows of a panel push each other out, and there are tiles enough to read it."""
    along_k, along_column = kernel.b.strides[-2:]
    if along_column != 1:
        return kernel.columns > 1
    if kernel.depth < MANY // 2:
        return False
    size = BITS[kernel.dtype] // 8
    step = abs(along_k) * size
    if step >= FAR and kernel.rows >= MANY:
        return True
    few = MANY // 2 if kernel.a.strides[-2] == 1 else 3 * MANY // 2  # columns of a fill it, too
    wide = ceil(2 * target.vector_bits / 8 / LINE)  # lines of a panel's row
    if kernel.rows < few or step <= 2 * wide * LINE:
        return False
    lines = kernel.depth * min(wide + (step % LINE != 0), step // LINE)
    return lines * kernel.rows >= CROWDED * _places(step, wide, target)


def _block(kernel: Matmul, copies_a: bool, copies_b: bool, row_bytes: int) -> int:
    """Terms of a block, such that what is copied of them fits."""
    depth, along_row = kernel.depth, kernel.a.strides[-2]
    most = depth
    if (copies_a and depth > BLOCK_A) or (along_row == 1 and depth > DEEP):
        most = BLOCK_A
    elif copies_b and depth * row_bytes > STACK // 3:
        most = min(BLOCK_B, STACK // 4 // row_bytes)
    if depth <= most:
        return depth
    block = ceil(depth / ceil(depth / most) / 16) * 16
    while 0 < depth % block < 16:  # the last one, too, holds a vector of any width
        block += 16
    return block


def _costs(kernel: Matmul) -> int:
    letters = [step.letter for step in kernel.body if isinstance(step, Apply)]
    return sum(1 if is_simple(letter) else CHEAP + 1 for letter in letters)


def _units(
    kernel: Matmul, cut: Grid, copies: tuple[bool, bool], block: int, late: bool, space: Space
) -> tuple[int, int, int]:
    """Tiles, panels and batches per unit."""
    flops, (copies_a, copies_b), blocked = _flops(kernel), copies, block < kernel.depth
    rows, across = kernel.rows, 1
    if flops * 2 > UNIT_FLOPS:
        rows = 96 if not copies_b else 512 if blocked else 256
        widest = 512 if copies_a else MANY if copies_b else 1  # what makes up for the copies
        wanted = ceil(flops / UNIT_FLOPS)
        across = min(ceil(wanted / ceil(kernel.rows / rows)), ceil(kernel.columns / widest))
        rows = min(rows, ceil(kernel.rows * across / min(FEW, wanted)))
    if copies_a:
        rows = min(rows, space.rows // block)
    if late:
        rows = min(rows, space.sums // cut.stride)
    tiles = ceil(cut.tiles / ceil(kernel.rows / max(rows, cut.height)))
    panels = ceil(cut.panels / min(cut.panels, across))
    if blocked:
        panels = min(panels, max(1, space.sums // (tiles * cut.height * cut.stride)))
    whole = tiles == cut.tiles and panels == cut.panels
    batches = max(1, UNIT_FLOPS // flops) if whole else 1
    return tiles, panels, min(batches, max(1, prod(kernel.batch)))
