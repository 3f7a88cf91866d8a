"""compile: a function of arrays, recorded once per signature and run as machine code.

Imports signature and verification beside it. Users call it.
"""

import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, overload

from chainrule.compiled.signature import Call, Signature
from chainrule.compiled.verification import Verification, compared
from chainrule.errors import ArgumentError, RecordingWarning
from chainrule.plan.plan import Plan

MANY_RECORDINGS = 4  # of one function: a last, smaller batch is usual; more looks like an accident
KEPT = 64  # recordings of one function at a time: each holds machine code and its memory
Function = Callable[..., Any]


@overload
def compile(function: Function, *, donate: int | Sequence[int] = ()) -> "Compiled": ...


@overload
def compile(
    function: None = None, *, donate: int | Sequence[int] = ()
) -> Callable[[Function], "Compiled"]: ...


def compile(function: Function | None = None, *, donate: int | Sequence[int] = ()) -> Any:
    """Compile a function of arrays to machine code; also a decorator.

    The function is recorded the first time it meets a signature (the containers, shapes and
    dtypes of its arguments), and its recording is run from then on.

    Parameters
    ----------
    function : callable
        Takes arrays and nested lists, tuples and dicts of them; written with ops, operators and
        NumPy's functions; ``cr.grad`` and its like may be taken inside. Everything that is no
        array (Python numbers, text, None) is static: another value is another recording.
        Arrays that it closes over are constants, copied at the recording.
    donate : int or sequence of int, default ()
        Positional arguments whose memory the caller gives up: a result of the same shape and
        dtype is written in its place, and is that array.

    Returns
    -------
    Compiled
        Called like the function. ``plan(*args)`` shows what runs, ``verify(*args)`` compares it
        with the eager run.

    Raises
    ------
    UnsupportedError
        If the function branches on the value of an array, or takes it out of the graph.

    Notes
    -----
    An op that has no machine code (one of your own, written with NumPy) is called back in Python:
    right, and slower; the plan names it. Inside a derivative the function itself is called.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> loss = lambda w, x: np.mean(np.tanh(x @ w) ** 2)
    >>> step = cr.compile(lambda w, x: w - 0.1 * cr.grad(loss)(w, x))
    >>> step(np.ones(2), np.eye(2)).round(4)
    array([0.968, 0.968])
    """
    if function is None:
        return functools.partial(compile, donate=donate)
    if not callable(function):
        raise ArgumentError(
            f"compile takes a function, but this is a {type(function).__name__}.",
            do="Pass the function itself, not its result: cr.compile(f).",
        )
    return Compiled(function, (donate,) if isinstance(donate, int) else tuple(donate))


class Compiled:
    """A function that runs as machine code; :func:`compile` makes it."""

    def __init__(self, function: Function, donate: tuple[int, ...] = ()) -> None:
        functools.update_wrapper(self, function)
        self._function, self._donate = function, donate
        self._signatures: dict[Any, Signature] = {}
        self._lock = threading.Lock()

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the function; record and compile it first, if this signature is new."""
        call = Call.of(args, keywords, self._donate)
        if call is None:  # a derivative is being taken: it must see every op
            return self._function(*args, **keywords)
        return self._signature(call).run(call.arrays)

    def plan(self, *args: Any, **keywords: Any) -> Plan:
        """The plan for these arguments; ``print(f.plan(x).show())`` is made to be read."""
        return self._signature(self._own(args, keywords)).plan

    def verify(self, *args: Any, **keywords: Any) -> Verification:
        """Run eager and compiled on these arguments, and compare every number of the results."""
        call = self._own(args, keywords)
        eager = self._function(*args, **keywords)
        copies = [array.copy() for array in call.arrays]  # a donated one would be overwritten
        return compared(eager, self._signature(call).run(copies))

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """A method, where a class holds it: the object is a static argument."""
        return self if owner is None else functools.partial(self, owner)

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", repr(self._function))
        return f"<compiled {name}: {len(self._signatures)} recordings>"

    def _own(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> "Call":
        call = Call.of(args, keywords, self._donate)
        if call is None:
            raise ArgumentError(
                "a plan is made for arrays, but these arguments are being differentiated.",
                do="Call it outside of grad and its like.",
            )
        return call

    def _signature(self, call: "Call") -> "Signature":
        found = self._signatures.get(call.key)
        if found is None:
            with self._lock:
                found = self._signatures.get(call.key)
                if found is None:
                    found = Signature(self._function, call)
                    if len(self._signatures) >= KEPT:  # the oldest goes
                        del self._signatures[next(iter(self._signatures))]
                    self._signatures[call.key] = found
                    self._say(len(self._signatures))
        return found

    def _say(self, count: int) -> None:
        if count == MANY_RECORDINGS:
            name = getattr(self._function, "__name__", "the function")
            warnings.warn(
                f"{name} has been recorded and compiled {count} times: the shapes or the Python "
                "values of its arguments change from call to call. Pad the arrays to one shape, "
                "and pass numbers that change as arrays: np.asarray(rate).",
                RecordingWarning,
                stacklevel=4,
            )
