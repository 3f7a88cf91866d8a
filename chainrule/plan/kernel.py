"""Kernel: what every kind of kernel says of itself.

Imports alike, traffic and the interpreter's memory. Each file of ``kinds`` is one kind; whoever
handles kernels asks them, and knows no kind by name.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from chainrule.errors import ChainruleError
from chainrule.plan.alike import moved
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Access
from chainrule.plan.traffic import Touch, Traffic

Axes = Sequence[tuple[int, int]]  # which loop, and its length


class Kernel:
    """One loop of a plan, or one call: a frozen dataclass over buffers.

    Attributes
    ----------
    may_end : bool
        Whether it looks for what must not be, and can end the run with a status.
    by_python : bool
        Whether machine code calls Python back for it.
    draws : bool
        Whether it makes random numbers, or their keys.
    runs : Plan or None
        What it runs, again and again, if that is a plan of its own.
    times : int
        How often.
    """

    may_end: ClassVar[bool] = False
    by_python: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    runs: ClassVar[Any] = None
    times: ClassVar[int] = 1

    def reads(self) -> Iterator[Touch]:
        """What it loads."""
        raise NotImplementedError

    def writes(self) -> Iterator[Touch]:
        """What it stores."""
        raise NotImplementedError

    @cached_property
    def traffic(self) -> Traffic:
        """What it loads and stores."""
        return Traffic(list(self.reads()), list(self.writes()))

    def __getstate__(self) -> dict[str, Any]:
        """What it is made of; its traffic is found out again."""
        return {name: each for name, each in self.__dict__.items() if name != "traffic"}

    def run(self, memory: Memory) -> None:
        """Compute it with NumPy, in place."""
        raise NotImplementedError

    def loops(self) -> str:
        """The lengths of its loops, for show()."""
        raise NotImplementedError

    def what(self) -> str:
        """What it does, for show()."""
        raise NotImplementedError

    def flops(self) -> int:
        """Arithmetic instructions on single elements; a function such as exp counts several."""
        return 0

    def failure(self, place: int, value: int) -> ChainruleError | None:
        """The error for a status that it left; None if it leaves none of its own."""
        return None

    def code_key(self) -> Any:
        """All that its machine code depends on."""
        return self

    def moved(self, change: Callable[[Access], Access]) -> Self:
        """The same elsewhere; ``change`` is asked about its accesses in their order."""
        return moved(self, change)

    def row_axes(self) -> Axes:
        """The loops whose rounds do not depend on each other, by number and length."""
        return ()

    def cut(self, axis: int, length: int) -> Self:
        """The first rounds of one of these loops."""
        raise NotImplementedError

    def sum_axes(self) -> Axes:
        """The loops that are only summed up, by number and length."""
        return ()

    def sums(self) -> tuple[tuple[int, str], ...]:
        """Size and dtype of what it takes to sum up a part of such a loop after the other."""
        return ()

    def adding(self, axis: int, length: int, sums: Sequence[int]) -> Self:
        """The first rounds of such a loop, added to what stands in these buffers."""
        raise NotImplementedError

    def ending(self, sums: Sequence[int]) -> "Kernel":
        """What is left to do when these buffers hold the whole sums."""
        raise NotImplementedError
