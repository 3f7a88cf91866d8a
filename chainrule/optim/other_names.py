"""Misnamed: a name that other libraries use, and that nobody would read here.

Imports errors only. Optimisers and the state of a fit hold some: setting one raises, and says
what the right name is. Reading costs nothing, since no code of ours asks for these names.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any, NoReturn

from chainrule.errors import ArgumentError, a_kind


class Misnamed:
    """An attribute that is not there; a class of the user's own may have it.

    Parameters
    ----------
    right : str
        What to write, such as ``rate``, or ``stop()`` for a call.
    """

    def __init__(self, right: str) -> None:
        self._right = right

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is not None and self._name in owner.__dict__:
            return owner.__dict__[self._name]
        what = kind.__name__ if kind is not None else type(owner).__name__
        raise AttributeError(f"{what} has no {self._name}; it has {self._right}")

    def __set__(self, owner: Any, value: Any) -> None:
        if _is_users(owner):
            owner.__dict__[self._name] = value
        else:
            raise misnamed(owner, self._name, self._right)

    def __delete__(self, owner: Any) -> None:
        if self._name not in owner.__dict__:
            raise AttributeError(self._name)
        del owner.__dict__[self._name]


class Call:
    """A method that is to be called: setting it in an object raises."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self._method if owner is None else MethodType(self._method, owner)

    def __set__(self, owner: Any, value: Any) -> NoReturn:
        name = self._method.__name__
        raise misnamed(owner, name, f"{name}()")


def misnamed(owner: Any, name: str, right: str) -> ArgumentError:
    """The error for setting an attribute that nobody reads."""
    what = "state" if type(owner).__name__ == "FitState" else "optimizer"
    is_call = right.endswith("()")
    return ArgumentError(
        f"{what}.{name} is read by nobody: {a_kind(owner)} has {right}.",
        do=f"Call {what}.{right}." if is_call else f"Set {what}.{right} = ... instead.",
    )


def _is_users(owner: Any) -> bool:
    return type(owner).__module__.partition(".")[0] != __name__.partition(".")[0]
