"""Module: a net or a part of one, called like a function.

Imports tree, run, summary and tensors. Layers and users inherit from it and write ``forward``.
"""

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.nodes.guard import own
from chainrule.graph.nodes.node import as_array
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operands import unmasked
from chainrule.nn.member_paths import Tree, rebuilt
from chainrule.nn.model_card import model_card
from chainrule.nn.run import CURRENT, Run, run_of
from chainrule.nn.summary import Summary, summarize
from chainrule.ops.random import Key
from chainrule.settings import RECORDING
from chainrule.spec import holds_streams
from chainrule.tensors import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
INDENT = "  "
NO_MODE = (
    "There is no mode to switch: model(x) evaluates, and model(x, training=cr.key(0)) trains."
)
# What other libraries call it, and what is written here.
CALLED = MappingProxyType(
    {
        **dict.fromkeys(("train", "eval", "training"), NO_MODE),
        "fit": "Write cr.fit(model, (x, y), loss=..., optimizer=...).",
        "predict": "Write cr.predict(model, x).",
        "named_parameters": "model.parameters() is a dict by name.",
        "state_dict": "model.parameters() and model.buffers() are dicts by name.",
    }
)


def no_attribute(module: "Module", name: str) -> AttributeError:
    """The error of what is not there; it says what that is called here."""
    do = f". {CALLED[name]}" if name in CALLED else ""
    return AttributeError(f"{type(module).__name__} has no attribute or layer {name!r}{do}")


class Module(Tree):
    """A score function with parameters: a layer, several, or a whole net.

    A subclass assigns parameters and other modules to attributes and writes ``forward(self, x)``,
    or ``forward(self, x, run)`` if it behaves differently in training; see :class:`Run`.

    ``model(x)`` evaluates, ``model(x, training=key)`` trains. An array enters the graph as one
    constant, in the element type of the parameters: a float32 net computes in float32, whatever
    it is given (whole numbers stay whole in a net with an Embedding). A Tensor enters unchanged.
    Several inputs are a dict or a tuple of arrays, and so they come to ``forward``; there a mask
    of booleans stays one.

    Notes
    -----
    Weights are drawn from the seed 0 and the path at which they stand, so that no two layers are
    alike and every run draws the same. They are drawn again when a module is placed in another,
    until somebody has changed them; a module with a ``seed`` of its own draws from that alone.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         self.hidden = nn.Linear(4, 8)
    ...         self.output = nn.Linear(8, 3)
    ...     def forward(self, x):
    ...         return self.output(np.tanh(self.hidden(x)))
    >>> net = Net()
    >>> net(np.zeros((2, 4))).shape
    (2, 3)
    >>> list(net.parameters())
    ['hidden.weight', 'hidden.bias', 'output.weight', 'output.bias']
    """

    takes_indices: ClassVar[bool] = False  # its input is whole numbers, and stays so
    one_array: ClassVar[bool] = False  # its input is one array, never a container of several
    side_by_side: ClassVar[bool] = False  # forward works with an axis of members in front, too
    regularization: Any = None  # of this module's own weights; see regularization.py
    advance: ClassVar[Callable[..., Any]]  # forward(x, run), whether or not forward takes a run

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        takes_run = "run" in inspect.signature(cls.forward).parameters
        cls.advance = cls.forward if takes_run else _without_run
        if "forward" in vars(cls) and "one_array" not in vars(cls):
            cls.one_array = False  # who writes a forward of his own knows what it takes
        if "forward" in vars(cls) and "side_by_side" not in vars(cls):
            cls.side_by_side = False

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "forward" and type(self).advance is not _without_run:
            kind = type(self).__name__
            raise ArgumentError(
                f"a forward that is set on one {kind} would not be called: its class has its own.",
                do=f"Inherit: class Mine(nn.{kind}), with def forward(self, x).",
            )
        super().__setattr__(name, value)

    if not TYPE_CHECKING:  # a type checker goes on to name what is not there

        def __getattr__(self, name: str) -> Any:
            raise no_attribute(self, name)

    def forward(self, x: Any, run: Run) -> Any:
        """Compute the scores; a subclass may leave ``run`` out."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, x: Any, training: Key | bool | None = None) -> Any:
        """Evaluate, or train with a key. Within another module's forward: as that one does.

        The running statistics that training finds are left to :meth:`run`.
        """
        if training is not None:
            return self.run(x, training)[0]
        module = RECORDING.get().module(self)
        out = module.advance(x if isinstance(x, Symbol) else self._leaf(x), CURRENT.get())
        return out if isinstance(out, Symbol) else _as_tensor(out)

    def run(self, x: Any, training: Key | bool | None = None) -> tuple[Any, dict[str, Any]]:
        """Like a call, and return new values for the buffers beside the result.

        Returns
        -------
        out : Tensor
        updates : dict
            A new array for each buffer that changes, by path; for :meth:`write_buffers`.
        """
        run = run_of(training)
        module = RECORDING.get().module(self)
        token = CURRENT.set(run)
        try:
            out = module.advance(x if isinstance(x, Symbol) else self._leaf(x), run)
        finally:
            CURRENT.reset(token)
        updates = module._updates(run)  # pyright: ignore[reportPrivateUsage]  its own twin
        return out if isinstance(out, Symbol) else _as_tensor(out), updates

    def takes_one_array(self) -> bool:
        """Whether several inputs, in a dict or a tuple, cannot be meant for this net."""
        return self.one_array

    def summary(self, input_shape: int | tuple[int, ...]) -> Summary:
        """A table of the layers: shapes, parameters, bytes of activations, FLOPs.

        Parameters
        ----------
        input_shape : int or tuple of int
            Of one row, (D,) or D; with two or more axes the first one is the batch.

        Examples
        --------
        >>> from chainrule import nn
        >>> print(nn.MLP([64, 32, 10]).summary(64))
        layer     kind            output   parameters  bytes  FLOPs
        layers.0  Linear(64, 32)  (1, 32)       2,080    128  4,128
        layers.1  ReLU()          (1, 32)           0    128     32
        layers.2  Linear(32, 10)  (1, 10)         330     40    650
        total     input (1, 64)                 2,410    296  4,810
        """
        return summarize(self, input_shape, self._leaf)

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """Operations on numbers in one forward evaluation; a layer that has a rule says so."""
        return 0

    def _leaf(self, x: Any) -> Any:
        """The user's array as one constant, in the element type of the net; several, if given."""
        if holds_streams(x):
            return rebuilt(x, self._one_of_several)
        array, wanted = as_array(x), self._input_type()
        foreign = wanted is not None and array.dtype != wanted
        if foreign and (array.dtype.kind == "f" or not self._reads_indices()):
            return Tensor(array.astype(wanted))
        array, guard = own(array)
        return Tensor(array, guard=guard)

    def _one_of_several(self, x: Any) -> Any:
        """One of several inputs: tensors stay as they are, and so do masks."""
        if isinstance(x, Symbol):
            return x
        is_mask = getattr(x, "dtype", None) == np.bool_
        return Tensor(np.array(unmasked(x))) if is_mask else self._leaf(x)

    def _input_type(self) -> np.dtype[Any] | None:
        found = self.__dict__.get("_input_dtype")
        if found is None:
            first = next(iter(self.parameters().values()), None)
            if first is not None:
                found = self.__dict__["_input_dtype"] = first.value.dtype
        return found

    def _reads_indices(self) -> bool:
        return any(getattr(module, "takes_indices", False) for module in self.modules().values())

    def _updates(self, run: Run) -> dict[str, Any]:
        if not run.found:
            return {}
        paths = {id(module): path for path, module in self.modules().items()}
        return {
            f"{paths[id(module)]}.{name}".lstrip("."): value for module, name, value in run.found
        }

    def __repr__(self) -> str:
        layers = [f"{INDENT}{name}: {_indented(child)}" for name, child in self.children()]
        body = "\n".join(["", *layers, ""]) if layers else self.extra()
        return f"{type(self).__name__}({body})"

    def _repr_html_(self) -> str:
        return model_card(self)

    def extra(self) -> str:
        """What stands between the parentheses of a layer's repr."""
        return ""


def _as_tensor(out: Any) -> Any:
    """An array that a forward returned, such as a derivative inside no_grad, as a constant."""
    return Tensor(np.asarray(out)) if isinstance(out, np.ndarray | np.generic | float) else out


def _without_run(self: Module, x: Any, run: Run) -> Any:
    """Call a forward that takes no run; the modules that it calls find the run in CURRENT."""
    forward: Any = self.forward
    if run is CURRENT.get():
        return forward(x)
    token = CURRENT.set(run)
    try:
        return forward(x)
    finally:
        CURRENT.reset(token)


def _indented(child: Any) -> str:
    return repr(child).replace("\n", "\n" + INDENT)
