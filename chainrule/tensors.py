"""Tensor and Parameter: the nodes a user holds, with data, grad, name and backward().

Floor 3: imports the graph. Ops leave Tensors wherever one flows in; nn and optim hold Parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import (
    DTypeError,
    InPlaceError,
    ShapeError,
    UnsupportedError,
    describe,
    user_place,
)
from chainrule.graph.nodes.copying import identity_node
from chainrule.graph.nodes.guard import own
from chainrule.graph.nodes.node import Node, as_array, is_float, next_serial
from chainrule.graph.nodes.start import remembered, start_of, without_silent
from chainrule.graph.nodes.storage import OwnGradient, ParameterView, aligned, read_only
from chainrule.graph.nodes.tensor_card import tensor_card
from chainrule.graph.nodes.walk import walk
from chainrule.graph.numpy.readable import Readable
from chainrule.graph.numpy.stacked import joined, symbols_in
from chainrule.graph.numpy.symbol import Symbol, plain
from chainrule.graph.op.operands import unmasked
from chainrule.graph.readings.local_jacobian import local_jacobian
from chainrule.jacobians import Jacobian
from chainrule.settings import LAST_BACKWARD, asked, met

Array = np.ndarray[Any, np.dtype[Any]]


class Tensor(Readable):
    """An array that remembers how it was made.

    Make one with :func:`tensor` or :func:`parameter`; every op that meets a Tensor returns one.
    """

    __slots__ = ()
    rank: ClassVar[int] = 11

    @property
    def data(self) -> Array:
        """The value, a read-only view: the backward walk needs what the forward pass saw."""
        self.stay("x.data")
        value = self.value
        return value.data if isinstance(value, Symbol) else read_only(value)

    @data.setter
    def data(self, new: Any) -> None:
        raise InPlaceError(
            "this tensor is part of a graph and can no longer be changed in place.",
            found=[describe(self.label or "tensor", self, self.origin)],
            do="The backward walk needs the values the forward pass saw. Make a new tensor.",
        )

    @property
    def grad(self) -> Array | None:
        """What the last ``backward()`` left here: an array of the value's shape and dtype.

        It is this tensor's own: changing it changes no other gradient.
        """
        gradient = self.gradient
        if gradient is not None and type(gradient) is not OwnGradient:
            gradient = self.gradient = np.array(gradient, self.dtype, order="C").view(OwnGradient)
        return None if gradient is None else gradient.view(np.ndarray)

    @grad.setter
    def grad(self, new: Any) -> None:
        self._set_gradient(new)

    def _set_gradient(self, new: Any) -> None:
        if new is not None:
            new = np.array(unmasked(new), self.dtype, order="C")
            if new.shape != self.shape:
                raise ShapeError(
                    f"a gradient of shape {new.shape} does not fit a tensor of {self.shape}.",
                    found=[describe(self.label or "tensor", self, self.origin)],
                    do="A gradient has the shape of its tensor.",
                )
            new = new.view(OwnGradient)
        self.gradient = new

    @property
    def name(self) -> str:
        """The name given by the user, or ""."""
        return self.label

    @name.setter
    def name(self, new: str) -> None:
        self.label = new

    @property
    def origin(self) -> str:
        """Where the value comes from, in words."""
        if self.op is not None:
            return f"from {self.op.name}"
        return f'tensor "{self.label}"' if self.label else "given"

    def local_jacobian(self) -> tuple[Jacobian | None, ...]:
        """How this tensor moves with each input of its op; None where no gradient is wanted."""
        return local_jacobian(self)

    def backward(
        self, upstream: Any = None, accumulate: bool = False, create_graph: bool = False
    ) -> Mapping[Node, Any] | None:
        """Send the gradient of this tensor back to every node it was made from.

        Parameters
        ----------
        upstream : array, optional
            Gradient of this tensor, of its shape. Default: 1, for a tensor of one element.
        accumulate : bool, default False
            Add to the gradients that stand instead of overwriting them.
        create_graph : bool, default False
            Return the gradients as tensors that can be differentiated again, in a mapping from
            node to gradient, and leave every ``grad`` alone.

        Raises
        ------
        NotScalarError
            If there are many elements and no upstream gradient.
        StaleValueError
            If an array of the graph was changed after the forward pass.
        """
        return backward([self], None if upstream is None else [upstream], accumulate, create_graph)

    # A copy stays in the graph; but a deep copy of a leaf is a new leaf, whose array is its own.
    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.op is not None or isinstance(self.value, Symbol):
            return identity_node(self)
        return tensor(np.array(self.value), self.label, self.wants_gradient)

    def __reduce__(self) -> Any:
        if self.op is not None or isinstance(self.value, Symbol):
            return super().__reduce__()  # raises
        return tensor, (np.asarray(self.value), self.label, self.wants_gradient)

    def __repr__(self) -> str:
        body = repr(self.value)  # of a symbol: another derivative's, or without values
        if not isinstance(self.value, Symbol):
            value = np.asarray(self.value)
            body = np.array2string(value, prefix="Tensor(", threshold=50, precision=4)
        label = f", name={self.label!r}" if self.label else ""
        return (
            f"{type(self).__name__}({body}, shape={self.shape}, dtype={self.dtype}{label}, "
            f"{self.origin})"
        )

    _repr_html_ = tensor_card


class Parameter(Tensor, result=Tensor):
    """A tensor that training changes: its array is its own, 64-byte aligned, with a version.

    ``p.data = array`` and ``p.data -= step`` write in place and raise the version; a backward
    pass through an older version is an error.
    """

    __slots__ = ("changed_where", "claims", "spent")

    changed_where: str
    claims: dict[int, int]  # which thread of a process trains it at the moment
    spent: Any

    def __init__(self, value: Array, name: str = "") -> None:
        super().__init__(aligned(unmasked(value)), wants_gradient=True)
        self.label = name
        self.changed, self.changed_where, self.spent = self.serial, "", None
        self.claims = {}

    @property
    def data(self) -> Array:
        """The current value, a read-only view; assign to it to change the parameter."""
        read = met(self)  # an input, where a function or a step is being recorded
        if read is self and not isinstance(self.value, Symbol):
            return read_only(self.value, ParameterView)
        return read.value if isinstance(read, Node) else read

    @data.setter
    def data(self, new: Any) -> None:
        array = np.asarray(unmasked(new))
        if array.shape != self.value.shape:
            raise ShapeError(
                f"an array of shape {array.shape} cannot become a parameter of {self.shape}.",
                found=[describe(self.label or "parameter", self)],
                do="Make a new parameter for a new shape.",
            )
        code, place = user_place()
        self.write(array, f"{place}: {code}" if code else place)

    def write(self, new: Any, where: str = "") -> None:
        """Copy new values in and raise the version."""
        asked(self, "changing a parameter")
        np.copyto(self.value, unmasked(new), casting="same_kind")
        self.touch(where)

    def touch(self, where: str = "") -> None:
        """Raise the version: the array has been written."""
        self.changed, self.changed_where = next_serial(), where

    def __copy__(self) -> Any:
        return self.__deepcopy__({})  # never the same array: its version is its parameter's

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        other = type(self)(self.value, self.label)
        other.wants_gradient = self.wants_gradient
        return other

    def __reduce__(self) -> Any:
        if isinstance(self.value, Symbol):
            return super().__reduce__()  # raises
        # Serials count within one process: a copy in another one starts anew.
        facts = {"wants_gradient": self.wants_gradient}
        return Parameter, (np.asarray(self.value), self.label), (None, facts)

    @property
    def fresh(self) -> bool:
        """Whether a gradient has arrived since the last optimiser step."""
        return self.gradient is not None and self.gradient is not self.spent

    def spend(self) -> None:
        """Mark the gradient as used by an optimiser step."""
        self.spent = self.gradient

    @property
    def grad(self) -> Array | None:
        """What the last ``backward()`` left here: an array of the value's shape and dtype."""
        asked(self, "x.grad")
        spent = self.gradient is self.spent
        gradient = super().grad
        if spent:
            self.spent = self.gradient
        return gradient

    @grad.setter
    def grad(self, new: Any) -> None:
        self._set_gradient(new)

    @property
    def origin(self) -> str:
        """Where the value comes from, in words."""
        return f'parameter "{self.label}"' if self.label else "a parameter"


def tensor(array: Any, name: str = "", wants_gradient: bool | None = None) -> Tensor:
    """Make a leaf of the graph from an array; tensors in a list are joined by :func:`stack`.

    Parameters
    ----------
    array : array_like
        Its values. Up to 64 KiB they are copied; a larger array is locked while the graph lives.
        A nested list that holds tensors, among numbers and arrays, stays in their graph.
    name : str, optional
        Shown by messages and pictures.
    wants_gradient : bool, optional
        Default: True for floating-point elements, False for integers and booleans.

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y, z = cr.tensor(-2.0), cr.tensor(5.0), cr.tensor(-4.0)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.item(), x.grad.item(), y.grad.item(), z.grad.item()
    (-12.0, -4.0, -4.0, 3.0)
    >>> cr.tensor([x, 2 * y]).sum().backward()
    >>> x.grad.item(), y.grad.item()
    (1.0, 2.0)
    """
    if isinstance(array, Symbol | list | tuple):
        within = symbols_in(array)
        if within:
            return joined(array, within, name, wants_gradient)
    value, guard = own(as_array(array))
    if wants_gradient and not is_float(value):
        raise _not_float("tensor", value)
    wants = is_float(value) if wants_gradient is None else wants_gradient
    made = Tensor(value, wants_gradient=wants, guard=guard)
    made.label = name
    return made


def parameter(array: Any, name: str = "") -> Parameter:
    """Make a parameter: a leaf that an optimiser changes. The array is copied.

    Raises
    ------
    DTypeError
        If the elements are not floating-point numbers: a step of 0.01 needs them.
    UnsupportedError
        If it is made of tensors that want a gradient: a leaf would cut their graph.
    """
    for x in symbols_in(array):
        if x.leaves():
            raise UnsupportedError(
                "a parameter is a leaf: made of tensors that want a gradient, it would cut their "
                "graph.",
                found=[describe("tensor", x, getattr(x, "origin", ""))],
                do="Pass the values, x.data; or keep the tensors: cr.stack([...]) joins them.",
            )
    value = as_array(array)
    if not is_float(value):
        raise _not_float(name or "parameter", value)
    return Parameter(value, name)


def backward(
    losses: Sequence[Tensor],
    upstreams: Sequence[Any] | None = None,
    accumulate: bool = False,
    create_graph: bool = False,
) -> Mapping[Node, Any] | None:
    """Send the gradients of several losses back in one walk; where they meet they are summed.

    See :meth:`Tensor.backward` for the parameters; ``upstreams`` has one array per loss.
    """
    if isinstance(losses, Tensor):
        losses = [losses]
    given = [None] * len(losses) if upstreams is None else upstreams
    starts = [start_of(x, start, create_graph) for x, start in zip(losses, given, strict=True)]
    last = remembered(losses, None if upstreams is None else starts)
    zeros: dict[Node, Any] = {}
    if upstreams is not None:
        losses, starts, zeros = without_silent(losses, starts)
    with np.errstate(all="ignore"):  # an overflow in the walk shows as inf, not as a warning
        if create_graph:
            found = walk(losses, [Tensor(start) for start in starts], graph=True)
            return {node: Tensor(zero) for node, zero in zeros.items()} | found
        gradients = zeros | walk(losses, starts, zeros=True)
    for node, gradient in gradients.items():
        if type(gradient) is not np.ndarray and isinstance(gradient, Symbol):
            gradient = plain(gradient)  # of a user's rule that closes over a tensor
        if accumulate and node.gradient is not None:
            gradient = node.gradient + gradient
        node.gradient = gradient
    LAST_BACKWARD.set(last)
    return None


def _not_float(name: str, value: Array) -> DTypeError:
    return DTypeError(
        f"a gradient needs floating-point numbers, but {name} holds {value.dtype}.",
        found=[describe(name, value)],
        do="Give it as floats: array.astype(np.float32).",
    )
