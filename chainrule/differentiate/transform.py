"""Transform: the result of grad and its like, as an object that can be pickled and copied.

Imports the standard library. grad, jacobian, checkpoint and the others return one; compiled
functions pickle the same way.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any


class Transform(functools.partial[Any]):
    """A function made from a function. In another process it is made anew.

    Attributes
    ----------
    recipe : tuple
        The transform, and its arguments: the user's function first.
    """

    recipe: tuple[Any, ...]

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """A method, where a class holds it."""
        return self if owner is None else functools.partial(self, owner)

    def __repr__(self) -> str:
        transform, function, *_ = self.recipe
        name = getattr(function, "__qualname__", repr(function))
        return f"<{transform.__name__} of {name}>"

    def __reduce__(self) -> Any:
        return by_name(self) or (self.recipe[0], self.recipe[1:])


def transform(*recipe: Any) -> Callable[[Callable[..., Any]], Transform]:
    """Make a Transform of what follows; the name and the docstring are those of the function.

    Parameters
    ----------
    *recipe
        The transform, and the arguments with which it makes the same again.
    """

    def made(run: Callable[..., Any]) -> Transform:
        found = Transform(run)
        function = recipe[1]
        kept = ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__")
        functools.update_wrapper(
            found, function, kept, ("__dict__",) if hasattr(function, "__code__") else ()
        )
        found.recipe = recipe
        return found

    return made


def by_name(made: Any) -> str:
    """The name under which an object stands in its module: of a decorated function; or ""."""
    name: str = getattr(made, "__qualname__", "")
    found: Any = sys.modules.get(getattr(made, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is made else ""
