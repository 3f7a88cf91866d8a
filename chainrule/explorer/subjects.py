"""What can be explored besides typed lines: a function with inputs that the page may set.

Imports the inspection and the parts beside it. The command line and cr.show make subjects;
graph_cards.py asks them by their name.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.own_code import OwnCode
from chainrule.explorer.stilled import stilled
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.numpy.symbol import Symbol
from chainrule.inspection.checkup import Checkup
from chainrule.inspection.given_graph import Given, graph_given
from chainrule.nn import Module
from chainrule.spec import is_array

Graphed = Callable[[Mapping[str, Any]], Given]


@dataclass(frozen=True)
class Subject:
    """Something that has a graph.

    Attributes
    ----------
    name : str
        What the page asks for.
    says : str
        Where it comes from.
    inputs : mapping of str to array
        Those that the page may set, with the values that they have.
    graphed : callable
        From the inputs to the graph.
    checked : callable, optional
        The checkup of its net, on all rows that it learned from.
    """

    name: str
    says: str
    inputs: Mapping[str, np.ndarray[Any, Any]]
    graphed: Graphed
    checked: Callable[[], Checkup] | None = None

    def given(self, values: Mapping[str, Any]) -> Given:
        """The graph with some inputs set.

        Raises
        ------
        ArgumentError
            If there is no such input, or it has another shape.
        """
        new = dict(self.inputs)
        for name, value in values.items():
            if name not in new:
                raise ArgumentError(f"{self.name} has no input that is called {name!r}.")
            try:
                array = np.array(value, dtype=new[name].dtype)
            except (ValueError, TypeError, OverflowError):
                raise ArgumentError(f"{name} is made of numbers.") from None
            if array.shape != new[name].shape:
                raise ArgumentError(
                    f"{name} has the shape {new[name].shape}, not {array.shape}.",
                )
            new[name] = array
        return self.graphed(new)


def function_subject(function: Callable[..., Any], name: str, says: str) -> Subject:
    """A function, explored at the values that its arguments have by default.

    Raises
    ------
    ArgumentError
        If an argument has none.
    """
    fixed: dict[str, Any] = {}
    inputs: dict[str, np.ndarray[Any, Any]] = {}
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is parameter.empty:
            raise ArgumentError(
                f"{name} does not say at which {key} it is to be explored.",
                do=f"Give its arguments values: def {name}({key}=np.array([1.0, 2.0])): ...",
            )
        value = parameter.default
        if _is_settable(value):
            inputs[key] = np.asarray(value)
        else:
            fixed[key] = value
    own = OwnCode(name, getattr(inspect.unwrap(function), "__code__", None))
    called = _by_place(function, name, [*fixed, *inputs])

    def graphed(values: Mapping[str, Any]) -> Given:
        given = [called, *{**fixed, **values}.values()]
        found = own.run(lambda: graph_given("chainrule explore", given))
        return replace(found, start="Return one number, such as the sum of these.")

    return Subject(name, says, inputs, graphed)


def _by_place(function: Callable[..., Any], name: str, order: Sequence[str]) -> Any:
    """The function with all its arguments in one order, those too that go by their names alone."""
    whole = inspect.signature(function)

    def called(*values: Any) -> Any:
        given = dict(zip(order, values, strict=True))
        known = OrderedDict((key, given[key]) for key in whole.parameters if key in given)
        bound = inspect.BoundArguments(whole, known)
        return function(*bound.args, **bound.kwargs)

    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    called.__name__ = name
    called.__signature__ = inspect.Signature([inspect.Parameter(key, plain) for key in order])
    return called


def shown_subject(given: Sequence[Any], loss: Any = None) -> Subject:
    """What cr.show was given, as it is now: the floats of a function may be set.

    Raises
    ------
    ArgumentError
        If it has no graph; the message says what to give.
    """
    whole = stilled(graph_given("cr.show", given, loss))
    first, *arguments = given
    name, places = _name(first), _places(first, arguments)
    inputs = {key: np.array(arguments[place]) for key, place in places.items()}
    own = OwnCode(name, getattr(first, "__code__", None))

    def graphed(values: Mapping[str, Any]) -> Given:
        if all(value is inputs[key] for key, value in values.items()):
            return whole
        new = list(arguments)
        for key, value in values.items():
            new[places[key]] = value
        return own.run(lambda: graph_given("cr.show", [first, *new], loss))

    return Subject(name, "given to cr.show", inputs, graphed)


def _places(function: Any, arguments: Sequence[Any]) -> dict[str, int]:
    """Which arguments of a function may be set, by their names."""
    if isinstance(function, Symbol | Module | Graph) or not callable(function):
        return {}
    try:
        bound = inspect.signature(function).bind(*arguments).arguments
    except (TypeError, ValueError):  # of C code, which does not tell
        return {}
    if len(bound) != len(arguments):  # some of them go by one name, as *args
        return {}
    return {name: place for place, (name, x) in enumerate(bound.items()) if _is_settable(x)}


def _is_settable(x: Any) -> bool:
    return isinstance(x, float | np.floating) or (is_array(x) and x.dtype.kind == "f")


def _name(first: Any) -> str:
    if isinstance(first, Symbol):
        return getattr(first, "label", "") or "graph"
    if isinstance(first, Module):
        return type(first).__name__
    return getattr(first, "__name__", "") or "graph"
