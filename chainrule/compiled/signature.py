"""Signatures: what a compiled function was called with, and the recording made for it.

Imports the trees of arrays, plan and native; function.py calls it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.differentiate.tree import flatten, unflatten
from chainrule.graph.node import Node
from chainrule.graph.symbol import Symbol
from chainrule.native.engine import compile_plan
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import Spec, is_array


@dataclass(frozen=True)
class Call:
    """The arguments of a call, taken apart."""

    structure: Any
    leaves: tuple[Any, ...]  # a Spec for each array; static values as they are
    donated: tuple[bool, ...]  # per array
    arrays: tuple[Any, ...]
    key: Any

    @classmethod
    def of(
        cls, args: tuple[Any, ...], keywords: dict[str, Any], donate: tuple[int, ...]
    ) -> "Call | None":
        flat, structure = flatten((args, keywords))
        leaves: list[Any] = []
        arrays: list[Any] = []
        key: list[Any] = []
        for x in flat:
            if isinstance(x, Symbol):
                if not isinstance(x, Node) or x.traced:
                    return None
                x = x.value
            if _is_numpy(x):
                array = _in_order(np.asarray(x))
                arrays.append(array)
                leaves.append(Spec(array.shape, array.dtype))
                key.append((array.shape, array.dtype))
            else:
                leaves.append(x)
                key.append((type(x), x))
        donated = _donated(args, donate, len(arrays)) if donate else (False,) * len(arrays)
        return cls(structure, tuple(leaves), donated, tuple(arrays), (structure, tuple(key)))


def _donated(args: tuple[Any, ...], donate: tuple[int, ...], count: int) -> tuple[bool, ...]:
    marks: list[bool] = []
    for i, each in enumerate(args):
        given = i in donate or i - len(args) in donate
        marks += [given for x in flatten(each)[0] if _is_numpy(x)]
    return tuple(marks) + (False,) * (count - len(marks))


class Signature:
    """One recording of a function.

    Attributes
    ----------
    plan : Plan
    """

    def __init__(self, function: Callable[..., Any], call: Call) -> None:
        self._statics: list[Any] = []
        self._is_static: list[bool] = []
        self._structure: Any = None
        specs = [x for x in call.leaves if isinstance(x, Spec)]

        def flat(*symbols: Any) -> list[Any]:
            given = iter(symbols)
            leaves = [next(given) if isinstance(x, Spec) else x for x in call.leaves]
            args, keywords = unflatten(call.structure, leaves)
            results, self._structure = flatten(function(*args, **keywords))
            results = [x.value if isinstance(x, Node) else x for x in results]
            found = [x for x in results if isinstance(x, Symbol)]
            self._statics = [None if isinstance(x, Symbol) else _kept(x) for x in results]
            self._is_static = [not isinstance(x, Symbol) for x in results]
            return found

        flow = record(flat, specs)
        flow = replace(flow, updates=_matched(specs, flow.outputs, call.donated))
        self.plan = make(flow)
        self._executable = compile_plan(self.plan)
        self._free: list[Any] = []

    def run(self, arrays: Sequence[Any]) -> Any:
        """The function's results for these arrays."""
        try:
            run = self._free.pop()
        except IndexError:
            run = self._executable.run_object()
        inputs = list(arrays)
        outputs = [
            inputs[self.plan.updates[i]] if i in self.plan.updates else np.empty(s.shape, s.dtype)
            for i, s in enumerate(self.plan.outputs)
        ]
        run(inputs, outputs)
        self._free.append(run)
        given = iter(outputs)
        results = [
            _kept(static) if fixed else _unwrapped(next(given))
            for static, fixed in zip(self._statics, self._is_static, strict=True)
        ]
        return unflatten(self._structure, results)


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
