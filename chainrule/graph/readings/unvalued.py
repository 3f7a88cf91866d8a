"""Unvalued: a symbol of which shape and dtype are known, and no value; asking for one raises.

Imports reading and errors. The reading of shapes and the recording of a plan inherit from it.
"""

from typing import Any, NoReturn

from chainrule.errors import UnsupportedError
from chainrule.graph.readings.reading import Reading


class Unvalued(Reading):
    """A tensor whose values nobody knows yet."""

    __slots__ = ()

    @property
    def data(self) -> NoReturn:
        """There is none."""
        raise self.no_value("x.data")

    @property
    def value(self) -> NoReturn:
        """There is none."""
        raise self.no_value("x.value")

    def item(self, *place: Any) -> NoReturn:
        """Raise: there is no element to return."""
        raise self.no_value("x.item()")

    def tolist(self) -> NoReturn:
        """Raise: there are no elements to return."""
        raise self.no_value("x.tolist()")

    def __bool__(self) -> NoReturn:
        raise self.no_value("bool(x)")

    def __float__(self) -> NoReturn:
        raise self.no_value("float(x)")

    def __int__(self) -> NoReturn:
        raise self.no_value("int(x)")

    def __index__(self) -> NoReturn:
        raise self.no_value("x as an index")

    def __format__(self, spec: str) -> str:
        if spec:
            raise self.no_value("formatting x")
        return str(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise self.no_value("np.asarray(x)")

    def no_value(self, asked: str) -> UnsupportedError:
        """The error for what was asked: ``bool(x)``."""
        raise NotImplementedError  # both readings write it
