"""Verification: how far the compiled results are from the eager ones, in ulp.

Imports the trees of arrays; ``Compiled.verify`` returns it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.differentiate.tree import flatten
from chainrule.graph.numpy.symbol import plain
from chainrule.spec import is_array


@dataclass(frozen=True)
class Difference:
    """The largest difference between two results.

    Attributes
    ----------
    output : int
        Which result, in the order of the containers.
    shape, dtype
        Of the eager result.
    ulp : float
        In units of the spacing of the numbers near the eager value; infinite where one is NaN
        or infinite and the other is not.
    where : tuple of int
        Place of the largest difference.
    """

    output: int
    shape: tuple[int, ...]
    dtype: str
    ulp: float
    where: tuple[int, ...]
    eager: float
    compiled: float


@dataclass(frozen=True)
class Verification:
    """The differences of all results; ``str`` is a table."""

    differences: tuple[Difference, ...]

    @property
    def ulp(self) -> float:
        """The largest of all."""
        return max((d.ulp for d in self.differences), default=0.0)

    def __str__(self) -> str:
        rows = [("output", "shape", "dtype", "ulp", "at", "eager", "compiled")]
        rows += [
            (str(d.output), str(d.shape), d.dtype, f"{d.ulp:.3g}", str(d.where),
             f"{d.eager:.9g}", f"{d.compiled:.9g}")
            for d in self.differences
        ]  # fmt: skip
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows]
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__


def compared(eager: Any, compiled: Any) -> Verification:
    """Compare the results of two runs, array by array."""
    pairs = zip(flatten(eager)[0], flatten(compiled)[0], strict=True)
    return Verification(
        tuple(
            _difference(i, np.asarray(plain(x)), np.asarray(y))
            for i, (x, y) in enumerate(pairs)
            if is_array(y) or isinstance(y, np.generic | int | float)
        )
    )


def _difference(number: int, eager: Any, compiled: Any) -> Difference:
    facts = number, eager.shape, str(eager.dtype)
    if eager.shape != compiled.shape or eager.dtype != compiled.dtype:
        return Difference(*facts, np.inf, (), np.nan, np.nan)
    if not eager.size:
        return Difference(*facts, 0.0, (), np.nan, np.nan)
    apart = distances(eager, compiled)
    place = np.unravel_index(int(np.argmax(apart)), eager.shape)
    where = tuple(int(i) for i in place)
    values = float(eager[place]), float(compiled[place])
    return Difference(*facts, float(apart[place]), where, *values)


def distances(eager: Any, compiled: Any) -> Any:
    """The distance of each pair of elements in ulp of the first."""
    if eager.dtype.kind != "f":
        return np.abs(eager.astype(np.float64) - compiled.astype(np.float64))
    with np.errstate(all="ignore"):
        spacing = np.maximum(np.spacing(np.abs(eager)), np.finfo(eager.dtype).smallest_subnormal)
        apart = np.abs(eager.astype(np.float64) - compiled.astype(np.float64)) / spacing
    same = (eager == compiled) | (np.isnan(eager) & np.isnan(compiled))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))
