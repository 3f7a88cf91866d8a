"""The catalogue: every op under its public name, with the facts its class declares.

Imports errors and domain only. ``@op`` enters a class; readers, operators, tests, the stub and the
documentation look ops up here. The built-in names are sealed; ops defined later enter an open
layer.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.spec import is_tuple

if TYPE_CHECKING:
    from chainrule.graph.op.operation import Op


class Catalogue:
    """Names to op classes, NumPy functions to op names; sealed once the built-in ops are in."""

    def __init__(self) -> None:
        self.ops: dict[str, type[Op]] = {}
        self.standard: dict[str, Op] = {}  # the instance with default fields, where there is one
        self.by_numpy: dict[Any, str] = {}
        self.by_scipy: dict[str, str] = {}  # by name: importing SciPy takes longer than NumPy
        self._sealed: frozenset[str] = frozenset()

    def enter(self, name: str, op: "type[Op]", numpy: Any) -> None:
        """Add an op class under its name and under the NumPy functions it stands for."""
        if name in self._sealed:
            raise ArgumentError(
                f"the name {name!r} belongs to a built-in op and cannot be given to another.",
                do="Choose another name for your op.",
            )
        functions = numpy if is_tuple(numpy) else (numpy,)
        for function in functions:
            owner = self.by_numpy.get(function)
            if owner in self._sealed:
                raise ArgumentError(
                    f"np.{function.__name__} belongs to the built-in op {owner!r}.",
                    do="Leave numpy= away: your op is called by its own name.",
                )
        self.ops[name] = op
        scipy = getattr(op, "scipy", "")
        if scipy and self.by_scipy.get(scipy) not in self._sealed:
            self.by_scipy[scipy] = name
        for function in functions:
            if function is not None:
                self.by_numpy[function] = name

    def seal(self) -> None:
        """Close the built-in layer: its names cannot be taken any more."""
        self._sealed = frozenset(self.ops)

    def names(self) -> tuple[str, ...]:
        """The built-in names, in the order they were entered."""
        return tuple(name for name in self.ops if not self._sealed or name in self._sealed)

    def function(self, name: str) -> Callable[..., Any]:
        """The public function of an op."""
        return self[name].function

    def __getitem__(self, name: str) -> "type[Op]":
        if name not in self.ops:
            raise UnknownNameError("op", name, tuple(self.ops))
        return self.ops[name]

    def __contains__(self, name: str) -> bool:
        return name in self.ops

    def __iter__(self) -> Iterator[str]:
        return iter(self.ops)


CATALOGUE = Catalogue()
