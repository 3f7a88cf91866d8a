"""Gradient hooks: what is done to gradients between the backward walk and the update.

Imports errors and the graph. The eager step gives them arrays, a recording gives them symbols:
clipping is one hook, the mean over several processes another.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.node import Node
from chainrule.spec import is_sequence

GradientHook = Callable[[list[Any]], Sequence[Any]]


def hooked(hooks: Sequence[GradientHook], gradients: list[Any]) -> list[Any]:
    """The gradients after all hooks, each of which is given what the one before it returned.

    Raises
    ------
    ArgumentError, ShapeError
        If a hook returns another number of gradients, or one of another shape.
    """
    for hook in hooks:
        before = gradients
        given: Any = hook(list(gradients))
        if not is_sequence(given) or len(given) != len(before):
            found = f"{len(given)}" if is_sequence(given) else type(given).__name__
            raise ArgumentError(
                f"a gradient hook returns as many gradients as it is given, {len(before)}, but "
                f"{name_of_hook(hook)} returned {found}.",
                do="Return a list with a gradient for each, in their order.",
            )
        gradients = [x.value if isinstance(x, Node) else x for x in given]
        for old, new in zip(before, gradients, strict=True):
            if getattr(new, "shape", ()) != old.shape:
                raise ShapeError(
                    f"the gradient hook {name_of_hook(hook)} changed the shape of a gradient.",
                    found=[describe("given", old), describe("returned", new)],
                    do="Return gradients of the shapes of their parameters.",
                )
    return gradients


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
