"""Summary: what a net is made of and what one evaluation costs, as a table.

Imports listening and settings. Module.summary calls it; shapes are found by a run on zeros.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.markup import text_card
from chainrule.nn.listening import Advance, listening
from chainrule.nn.member_paths import Tree
from chainrule.settings import no_grad
from chainrule.tensors import Parameter

GAP = "  "
HEADINGS = ("layer", "kind", "output", "parameters", "bytes", "FLOPs")
LEFT = 3  # columns of text; numbers are aligned on the right
ITSELF = "(net)"  # the path of a net that is a single layer


@dataclass(frozen=True)
class Row:
    """One layer: its place, its result and its cost.

    Attributes
    ----------
    activation_bytes : int
        Bytes of the result, which training keeps for the backward pass.
    flops : int
        Operations on numbers; a multiplication and an addition are two.
    """

    path: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    activation_bytes: int
    flops: int


@dataclass(frozen=True)
class Summary:
    """All layers in the order in which they computed; print it for a table."""

    input_shape: tuple[int, ...]
    rows: tuple[Row, ...]
    parameters: int  # trained numbers; those that two layers share count once

    @property
    def activation_bytes(self) -> int:
        """Bytes of all results together."""
        return sum(row.activation_bytes for row in self.rows)

    @property
    def flops(self) -> int:
        """Operations of one forward evaluation of this input."""
        return sum(row.flops for row in self.rows)

    def __str__(self) -> str:
        cells = [HEADINGS, *map(_cells, self.rows)]
        totals = (self.parameters, self.activation_bytes, self.flops)
        cells.append(("total", f"input {self.input_shape}", "", *(f"{n:,}" for n in totals)))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(_line(line, widths) for line in cells)

    def _repr_html_(self) -> str:
        return text_card("", self)


def summarize(
    model: Any, input_shape: int | tuple[int, ...], leaf: Callable[[Any], Any]
) -> Summary:
    """Run a stand-in of the model on zeros and note what each layer returns."""
    shape = _batched(input_shape)
    rows: list[Row] = []
    indices = any(getattr(module, "takes_indices", False) for module in model.modules().values())
    zeros = np.zeros(shape, np.int64 if indices else np.float32)
    with no_grad():
        listening(model, _heard(rows))(leaf(zeros))
    count = sum(p.size for p in model.parameters().values())
    return Summary(shape, tuple(rows), count)


def _batched(shape: int | tuple[int, ...]) -> tuple[int, ...]:
    given = np.atleast_1d(np.asarray(shape))
    lengths: tuple[int, ...] = tuple(given.tolist())
    if given.dtype.kind not in "iu" or given.ndim != 1 or not lengths or min(lengths) < 1:
        raise ArgumentError(
            f"summary takes the shape of the input, in positive lengths, not {shape!r}.",
            do="Give the number of features, summary(64), or a whole batch, summary((32, 64)).",
        )
    return (1, *lengths) if len(lengths) == 1 else lengths


def _heard(rows: list[Row]) -> Callable[[Tree, str, Advance], Advance]:
    """Note what each layer returns; a container's layers speak for it."""

    def told(module: Tree, path: str, advance: Advance) -> Advance:
        own = sum(x.size for _, x in module.members() if isinstance(x, Parameter))
        if any(True for _ in module.children()) and not own:
            return advance

        def noted(x: Any, run: Any) -> Any:
            out = advance(x, run)
            rows.append(_row(module, path, own, x, out))
            return out

        return noted

    return told


def _row(module: Any, path: str, own: int, x: Any, out: Any) -> Row:
    kind = type(module).__name__ if list(module.children()) else repr(module)
    nbytes = out.size * out.dtype.itemsize
    flops = module.flops(x.shape, out.shape)
    return Row(path or ITSELF, kind, out.shape, own, nbytes, flops)


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.parameters, row.activation_bytes, row.flops)
    return row.path, row.kind, str(row.output), *(f"{n:,}" for n in numbers)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.ljust(width) if i < LEFT else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return GAP.join(padded).rstrip()
