"""scan and fori: a loop that stays a loop, in the graph, in its gradient and in native code.

Imports the op, recording and the trees of arrays. Users call them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.tree import flatten, unflatten
from chainrule.graph.numpy.symbol import Symbol
from chainrule.loops import bad_input as bad
from chainrule.loops.body import Slot
from chainrule.loops.body_recording import Stepped, record
from chainrule.loops.flat_step import FlatStep
from chainrule.loops.recorded_twice import require_same
from chainrule.loops.scan_op import Scan
from chainrule.loops.segments import in_segments
from chainrule.spec import Spec, is_array, spec_of

WEAK = (bool, int, float)
Function = Callable[..., Any]


def scan(
    f: Function,
    carry: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    checkpoint: int | None = None,
) -> tuple[Any, Any]:
    """Carry a state through the steps of a sequence: a loop that is compiled as a loop.

    The result is that of::

        ys = []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    but ``f`` is recorded once, whatever the number of steps: so a thousand steps compile in the
    time of ten, and the gradient is a loop as well.

    Parameters
    ----------
    f : callable
        Takes (carry, x) and returns (carry, y): arrays, tensors, or lists, tuples and dicts of
        them; y may be None. It may read parameters and tensors that it closes over; they receive
        their gradients. The carry that it returns has the shapes, dtypes and containers of the
        one that it takes.
    carry : array, tensor, number or container
        What the first step takes. A number takes the dtype that ``f`` gives it.
    xs : array, tensor or container, optional
        Sequences along their first axis; each step takes one entry of each.
    length : int, optional
        The number of steps, where there are no xs.
    reverse : bool, default False
        Whether the steps go from the last entry to the first; y of a step still stands where its
        x stands.
    checkpoint : int, optional
        Of how many steps at a time the values are kept for the gradient. Without it they are kept
        of all steps; with k, only the carry is kept at every k-th step, and the steps between are
        run again on the way back. About the square root of the steps takes least memory.

    Returns
    -------
    carry : as ``f`` returns it
        After the last step; without steps, the first carry.
    ys : as ``f`` returns y
        Of all steps, along a new first axis.

    Raises
    ------
    ShapeError, DTypeError, ArgumentError
        If the carry changes its shape, its dtype or its containers; if xs differ in length; if
        there is nothing to tell the number of steps by.
    UnsupportedError
        If ``f`` asks for a value, keeps a tensor of a step where it outlives the step, or draws
        random numbers: give each step a key of its own, np.stack([fold(key, i) for i in ...]).

    Notes
    -----
    Every mode reads it: ``grad``, ``jvp``, both of them nested, ``compile``, ``fit``; scans may
    stand inside scans. What ``f`` prints, it prints once or twice, and not at every step.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.scan(lambda total, x: (total + x, total), 0.0, np.arange(4.0))
    (np.float64(6.0), array([0., 0., 1., 3.]))
    >>> decay = lambda rate: cr.scan(lambda c, _: (c * rate, None), 1.0, length=10)[0]
    >>> cr.grad(decay)(1.0)
    10.0
    """
    bad.check_function(f)
    bad.check_reverse(reverse)
    streams, container = flatten(xs)
    streams = [bad.tensor(x, "xs") for x in streams]
    count, segment = bad.steps_of(streams, length), bad.segment_of(checkpoint)
    given, structure = flatten(carry)
    step = FlatStep(f, structure, container)
    entries = [Spec(x.shape[1:], x.dtype) for x in streams]
    first = _first(step, [_weak(x) for x in given], entries)
    specs = [*map(spec_of, first), *entries]
    recorded = record(step, specs)
    step.check_carry(recorded.body)
    if not any(map(_is_stepped, (*first, *streams))):  # else the body around is recorded twice
        require_same(recorded, record(step, specs))
    if recorded.body.results:
        op = Scan(recorded.body, len(first), len(streams), count, reverse)
        found = in_segments(op, segment, (*first, *streams, *recorded.closed_over))
    else:
        found = []
    found = [x[()] if is_array(x) and not x.ndim else x for x in found]
    return unflatten(structure, found[: len(first)]), unflatten(step.outputs, found[len(first) :])


def fori(lower: int, upper: int, f: Function, carry: Any, checkpoint: int | None = None) -> Any:
    """Carry a state through the whole numbers from ``lower`` to before ``upper``.

    The result is that of ``for i in range(lower, upper): carry = f(i, carry)``; see :func:`scan`.

    Parameters
    ----------
    lower, upper : int
        The steps. None where upper is not larger than lower.
    f : callable
        Takes (i, carry) and returns the next carry; i is a tensor of int64.
    carry : array, tensor, number or container
    checkpoint : int, optional
        See :func:`scan`.

    Returns
    -------
    carry : as ``f`` returns it

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.fori(0, 5, lambda i, total: total + i, 0)
    np.int64(10)
    """
    bad.check_function(f)
    first, last = bad.whole(lower, "lower"), bad.whole(upper, "upper")
    numbers = np.arange(first, max(first, last), dtype=np.int64)

    def step(state: Any, i: Any) -> tuple[Any, Any]:
        return f(i, state), None

    return scan(step, carry, numbers, checkpoint=checkpoint)[0]


def _weak(x: Any) -> Any:
    """A leaf of the first carry; a number of Python's own stays one, of no dtype yet."""
    return x if type(x) in WEAK else bad.tensor(x, "the carry")


def _first(step: FlatStep, leaves: Sequence[Any], entries: Sequence[Spec]) -> list[Any]:
    """The first carry: a number has the dtype that the step gives it."""
    if not any(type(x) in WEAK for x in leaves):
        return list(leaves)
    settled = [spec_of(x) for x in leaves if type(x) not in WEAK]

    def trial(*given: Any) -> list[Any]:
        rest = iter(given)
        return step(*[x if type(x) in WEAK else next(rest) for x in leaves], *rest)

    body = record(trial, [*settled, *entries]).body
    found = [body.specs[x.number] if isinstance(x, Slot) else spec_of(x) for x in body.results]
    return [
        np.asarray(x, spec.dtype) if type(x) in WEAK else x
        for x, spec in zip(leaves, found, strict=False)
    ]


def _is_stepped(x: Any) -> bool:
    """Whether the body of another scan stands around.

    A recording around is no reason to trust the body: where it finds that its function changes
    what it reads, it holds for one call, whose steps Python would give one number each.
    """
    while isinstance(x, Symbol) and x.wraps:
        inner: Any = x
        x = inner.value
    return isinstance(x, Stepped)
