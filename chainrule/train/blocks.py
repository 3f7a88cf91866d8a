"""Blocks: rows that come a block at a time, for data that do not fit into memory.

Imports batches, checks and errors. `fit` takes an object with ``rows`` and ``blocks`` as its data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from chainrule.errors import ArgumentError, ChainruleError, DataError, describe
from chainrule.optim.arguments import whole
from chainrule.spec import is_tuple
from chainrule.train.batches import Batches
from chainrule.train.checks import Task
from chainrule.train.streams import Arrays, Rows

ORDER_OF_BLOCKS, ORDER_WITHIN = 0, 1  # random numbers of an epoch: one stream each


class Blocks(Protocol):
    """Data for :func:`fit` that are read while they are trained on.

    Attributes
    ----------
    rows : int
        How many an epoch has.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> class Measured:
    ...     rows = 3000
    ...     def blocks(self, rng):
    ...         for part in rng.permutation(3):  # a file each, say
    ...             x = np.random.default_rng(part).normal(size=(1000, 2))
    ...             yield x, (x[:, 0] > x[:, 1]).astype(int)
    >>> history = cr.fit(cr.nn.MLP([2, 8, 2]), Measured(), loss=cr.softmax_cross_entropy,
    ...     optimizer=cr.optim.Adam(0.01), epochs=3)
    >>> history["accuracy"][-1] > 0.95
    True
    """

    rows: int

    def blocks(self, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
        """Each block of an epoch: (X, y), or (X, y, weights of the rows).

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws the order of the blocks: a function of the fit's seed and the epoch. The rows
            of a block are put in another order afterwards.
        """
        ...


Check = Callable[[Any, str], Task]


@dataclass(frozen=True, eq=False)
class BlockBatches(Batches):
    """Minibatches of blocks: shuffled by blocks and within.

    What a block leaves of a batch goes to the next one, so that the last batch alone is smaller.

    Parameters
    ----------
    all : Rows
        A batch of a first block: it says what the machine code is made for.
    source : Blocks
    check : callable
        Brings a block, which it is given with a name for messages, into the form of ``all``.
    given : int
        Rows of the source.
    """

    source: Any
    check: Check
    given: int

    @property
    def rows(self) -> int:
        """N."""
        return self.given

    def parts(self, epoch: int, done: int = 0) -> Iterator[tuple[int, Rows]]:
        """The number of its first batch, and some rows in the order of the epoch."""
        if done >= self.count:
            return
        rng = np.random.default_rng((self.seed, epoch, ORDER_WITHIN))
        first, seen, left = 0, 0, tuple[Any, ...]()
        for rows in self._checked(epoch):
            arrays, seen = rows.arrays, seen + rows.count
            if left:
                pairs = zip(left, arrays, strict=True)
                arrays = tuple([np.concatenate(pair) for pair in pairs])
            order = rng.permutation(len(arrays[0]))
            rest = len(order) % self.size if seen < self.rows else 0
            taken, kept = np.split(order, [len(order) - rest])
            left = tuple([array.take(kept, 0) for array in arrays]) if rest else ()
            batches = -(-len(taken) // self.size)
            if first + batches > done:
                yield first, Rows(arrays, self.all.form, taken)
            first += batches
        self._refuse_other_count(seen, "are over")

    def epoch(self, number: int, done: int = 0) -> Iterator[Arrays]:
        """The batches of an epoch after those that are done, C-contiguous arrays of their own."""
        for first, rows in self.parts(number, done):
            for start in range(max(done - first, 0) * self.size, rows.count, self.size):
                yield rows.part(start, start + self.size).taken()

    def _checked(self, epoch: int) -> Iterator[Rows]:
        rng = np.random.default_rng((self.seed, epoch, ORDER_OF_BLOCKS))
        seen, own = 0, _looks(self.all)
        for number, block in enumerate(self.source.blocks(rng), start=1):
            name = f"block {number} of the training data"
            try:
                rows = self.check(block, name).rows
            except ChainruleError as error:
                error.add_note(f"in {name}")
                raise
            if _looks(rows) != own:
                raise DataError(
                    f"{name} looks different from the first one that was read.",
                    found=[
                        *[describe(f"first {n}", a) for n, a in _named(self.all)],
                        *[describe(f"this  {n}", a) for n, a in _named(rows)],
                    ],
                    do="Give all blocks the same columns and element types.",
                )
            seen += rows.count
            if seen > self.rows:
                self._refuse_other_count(seen, "go on")
            yield rows

    def _refuse_other_count(self, seen: int, how: str) -> None:
        if seen != self.rows:
            raise DataError(
                f"the training data say that an epoch has {self.rows:,} rows, but its blocks "
                f"{how} after {seen:,}.",
                do="Let `rows` be the number of rows in all blocks.",
            )


def block_batches(source: Any, size: int, seed: int, check: Check) -> tuple[Task, BlockBatches]:
    """What training knows beforehand, from the first block of a source; and its batches.

    Raises
    ------
    ArgumentError
        For weights given beside, a source without rows.
    """
    rows = whole("fit", "rows of the training data", source.rows, least=1)
    first = next(iter(source.blocks(np.random.default_rng((seed, 0, ORDER_OF_BLOCKS)))), None)
    if first is None:
        raise DataError("the training data have no blocks.", do="Yield (X, y) at least once.")
    task = check(first, "the first block of the training data")
    # Of the block itself nothing is kept: there is memory for one, which is read later.
    task = replace(task, rows=task.rows.filled(min(size, rows)))
    return task, BlockBatches(task.rows, size, seed, source, check, rows)


def is_blocks(data: Any) -> bool:
    """Whether data come in blocks; a frame may have columns that are called rows and blocks."""
    if isinstance(data, tuple | list | np.ndarray) or hasattr(data, "columns"):
        return False
    return callable(getattr(data, "blocks", None)) and hasattr(data, "rows")


def check_of(task_of: Callable[[Any, str, Any], Task], weights: Any) -> Check:
    """A check of blocks: pairs, or triples whose last are the weights."""
    if weights is not None:
        raise ArgumentError(
            "sample_weight cannot be given beside data that come in blocks.",
            do="Yield (X, y, weights) from blocks().",
        )

    def check(block: Any, name: str) -> Task:
        if is_tuple(block) and len(block) == 3:
            return task_of(block[:2], name, block[2])
        return task_of(block, name, None)

    return check


def _looks(rows: Rows) -> Any:
    return rows.form.key, [(array.shape[1:], array.dtype) for array in rows.arrays]


def _named(rows: Rows) -> Iterator[tuple[str, Any]]:
    return zip(rows.form.names, rows.arrays, strict=True)
