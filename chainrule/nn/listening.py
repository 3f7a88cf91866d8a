"""A stand-in for a net, whose modules tell when they compute; the net itself stays untouched.

Imports member_paths. The summary and the pictures of a graph listen with it.
"""

from collections.abc import Callable
from typing import Any

from chainrule.nn.member_paths import Tree, is_group

Advance = Callable[[Any, Any], Any]


def listening(
    module: Tree,
    told: Callable[[Tree, str, Advance], Advance],
    path: str = "",
    known: dict[int, Any] | None = None,
) -> Any:
    """A copy of a module that shares its arrays, with something around each part's ``advance``.

    Others may use the module at the same time.

    Parameters
    ----------
    module : Module
    told : callable
        Takes a module, its path, and its ``advance(x, run)``; returns what runs in its place.
    path : str
        Of the module itself.
    known : dict, optional
        The copies by the id of the original: a module that is shared stays one.
    """
    known = {} if known is None else known
    if id(module) in known:
        return known[id(module)]
    copy: Any = object.__new__(type(module))
    known[id(module)] = copy
    names = {id(child): name for name, child in module.children()}

    def heard(x: Any) -> Any:
        if not isinstance(x, Tree):
            return x
        name = names.get(id(x), "")
        return listening(x, told, f"{path}.{name}" if path else name, known)

    for name, value in vars(module).items():
        vars(copy)[name] = _mapped(value, heard)
    kind: Any = type(module)

    def own(x: Any, run: Any) -> Any:
        return kind.advance(copy, x, run)

    vars(copy)["advance"] = told(module, path, own)
    return copy


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """An attribute with each module in it replaced by its listening copy."""
    if not is_group(value):
        return change(value)
    if hasattr(value, "items"):
        return {key: change(x) for key, x in value.items()}
    modules = any(isinstance(x, Tree) for x in value)
    return type(value)([change(x) for x in value]) if modules else value
