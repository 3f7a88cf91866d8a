"""The grid of tiles over a product: how many rows and vectors of sums the registers hold.

Imports the target. schedule starts from it.
"""

from dataclasses import dataclass
from math import ceil, gcd

from chainrule.native.target import Target

BUSY = 8  # sums at work: two units with a latency of four cycles each
EASY = 10  # sums from which a tile makes up for a load that came late; 8 leave no slack
TALLEST = 12  # rows
SLIM = 16  # rows of a single vector where registers are many: each row of b is read less often
DEEP = 32  # terms from which that is worth the code, which takes a third longer to compile
BRIEF_ROWS = 4  # of a tile in short code
FEW = 4  # panels; where there are more, a narrow last one costs next to nothing


@dataclass(frozen=True)
class Grid:
    """Tiles stand below each other in panels of columns.

    Attributes
    ----------
    lanes : int
        Elements of a full vector.
    height, tall, tiles : int
        Rows of a tile; the first ``tall`` of all ``tiles`` have them, the others one row less:
        32 rows are 6 + 6 + 5 + 5 + 5 + 5, and no tile is a small rest.
    widths, full_panels : tuple of int, int
        Lanes of each vector in a row of a tile; how many panels there are of these.
    rest : tuple of int
        Widths of the last panel, if it is another.
    together : int
        Rows whose narrow last vectors share one register: the 2 columns that 10 have left over
        from 8, of 4 rows. Without that, a product with 10 columns would cost as much as with 16.
    """

    lanes: int
    height: int
    tall: int
    tiles: int
    widths: tuple[int, ...]
    full_panels: int
    rest: tuple[int, ...]
    together: int = 1

    @property
    def width(self) -> int:
        """Columns of a panel."""
        return sum(self.widths)

    @property
    def panels(self) -> int:
        """All of them."""
        return self.full_panels + bool(self.rest)

    @property
    def stride(self) -> int:
        """Elements of a row of the widest panel when it is laid out in full vectors."""
        return max(len(self.widths), len(self.rest)) * self.lanes

    @property
    def sums(self) -> int:
        """Vectors of sums in a tile of the first panel."""
        alone = len(self.widths) - (self.together > 1)
        return self.height * alone + (self.height // self.together if self.together > 1 else 0)

    def lead(self, widths: tuple[int, ...]) -> int:
        """Columns that a narrow last vector begins earlier, to be read as a full one.

        A vector of 5 or 7 is several reads; columns that were met before are read again then.
        """
        power = widths[-1] & (widths[-1] - 1) == 0
        before = sum(widths) > self.lanes or self.panels > 1
        return 0 if power or not before else self.lanes - widths[-1]


def grid(
    rows: int, columns: int, lanes: int, target: Target, equal: bool, widest: int, depth: int
) -> Grid:
    """Choose it: sums, a row of b and a number of a fill the registers.

    ``equal`` asks for tiles of one height if the rows allow it, which halves the code; a panel
    has at most ``widest`` vectors. ``depth`` is the number of terms of each sum.
    """
    full, tail = divmod(columns, lanes)
    shared = _shared(rows, full, tail, lanes, target.registers)
    if shared:
        height = shared
        widths = (*(lanes,) * full, tail)
        return Grid(lanes, height, rows // height, rows // height, widths, 1, (), lanes // tail)
    vectors = ceil(columns / lanes)
    height, wide = _tile(rows, vectors, target, widest, depth)
    if equal:
        enough = range(height, ceil(EASY / wide) - 1, -1)
        height = next((h for h in enough if rows % h == 0), height)
    tiles = ceil(rows / height)
    height = ceil(rows / tiles)
    panels, left = divmod(vectors, wide)
    if left and panels and (wide + left) * (height + 1) < target.registers:
        panels, left = panels - 1, wide + left
    tail = columns - (vectors - 1) * lanes
    if not left and tail < lanes:
        panels, left = panels - 1, wide
    widths, rest = (lanes,) * wide, (*(lanes,) * (left - 1), tail) if left else ()
    if not panels:
        widths, panels, rest = rest, 1, ()
    return Grid(lanes, height, rows - (height - 1) * tiles, tiles, widths, panels, rest)


def brief_grid(rows: int, columns: int, lanes: int) -> Grid:
    """Small tiles of one height, for short code; all of one width where that is not too slow."""
    height = next(h for h in range(BRIEF_ROWS, 0, -1) if rows % h == 0)
    tiles, even = rows // height, gcd(columns, lanes)
    if columns <= lanes:
        return Grid(lanes, height, tiles, tiles, (columns,), 1, ())
    lanes = even if 4 * even >= lanes else lanes
    full, tail = divmod(columns, lanes)
    return Grid(lanes, height, tiles, tiles, (lanes,), full, (tail,) if tail else ())


def _shared(rows: int, full: int, tail: int, lanes: int, registers: int) -> int:
    """Height of tiles whose rows share their last vector; 0 if there are none such."""
    if full not in (1, 2) or tail == 0 or tail & (tail - 1):
        return 0
    together = lanes // tail
    if full + together == 3:  # 8 + 4 sums: more than the registers hold
        return 0
    for height in (8, 4):
        needed = height * full + height // together + full + 1 + min(together, 4)
        if height % together == 0 and rows % height == 0 and needed <= registers:
            return height
    return 0


def _tile(rows: int, vectors: int, target: Target, widest: int, depth: int) -> tuple[int, int]:
    """Most rows of a tile, and vectors in each."""
    free = target.registers - 1
    usual = 2 if target.registers < 32 or target.vector_bits > 256 else 4
    last = usual + 1 if vectors < FEW * usual and vectors % usual else usual
    last = min(vectors, last)  # of the widest panel, which takes what is left
    is_slim = last == 1 and target.registers >= 32 and depth >= DEEP
    most = SLIM if is_slim else TALLEST
    height = min((free - last) // last, most)
    if rows >= height:
        return height, min(usual, vectors) if vectors > last else last
    wide = min(vectors, widest, max(usual, (free - 3) // rows))
    return rows, ceil(vectors / ceil(vectors / wide))
