"""Gradient hooks: what is done to gradients between the backward walk and the update.

Imports errors and the graph. The eager step gives them arrays, a recording gives them symbols:
clipping is one hook, the mean over several processes another.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from chainrule.errors import ArgumentError, DTypeError, InPlaceError, ShapeError, describe
from chainrule.graph.nodes.node import Node
from chainrule.ops.movement import cast
from chainrule.plan.recorder import Recorded
from chainrule.spec import is_array, is_sequence

GradientHook = Callable[[list[Any]], Sequence[Any]]


def hooked(hooks: Sequence[GradientHook], gradients: list[Any]) -> list[Any]:
    """The gradients after all hooks, each of which is given what the one before it returned.

    Raises
    ------
    ArgumentError, ShapeError, DTypeError
        If a hook returns another number of gradients, one of another shape, or no real numbers.
    """
    for hook in hooks:
        before = _lent(gradients)
        given: Any = hook(list(before))
        if not is_sequence(given) or len(given) != len(before):
            found = f"{len(given)}" if is_sequence(given) else type(given).__name__
            raise ArgumentError(
                f"a gradient hook returns as many gradients as it is given, {len(before)}, but "
                f"{name_of_hook(hook)} returned {found}.",
                do="Return a list with a gradient for each, in their order.",
            )
        gradients = [_fitting(*pair, hook) for pair in zip(before, given, strict=True)]
    return gradients


class LentGradient(Recorded):
    """A recorded gradient that a hook is given: an array would be changed by ``g *= 2``.

    A symbol would only get another name, and the hook would do nothing.
    """

    __slots__ = ()

    def _changed(self, other: Any) -> NoReturn:
        raise InPlaceError(
            "a gradient hook changes a gradient in place, which compiled steps do not do.",
            found=[describe("gradient", self)],
            do="Return new ones in their places: [2 * g for g in gradients].",
        )

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ifloordiv__ = __imod__ = _changed
    __ipow__ = __imatmul__ = __iand__ = __ior__ = __ixor__ = _changed


def _lent(gradients: list[Any]) -> list[Any]:
    """Gradients that a hook may write into, each of which has memory of its own."""
    owners, found = set[int](), list[Any]()
    for x in gradients:
        own: Any = x
        if isinstance(x, Recorded):
            own = LentGradient(x.ref, x.recorder)
        elif not is_array(x) or not x.flags.writeable or _owner(x) in owners:
            own = np.array(x)
        owners.add(_owner(own))
        found.append(own)
    return found


def _owner(x: Any) -> int:
    base = getattr(x, "base", None)
    return id(x if base is None else base)


def _fitting(old: Any, new: Any, hook: GradientHook) -> Any:
    """A gradient as the optimiser takes it: of the parameter's shape and element type."""
    new = new.value if isinstance(new, Node) else new
    if isinstance(new, bool | int | float):
        new = np.asarray(new)
    if getattr(new, "shape", None) != old.shape:
        raise ShapeError(
            f"the gradient hook {name_of_hook(hook)} changed the shape of a gradient.",
            found=[describe("given", old), describe("returned", new)],
            do="Return gradients of the shapes of their parameters.",
        )
    if new.dtype == old.dtype:
        return new
    if new.dtype.kind not in "biuf":
        raise DTypeError(
            f"the gradient hook {name_of_hook(hook)} made {new.dtype} of a gradient.",
            found=[describe("given", old), describe("returned", new)],
            do="Return real numbers.",
        )
    return cast(new, old.dtype)


def checked_hooks(hooks: Any, owner: str) -> tuple[GradientHook, ...]:
    """Gradient hooks as fit and Program are given them."""
    if not is_sequence(hooks) or not all(map(callable, hooks)):
        raise ArgumentError(
            f"{owner} was given gradient_hooks={hooks!r:.60}.",
            do="Pass a list of functions, each of which takes the list of gradients and returns "
            "one like it.",
        )
    return tuple(hooks)


def name_of_hook(hook: Any) -> str:
    """What messages call it."""
    return getattr(hook, "__name__", type(hook).__name__)
