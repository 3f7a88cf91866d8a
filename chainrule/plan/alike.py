"""Alike: kernels that differ in nothing but where the buffers lie that they meet.

Imports scalar. Native code writes such kernels once; show() says which they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter, is_
from sys import intern
from typing import TYPE_CHECKING, Any

from chainrule.plan.scalar import Access
from chainrule.spec import fields_of, is_tuple

if TYPE_CHECKING:
    from chainrule.plan.kernel import Kernel

PLAIN = frozenset({int, str})
Change = Callable[[Access], Access]


@dataclass(frozen=True, eq=False)
class Form:
    """What a kernel is by itself, and where it stands in a plan.

    Attributes
    ----------
    key : str
        All that its machine code depends on: kernels of one key are alike.
    buffers : tuple of (int, int)
        The buffers of the plan that it meets, in the order in which it names them, and the first
        element of each: the offset of the access that names it first.
    """

    key: str
    buffers: tuple[tuple[int, int], ...]
    _kernel: "Kernel"

    @property
    def kernel(self) -> "Kernel":
        """The kernel over buffers 0, 1, 2, ..., which begin where it begins."""
        return self._kernel.moved(_Names(self.buffers))


def form(kernel: "Kernel") -> Form:
    """A kernel without the numbers of its buffers, and where it begins in them."""
    names = _Names()
    key = _key(kernel.code_key(), names)
    return Form(intern(f"{type(kernel).__name__} {key!r}"), tuple(names.starts), kernel)


def firsts(forms: Sequence[Form]) -> list[int]:
    """For each kernel of a plan the first one that is like it: itself, if there is none before."""
    found: dict[str, int] = {}
    return [found.setdefault(each.key, number) for number, each in enumerate(forms)]


def accesses(kernel: Any) -> Iterator[Access]:
    """Every access in a kernel."""
    if isinstance(kernel, Access):
        yield kernel
    elif is_tuple(kernel):
        for part in kernel:
            yield from accesses(part)
    else:
        for name in fields_of(kernel.__class__):
            yield from accesses(getattr(kernel, name))


def moved(x: Any, change: Change) -> Any:
    """What holds accesses, with others in their places; itself where it holds none."""
    if isinstance(x, Access):
        return change(x)
    if is_tuple(x):
        parts = tuple(moved(part, change) for part in x)
        return x if all(map(is_, parts, x)) else parts
    changes: dict[str, Any] = {}
    for name in fields_of(x.__class__):
        before = getattr(x, name)
        after = moved(before, change)
        if after is not before:
            changes[name] = after
    return replace(x, **changes) if changes else x


class _Names:
    """Numbers of buffers, handed out as they are met, and places counted from the first one."""

    def __init__(self, starts: Sequence[tuple[int, int]] = ()) -> None:
        self.starts = list(starts)
        self._numbers = {buffer: number for number, (buffer, _) in enumerate(starts)}

    def __call__(self, access: Access) -> Access:
        return Access(*self.of(access))

    def of(self, access: Access) -> tuple[int, tuple[int, ...], int]:
        """The number, the strides and the offset."""
        number = self._numbers.get(access.buffer)
        if number is None:
            number = self._numbers[access.buffer] = len(self.starts)
            self.starts.append((access.buffer, access.offset))
        return number, access.strides, access.offset - self.starts[number][1]


def _key(x: Any, names: _Names) -> Any:
    """Tuples of what makes up a kernel; a float as text, since -0.0 == 0.0 and NaN is not NaN."""
    kind = x.__class__
    if kind in PLAIN:
        return x
    if kind is Access:
        return names.of(x)
    if is_tuple(x):
        return tuple([part if part.__class__ in PLAIN else _key(part, names) for part in x])
    if (parts := _parts(kind)) is not None:
        found = [p if p.__class__ in PLAIN else _key(p, names) for p in parts(x)]
        return kind.__name__, *found
    return repr(x)


@lru_cache(1000)
def _parts(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """What is taken from an object to have the values of its fields; None where it has none."""
    names = fields_of(kind)
    several = names if len(names) > 1 else 2 * names  # one alone would come without a tuple
    return attrgetter(*several) if names else None
