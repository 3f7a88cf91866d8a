"""Alone: the steps that are kernels of their own; they read memory only, and are never fused.

Imports kernel and steps. The files of ``kinds`` choose it: one class is the step of a flow, which
sees arrays through Refs, and the kernel of a plan, which sees buffers through Views.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import Field, dataclass, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

from chainrule.plan.kernel import Kernel
from chainrule.plan.loops_as_text import lengths
from chainrule.plan.numpy_memory import AnyArray, Memory
from chainrule.plan.scalar import Access
from chainrule.plan.steps import Array, Ref, contiguous
from chainrule.plan.traffic import Touch
from chainrule.spec import is_tuple


@dataclass(frozen=True)
class View:
    """How a kernel sees a buffer, as a step sees an array through a Ref."""

    shape: tuple[int, ...]
    access: Access
    dtype: str

    @classmethod
    def whole(cls, buffer: int, shape: tuple[int, ...], dtype: str) -> "View":
        """All of a buffer, as it lies."""
        return cls(shape, Access(buffer, contiguous(shape)), dtype)


X = TypeVar("X", Ref, View)
Change = Callable[[Any], Any]


class Alone(Kernel, Generic[X]):
    """A step that is a kernel: a frozen dataclass whose fields hold Refs, or Views.

    Attributes
    ----------
    made : tuple of str
        The fields that hold what it makes; all other Refs and Views are read.
    numbers : tuple of str
        The fields in which a Number may stand in the place of a Ref.
    clears : bool
        Whether its target is filled with zeros first.
    guards : bool
        Whether it makes nothing, and looks at what others read: it is never dropped, and runs
        before its readers and before an input is written over.
    title : str
        What it is called in show() where no op gave it a name.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    made: ClassVar[tuple[str, ...]] = ("target",)
    numbers: ClassVar[tuple[str, ...]] = ()
    clears: ClassVar[bool] = False
    guards: ClassVar[bool] = False
    title: ClassVar[str] = ""

    # As a step.
    def sources(self) -> tuple[X, ...]:
        """What it reads."""
        return tuple(x for name in self._names(False) for x in _seen(getattr(self, name)))

    def targets(self) -> tuple[X, ...]:
        """What it makes."""
        return tuple(x for name in self.made for x in _seen(getattr(self, name)))

    def outs(self: "Alone[Ref]") -> tuple[Array, ...]:
        """The arrays that it makes."""
        return tuple(x.array for x in self.targets())

    @property
    def out(self: "Alone[Ref]") -> Array:
        """The array it makes, of a step that makes one."""
        return self.outs()[0]

    def changed(self, operand: Change, ref: Change) -> "Alone[X]":
        """It, reading something else: by ``operand`` where a Number may stand, else ``ref``."""
        return self._with(
            {
                name: operand(value) if name in self.numbers else _mapped(value, ref)
                for name in self._names(False)
                for value in (getattr(self, name),)
            }
        )

    def placed(self: "Alone[Ref]", buffer: Callable[[Array], int]) -> "Alone[View]":
        """The kernel that it becomes."""

        def view(x: Ref) -> View:
            return View(x.shape, Access(buffer(x.array), x.strides, x.offset), x.dtype)

        names = (each.name for each in fields(self))
        found: Any = self._with({name: _mapped(getattr(self, name), view) for name in names})
        return found

    @property
    def repeats(self) -> bool:
        """Whether it computes the same again from the same operands."""
        return True

    def without_unused(self: "Alone[Ref]", used: Set[Array]) -> "Alone[Ref]":
        """It, without what it makes beside the arrays that others read."""
        return self

    def prepared(self: "Alone[Ref]") -> Iterator[Any]:
        """It, behind steps that lay out what it cannot read as it lies."""
        yield self

    def check(self: "Alone[Ref]") -> None:
        """Raise AssertionError if what it sees does not fit together."""

    def _names(self, made: bool) -> list[str]:
        names: list[str] = [each.name for each in fields(self)]
        return [name for name in names if (name in self.made) == made]

    def _with(self, changes: dict[str, Any]) -> Any:
        return replace(self, **changes)

    # As a kernel.
    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """Its result, or results, with NumPy; ``see`` shows what it reads."""
        raise NotImplementedError

    def run(self: "Alone[View]", memory: Memory) -> None:
        """Compute all, and put it where it belongs."""
        found = self.compute(lambda x: memory.view(x.access, x.shape))
        results = found if is_tuple(found) else (found,)
        for view, result in zip(self.targets(), results, strict=True):
            memory.view(view.access, view.shape)[...] = result

    def reads(self: "Alone[View]") -> Iterator[Touch]:
        """All that it sees."""
        return touched(self.sources())

    def writes(self: "Alone[View]") -> Iterator[Touch]:
        """All that it makes."""
        return touched(self.targets())

    def loops(self: "Alone[View]") -> str:
        """The shape of its result."""
        return lengths(self.targets()[0].shape)


class AloneOnRows(Alone[X]):
    """One that goes along the last axis of its target, once for each row."""

    target: X

    @property
    def outer(self) -> tuple[int, ...]:
        """Lengths of the axes outside."""
        return self.target.shape[:-1]

    @property
    def length(self) -> int:
        """Length of the last axis."""
        return self.target.shape[-1]


def must(holds: Any, what: str) -> None:
    """A rule of ``check``."""
    if not holds:
        raise AssertionError(what)


def is_guard(step: Any) -> bool:
    """Whether a step only looks at what others read: see ``Alone.guards``."""
    return isinstance(step, Alone) and step.guards


def touched(views: tuple[View, ...]) -> Iterator[Touch]:
    """All of these views, in no particular order."""
    return (Touch(x.access, x.shape, x.dtype, -1) for x in views)


def _seen(value: Any) -> Iterator[Any]:
    """The Refs and Views in a field."""
    if isinstance(value, Ref | View):
        yield value
    elif is_tuple(value):
        for each in value:
            yield from _seen(each)


def _mapped(value: Any, change: Change) -> Any:
    """A field with other Refs or Views."""
    if isinstance(value, Ref | View):
        return change(value)
    return tuple(_mapped(each, change) for each in value) if is_tuple(value) else value
