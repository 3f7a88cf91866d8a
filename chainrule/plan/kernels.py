"""Kernels: the loops of a plan, as frozen data.

Imports scalar. Passes make them, the interpreter and the native floor run them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from chainrule.graph.op import Op
from chainrule.plan.scalar import Access, Body, Store


@dataclass(frozen=True)
class Pointwise:
    """A body for every element of a shape; accesses have one stride per axis of it."""

    shape: tuple[int, ...]
    body: Body
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class Reduction:
    """All values of an instruction along the inner axes become one.

    Kinds: "sum", "product", "max", "min" (both pass NaN on), "any", "all" (of booleans),
    "argmax", "argmin" (int64, the first one; the place counted along the inner axes in C order).
    Sums of floats are pairwise or wider inside: 2**24 + 1000 ones in float32 are counted right.
    """

    kind: str
    value: int
    dtype: str


@dataclass(frozen=True)
class Pass:
    """One run over the inner axes of a row, and what follows once for the row.

    ``body`` runs for every element: its accesses and coordinates have the outer axes first, then
    the inner ones. ``Given(i)`` is what is known of the row so far: the results of all reductions
    of earlier passes and the ``kept`` values of their ``after``, in that order, pass by pass.
    ``after`` runs once per row when the reductions are done: its accesses have the outer axes
    only, and ``Given`` counts this pass's reductions too.
    """

    body: Body = ()
    stores: tuple[Store, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    after: Body = ()
    after_stores: tuple[Store, ...] = ()
    kept: tuple[int, ...] = ()  # instructions of ``after`` that later passes read


@dataclass(frozen=True)
class Row:
    """Several passes over a row, for every row: softmax, normalization, losses, sums.

    Rows do not depend on each other. What a pass stores, later passes of the same row may load.
    ``scratch`` are the buffers that nobody reads afterwards: a kernel that can do without storing
    there need not.
    """

    outer: tuple[int, ...]
    inner: tuple[int, ...]
    passes: tuple[Pass, ...]
    scratch: tuple[int, ...] = ()


@dataclass(frozen=True)
class Matmul:
    """C[i, j] = sum over k of A[i, k] B[k, j] for every batch, and a body for every sum.

    ``a`` has strides over (*batch, row, k), ``b`` over (*batch, k, column). In ``body``,
    ``Given(0)`` is the sum; its accesses have strides over (*batch, row, column).
    """

    batch: tuple[int, ...]
    rows: int
    depth: int
    columns: int
    a: Access
    b: Access
    dtype: str
    body: Body
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class Scatter:
    """Adds (or writes) each value to a place chosen by indices; the target was filled before.

    ``body`` runs over ``shape`` in C order, one after another; the last instructions of
    ``places`` are int64 values: each times its stride is added to the access of the target.
    A negative index counts from the end of its length.
    """

    shape: tuple[int, ...]
    body: Body
    value: int
    places: tuple[tuple[int, int, int], ...]  # (instruction, stride in elements, length)
    target: Access
    accumulate: bool


@dataclass(frozen=True)
class Scan:
    """Running sums or products, or y[i] = a[i] * y[i - 1] + b[i] ("recurrence"), along an axis.

    Accesses have strides over (*outer, axis); ``sources`` are a, or a and b.
    """

    kind: str  # "sum", "product", "recurrence"
    outer: tuple[int, ...]
    length: int
    sources: tuple[Access, ...]
    target: Access
    dtype: str


@dataclass(frozen=True)
class Sort:
    """The stable order of each row, as int64 places: NaN last."""

    outer: tuple[int, ...]
    length: int
    source: Access
    target: Access
    dtype: str  # of the source


@dataclass(frozen=True)
class Mask:
    """Random booleans: False where the element's 32 bits of Philox 4x64-10 are below threshold.

    Element i takes the i-th 32 bits of the words, low half first; ``key`` holds two uint64.
    """

    size: int
    key: Access  # no axes; the second word stands one element further on
    threshold: int
    target: Access  # one axis


@dataclass(frozen=True)
class Fold:
    """A new key from a key and a number, by SplitMix64: see ``ops.random.fold``."""

    key: Access
    number: int
    target: Access


@dataclass(frozen=True)
class Bounds:
    """Every element of an integer tensor lies in [low, high); else the run ends with a status.

    The status names this check (its number among the kernels), the place and the value found.
    """

    shape: tuple[int, ...]
    source: Access
    dtype: str
    low: int
    high: int
    what: str  # for the message: "label", "index", or FINITE


FINITE = "finite"  # what a check of 1 (a number) or 0 (NaN or infinite) asks about


@dataclass(frozen=True)
class View:
    """How Python sees a buffer: what an Opaque kernel is given."""

    shape: tuple[int, ...]
    access: Access
    dtype: str


@dataclass(frozen=True, eq=False)
class Opaque:
    """An op that Python computes, called back from the plan: right, and slower.

    Operands that are not a View are handed in as they are (None, numbers).
    """

    op: Op
    operands: tuple[View | float | int | bool | None, ...]
    results: tuple[View, ...]


Kernel: TypeAlias = (
    Pointwise | Row | Matmul | Scatter | Scan | Sort | Mask | Fold | Bounds | Opaque
)
