"""Nodes: the steps of a flow with what they read spelled out, ready to be grouped.

Imports rewrite, steps and walks. Grouping joins them, the writers turn each group into a kernel.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chainrule.plan.alone import Alone
from chainrule.plan.light import light
from chainrule.plan.rewrite import makes
from chainrule.plan.steps import Array, Assemble, Map, Number, Pick, Product, Reduce, Ref, Step
from chainrule.plan.walks import Walk, repeated, seen


@light(eq=False)
class Read:
    """A view that a step reads.

    Attributes
    ----------
    whole : bool
        Whether it is all of the array, in C order: each element is met where it was made.
    stored : bool
        Whether the array must stand in memory for this read, whoever makes it.
    """

    ref: Ref
    array: Array  # that of the view
    path: Walk
    whole: bool
    stored: bool


@dataclass(eq=False, slots=True)
class PlanNode:
    """A step among the others.

    Attributes
    ----------
    kind : {"map", "reduce", "product", "alone"}
        What a kernel made of it looks like; "alone" is never fused with anything.
    size : int
        Elements over which it runs: of the result of a map or product, of what is reduced.
    paths : tuple of Walk
        How its loops must be cut: the walks of the reads and of the coordinates.
    """

    place: int
    step: Step
    kind: str
    outs: tuple[Array, ...]
    size: int
    reads: tuple[Read, ...]
    paths: tuple[Walk, ...] = field(default=())

    @property
    def out(self) -> Array:
        """The array it makes, of a step that makes one."""
        return self.outs[0]


def node(place: int, step: Step) -> PlanNode:
    """The node of a step."""
    reads = tuple([Read(x, x.array, *seen(x), stored) for x, stored in refs_of(step)])
    paths = tuple([read.path for read in reads])
    if isinstance(step, Map):
        if step.letter == "coordinate":
            paths = (coordinate_path(step),)
        return PlanNode(place, step, "map", (step.out,), step.out.size, reads, paths)
    if isinstance(step, Pick):
        return PlanNode(place, step, "map", (step.out,), step.out.size, reads, paths)
    if isinstance(step, Reduce):
        size = step.x.array.size if reads[0].whole else _size(step.x)
        paths = (*paths, repeated(step.x.shape, step.axes))
        return PlanNode(place, step, "reduce", (step.out,), size, reads, paths)
    if isinstance(step, Product):
        return PlanNode(place, step, "product", (step.out,), step.out.size, reads)
    return PlanNode(place, step, "alone", makes(step), 0, reads)


def coordinate_path(step: Map) -> Walk:
    """The walk of the loop index along an axis: of a view with stride 1 along it, else 0."""
    axis = step.operands[0]
    assert isinstance(axis, Number)
    shape, along = step.out.shape, int(axis.value)
    pairs = ((n, int(i == along)) for i, n in enumerate(shape))
    return tuple((n, stride) for n, stride in pairs if n != 1)


def refs_of(step: Step) -> Iterable[tuple[Ref, bool]]:
    """Every view that a step reads, and whether it needs it in memory."""
    if isinstance(step, Map):
        return [(x, False) for x in step.operands if isinstance(x, Ref)]
    return _refs_of(step)


def _refs_of(step: Reduce | Product | Pick | Assemble | Alone[Ref]) -> Iterator[tuple[Ref, bool]]:
    if isinstance(step, Reduce):
        yield step.x, False
    elif isinstance(step, Product):
        yield step.a, True
        yield step.b, True
    elif isinstance(step, Pick):
        yield step.source, True
        yield step.index, False
    elif isinstance(step, Assemble):
        for part in step.parts:
            if isinstance(part.operand, Ref):
                yield part.operand, True
    else:
        for x in step.sources():
            yield x, True


def _size(ref: Ref) -> int:
    size = 1
    for n in ref.shape:
        size *= n
    return size
