"""Joining and choosing: tensors side by side, cut apart, or one of several by conditions.

Imports the families, letters and movement.
"""

import inspect
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, UnsupportedError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operands import SETTLED
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where
from chainrule.ops.movement import cast, reshape, shaped
from chainrule.ops.parts import concatenate, split
from chainrule.spec import is_sequence


def _parts(rng: np.random.Generator) -> tuple[Any, ...]:
    return ([rng.normal(size=(2, 3)), rng.normal(size=(2, 3))],)


@op(
    "atleast_1d",
    gate="gradient copier",
    numpy=np.atleast_1d,
    samples=lambda rng: (rng.normal(size=()),),
)
class AtLeast1D(Composite):
    """With one axis if it has none."""

    def forward(self, a: Any) -> Any:
        return _deepened(a, 1)


@op(
    "atleast_2d",
    gate="gradient copier",
    numpy=np.atleast_2d,
    samples=lambda rng: (rng.normal(size=3),),
)
class AtLeast2D(Composite):
    """With at least two axes; new ones stand in front."""

    def forward(self, a: Any) -> Any:
        return _deepened(a, 2)


@op(
    "atleast_3d",
    gate="gradient copier",
    numpy=np.atleast_3d,
    samples=lambda rng: (rng.normal(size=(3, 4)),),
)
class AtLeast3D(Composite):
    """With at least three axes: a vector becomes (1, n, 1), a matrix (m, n, 1)."""

    def forward(self, a: Any) -> Any:
        return _deepened(a, 3)


@op("vstack", gate="gradient copier", numpy=np.vstack, samples=_parts)
class VStack(Composite):
    """Tensors joined one below the other; a vector is a row."""

    def forward(self, *parts: Any) -> Any:
        return concatenate([_deepened(x, 2) for x in parts], 0)


@op("hstack", gate="gradient copier", numpy=np.hstack, samples=_parts)
class HStack(Composite):
    """Tensors joined side by side; vectors end to end."""

    def forward(self, *parts: Any) -> Any:
        deep = [_deepened(x, 1) for x in parts]
        return concatenate(deep, 0 if deep[0].ndim == 1 else 1)


@op("dstack", gate="gradient copier", numpy=np.dstack, samples=_parts)
class DStack(Composite):
    """Tensors joined along the third axis."""

    def forward(self, *parts: Any) -> Any:
        return concatenate([_deepened(x, 3) for x in parts], 2)


@op("column_stack", gate="gradient copier", numpy=np.column_stack, samples=_parts)
class ColumnStack(Composite):
    """Tensors joined side by side; a vector is a column."""

    def forward(self, *parts: Any) -> Any:
        columns = [shaped(x) for x in parts]
        return concatenate([reshape(x, (-1, 1)) if x.ndim < 2 else x for x in columns], 1)


@op(
    "array_split",
    gate="gradient copier",
    numpy=np.array_split,
    samples=lambda rng: (rng.normal(size=(5, 2)), 3),
)
class ArraySplit(Composite):
    """Cut along an axis into parts of nearly equal length, or at given places: several results."""

    handed: ClassVar[Any] = list
    indices_or_sections: Any
    axis: int = 0

    def forward(self, ary: Any) -> Any:
        ary, cuts = shaped(ary), self.indices_or_sections
        if not is_sequence(cuts):
            if cuts < 1:
                raise ArgumentError(f"a tensor has at least 1 part, not {cuts}.", do="Give 1.")
            each, longer = divmod(ary.shape[self.axis], cuts)
            lengths = [each + 1] * longer + [each] * (cuts - longer)
            cuts = tuple(np.cumsum(lengths[:-1]).tolist())
        return split(ary, tuple(cuts), self.axis)


@op("select", numpy=np.select, gate="gradient router", samples=lambda rng: (
    [rng.normal(size=(3, 4)) > 0, rng.normal(size=(3, 4)) > 0],
    [rng.normal(size=(3, 4)), rng.normal(size=4)], rng.normal(size=(3, 1))))  # fmt: skip
class Select(Composite):
    """The choice of the first condition that holds; the choices not selected receive exactly 0.

    Parameters
    ----------
    condlist : list of tensors of bool
        Conditions; the first that holds decides.
    choicelist : list of tensors
        One choice per condition.
    default : tensor or number, default 0
        What stands where none holds.
    """

    takes: ClassVar[frozenset[type]] = SETTLED  # a number is as weak here as in arithmetic

    @classmethod
    def enter(cls) -> None:
        """Two lists and a default are the arguments, as in NumPy."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        lists = ("condlist", "choicelist")
        given = [inspect.Parameter(name, kind, annotation="Sequence[Operand]") for name in lists]
        given.append(inspect.Parameter("default", kind, default=0, annotation="Operand"))
        cls.signature = inspect.Signature(given)
        vars(cls.function)["__signature__"] = cls.signature

    @classmethod
    def bind(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """Conditions, choices and the default become operands, in this order."""
        bound = cls.signature.bind(*args, **keywords)
        bound.apply_defaults()
        conditions = [shaped(x) for x in bound.arguments["condlist"]]
        choices = [shaped(x) for x in bound.arguments["choicelist"]]
        if len(conditions) != len(choices) or not conditions:
            raise ArgumentError(
                f"select takes one choice per condition, not {len(conditions)} conditions "
                f"and {len(choices)} choices.",
                do="Give lists of the same length, at least 1.",
            )
        for condition in conditions:
            if condition.dtype != bool:
                raise UnsupportedError(
                    f"the conditions of select hold booleans, but one holds {condition.dtype}.",
                    found=[describe("condition", condition)],
                    do="Compare it: condition != 0.",
                )
        return (*conditions, *choices, bound.arguments["default"]), ()

    def forward(self, *operands: Any) -> Any:
        count = len(operands) // 2
        *choices, out = operands[count:]
        dtype = np.result_type(*(getattr(x, "dtype", x) for x in (*choices, out)))
        for condition, choice in reversed(list(zip(operands[:count], choices, strict=True))):
            narrow = choice.dtype.kind in "iub" and choice.dtype != dtype
            # Whole numbers, joined with the default first, would widen floats that follow.
            out = where(condition, cast(choice, dtype) if narrow else choice, out)
        return out


def _deepened(x: Any, ndim: int) -> Any:
    """With axes of length 1 until there are enough: in front, and behind a third."""
    x = shaped(x)
    shape = (1,) * (min(ndim, 2) - x.ndim) + tuple(x.shape)
    return x if x.ndim >= ndim else reshape(x, shape + (1,) * (ndim - len(shape)))
