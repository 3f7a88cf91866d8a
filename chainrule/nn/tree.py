"""Tree: named parameters and buffers, and where they stand in a net.

Imports tensors, errors, state and ops.random. Module inherits it and adds the forward pass.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from chainrule.nn.state import Array, checked
from chainrule.ops.random import Key, fold, key
from chainrule.tensors import Parameter


class Tree:
    """Attributes that are registered by being assigned.

    A Parameter is trained; another Tree (or a list, tuple or dict of them) is a child; a NumPy
    array is a buffer: part of the state, changed by no optimiser. Each has a path such as
    ``layers.0.weight``, which is also the Parameter's name.
    """

    seed: int | None = None
    unpenalized: ClassVar[tuple[str, ...]] = ("bias",)  # parameters that regularization leaves out
    unit_axes: ClassVar[int] = 0  # the axis of a weight along which one unit's weights stand

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        self.__dict__.pop("_input_dtype", None)
        if isinstance(value, Parameter | Tree | list | tuple | dict):
            self._adopt(value)  # pyright: ignore[reportUnknownArgumentType]  any elements

    def members(self) -> Iterator[tuple[str, Any]]:
        """The values of all attributes, one by one, under their names here."""
        for name, value in vars(self).items():
            if isinstance(value, list | tuple):
                for i, x in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  any elements
                    yield f"{name}.{i}", x
            elif isinstance(value, dict):
                for label, x in value.items():  # pyright: ignore[reportUnknownVariableType]  any elements
                    yield f"{name}.{label}", x
            else:
                yield name, value

    def children(self) -> Iterator[tuple[str, "Tree"]]:
        """The modules directly below, under their names here."""
        return ((name, x) for name, x in self.members() if isinstance(x, Tree))

    def modules(self) -> dict[str, "Tree"]:
        """This module (its path is "") and all modules below; one that is shared stands once."""
        found: dict[int, tuple[str, Tree]] = {}
        _collect(self, "", found)
        return dict(found.values())

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by path, in the order of assignment: weight before bias.

        Examples
        --------
        >>> from chainrule import nn
        >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).parameters())
        ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias']
        """
        found: dict[int, tuple[str, Parameter]] = {}
        for path, module in self.modules().items():
            for name, x in module.members():
                if isinstance(x, Parameter) and id(x) not in found:
                    whole = _joined(path, name)
                    found[id(x)] = whole, x
                    if whole.endswith("." + x.label):  # a list grew: names grow to the root
                        x.label = whole
        return dict(found.values())

    def buffers(self) -> dict[str, Array]:
        """Arrays that are part of the state but not trained, by path: running statistics."""
        return {
            _joined(path, name): x
            for path, module in self.modules().items()
            for name, x in vars(module).items()
            if isinstance(x, np.ndarray)
        }

    def state(self) -> dict[str, Array]:
        """Copies of all parameters and buffers, by path; :meth:`load_state` takes them back."""
        parameters = {path: np.array(p.value) for path, p in self.parameters().items()}
        return parameters | {path: x.copy() for path, x in self.buffers().items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over parameters and buffers; nothing changes unless everything fits.

        Raises
        ------
        DataError
            If a path is missing or unexpected, or an array has another shape or holds no numbers.
        """
        parameters, buffers = self.parameters(), self.buffers()
        arrays = checked(state, {path: p.value for path, p in parameters.items()} | buffers)
        for path, p in parameters.items():
            p.write(arrays[path], "load_state()")
        self.write_buffers({path: arrays[path] for path in buffers})

    def write_buffers(self, updates: Mapping[str, Any]) -> None:
        """Replace some buffers: the updates that :meth:`Module.run` returned."""
        if not updates:
            return
        old = self.buffers()
        new = checked(updates, {path: old[path] for path in updates if path in old})
        modules = self.modules()
        for path, array in new.items():
            owner, _, name = path.rpartition(".")
            setattr(modules[owner], name, array.astype(old[path].dtype))

    def initialize(self, seed: int) -> None:
        """Draw all weights anew: each from the seed and its path; biases become 0.

        The running statistics of a normalization stay.
        """
        self.draw_tree(key(seed), True)

    def penalized(self, biases: bool = False) -> dict[str, Parameter]:
        """The parameters that regularization acts on: no biases or normalization parameters."""
        if biases:
            return self.parameters()
        exempt = {
            id(x)
            for module in self.modules().values()
            for name, x in module.members()
            if name in module.unpenalized
        }
        return {path: p for path, p in self.parameters().items() if id(p) not in exempt}

    def draw(self, stream: Key, force: bool) -> None:
        """Draw this module's own weights from a key; layers that have weights override it."""

    def draw_tree(self, stream: Key, force: bool = False) -> None:
        """Draw the weights of the tree: a child's key is its parent's and its name's.

        A module with a seed of its own starts from that, wherever it stands.
        """
        if self.seed is not None and not force:
            stream = key(self.seed)
        self.draw(stream, force)
        for name, child in self.children():
            child.draw_tree(_folded(stream, name), force)

    def _adopt(self, value: Any) -> None:
        """Give new members their names, and untouched weights their draw for this place."""
        new = value.values() if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType]  any elements
        new_ids = {id(x) for x in (new if isinstance(value, dict | list | tuple) else (new,))}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  any elements
        stream = key(self.seed or 0)
        for name, child in self.children():
            if id(child) in new_ids:
                child.draw_tree(_folded(stream, name))
        for path, p in self.parameters().items():
            p.label = path


def _collect(module: Tree, path: str, found: dict[int, tuple[str, Tree]]) -> None:
    if id(module) in found:
        return
    found[id(module)] = path, module
    for name, child in module.children():
        _collect(child, _joined(path, name), found)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _folded(stream: Key, name: str) -> Key:
    return fold(stream, zlib.crc32(name.encode()))
