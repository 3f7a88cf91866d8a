"""Summary: what a net is made of and what one evaluation costs, as a table.

Imports tree and settings. Module.summary calls it; shapes are found by a run on zeros.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.nn.member_paths import Tree, is_group
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


def summarize(
    model: Any, input_shape: int | tuple[int, ...], leaf: Callable[[Any], Any]
) -> Summary:
    """Run a stand-in of the model on zeros and note what each layer returns."""
    shape = _batched(input_shape)
    rows: list[Row] = []
    indices = any(getattr(module, "takes_indices", False) for module in model.modules().values())
    zeros = np.zeros(shape, np.int64 if indices else np.float32)
    with no_grad():
        _listening(model, "", rows, {})(leaf(zeros))
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


def _listening(module: Tree, path: str, rows: list[Row], known: dict[int, Any]) -> Any:
    """A copy of a module that shares its arrays and notes what it returns.

    The model itself stays untouched, so that others may use it at the same time.
    """
    if id(module) in known:
        return known[id(module)]
    copy: Any = object.__new__(type(module))
    known[id(module)] = copy
    names = {id(child): name for name, child in module.children()}

    def heard(x: Any) -> Any:
        if not isinstance(x, Tree):
            return x
        name = names.get(id(x), "")
        return _listening(x, f"{path}.{name}" if path else name, rows, known)

    for name, value in vars(module).items():
        vars(copy)[name] = _mapped(value, heard)
    own = sum(x.size for _, x in module.members() if isinstance(x, Parameter))
    if names and not own:
        return copy  # a container: its layers speak for it

    kind: Any = type(module)

    def advance(x: Any, run: Any) -> Any:
        out = kind.advance(copy, x, run)
        rows.append(_row(module, path, own, x, out))
        return out

    vars(copy)["advance"] = advance
    return copy


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """An attribute with each module in it replaced by its listening copy."""
    if not is_group(value):
        return change(value)
    if hasattr(value, "items"):
        return {key: change(x) for key, x in value.items()}
    modules = any(isinstance(x, Tree) for x in value)
    return type(value)([change(x) for x in value]) if modules else value


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
