"""Streams: the arrays of x, of y and of the weights, row by row, and the containers they came in.

Imports the door to containers and tensors. fit, Program, the steps and the recordings pass the
arrays of a batch on as one tuple, in this order; a Form puts them back where they stood.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.differentiate.tree import streams_of, unflatten
from chainrule.errors import DataError
from chainrule.spec import Spec, holds_streams, is_dict, is_tuple
from chainrule.tensors import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = tuple[Array, ...]
WEIGHTS = "sample_weight"


@dataclass(frozen=True)
class Container:
    """Several arrays as a user holds them: in dicts, tuples and lists.

    Attributes
    ----------
    structure
        The tree's own description; None for a single array.
    key
        Equal for containers that are the same to those who go through them: two dicts with the
        same names in another order are one structure, but ``values()`` tells them apart.
    """

    structure: Any = None
    key: Any = field(default=None, compare=False)

    def of(self, leaves: Sequence[Any]) -> Any:
        """The container with these in the places of its arrays."""
        return leaves[0] if self is SINGLE else unflatten(self.structure, leaves)

    def paths(self) -> list[tuple[Any, ...]]:
        """The way to each array: names and places."""
        return [()] if self is SINGLE else list(self.structure.paths())


SINGLE = Container()


@dataclass(frozen=True, eq=False)
class Form:
    """How the arrays of a batch stand in x, y and the weights.

    Attributes
    ----------
    names : tuple of str
        What messages call them: "x", "x['ids']", "y[0]", "sample_weight".
    x, y, weights : Container
        ``weights`` is None where every row weighs the same.
    inputs, targets : int
        How many arrays x has, and how many x and y have together.
    key : tuple
        Equal for two forms that are the same; () for one array x and one array y.
    """

    names: tuple[str, ...] = ("x", "y")
    x: Container = SINGLE
    y: Container = SINGLE
    weights: Container | None = None
    inputs: int = 1
    targets: int = 2
    key: tuple[Any, ...] = ()

    def inputs_of(self, arrays: Sequence[Any]) -> Any:
        """What the net is given."""
        return arrays[0] if self.x is SINGLE else self.x.of(arrays[: self.inputs])

    def targets_of(self, arrays: Sequence[Any]) -> Any:
        """What the loss compares the outputs with."""
        if self.y is SINGLE:
            return arrays[self.inputs]
        return self.y.of(arrays[self.inputs : self.targets])

    def weights_of(self, arrays: Sequence[Any]) -> Any:
        """The weights of the rows, or None."""
        return None if self.weights is None else self.weights.of(arrays[self.targets :])

    def leaves_of(self, arrays: Sequence[Any]) -> Any:
        """The inputs as tensors of arrays that nobody changes meanwhile."""
        if self.x is SINGLE:
            return Tensor(arrays[0])
        return self.x.of([Tensor(array) for array in arrays[: self.inputs]])


PLAIN = Form()


@dataclass(eq=False, slots=True)  # frozen, it would take three times as long to make
class Rows:
    """The data of an epoch, as the steps read it.

    Attributes
    ----------
    arrays : tuple of ndarray, each (N, ...)
        C-contiguous.
    form : Form
    order : ndarray of int64 or None
        The rows in the order in which they are taken; None: as they lie.
    """

    arrays: Arrays
    form: Form = PLAIN
    order: Array | None = None

    @property
    def count(self) -> int:
        """How many rows are taken."""
        return len(self.arrays[0]) if self.order is None else len(self.order)

    @property
    def nbytes(self) -> int:
        """Of all arrays."""
        return sum([array.nbytes for array in self.arrays])

    def part(self, first: int, last: int) -> "Rows":
        """Those that are taken from the first place up to the last one."""
        if self.order is None:
            return Rows(tuple([array[first:last] for array in self.arrays]), self.form)
        return Rows(self.arrays, self.form, self.order[first:last])

    def filled(self, count: int) -> "Rows":
        """A copy of the first so many rows as they lie; zeros where there are fewer."""
        found: list[Array] = []
        for array in self.arrays:
            filled = np.zeros((count, *array.shape[1:]), array.dtype)
            filled[: len(array)] = array[:count]
            found.append(filled)
        return Rows(tuple(found), self.form)

    def targets(self, first: int, last: int) -> Any:
        """What the outputs should have been, from the first place up to the last one."""
        form = self.form
        if form.y is SINGLE:
            y, order = self.arrays[form.inputs], self.order
            return y[first:last] if order is None else y.take(order[first:last], 0)
        return form.targets_of(self.part(first, last).taken(range(form.inputs, form.targets)))

    def taken(self, places: Iterable[int] | None = None) -> Any:
        """The rows themselves, of all arrays or of those at some places; None for the others."""
        if self.order is None:
            return self.arrays
        chosen = range(len(self.arrays)) if places is None else places
        found: list[Any] = [None] * len(self.arrays)
        for place in chosen:
            found[place] = self.arrays[place].take(self.order, 0)
        return tuple(found)


def streams(x: Any, y: Any, weights: Any, convert: Callable[[Any, str], Array]) -> Rows:
    """The arrays of a batch or of an epoch, each of them converted under its name.

    Raises
    ------
    DataError
        For a container without an array.
    """
    usual = type(x) is np.ndarray and type(y) is np.ndarray  # which takes less than to ask
    if weights is None and (usual or not (holds_streams(x) or holds_streams(y))):
        return Rows((convert(x, "x"), convert(y, "y")))
    inputs, x_names, x_in = opened(x, "x")
    targets, y_names, y_in = opened(y, "y")
    given, w_names, w_in = ([], [], None) if weights is None else opened(weights, WEIGHTS)
    names = (*x_names, *y_names, *w_names)
    found = [convert(*pair) for pair in zip([*inputs, *targets, *given], names, strict=True)]
    key = (x_in.key, y_in.key, w_in and w_in.key, len(found))
    counts = len(inputs), len(inputs) + len(targets)
    return Rows(tuple(found), Form(names, x_in, y_in, w_in, *counts, key))


def inputs_alone(x: Any, convert: Callable[[Any, str], Array], name: str = "x") -> Rows:
    """The arrays of x, where there is no y."""
    if type(x) is np.ndarray or not holds_streams(x):
        return Rows((convert(x, name),))
    leaves, names, container = opened(x, name)
    found = tuple([convert(*pair) for pair in zip(leaves, names, strict=True)])
    count = len(found)
    key = (container.key, count)
    return Rows(found, Form(tuple(names), container, SINGLE, None, count, count, key))


def opened(tree: Any, name: str) -> tuple[list[Any], list[str], Container]:
    """The arrays in a container with their names, and the container; or the one array.

    Raises
    ------
    DataError
        Where there is none.
    """
    if not holds_streams(tree):
        return [tree], [name], SINGLE
    leaves, structure = streams_of(tree)
    if not leaves:
        raise DataError(
            f"{name} is an empty {type(tree).__name__}: there are no arrays in it.",
            do="Give an array; or several of the same length, in a tuple or a dict.",
        )
    container = Container(structure, (structure, _order_of(tree)))
    names = [name + "".join(f"[{step!r}]" for step in path) for path in container.paths()]
    return leaves, names, container


def _order_of(tree: Any) -> Any:
    """The names in the dicts of a container, as they come."""
    held, names = (tree.values(), tuple(tree)) if is_dict(tree) else (tree, ())
    inner = tuple([_order_of(each) for each in held if isinstance(each, dict | tuple)])
    return (names, inner) if inner else names


def outputs_of(out: Any) -> tuple[list[Any], Container]:
    """What a net returned, taken apart."""
    if not isinstance(out, dict | tuple):
        return [out], SINGLE
    leaves, structure = streams_of(out)
    return leaves, Container(structure)


def values_of(out: Any) -> Any:
    """The arrays of the tensors that a net returned, in the same container."""
    if isinstance(out, Tensor):
        return out.value
    leaves, container = outputs_of(out)
    return container.of([getattr(leaf, "value", leaf) for leaf in leaves])


def named(tree: Any) -> list[tuple[Any, Any]]:
    """The names in a dict, or the places in a tuple, with what stands there."""
    if is_dict(tree):
        return list(tree.items())
    return list(enumerate(tree)) if is_tuple(tree) else []


def key_of(form: Form, arrays: Arrays) -> tuple[Any, ...]:
    """Equal for batches that the same machine code reads."""
    if form is PLAIN:  # without the time that a loop takes
        x, y = arrays[0], arrays[-1]
        return x.shape, x.dtype, y.shape, y.dtype
    return (form.key, *[each for array in arrays for each in (array.shape, array.dtype)])


def key_of_batch(rows: Rows, count: int) -> tuple[Any, ...]:
    """The key of a batch of so many of these rows."""
    arrays = rows.arrays
    if rows.form is PLAIN:  # without the time that a loop takes
        x, y = arrays[0], arrays[-1]
        return (count, *x.shape[1:]), x.dtype, (count, *y.shape[1:]), y.dtype
    parts = [((count, *array.shape[1:]), array.dtype) for array in arrays]
    return (rows.form.key, *[each for part in parts for each in part])


def specs_of(rows: Rows, count: int) -> tuple[Spec, ...]:
    """The shapes and dtypes of a batch of so many of these rows."""
    return tuple([Spec((count, *array.shape[1:]), array.dtype) for array in rows.arrays])
