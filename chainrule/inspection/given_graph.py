"""What a user gives to be looked at becomes a graph: tensors, a model with a batch, a function.

Imports the graph, nn, settings and how train takes data. flow, draw and ledger take the same
arguments through it. While a model or a function runs, the calls of modules are noted, each with
the nodes that it made.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.differentiate.tree import flatten
from chainrule.errors import ArgumentError, a_kind, describe
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, next_serial
from chainrule.graph.numpy.symbol import Symbol
from chainrule.nn import Module
from chainrule.nn.listening import Advance, listening
from chainrule.settings import RECORDING, Watch
from chainrule.spec import is_dict, is_sequence, is_tuple
from chainrule.tensors import Tensor, tensor
from chainrule.train.entering import numbers


@dataclass(frozen=True)
class Call:
    """One call of a module: all nodes whose serial lies between two numbers were made by it."""

    path: str
    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Given:
    """The ends of a graph, which modules made it, and what else is to be said of it.

    ``start`` says how a gradient may begin where an end is several numbers; {end} is its name.
    """

    ends: tuple[Node, ...]
    calls: tuple[Call, ...] = ()
    notes: tuple[str, ...] = ()
    start: str = "Show a loss, or call backward(upstream=...) first."

    @property
    def graph(self) -> Graph:
        """All nodes behind the ends."""
        return Graph.of(*self.ends)


def graph_given(call: str, given: Sequence[Any], loss: Any = None) -> Given:
    """The graph of what was given.

    Parameters
    ----------
    call : str
        The public function that was called, for messages: "cr.flow".
    given : sequence
        Tensors; or a Graph; or a model and a batch of its input (with ``loss``, the input and the
        target); or a function and its arguments, whose arrays of floats become tensors.
    loss : callable, optional
        Takes the scores of the model and the target.

    Raises
    ------
    ArgumentError
        If it is anything else; the message says what to give.
    """
    first = given[0] if given else None
    if isinstance(first, Module):
        return _of_model(call, first, given[1:], loss)
    if loss is not None:
        raise ArgumentError(
            "loss= belongs to a model and its batch.",
            do=f"{call}(model, (X, y), loss=cr.softmax_cross_entropy), or {call}(loss) of a "
            "tensor that you have.",
        )
    if len(given) == 1:
        if isinstance(first, Graph):
            return Given(first.ends)
        if is_sequence(first) and first and all(isinstance(x, Node) for x in first):
            return Given(tuple(first))
    if given and all(isinstance(x, Node) for x in given):
        return Given(tuple(given))
    if callable(first) and not isinstance(first, Symbol | type):
        return _of_function(call, first, given[1:])
    raise _no_graph(call, given)


class _Calls(Watch):
    """Notes the calls of modules while a function runs."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.copies: dict[int, Any] = {}  # by the id of the module
        self.held: list[Any] = []  # a module that is let go would leave its id to another one

    def module(self, module: Any) -> Any:
        """In the place of a module, one that notes its calls."""
        if any(module is copy for copy in self.copies.values()):
            return module
        root = type(module).__name__ if self.held else ""
        if id(module) not in self.copies:
            self.held.append(module)
            return listening(module, self._told, root, self.copies)
        return self.copies[id(module)]

    def _told(self, module: Any, path: str, advance: Advance) -> Advance:
        kind = type(module).__name__ if list(module.children()) else repr(module)

        def noted(x: Any, run: Any) -> Any:
            first = next_serial()
            try:
                return advance(x, run)
            finally:
                self.calls.append(Call(path, kind, first, next_serial()))

        return noted


def _run(calls: _Calls, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Run with a graph, also inside of no_grad."""
    token = RECORDING.set(calls)
    try:
        return function(*arguments)
    finally:
        RECORDING.reset(token)


def _of_model(call: str, model: Module, given: Sequence[Any], loss: Any) -> Given:
    kind = type(model).__name__
    example = f"{call}(model, (X, y), loss=cr.softmax_cross_entropy)"
    if len(given) != 1:
        raise ArgumentError(
            f"{a_kind(model)} has no graph until it computes: it needs one batch of its input"
            + (f", and was given {len(given)} arguments." if given else "."),
            do=f"{call}(model, X) shows the values, {example} the gradients too.",
        )
    (batch,) = given
    calls = _Calls()
    if loss is None:
        if is_tuple(batch) and model.takes_one_array():
            raise ArgumentError(
                f"{a_kind(model)} takes one array, but the batch is a tuple of {len(batch)}.",
                do=f"With a target, say the loss too: {example}.",
            )
        return _ends(call, kind, _run(calls, model, [_entering(batch, "X")]), calls)
    if not is_tuple(batch) or len(batch) != 2:
        raise ArgumentError(
            f"a loss compares scores with a target, but the batch is {a_kind(batch)}.",
            do=f"Give both: {example}.",
        )
    if not callable(loss):
        raise ArgumentError(
            f"loss= takes a function of scores and target, not {loss!r}.", do=f"{example}."
        )
    x, y = _entering(batch[0], "X"), _entering(batch[1], "y")
    scores = _named(_run(calls, model, [x]), "scores")
    return _ends(call, "loss", _named(_run(calls, loss, [scores, y]), "loss"), calls)


def _entering(x: Any, name: str) -> Any:
    """Frames, series and arrays of objects as arrays of numbers, as for training."""
    holds_rows = hasattr(x, "__array__") or hasattr(x, "tocsr")
    return numbers(x, name) if holds_rows and not isinstance(x, Symbol) else x


def _of_function(call: str, function: Callable[..., Any], given: Sequence[Any]) -> Given:
    name = getattr(function, "__name__", type(function).__name__)
    names = _argument_names(call, function, name, given)
    arguments = [_wrapped(x, label) for x, label in zip(given, names, strict=True)]
    calls = _Calls()
    return _ends(call, name, _run(calls, function, arguments), calls)


def _argument_names(
    call: str, function: Callable[..., Any], name: str, given: Sequence[Any]
) -> list[str]:
    """What the function calls its arguments; an error that lists them where they do not fit."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of C code, which does not tell
        return [f"x{i + 1}" for i in range(len(given))]
    try:
        bound = signature.bind(*given)
    except TypeError as error:
        raise ArgumentError(
            f"{name} cannot be called with these {len(given)} arguments: {error}.",
            do=f"Give what it takes: {call}({name}, {', '.join(signature.parameters)}).",
        ) from error
    names: list[str] = []
    for label, value in bound.arguments.items():
        several = signature.parameters[label].kind is inspect.Parameter.VAR_POSITIONAL
        names += [f"{label}{i + 1}" for i in range(len(value))] if several else [label]
    return names


def _wrapped(x: Any, name: str) -> Any:
    """Floats become tensors that go by the argument's name; all else stays as it is."""
    if isinstance(x, Symbol | Module):
        return x
    if is_dict(x):
        return {key: _wrapped(value, f"{name}.{key}") for key, value in x.items()}
    if is_sequence(x):
        parts = [_wrapped(part, f"{name}.{i}") for i, part in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    return tensor(x, name) if kind == "f" or isinstance(x, float) else x


def _named(out: Any, name: str) -> Any:
    """The result under a name of its own, unless it has one."""
    if isinstance(out, Tensor) and out.op is not None and not out.label:
        out.label = name
    return out


def _ends(call: str, name: str, out: Any, calls: _Calls) -> Given:
    leaves = [out] if isinstance(out, Symbol) else flatten(out)[0]
    ends = tuple(x for x in leaves if isinstance(x, Node))
    if not ends:
        found = next(iter(leaves), None)
        raise ArgumentError(
            f"{name} returned {_what(found)}, behind which there is no graph.",
            found=[describe("result", found)] if hasattr(found, "shape") else [],
            do="Give its arguments as floats or tensors, and return what is computed from them: "
            f"{call}(f, 3.0, np.ones(4)).",
        )
    return Given(ends, tuple(calls.calls))


def _no_graph(call: str, given: Sequence[Any]) -> ArgumentError:
    if not given:
        return ArgumentError(
            "there is no graph to show: nothing was given.",
            do=f"Give the loss: {call}(loss).",
        )
    wrong = next((x for x in given if not isinstance(x, Node)), None)
    return ArgumentError(
        f"{_what(wrong)} has no graph.",
        found=[describe("given", wrong)] if hasattr(wrong, "shape") else [],
        do=f"Give a tensor that was computed from cr.tensor(x) or cr.parameter(w): {call}(loss); "
        f"a model and a batch: {call}(model, X); or a function and its arguments: "
        f"{call}(f, x, y).",
    )


def _what(x: Any) -> str:
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if isinstance(x, Symbol):
        return f"{a_kind(x)}, which a derivative or a recording holds,"
    return "None" if x is None else a_kind(x)
