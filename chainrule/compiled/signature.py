"""Signatures: what a compiled function was called with, and the recording made for it.

Imports the trees of arrays, the surroundings, plan and native; function.py calls it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MethodType
from typing import Any

import numpy as np

from chainrule.compiled.places import Place
from chainrule.compiled.recording import Inputs, recorded
from chainrule.compiled.surroundings import Surroundings
from chainrule.compiled.values import Same, atom, content
from chainrule.differentiate.tree import flatten, unflatten
from chainrule.errors import ArgumentError, DTypeError, UnsupportedError, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.native.engine import compile_plan
from chainrule.nn.module import Module
from chainrule.nn.run import CURRENT
from chainrule.plan.steps import Flow
from chainrule.settings import RECORDING
from chainrule.spec import Spec, is_array, is_masked

NUMBERS = "biufcmM"  # kinds of elements: truth values, numbers, durations and dates


@dataclass(frozen=True)
class Call:
    """The arguments of a call, taken apart."""

    structure: Any
    leaves: tuple[Any, ...]  # a Spec for each array; static values as they are
    donated: tuple[bool, ...]  # per array
    arrays: tuple[Any, ...]
    objects: tuple[Any, ...]  # static values that have parts
    tensors: bool  # whether an array came as a tensor that wants no gradient
    key: Any  # of what the arguments are, before anybody looks into the objects
    shapes: Any  # the same without the objects

    @classmethod
    def of(
        cls, args: tuple[Any, ...], keywords: dict[str, Any], donate: tuple[int, ...]
    ) -> "Call | None":
        """None where something is differentiated, recorded or trained: every op must be seen."""
        standing = RECORDING.get()
        taped = standing.recording
        if standing.looks or CURRENT.get().training:
            return None  # a net that trains hands out keys, and takes statistics
        flat, structure = flatten((args, keywords))
        leaves: list[Any] = []
        arrays: list[Any] = []
        objects: list[Any] = []
        key: list[Any] = []
        tensors = False
        for x in flat:
            if isinstance(x, Symbol):
                tensors = True
                if not isinstance(x, Node) or x.traced or (x.wants_gradient and taped):
                    return None
                x = x.value
            if _is_numpy(x):
                if type(x) is not np.ndarray and is_masked(x):
                    return None  # machine code sees no mask
                array = _in_order(np.asarray(x))
                arrays.append(array)
                leaves.append(Spec(array.shape, array.dtype))
                key.append((array.shape, array.dtype))
                continue
            leaves.append(x)
            simple = atom(x)
            key.append(simple)
            if simple is None:
                objects.append(x)
        donated = (False,) * len(arrays)
        if donate:
            donated = _donated(args, donate, len(arrays))
            _part(arrays, donated, [x for x in flat if isinstance(x, Symbol) or _is_numpy(x)])
        shapes = structure, tuple(key)
        whole = (shapes, tuple(map(Same, objects))) if objects else shapes
        parts = tuple(leaves), donated, tuple(arrays), tuple(objects), tensors
        return cls(structure, *parts, whole, shapes)


def _donated(args: tuple[Any, ...], donate: tuple[int, ...], count: int) -> tuple[bool, ...]:
    marks: list[bool] = []
    for i, each in enumerate(args):
        given = i in donate or i - len(args) in donate
        marks += [given for x in flatten(each)[0] if isinstance(x, Symbol) or _is_numpy(x)]
    return tuple(marks) + (False,) * (count - len(marks))


def _part(arrays: list[Any], donated: Sequence[bool], given: Sequence[Any]) -> None:
    """See that what is written over memory that was given up is read from nowhere else.

    Raises
    ------
    ArgumentError
        If a donated array is not the caller's to give: read-only, a tensor's, or given twice.
    """
    taken = [i for i, gives in enumerate(donated) if gives]
    for i in taken:
        if isinstance(given[i], Symbol):
            raise _not_to_give(given[i], "a tensor keeps its own memory")
        if not arrays[i].flags.writeable:
            raise _not_to_give(given[i], "its memory is read-only")
        for j, other in enumerate(arrays):
            if i == j or not np.may_share_memory(arrays[i], other):
                continue
            if donated[j]:
                raise _not_to_give(given[i], "its memory was given twice")
            arrays[j] = other.copy()


def _not_to_give(x: Any, why: str) -> ArgumentError:
    return ArgumentError(
        f"a donated argument is written over, but {why}.",
        found=[describe("donated", x)],
        do="Pass a copy, np.array(x), or leave this argument out of donate.",
    )


class Signature:
    """One recording of a function.

    Attributes
    ----------
    plan : Plan
    """

    def __init__(
        self, function: Callable[..., Any], call: Call, surroundings: Surroundings
    ) -> None:
        self._statics: list[Any] = []
        self._is_static: list[bool] = []
        self._structure: Any = None
        specs = [x for x in call.leaves if isinstance(x, Spec)]
        _check_types(specs)

        def flat(*symbols: Any) -> list[Any]:
            watch: Any = RECORDING.get()
            given = iter(symbols)
            leaves = [next(given) if isinstance(x, Spec) else _own(x, watch) for x in call.leaves]
            args, keywords = unflatten(call.structure, leaves)
            results, self._structure = flatten(_own(function, watch)(*args, **keywords))
            results = [_symbol(watch.met(x)) for x in results]
            found = [x for x in results if isinstance(x, Symbol)]
            self._statics = [None if isinstance(x, Symbol) else _kept(x) for x in results]
            self._is_static = [not isinstance(x, Symbol) for x in results]
            return found

        def finish(flow: Flow) -> Flow:
            return replace(flow, updates=_matched(specs, flow.outputs, call.donated))

        around = surroundings.dice, surroundings.snapshot.stands, self._beside
        try:
            self.plan, sources = recorded(flat, specs, finish, lambda: Inputs(True), *around)
        except UnsupportedError:  # perhaps the function looks at a buffer: it is a constant then
            if not any(isinstance(x, Place) for x in surroundings.inputs):
                raise
            self.plan, sources = recorded(flat, specs, finish, lambda: Inputs(False), *around)
        places = {x: i for i, x in enumerate(surroundings.inputs)}
        self._sources = [places.get(x, x) for x in sources]
        found = set(sources)
        self._constants = [
            (i, content(x.value))
            for i, x in enumerate(surroundings.inputs)
            if isinstance(x, Place) and x not in found
        ]
        self._executable = compile_plan(self.plan)
        self._free: list[_Bound] = []

    def _beside(self) -> list[Any]:
        """The results that are no symbols, by value; None for those that have none."""
        return [content(x) if is_array(x) else atom(x) for x in self._statics]

    def fits(self, surroundings: Surroundings) -> bool:
        """Whether the buffers that are constants of the recording hold what they held."""
        inputs = surroundings.inputs
        return all(content(inputs[i].value) == mark for i, mark in self._constants)

    def held(self, surroundings: Surroundings) -> "Held":
        """What the inputs after the arguments read; a buffer that is a constant is watched."""
        inputs = surroundings.inputs
        for i, mark in self._constants:
            surroundings.snapshot.array(inputs[i].value, mark)
        return Held([inputs[x] if isinstance(x, int) else x for x in self._sources])

    def run(self, arrays: Sequence[Any], held: "Held") -> Any:
        """The function's results for these arrays, and what parameters and buffers hold now."""
        try:
            bound = self._free.pop()
        except IndexError:
            bound = _Bound(self._executable.run_object())
        inputs = list(arrays)
        outputs = [
            inputs[self.plan.updates[i]] if i in self.plan.updates else np.empty(s.shape, s.dtype)
            for i, s in enumerate(self.plan.outputs)
        ]
        bound.read(len(inputs), held)
        bound.run(inputs, outputs)
        self._free.append(bound)
        given = iter(outputs)
        results = [
            _kept(static) if fixed else _unwrapped(next(given))
            for static, fixed in zip(self._statics, self._is_static, strict=True)
        ]
        return unflatten(self._structure, results)


class Held:
    """The arrays of parameters and buffers, which keep their places while they are written."""

    def __init__(self, sources: Sequence[Any]) -> None:
        self._arrays = [x.value for x in sources]
        # Another order in memory, or of bytes, is read from a copy, which must be a new one.
        self.in_place = all(_in_order(array) is array for array in self._arrays)

    @property
    def arrays(self) -> list[Any]:
        """As the plan reads them."""
        return self._arrays if self.in_place else list(map(_in_order, self._arrays))


class _Bound:
    """A run, and the parameters and buffers that it is bound to."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self._held: Held | None = None

    def read(self, first: int, held: Held) -> None:
        """Read these as the inputs from a number on."""
        if held is self._held and held.in_place:
            return
        for number, array in enumerate(held.arrays, first):
            self.run.bind_input(number, array)
        self._held = held


def _check_types(specs: Sequence[Spec]) -> None:
    """Raise for arrays that hold no numbers: text, objects, records."""
    for spec in specs:
        if spec.dtype.kind not in NUMBERS:
            raise DTypeError(
                f"a compiled function takes arrays of numbers, but one holds {spec.dtype}.",
                found=[f"array  {spec.shape}  {spec.dtype}"],
                do="Convert it, array.astype(np.float32), or pass text and objects as Python "
                "values: a list of them counts by value.",
            )


def _own(x: Any, watch: Any) -> Any:
    """A net, or its method, with inputs in the places of its buffers."""
    if isinstance(x, Module):
        return watch.module(x)
    if isinstance(x, MethodType) and isinstance(x.__self__, Module):
        return MethodType(x.__func__, watch.module(x.__self__))
    return x


def _symbol(x: Any) -> Any:
    """A result without the graph of its backward walk."""
    while isinstance(x, Node):
        x = x.value
    return x


def _is_numpy(x: Any) -> bool:
    """Whether this is an array, or one of NumPy's numbers: what a Python number never is."""
    return isinstance(x, np.ndarray | np.generic)


def _in_order(array: Any) -> Any:
    """C-contiguous and in this machine's byte order, as the plan reads it."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def _kept(x: Any) -> Any:
    """A result that depends on no argument: an array of its own for every call."""
    return x.copy() if is_array(x) else x


def _unwrapped(array: Any) -> Any:
    """A NumPy number where there are no axes, as NumPy's own functions return it."""
    return array if array.ndim else array[()]


def _matched(
    specs: Sequence[Spec], outputs: Sequence[Any], donated: Sequence[bool]
) -> dict[int, int]:
    """For each result the first donated argument of its shape and dtype that is still free."""
    free = [i for i, given in enumerate(donated) if given]
    found: dict[int, int] = {}
    for number, out in enumerate(outputs):
        match = next((i for i in free if specs[i] == Spec(out.shape, np.dtype(out.dtype))), None)
        if match is not None:
            found[number] = match
            free.remove(match)
    return found
