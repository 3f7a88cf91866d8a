"""What can be explored besides typed lines: a function with inputs that the page may set.

Imports the inspection and own_code. The command line makes subjects; graph_cards.py asks them by
their name.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.own_code import OwnCode
from chainrule.inspection.given_graph import Given, graph_given
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
    """

    name: str
    says: str
    inputs: Mapping[str, np.ndarray[Any, Any]]
    graphed: Graphed

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
        if isinstance(value, float | np.floating) or (is_array(value) and value.dtype.kind == "f"):
            inputs[key] = np.asarray(value)
        else:
            fixed[key] = value
    order = [*inspect.signature(function).parameters]
    own = OwnCode(name, getattr(inspect.unwrap(function), "__code__", None))

    def graphed(values: Mapping[str, Any]) -> Given:
        arguments = {**fixed, **values}
        given = [function, *(arguments[k] for k in order if k in arguments)]
        return own.run(lambda: graph_given("chainrule explore", given))

    return Subject(name, says, inputs, graphed)
