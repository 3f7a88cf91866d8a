"""Backward mode on plain functions: value_and_grad, grad, vjp and elementwise_grad.

Imports traced and tree. A function runs once on traced leaves; the walk goes back to them.
"""

import functools
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.differentiate.traced import (
    Around,
    Holder,
    Holders,
    Traced,
    aside,
    gradient_of,
    holder_of,
    lifted,
)
from chainrule.differentiate.transform import transform
from chainrule.differentiate.tree import (
    Argnums,
    chosen_arguments,
    flatten,
    is_one,
    matching,
    require_numbers,
    tree_map,
    unflatten,
)
from chainrule.errors import NotScalarError, a_kind, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.numpy.unwrapping import unwrapped
from chainrule.settings import RECORDING, recording_on


def value_and_grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the value of ``function`` and its gradient.

    Parameters
    ----------
    function : callable
        Takes arrays, Python floats, or nested lists, tuples and dicts of them; returns one number.
        Written with ops, operators or NumPy's functions.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate; a sequence gives a tuple of gradients.
    has_aux : bool, default False
        Whether ``function`` returns (number, auxiliary); then the value is such a pair too.

    Returns
    -------
    callable
        With the arguments of ``function``; returns (value, gradient). A gradient has the structure
        of its argument; an argument that was not used has the gradient 0. Both are arrays and
        numbers; or tensors, in the graph of a parameter or tensor that ``function`` closes over
        or is given, where that wants a gradient. Inside :func:`no_grad` they are arrays.

    Raises
    ------
    NotScalarError
        If the result holds more than one number.
    DTypeError
        If a differentiated argument holds integers.
    ArgumentError
        If ``argnums`` points beyond the positional arguments, or names one of them twice.
    """

    @transform(value_and_grad, function, argnums, has_aux)
    def value_and_gradient(*args: Any, **keywords: Any) -> Any:
        run = Recording(function, args, keywords, argnums, has_aux)
        if len(run.ends) != 1 or np.size(run.ends[0]) != 1:
            raise _not_scalar(run.result if len(run.ends) != 1 else run.ends[0])
        (end,) = run.ends
        one = np.ones(end.shape, end.dtype) if isinstance(end, Symbol) else None
        trees = run.pull([one])
        value = unflatten(run.structure, [run.outside(end)])
        if has_aux:
            value = value, run.aux
        return value, trees[0] if is_one(argnums) else trees

    return value_and_gradient


def grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of ``function``.

    See :func:`value_and_grad` for the parameters; with ``has_aux`` it returns (gradient, aux).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> f = lambda w, x: np.tanh(x @ w).sum()
    >>> cr.grad(f)(np.zeros(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    >>> cr.grad(cr.grad(lambda x: x ** 3))(2.0)
    12.0
    """
    both: Any = value_and_grad(function, argnums, has_aux)
    both = both.func  # without the call in between

    @transform(grad, function, argnums, has_aux)
    def gradient(*args: Any, **keywords: Any) -> Any:
        value, found = both(*args, **keywords)
        return (found, value[1]) if has_aux else found

    return gradient


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The result of a function, and the pullback: upstream gradient times Jacobian.

    Parameters
    ----------
    function : callable
        Of the primals; returns an array or a nested container of arrays of any shape.
    *primals : array, float or container
        Where the derivative is taken.
    has_aux : bool, default False
        Whether ``function`` returns (result, auxiliary); then aux comes third.

    Returns
    -------
    out : as ``function`` returns it
    pullback : callable
        Takes an upstream gradient in the container of ``out`` and returns a tuple with one
        gradient per primal. It may be called again and again: the forward pass is not repeated.
        An upstream of zeros gives exact zeros.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> out, pullback = cr.vjp(lambda x, w: x @ w, np.ones((1, 2)), np.eye(2))
    >>> pullback(np.array([[1.0, 10.0]]))
    (array([[ 1., 10.]]), array([[ 1., 10.],
           [ 1., 10.]]))
    """
    run = Recording(function, primals, {}, range(len(primals)), has_aux)
    out = unflatten(run.structure, [run.outside(end) for end in run.ends])

    def pullback(upstream: Any) -> tuple[Any, ...]:
        given = matching(upstream, run.ends, run.structure, "upstream gradients")
        return run.pull([_unless_zero(u) for u in given])

    return (out, pullback, run.aux) if has_aux else (out, pullback)


def elementwise_grad(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The derivative of a function that works element by element, at every element at once.

    It is the gradient of the sum of the results; where an element of the input reaches several
    elements of the result, their derivatives are summed.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    @transform(elementwise_grad, function, argnums)
    def slopes(*args: Any, **keywords: Any) -> Any:
        run = Recording(function, args, keywords, argnums, False)
        ones = [np.ones(np.shape(end), getattr(end, "dtype", None)) for end in run.ends]
        trees = run.pull(ones)
        return trees[0] if is_one(argnums) else trees

    return slopes


class Recording:
    """One run of a function on traced leaves: its result, and the way back from it.

    Attributes
    ----------
    result : container
        What the function returned; its leaves may be nodes.
    aux : container or None
        What it returned aside, without the graph of this run.
    around : Around
        What stood around the run.
    leaves : list of Traced
        One per array of the chosen arguments.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        keywords: dict[str, Any],
        argnums: Argnums,
        has_aux: bool,
    ) -> None:
        name = getattr(function, "__name__", "the function")
        traced = list(args)
        self.around = Around()
        self.leaves: list[Traced] = []
        self._parts: list[tuple[Any, int]] = []
        for i in chosen_arguments(argnums, len(args), name):
            flat, structure = flatten(args[i])
            nodes = [self.around.leaf(x, f"argument {i}") for x in flat]
            self.leaves += nodes
            self._parts.append((structure, len(nodes)))
            traced[i] = unflatten(structure, nodes)
        token = RECORDING.set(recording_on())
        try:
            with self.taken(), unwrapped():
                answer = function(*traced, **keywords)
        finally:
            RECORDING.reset(token)
        self.result, aux = answer if has_aux else (answer, None)
        self.ends, self.structure = flatten(self.result)
        require_numbers(self.ends, name)
        self.aux = tree_map(lambda x: aside(x, self.around), aux)

    @contextmanager
    def taken(self) -> Generator[None, None, None]:
        """While this derivative is being taken, its variables are variables."""
        for x in self.leaves:
            x.over = False
        try:
            yield
        finally:
            for x in self.leaves:
                x.over = True

    @functools.cached_property
    def holder(self) -> Holder:
        """Who may ask for the gradient of any of the results."""
        return self.around.holder(filter(self.reached, self.ends))

    def needs_graph(self, ends: Sequence[Node], given: Sequence[Any], around: Around) -> bool:
        """Whether gradients must be graphs: somebody around sees these leaves or results."""
        if any(isinstance(x.value, Symbol) for x in (*self.leaves, *ends)):
            return True
        if any(isinstance(x, Symbol) for x in given):
            return True
        return around.recording and bool(self.holder)

    def outside(self, x: Any) -> Any:
        """A result without the graph of this run, unless a graph around it needs it."""
        return self.around.outside(x, most=self.holder)

    def reached(self, end: Any) -> bool:
        """Whether a result belongs to the graph of this run and a gradient flows into it."""
        return self.around.is_traced(end) and end.wants_gradient

    def pull(self, upstreams: Sequence[Any]) -> tuple[Any, ...]:
        """Gradients in the containers of the arguments; an upstream of None is 0."""
        pairs = [
            (end, u)
            for end, u in zip(self.ends, upstreams, strict=True)
            if u is not None and self.reached(end)
        ]
        found = self._walk([end for end, _ in pairs], [u for _, u in pairs]) if pairs else {}
        gradients = iter([gradient_of(x, found.get(x)) for x in self.leaves])
        return tuple(
            unflatten(structure, [next(gradients) for _ in range(count)])
            for structure, count in self._parts
        )

    def _walk(self, ends: list[Node], upstreams: list[Any]) -> dict[Any, Any]:
        around, targets = self.around.now(), set(self.leaves)
        starts, graph = upstreams, False
        if (one := self._recorded(ends, upstreams, around)) is not None:
            starts = [u if isinstance(u, Symbol) else one.entered(u) for u in upstreams]
        elif self.needs_graph(ends, upstreams, around):
            starts = [lifted(u, end) for end, u in zip(ends, upstreams, strict=True)]
            graph = True
        token = RECORDING.set(recording_on())
        try:
            # An infinite slope is an answer, not a warning.
            with self.taken(), np.errstate(all="ignore"):
                found = walk(ends, starts, targets=targets, graph=graph)
        finally:
            RECORDING.reset(token)
        least, known = holder_of(upstreams), Holders()
        return {x: around.outside(found[x], least, known=known) for x in self.leaves if x in found}

    def _recorded(self, ends: Sequence[Node], given: Sequence[Any], around: Around) -> Any:
        """A symbol of the recording that is all there is around; None if there is more, or none.

        It writes down what is computed with values, too: a graph of thousands of nodes that
        nobody asks for would take most of the time of a recording.
        """
        values = *(x.value for x in (*self.leaves, *ends)), *given
        symbols = [x for x in values if isinstance(x, Symbol)]
        if not symbols or not all(hasattr(x, "entered") for x in symbols):
            return None
        return None if around.recording and self.holder else symbols[0]


def _unless_zero(upstream: Any) -> Any:
    """None for an upstream of zeros: given by the caller it is structural, 0 * inf included."""
    if isinstance(upstream, Symbol) or np.any(upstream):
        return upstream
    return None


def _not_scalar(out: Any) -> NotScalarError:
    holds = np.size(out) if hasattr(out, "shape") else a_kind(out)
    return NotScalarError(
        f"grad needs a function that returns one number, but this one returned {holds}.",
        found=[describe("result", out)],
        do="Return mean(...) or sum(...) of it; vjp and jacobian take results of any shape.",
    )
