"""Tree: named parameters and buffers, and where they stand in a net.

Imports tensors, errors, state and ops.random. Module inherits it and adds the forward pass.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.numpy.leaving import check_settings
from chainrule.nn.state_check import Array, checked
from chainrule.ops.random import Key, fold, key
from chainrule.tensors import Parameter

SETTINGS = frozenset({int, float, bool, str, type(None), np.ndarray})  # these hold no members


class Tree:
    """Attributes that are registered by being assigned.

    A Parameter is trained; another Tree (or a list, tuple or dict of them) is a child; a NumPy
    array is a buffer: part of the state, changed by no optimiser. Each has a path such as
    ``layers.0.weight``, which is also the Parameter's name.
    """

    arrays_are_inputs: ClassVar[bool] = True  # a recording takes buffers, and keeps none
    derived: ClassVar[frozenset[str]] = frozenset({"_operation", "_input_dtype"})  # of the others
    numbers_only: ClassVar[frozenset[str]] = frozenset()  # settings, into which no gradient flows
    seed: int | None = None
    unpenalized: ClassVar[tuple[str, ...]] = ("bias",)  # parameters that regularization leaves out
    unit_axes: ClassVar[int] = 0  # the axis of a weight along which one unit's weights stand

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.numbers_only:
            check_settings(type(self).__name__, [name], [value])
        object.__setattr__(self, name, value)
        self.__dict__.pop("_input_dtype", None)
        new = _registered(value)
        if new:
            self._adopt(new)

    def members(self) -> Iterator[tuple[str, Any]]:
        """The parameters and modules directly below, under their names here."""
        for name, value in self.__dict__.items():
            if value.__class__ in SETTINGS:  # most of what there is
                continue
            if isinstance(value, Parameter | Tree):
                yield name, value
            elif is_group(value):
                pairs = value.items() if hasattr(value, "items") else enumerate(value)
                yield from (
                    (f"{name}.{k}", x) for k, x in pairs if isinstance(x, Parameter | Tree)
                )

    def children(self) -> Iterator[tuple[str, "Tree"]]:
        """The modules directly below, under their names here."""
        return ((name, x) for name, x in self.members() if isinstance(x, Tree))

    def modules(self) -> dict[str, "Tree"]:
        """All modules by path, itself first under the path ""; one that is shared stands once."""
        return _Found(self).modules

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by path: weight before bias, a module's own before its children's.

        Examples
        --------
        >>> from chainrule import nn
        >>> list(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).parameters())
        ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias']
        """
        return _Found(self).parameters

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
        modules = self.modules()
        old: dict[str, Array] = {}
        for path in updates:
            owner, _, name = path.rpartition(".")
            found = vars(modules[owner]).get(name) if owner in modules else None
            if isinstance(found, np.ndarray):
                old[path] = found
        for path, array in checked(updates, old).items():
            owner, _, name = path.rpartition(".")
            setattr(modules[owner], name, array.astype(old[path].dtype))

    def initialize(self, seed: int) -> None:
        """Draw all weights anew: each from the seed and its path; biases become 0.

        The running statistics of a normalization stay.
        """
        self.draw_tree(key(seed), True)

    def freeze(self) -> None:
        """Let training leave every parameter of this module as it is, until :meth:`unfreeze`.

        Its parameters want no gradient: no optimiser, momentum or projection moves them, and what
        an optimiser remembers about them stays. A penalty still counts them in the loss. Running
        statistics of a normalization are no parameters, and go on. ``fit`` and ``Program`` follow
        from the next step on, also in the middle of training. For a single parameter:
        ``p.wants_gradient = False``.

        Examples
        --------
        >>> from chainrule import nn
        >>> net = nn.MLP([4, 8, 2])
        >>> net.layers[0].freeze()
        >>> [path for path, p in net.parameters().items() if p.wants_gradient]
        ['layers.2.weight', 'layers.2.bias']
        """
        for p in self.parameters().values():
            p.wants_gradient = False

    def unfreeze(self) -> None:
        """Train every parameter of this module again: the optimiser goes on where it stood."""
        for p in self.parameters().values():
            p.wants_gradient = True

    def penalized(self, biases: bool = False) -> dict[str, Parameter]:
        """The parameters that regularization acts on: no biases or normalization parameters."""
        found = _Found(self)
        if biases:
            return found.parameters
        return {path: p for path, p in found.parameters.items() if p not in found.exempt}

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

    def _adopt(self, new: list[Any]) -> None:
        """Give new members their names, and untouched weights their draw for this place."""
        ids, stream = {id(x) for x in new}, key(self.seed or 0)
        for name, child in self.children():
            if id(child) in ids:
                child.draw_tree(_folded(stream, name))
        for path, p in self.parameters().items():
            p.label = path


def is_group(value: Any) -> bool:
    """Whether an attribute may hold several parameters or modules."""
    return isinstance(value, list | tuple | dict)


def rebuilt(group: Any, other: Callable[[Any], Any]) -> Any:
    """A list, tuple or dict with something else for each of its elements."""
    if hasattr(group, "items"):
        return {key: other(x) for key, x in group.items()}
    if hasattr(group, "_fields"):  # a named tuple takes its elements one by one
        return type(group)(*map(other, group))
    return type(group)(map(other, group))


def _registered(value: Any) -> list[Any]:
    """The parameters and modules that an attribute holds."""
    if isinstance(value, Parameter | Tree):
        return [value]
    if not is_group(value):
        return []
    several = value.values() if hasattr(value, "items") else value
    return [x for x in several if isinstance(x, Parameter | Tree)]


class _Found:
    """Modules and parameters by path, and those that regularization leaves out: one walk."""

    def __init__(self, root: Tree) -> None:
        self.modules: dict[str, Tree] = {}
        self.parameters: dict[str, Parameter] = {}
        self.exempt: set[Parameter] = set()
        self._seen: set[Any] = set()
        self._visit(root, "")

    def _visit(self, module: Tree, path: str) -> None:
        seen = self._seen
        seen.add(module)
        self.modules[path] = module
        below: list[tuple[str, Tree]] = []
        for name, x in module.members():
            if x in seen:
                continue
            whole = f"{path}.{name}" if path else name
            if isinstance(x, Tree):
                below.append((whole, x))
                continue
            seen.add(x)
            self.parameters[whole] = x
            if name in module.unpenalized:
                self.exempt.add(x)
            if x.label != whole and whole.endswith(f".{x.label}"):
                x.label = whole  # a list grew: a name grows towards the root
        for whole, child in below:
            if child not in seen:
                self._visit(child, whole)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _folded(stream: Key, name: str) -> Key:
    return fold(stream, zlib.crc32(name.encode()))
