"""compile: a function of arrays, recorded once per signature and run as machine code.

Imports signature and verification beside it. Users call it.
"""

import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, overload

from chainrule.compiled.signature import Call, Held, Signature
from chainrule.compiled.surroundings import Surroundings
from chainrule.compiled.verification import Verification, compared
from chainrule.differentiate.transform import by_name
from chainrule.errors import ArgumentError, RecordingWarning, a_kind
from chainrule.plan.closed_over import SymbolMet
from chainrule.plan.plan import Plan
from chainrule.plan.undisturbed import undisturbed
from chainrule.settings import DEPTH, RECORDING, no_grad

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
    dtypes of its arguments), and its recording is run from then on. It is run twice for that, so
    that a random draw or a clock shows: what it prints, it prints twice. Called with arrays it
    returns arrays: a graph around it ends there.

    Parameters
    ----------
    function : callable
        Takes arrays and nested lists, tuples and dicts of them; written with ops, operators and
        NumPy's functions; ``cr.grad`` and its like may be taken inside. A net is one, and so is
        a method. Everything that is no array (Python numbers, text, None, objects) is static:
        another value is another recording, and 0.0, -0.0 and False are three values.
    donate : int or sequence of int, default ()
        Positional arguments whose memory the caller gives up: a result of the same shape and
        dtype is written in its place, and is that array. Another argument in the same memory is
        read from a copy.

    Returns
    -------
    Compiled
        Called like the function. ``plan(*args)`` shows what runs, ``verify(*args)`` compares it
        with the eager run.

    Raises
    ------
    UnsupportedError
        If the function branches on the value of an array or a parameter, takes it out of the
        graph, draws from a random generator, or computes something else at its next run.
    ArgumentError
        If a donated array is read-only, a tensor's, or given twice.

    Notes
    -----
    *Parameters and buffers* that it closes over are inputs of its plan, read at every call where
    they stand then: steps, ``load_state`` and new ones in their places count.

    *Everything else* that it closes over is guarded: variables of outer functions, globals and
    attributes that its code and the functions it calls name, defaults, containers, and arrays by
    what they hold (up to 64 KiB by their bytes, larger ones by a fingerprint, 20 us per MiB). A
    changed one means a new recording. Not seen are a change of what only a name made up at run
    time leads to, of objects written in C, and of the globals of installed packages.

    *Symbols*: where an argument, or what it closes over, is a tensor that wants a gradient, or is
    being differentiated or recorded, the function itself is called, so that every op is seen.
    Inside ``no_grad`` tensors are arrays.

    An op that has no machine code (one of your own, written with NumPy) is called back in Python:
    right, and slower; the plan names it.

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
            f"compile takes a function, but this is {a_kind(function)}.",
            do="Pass the function itself, not its result: cr.compile(f).",
        )
    return Compiled(function, (donate,) if isinstance(donate, int) else tuple(donate))


class Compiled:
    """A function that runs as machine code; :func:`compile` makes it."""

    def __init__(self, function: Function, donate: tuple[int, ...] = ()) -> None:
        # Attributes of a function are its user's; those of a net are its parameters.
        updated = functools.WRAPPER_UPDATES if isinstance(function, FunctionType) else ()
        functools.update_wrapper(self, function, updated=updated)
        self._function, self._donate = function, donate
        self._found: dict[Any, _Found] = {}
        self._signatures: dict[Any, list[Signature]] = {}
        self._count = 0
        self._attribute = getattr(function, "__name__", "")  # of a class, if this is a method
        self._read: frozenset[str] = frozenset()  # names of attributes
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the function; record and compile it first, if this signature is new."""
        return self._run(args, keywords)

    def plan(self, *args: Any, **keywords: Any) -> Plan:
        """The plan for these arguments; ``print(f.plan(x).show())`` is made to be read."""
        return self._own(args, keywords)[1].signature.plan

    def verify(self, *args: Any, **keywords: Any) -> Verification:
        """Run eager and compiled on these arguments, and compare every number of the results."""
        call, found = self._own(args, keywords)
        with no_grad():
            eager = self._function(*args, **keywords)
        copies = [array.copy() for array in call.arrays]  # a donated one would be overwritten
        return compared(eager, found.signature.run(copies, found.held))

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """A method, where a class holds it: the function closes over the object."""
        return self if owner is None else CompiledMethod(self, owner)

    def __set_name__(self, kind: type, name: str) -> None:
        self._attribute = name

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", type(self._function).__name__)
        return f"<compiled {name}: {sum(map(len, self._signatures.values()))} recordings>"

    def __reduce__(self) -> Any:
        return by_name(self) or (Compiled, (self._function, self._donate))

    def _run(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        call = Call.of(args, keywords, self._donate)
        found = None if call is None else self._find(call, args)
        if call is None or found is None:
            return self._function(*args, **keywords)
        return found.signature.run(call.arrays, found.held)

    def _own(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Call, "_Found"]:
        call = Call.of(args, keywords, self._donate)
        found = None if call is None else self._find(call, args)
        if call is None or found is None:
            raise ArgumentError(
                "a plan is made for arrays, but these arguments are being differentiated.",
                do="Call it outside of grad and its like, with arrays: x.data of a tensor.",
            )
        return call, found

    def _find(self, call: Call, args: tuple[Any, ...]) -> "_Found | None":
        """The recording for a call; None where the function itself must be called."""
        found = self._found.get(call.key)
        if found is None or not found.around.snapshot.stands():
            found = self._look(call, args)
            if found is None:
                return None
        around = found.around
        if around.inputs and DEPTH.get():
            return None  # a recording around this one must see the parameters
        in_graph = around.passed or (call.tensors and around.wanting)
        return None if in_graph and RECORDING.get() else found

    def _look(self, call: Call, args: tuple[Any, ...]) -> "_Found | None":
        """Look around, and record the function where it was never met like this."""
        owner = args[0] if args and self._is_method_of(args[0]) else None
        given = [x for x in call.objects if x is not owner]
        around = Surroundings((self._function, owner), given, self._read)
        self._read = frozenset(around.names)
        if around.symbols:
            return None
        try:
            signature = self._signature(call, around)
        except SymbolMet:  # in a place where nobody looked
            return None
        found = _Found(around, signature, signature.held(around))
        _make_room(self._found)
        self._found[call.key] = found
        return found

    def _signature(self, call: Call, around: Surroundings) -> Signature:
        key = call.shapes, around.key
        with self._lock:
            known = self._signatures.get(key, [])
            found = next((x for x in known if x.fits(around)), None)
            if found is None:
                with undisturbed():
                    found = Signature(self._function, call, around)
                _make_room(self._signatures)
                self._signatures[key] = [*known[1 - KEPT :], found]
                self._count += 1
                self._say()
        return found

    def _is_method_of(self, x: Any) -> bool:
        kinds: tuple[type, ...] = type(x).__mro__
        return any(vars(kind).get(self._attribute) is self for kind in kinds)

    def _say(self) -> None:
        if self._count == MANY_RECORDINGS:
            name = getattr(self._function, "__name__", "the function")
            warnings.warn(
                f"{name} has been recorded and compiled {self._count} times: the shapes or the "
                "Python values of its arguments, or values that it closes over, change from call "
                "to call. Pad the arrays to one shape, and pass numbers and arrays that change as "
                "arguments: np.asarray(rate).",
                RecordingWarning,
                stacklevel=7,
            )


@dataclass(frozen=True)
class _Found:
    """What stood around a call, and the recording that it leads to."""

    around: Surroundings
    signature: Signature
    held: Held


class CompiledMethod(functools.partial[Any]):
    """A compiled function of an object, whose parameters are read at every call."""

    def plan(self, *args: Any, **keywords: Any) -> Plan:
        """See :meth:`Compiled.plan`."""
        compiled: Any = self.func
        return compiled.plan(*self.args, *args, **keywords)

    def verify(self, *args: Any, **keywords: Any) -> Verification:
        """See :meth:`Compiled.verify`."""
        compiled: Any = self.func
        return compiled.verify(*self.args, *args, **keywords)


def _make_room(kept: dict[Any, Any]) -> None:
    """The oldest goes."""
    while len(kept) >= KEPT:
        del kept[next(iter(kept))]
