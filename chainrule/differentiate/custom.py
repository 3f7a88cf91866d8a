"""Control over what is differentiated: stop_gradient, custom_gradient and checkpoint.

Imports the graph and tree. Each is an op around a function, so that every mode reads it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.transform import transform
from chainrule.differentiate.tree import flatten, tree_map, unflatten
from chainrule.errors import BackwardRuleError, UnsupportedError, describe
from chainrule.graph.nodes.node import Node, Readings, constant, next_serial, results_of
from chainrule.graph.nodes.walk import alias, on_the_way, walk
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import Op, Pulled, apply
from chainrule.graph.readings.dual import Dual
from chainrule.settings import DEPTH, RECORDING, rules_on
from chainrule.spec import is_tuple

LISTED_AT_MOST = 6  # values in a message
ROUNDING = 2**10  # ulp of the largest: BLAS adds in another order where arrays lie differently


def stop_gradient(x: Any) -> Any:
    """The value itself, through which no derivative of any mode or order passes.

    Parameters
    ----------
    x : array, tensor, or nested container of them

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    3.0
    """
    return tree_map(_STOP, x)


class StopGradient(Elementwise):
    """The identity, whose derivative is 0 by decree."""

    name = "stop_gradient"
    flat = views = True

    def forward(self, x: Any) -> Any:
        """Pass the value on."""
        return x

    def local_gradients(self, x: Any, out: Any) -> Any:
        """None: nothing passes back."""
        return (None,)


_STOP = StopGradient()


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function a gradient of your own.

    Parameters
    ----------
    function : callable
        Of arrays or nested containers of them; returns (result, pullback). The pullback takes the
        upstream gradient in the container of the result and returns one gradient per argument (or
        the gradient itself, for one argument). Written with ops, it can be differentiated again.

    Returns
    -------
    callable
        The function, without its pullback.

    Raises
    ------
    UnsupportedError
        If the result depends on a parameter, a tensor or a variable of an outer derivative that
        the function closes over: the pullback has no gradient for it. Pass it as an argument.

    Notes
    -----
    No state is kept between the passes: the function runs again in the backward pass, on symbols
    where a higher order is wanted, so that what the pullback closes over is differentiated too.
    Forward mode transposes the pullback, which is linear in the upstream gradient. Where no
    argument is differentiated, the function is read like any other. A second run
    that gives another result, since it draws random numbers, raises UnsupportedError.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_gradient
    ... def log1pexp(x):
    ...     weight = np.exp(x)
    ...     return np.log(1 + weight), lambda upstream: upstream * (1 - 1 / (1 + weight))
    >>> cr.grad(log1pexp)(100.0)
    1.0
    """

    @transform(custom_gradient, function)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        flat, structure = flatten(args)
        leaves = tuple(np.asarray(x) if isinstance(x, float) else x for x in flat)
        op = CustomGradient(_Call(function, structure, keywords))
        if not RECORDING.get() or not any(map(is_differentiated, leaves)):
            return op.run(leaves)[0]
        out = apply(op, leaves)
        return unflatten(op.call.result, _parts(out))

    return wrapped


def is_differentiated(x: Any) -> bool:
    """Whether a gradient can flow into a value."""
    return x.wants_gradient if isinstance(x, Node) else isinstance(x, Dual)


class _Call:
    """A function with the container of its arguments and its keywords; compared by identity."""

    def __init__(self, function: Any, structure: Any, keywords: dict[str, Any]) -> None:
        self.function = function
        self.structure = structure
        self.keywords = keywords
        self.result: Any = None

    def __call__(self, leaves: Sequence[Any]) -> Any:
        return self.function(*unflatten(self.structure, leaves), **self.keywords)

    def flat(self, result: Any) -> Any:
        """A result as an op returns it: one array, or a tuple of them."""
        leaves, self.result = flatten(result)
        return leaves[0] if len(leaves) == 1 else tuple(leaves)


class CustomGradient(Op):
    """A function that returns its pullback beside its result."""

    call: Any

    def forward(self, *leaves: Any) -> Any:
        """Run the function and leave its pullback aside."""
        out = self.call.flat(self.run(leaves)[0])
        if not any(map(is_differentiated, leaves)):  # the values below every derivative
            held = [x for x in _parts(out) if is_differentiated(x)]
            if held:
                raise _closes_over(_name(self.call.function), held)
        return out

    def backward(self, upstream: Any, *leaves_and_out: Any) -> Any:
        """Run the function again, and its pullback."""
        *leaves, out = leaves_and_out
        result, pullback = self.run(leaves)
        ends, container = flatten(result)
        _check_again(self.call.function, _parts(out), ends)
        upstreams = upstream if is_tuple(upstream) else (upstream,)
        return self._flat(pullback(unflatten(container, upstreams)))

    def _flat(self, gradients: Any) -> tuple[Any, ...]:
        """The pullback's answer, one gradient per leaf: a tuple, or alone for one argument."""
        wanted = self.call.structure
        count, name = wanted.num_children, _name(self.call.function)
        for whole in (gradients, (gradients,)):
            found, structure = flatten(whole)
            if structure == wanted:
                return tuple(map(unmasked, found))
        if is_tuple(gradients) and len(gradients) != count:
            raise BackwardRuleError(
                f"the pullback of {name} returned {len(gradients)} gradients for {count} "
                f"{'argument' if count == 1 else 'arguments'}.",
                do="Return one gradient per argument, in a tuple.",
            )
        raise BackwardRuleError(
            f"the pullback of {name} returned another container than that of the arguments.",
            found=[f"expected  {wanted}", f"found     {flatten(gradients)[1]}"],
            do="Return one gradient per array; zeros where there is none.",
        )

    def run(self, leaves: Sequence[Any]) -> tuple[Any, Any]:
        """The result in its container, and the pullback."""
        answer = self.call(leaves)
        if is_tuple(answer) and len(answer) == 2 and callable(answer[1]):
            return answer
        raise BackwardRuleError(
            f"{_name(self.call.function)} must return (result, pullback).",
            found=[f"returned  {type(answer).__name__}"],
            do="Return the result and a function of the upstream gradient.",
        )


def _closes_over(name: str, held: Sequence[Any]) -> UnsupportedError:
    ends = [x for x in held if isinstance(x, Node)]
    found = [x for x in on_the_way(ends) if not x.inputs] or held
    return UnsupportedError(
        f"{name} closes over what wants a gradient, but its pullback speaks of its arguments.",
        found=[
            describe(getattr(x, "label", "") or "closed over", x, getattr(x, "origin", ""))
            for x in found[:LISTED_AT_MOST]
        ],
        do=(
            "Pass it as an argument and let the pullback return its gradient too, or read "
            "cr.stop_gradient(x) where no gradient is meant."
        ),
    )


def _name(function: Any) -> str:
    return getattr(function, "__name__", "the function")


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """Recompute instead of store: a function of which only inputs and results stay in memory.

    Parameters
    ----------
    function : callable
        Of arrays, tensors or nested containers; gives the same result for the same arguments. It
        may read parameters and tensors that it closes over; they receive their gradients.

    Returns
    -------
    callable
        The same function. The backward pass runs it a second time and then differentiates it.

    Notes
    -----
    Inside a forward derivative nothing is stored, so nothing is recomputed there. The results of
    the second run are compared with those of the first: a function that draws random numbers must
    draw them from a key that is an argument (``chainrule.ops.random``).

    Raises
    ------
    UnsupportedError
        In the backward pass, if the function did not give the same result again.

    Source
    ------
    Chen, Xu, Zhang, Guestrin 2016, "Training deep nets with sublinear memory cost".

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> block = cr.checkpoint(lambda x: np.tanh(np.sin(x)))
    >>> cr.grad(lambda x: block(x).sum())(np.zeros(2))
    array([1., 1.])
    """

    @transform(checkpoint, function)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        leaves, structure = flatten(args)
        call = _Call(function, structure, keywords)
        if DEPTH.get() or not RECORDING.get() or any(map(_is_nested, leaves)):
            return call(leaves)
        own = [alias(x) if is_differentiated(x) else x for x in leaves]  # also closed over?
        begin = next_serial()
        readings = Readings()
        token = RECORDING.set(readings)
        try:
            out = call.flat(call(own))
        finally:
            RECORDING.reset(token)
        closed_over = [x for x in readings.nodes if not any(x is each for each in own)]
        nested = any(x.serial > begin for x in closed_over)
        nested = nested or any(map(is_differentiated, _parts(out)))
        if nested or not readings.nodes:
            return call(leaves)  # a derivative inside made nodes that a second run would not know
        return unflatten(call.result, _recorded(call, leaves, closed_over, out))

    return wrapped


def _is_nested(x: Any) -> bool:
    return isinstance(x, Symbol) and (not isinstance(x, Node) or isinstance(x.value, Symbol))


def _recorded(call: _Call, leaves: Sequence[Any], closed_over: Sequence[Node], out: Any) -> Any:
    """One node for the whole function."""
    nodes = [x for x in (*leaves, *closed_over) if isinstance(x, Node)]
    kind: Any = max(nodes, key=lambda x: x.rank).result
    inputs = tuple(x if isinstance(x, Node) else constant(x, kind) for x in leaves)
    op = Checkpoint(call, tuple(closed_over))
    values = tuple(x.value if isinstance(x, Node) else np.asarray(x) for x in _parts(out))
    made = kind(values if is_tuple(out) else values[0], op, (*inputs, *closed_over), True)
    return results_of(made) if is_tuple(out) else (made,)


def _parts(out: Any) -> tuple[Any, ...]:
    return out if is_tuple(out) else (out,)


class Checkpoint(Op):
    """A function recorded as one node; its backward pass runs it again."""

    call: Any
    closed_over: tuple[Any, ...]

    def forward(self, *leaves: Any) -> Any:
        """Run the function."""
        own = leaves[: len(leaves) - len(self.closed_over)]
        return self.call.flat(self.call(own))

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """Record the function on aliases of its arguments, and walk back through that graph."""
        count = len(inputs) - len(self.closed_over)
        own = [alias(x) if want else x for x, want in zip(inputs, wanted, strict=True)][:count]
        graph = any(isinstance(x, Node) for x in inputs)
        token = RECORDING.set(rules_on())
        try:
            ends = _parts(self.call.flat(self.call(own)))
        finally:
            RECORDING.reset(token)
        _check_again(self.call.function, _parts(out), ends)
        targets = [*own, *self.closed_over]
        lives = live if is_tuple(live) else (live,) * len(ends)
        parts = zip(ends, _parts(upstream), lives, strict=True)
        parts = [part for part in parts if isinstance(part[0], Node)]  # others are constants
        reached = {x for x, want in zip(targets, wanted, strict=True) if want}
        starts, upstreams = [end for end, _, _ in parts], [u for _, u, _ in parts]
        alive = tuple(mask for _, _, mask in parts)
        found = walk(starts, upstreams, targets=reached, graph=graph, live=alive)
        return [found.get(x) if w else None for x, w in zip(targets, wanted, strict=True)], None


def _check_again(function: Any, before: Sequence[Any], again: Sequence[Any]) -> None:
    """Raise where a second run gave other numbers: its gradient would be of another function."""
    for x, y in zip(map(_number, before), map(_number, again), strict=True):
        if isinstance(x, Symbol) or isinstance(y, Symbol) or x.dtype.kind not in "fc":
            continue
        with np.errstate(all="ignore"):
            largest = np.max(np.abs(x), initial=0, where=np.isfinite(x))
            near = np.abs(x - y) <= ROUNDING * np.finfo(x.dtype).eps * largest
        if not np.all(near | (x == y) | (np.isnan(x) & np.isnan(y))):
            raise UnsupportedError(
                f"{_name(function)} gave another result when the backward pass ran it again.",
                found=[describe("first", x), describe("again", y)],
                do="Draw random numbers outside, or from a key that is an argument, and change "
                "nothing between the forward and the backward pass.",
            )


def _number(x: Any) -> Any:
    """The value of a result; a symbol where a recording or a derivative stands around it."""
    while isinstance(x, Node):
        x = x.value
    return x if isinstance(x, Symbol) else np.asarray(x)
