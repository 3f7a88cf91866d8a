"""Substitution: a copy of a net with other tensors in the places of its parameters and buffers.

Imports tensors and the tree. Whoever reads a net symbolically (the compiled step) records the
copy; the net itself is not touched, so other threads may use it meanwhile.
"""

import functools
from collections.abc import Mapping
from typing import Any, TypeVar

from chainrule.graph.nodes.node import Node, taped
from chainrule.graph.readings.reading import DEPTH_STEP
from chainrule.nn.member_paths import Tree, is_group, rebuilt
from chainrule.settings import DEPTH
from chainrule.tensors import Parameter, Tensor

Net = TypeVar("Net", bound=Tree)


def substituted(model: Net, values: Mapping[str, Any]) -> tuple[Net, dict[str, Parameter]]:
    """A copy of a net whose parameters and buffers have these values.

    Parameters
    ----------
    model : Module
    values : mapping of str to Symbol
        By the paths of ``parameters()`` and ``buffers()``; all of them must be there.

    Returns
    -------
    copy : Module
    parameters : dict
        The copy's parameters by path: leaves of a graph whose values are the symbols.
    """
    kind = _kind(DEPTH.get())
    leaves: dict[Any, Parameter] = {}
    by_path: dict[str, Parameter] = {}
    for path, p in model.parameters().items():
        leaf = by_path[path] = leaves[p] = kind(values[path], path)
        leaf.wants_gradient = p.wants_gradient
    return _copied(model, values, leaves), by_path


def with_buffers(model: Net, values: Mapping[str, Any]) -> Net:
    """A copy of a net whose buffers have these values; its parameters are those of the net."""
    return _copied(model, values, {})


def with_parameters(model: Net, leaves: Mapping[Any, Parameter]) -> Net:
    """A copy of a net with other parameters in the places of its own; its buffers are the same."""
    return _copied(model, {}, leaves)


def _copied(model: Net, values: Mapping[str, Any], leaves: Mapping[Any, Parameter]) -> Net:
    """The same modules with other buffers and parameters in their places."""
    twins: dict[int, Tree] = {}
    modules = model.modules()
    for path, module in modules.items():
        twin = twins[id(module)] = object.__new__(type(module))
        prefix = f"{path}." if path else ""
        twin.__dict__.update(
            (name, values.get(f"{prefix}{name}", x)) for name, x in vars(module).items()
        )

    def other(x: Any) -> Any:
        if isinstance(x, Tree):
            return twins.get(id(x), x)
        return leaves.get(x, x) if isinstance(x, Parameter) else x

    for module in modules.values():
        facts = twins[id(module)].__dict__
        for name, x in vars(module).items():
            if isinstance(x, Parameter | Tree):
                facts[name] = other(x)
            elif is_group(x):
                facts[name] = rebuilt(x, other)
    root: Any = twins[id(model)]
    return root


@functools.lru_cache(maxsize=8)
def _kind(depth: int) -> Any:
    """Parameters of a recording at this depth; ops leave ordinary tensors of it."""

    class RecordedParameter(Parameter, result=taped(Tensor, depth)):
        """A leaf whose value is a symbol."""

        __slots__ = ()
        traced = True
        rank = DEPTH_STEP * depth + Parameter.rank

        def __init__(self, value: Any, name: str = "") -> None:
            Node.__init__(self, value, wants_gradient=True)
            self.label, self.changed_where, self.spent = name, "", None

    RecordedParameter.depth = depth
    return RecordedParameter
