"""Groups: the nodes that will be one kernel, and the loops that they share.

Imports nodes, batches and walks. Grouping joins nodes into groups; the writers make kernels of
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.plan.matrix_batches import product_lengths
from chainrule.plan.nodes import PlanNode
from chainrule.plan.steps import Array, Product, Reduce
from chainrule.plan.walks import Walk, along, repeated, split


@dataclass(eq=False, slots=True)
class Group:
    """Nodes of one kernel.

    Attributes
    ----------
    kind : {"pointwise", "row", "product", "alone"}
        The kernel that it becomes.
    nodes : list of PlanNode
        In the order of the flow.
    lengths : tuple of int
        The loops, in the C order of the elements; cut as its views need it.
    inner : tuple of bool
        Of a row: which loops are reduced.
    key : tuple
        Of a row: its loops before they were cut; rows of one key can be the same rows.
    rows : set of Array
        Of a row: what has one element per row; the rest has one per element.
    made : set of Array
        What its nodes make.
    wanted : set of Array
        What its nodes read, their own results included.
    """

    kind: str
    nodes: list[PlanNode]
    size: int
    lengths: tuple[int, ...] = ()
    inner: tuple[bool, ...] = ()
    key: tuple[tuple[int, ...], tuple[bool, ...]] = ((), ())
    rows: set[Array] = field(default_factory=set[Array])
    made: set[Array] = field(default_factory=set[Array])
    wanted: set[Array] = field(default_factory=set[Array])

    @property
    def outer(self) -> tuple[int, ...]:
        """The loops over the rows."""
        return tuple(n for n, i in zip(self.lengths, self.inner, strict=True) if not i)

    @property
    def row_count(self) -> int:
        """Number of rows."""
        count = 1
        for n in self.outer:
            count *= n
        return count

    def cut(self, paths: Sequence[Walk]) -> bool:
        """Cut the loops so that walks over all elements run evenly; False: they do not fit."""
        for path in paths:
            if along(path, self.lengths) is not None:
                continue
            if self.kind == "product":  # its body has a row and a column, no more
                return False
            parts = split(self.lengths, path)
            if parts is None:
                return False
            self._take(parts)
        return True

    def cut_rows(self, paths: Sequence[Walk]) -> bool:
        """Cut the outer loops so that walks of one element per row run evenly."""
        for path in paths:
            if along(path, self.outer) is not None:
                continue
            parts = split(self.outer, path)
            if parts is None:
                return False
            rest = iter(parts)
            loops = zip(self.lengths, self.inner, strict=True)
            self._take([(n,) if inner else next(rest) for n, inner in loops])
        return True

    def _take(self, parts: Sequence[tuple[int, ...]]) -> None:
        """Finer loops; each keeps the flag of the loop it was cut from."""
        if self.inner:
            flags = zip(parts, self.inner, strict=True)
            self.inner = tuple(inner for part, inner in flags for _ in part)
        self.lengths = tuple(n for part in parts for n in part)

    def row_path(self) -> Walk:
        """How what has one element per row is met at every element."""
        return repeated(self.lengths, [i for i, inner in enumerate(self.inner) if inner])


def group(node: PlanNode) -> Group:
    """A node by itself."""
    kind = {"map": "pointwise", "reduce": "row"}.get(node.kind, node.kind)
    wanted = {read.ref.array for read in node.reads}
    fresh = Group(kind, [node], node.size, made=set(node.outs), wanted=wanted)
    step = node.step
    if isinstance(step, Product):
        fresh.lengths = product_lengths(step)
    elif isinstance(step, Reduce):
        fresh.rows = set(node.outs)
        fresh.lengths, fresh.inner = fresh.key = _row_loops(step)
    elif kind == "pointwise":
        fresh.lengths = () if node.size == 1 else (node.size,)
    fitting = kind == "alone" or fresh.cut(node.paths)
    assert fitting, "a single step fits its own loops"
    return fresh


def _row_loops(step: Reduce) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Neighbouring axes that are both reduced, or both not, are one loop."""
    loops: list[tuple[int, bool]] = []
    for axis, n in enumerate(step.x.shape):
        inner = axis in step.axes
        if n == 1:
            continue
        if loops and loops[-1][1] == inner:
            loops[-1] = (loops[-1][0] * n, inner)
        else:
            loops.append((n, inner))
    return tuple(n for n, _ in loops), tuple(inner for _, inner in loops)
