"""Embedding: a table with one row of features per id.

Imports linear and ops.indexing.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.errors import IndexRangeError, describe
from chainrule.graph.nodes.node import Node
from chainrule.nn.initialization import Initializer, normal
from chainrule.nn.linear import Weights, positive
from chainrule.nn.run import Run
from chainrule.ops.indexing import take


class Embedding(Weights):
    """Row ``id`` of a table for each id: what a Linear layer would make of one-hot rows.

    The gradient of a row is the sum over all places where its id stands.

    Parameters
    ----------
    rows : int
        Number of ids; they run from 0 to rows - 1.
    features : int
        Length of a row of the table.
    init : callable or str, optional
        Default: standard normal, LeCun's rule for the one input that is on.
    dtype : dtype, default "float32"
        Element type of the table.
    regularization : callable, optional
        Acts on this table only.
    seed : int, optional
        Default: 0, folded with the layer's place in the net.

    Raises
    ------
    IndexRangeError
        When called with an id outside the table, or with ids that are not whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> nn.Embedding(10, 4)(np.array([[1, 2, 2]])).shape
    (1, 3, 4)
    """

    takes_indices: ClassVar[bool] = True
    unit_axes: ClassVar[int] = 1
    one_array: ClassVar[bool] = True

    def __init__(
        self,
        rows: int,
        features: int,
        init: Initializer | str | None = None,
        dtype: Any = "float32",
        regularization: Any = None,
        seed: int | None = None,
    ) -> None:
        self.rows, self.features = positive(rows, "rows"), positive(features, "features")
        self.init = normal(1.0) if init is None else init
        self.seed, self.regularization = seed, regularization
        self.place((self.rows, self.features), dtype)

    def forward(self, x: Any, run: Run | None = None) -> Any:
        ids: Any = x.value if isinstance(x, Node) else x
        if isinstance(ids, np.ndarray):  # a reading without values is checked when it runs
            self._check(ids)  # pyright: ignore[reportUnknownArgumentType]  any array
        return take(self.weight, x, 0)

    def extra(self) -> str:
        return f"{self.rows}, {self.features}"

    def _check(self, ids: Any) -> None:
        if ids.dtype.kind not in "iu":
            raise IndexRangeError(
                f"an Embedding takes ids, which are whole numbers, but these are {ids.dtype}.",
                found=[describe("ids", ids)],
                do="Convert them: ids.astype(np.int64).",
            )
        if not ids.size:
            return
        low, high = int(ids.min()), int(ids.max())  # 255 + 1 is 0 in uint8
        if low < 0 or high >= self.rows:
            place = tuple(np.argwhere((ids < 0) | (ids >= self.rows))[0].tolist())
            if low < 0:
                do = f"Ids run from 0 to {self.rows - 1}; give what is missing or unknown an id "
                do += "of its own: np.where(ids < 0, unknown, ids)."
            else:
                do = f"Ids run from 0 to {self.rows - 1}; build it with Embedding({high + 1}, "
                do += f"{self.features}) if all of them are meant."
            raise IndexRangeError(
                f"id {ids[place]} at {place} is outside a table of {self.rows} rows.",
                found=[
                    describe("ids", ids, f"values {low} to {high}"),
                    describe("weight", self.weight, self.weight.origin),
                ],
                do=do,
            )
