"""Axes: a kernel over fewer axes: none of length 1, and those that lie together joined.

Imports the kernels. Pointwise and Row emitters begin here: what they write is one loop per axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Row
from chainrule.plan.scalar import (
    Access,
    Body,
    Coordinate,
    Gather,
    Literal,
    Load,
    Store,
)

Group = tuple[int, ...]  # old axes that become one, the densest last


def fewer_axes(kernel: Pointwise) -> Pointwise:
    """The same loops: the axes in the order of the stores' memory, joined where they can be."""
    met = [*_met(kernel.body), *(store.access for store in kernel.stores)]
    counted = _counted(kernel.body)
    order = _by_stride(range(len(kernel.shape)), [store.access for store in kernel.stores])
    axes = _Axes(_groups(kernel.shape, order, met, counted), len(kernel.shape))
    shape = axes.lengths(kernel.shape)
    return Pointwise(shape, axes.body(kernel.body), axes.stores(kernel.stores))


def fewer_row_axes(kernel: Row) -> Row:
    """The same rows, with fewer outer and inner axes."""
    shape, split = (*kernel.outer, *kernel.inner), len(kernel.outer)
    met: list[Access] = []
    counted: set[int] = set()
    ordered = False
    for each in kernel.passes:
        met += [*_met(each.body), *(store.access for store in each.stores)]
        met += [_widened(access, len(shape)) for access in _met(each.after)]
        met += [_widened(store.access, len(shape)) for store in each.after_stores]
        counted |= _counted(each.body) | _counted(each.after)
        ordered |= any(reduction.kind.startswith("arg") for reduction in each.reductions)
    outer: Iterable[int] = _by_stride(range(split), met)
    inner: Iterable[int] = range(split, len(shape))
    inner = inner if ordered else _by_stride(inner, met)
    outer_groups = _groups(shape, list(outer), met, counted)
    inner_groups = _groups(shape, list(inner), met, counted)
    axes = _Axes([*outer_groups, *inner_groups], len(shape))
    after = _Axes(outer_groups, split)
    return Row(
        after.lengths(shape),
        _Axes(inner_groups, 0).lengths(shape),
        tuple(_pass(each, axes, after) for each in kernel.passes),
        kernel.scratch,
    )


def _pass(each: Pass, axes: "_Axes", after: "_Axes") -> Pass:
    return replace(
        each,
        body=axes.body(each.body),
        stores=axes.stores(each.stores),
        after=after.body(each.after),
        after_stores=after.stores(each.after_stores),
    )


def _met(body: Body) -> list[Access]:
    return [step.access for step in body if isinstance(step, (Load, Gather))]


def _counted(body: Body) -> set[int]:
    return {step.axis for step in body if isinstance(step, Coordinate)}


def _widened(access: Access, axes: int) -> Access:
    missing = axes - len(access.strides)
    return replace(access, strides=(*access.strides, *[0] * missing))


def _by_stride(axes: Iterable[int], met: Sequence[Access]) -> list[int]:
    """The widest stride first: of the access that moves along most axes, the stores' last one."""
    axes = list(axes)
    if not met:
        return axes
    leading = max(met, key=lambda access: sum(access.strides[axis] != 0 for axis in axes))
    return sorted(axes, key=lambda axis: -abs(leading.strides[axis]))


def _groups(
    shape: Sequence[int], order: Sequence[int], met: Sequence[Access], counted: set[int]
) -> list[Group]:
    """Runs of axes that every access walks as if they were one; axes of length 1 are dropped."""
    order = [axis for axis in order if shape[axis] != 1]
    groups: list[Group] = [(axis,) for axis in order[:1]]
    for wide, dense in pairwise(order):
        together = not {wide, dense} & counted and all(
            access.strides[wide] == access.strides[dense] * shape[dense] for access in met
        )
        if together:
            groups[-1] = (*groups[-1], dense)
        else:
            groups.append((dense,))
    return groups


@dataclass
class _Axes:
    groups: list[Group]
    rank: int  # of the old accesses

    def lengths(self, shape: Sequence[int]) -> tuple[int, ...]:
        lengths: list[int] = []
        for group in self.groups:
            length = 1
            for axis in group:
                length *= shape[axis]
            lengths.append(length)
        return tuple(lengths)

    def access(self, access: Access) -> Access:
        return replace(access, strides=tuple(access.strides[g[-1]] for g in self.groups))

    def body(self, body: Body) -> Body:
        return tuple(
            replace(step, access=self.access(step.access))
            if isinstance(step, (Load, Gather))
            else self._coordinate(step)
            if isinstance(step, Coordinate)
            else step
            for step in body
        )

    def _coordinate(self, step: Coordinate) -> Coordinate | Literal:
        for place, group in enumerate(self.groups):
            if step.axis in group:
                return replace(step, axis=place)
        return Literal(0, step.dtype)  # along an axis of length 1

    def stores(self, stores: Sequence[Store]) -> tuple[Store, ...]:
        return tuple(replace(store, access=self.access(store.access)) for store in stores)
