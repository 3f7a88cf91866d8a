"""Runtime: the functions by which all plans run, made when a plan first wants them.

Imports their texts and tiers. The engine makes machine code of them, executables ask for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chainrule.native import feeding, kernel_calls, looking, looping, spreading
from chainrule.native.ir import Module
from chainrule.native.tiers import SPEED

Addresses = Mapping[str, int]  # where functions begin, by their names
# Makes the functions of a module that have these names: under which words it is kept, the names,
# the module, what it calls, and LLVM's level.
Make = Callable[[str, Sequence[str], Module, Addresses, int], tuple[Addresses, Any]]
NONE: Addresses = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Runtime:
    """What a plan runs by; it stays as long as the process.

    Attributes
    ----------
    addresses : mapping of str to int
        The loops over kernels and batches, and the threads.
    loop : callable
        Where the loop of a scan begins; few plans have one.
    """

    addresses: Addresses
    loop: Callable[[], int]


class Parts:
    """What has been made so far, by name and LLVM's level; each part is one library.

    Attributes
    ----------
    base : mapping of str to int
        What every process needs: the threads, and a call that looks over arrays.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._made: dict[tuple[str, int], tuple[Addresses, Any]] = {}
        names = [*spreading.FUNCTIONS, *looking.FUNCTIONS]
        texts = Module(functions=[spreading.text(), looking.TEXT])
        self.base = self._part("base", 0, names, texts, NONE)

    def runtime(self, speed: int) -> Runtime:
        """What plans run by: code for which LLVM took at least so much time."""
        speed = SPEED if ("loops", SPEED) in self._made else speed
        names = [*feeding.FUNCTIONS, *kernel_calls.FUNCTIONS]
        loops = self._loops("loops", speed, (feeding, kernel_calls), names)

        def loop() -> int:
            texts = looping, kernel_calls
            return self._loops("scans", speed, texts, looping.FUNCTIONS)[looping.LOOP]

        return Runtime({**self.base, **loops}, loop)

    def look(self) -> int:
        """Where the call begins that looks over arrays: a fast one, if plans run by fast code."""
        if ("loops", SPEED) not in self._made:
            return self.base[looking.LOOK]
        return self._loops("look", SPEED, (looking,), looking.FUNCTIONS)[looking.LOOK]

    def _loops(
        self, part: str, speed: int, texts: Sequence[Any], names: Sequence[str]
    ) -> Addresses:
        module = Module({spreading.SPREAD: ""}, [each.TEXT for each in texts])
        return self._part(part, speed, names, module, self.base)

    def _part(
        self, part: str, speed: int, names: Sequence[str], module: Module, known: Addresses
    ) -> Addresses:
        if (part, speed) not in self._made:
            made = self._make(f"{part} {speed}", names, module, known, speed)
            self._made[part, speed] = made
        return self._made[part, speed][0]
