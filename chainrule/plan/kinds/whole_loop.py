"""Loop: a plan of its own at every step, whose first inputs are what the last step has made.

Imports alone, the interpreter and the comparison of flows.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.plan.alone import Alone, View, X, must
from chainrule.plan.interpret import interpret
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.plan import Plan
from chainrule.plan.rewrite import drop_unused, reads
from chainrule.plan.same_flow import same_flow
from chainrule.plan.scalar import Access
from chainrule.plan.steps import Array, Flow, Map, Ref, contiguous
from chainrule.plan.walks import is_whole


class Step:
    """What a loop does at every step, planned when it is asked for.

    Attributes
    ----------
    flow : Flow
        Takes the carry first, and gives the next one first.
    carries : int
        How many tensors that is.
    """

    __hash__ = None  # pyright: ignore[reportAssignmentType]  equal ones are found by comparing

    def __init__(self, flow: Flow, carries: int, make: Callable[[Flow], Plan]) -> None:
        self.flow, self.carries, self._make = flow, carries, make

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and same_flow(self.flow, other.flow)

    @cached_property
    def lies(self) -> tuple[int, ...]:
        """For each part of the carry the result that is the part as the step takes it, or -1.

        Such a part needs no place of its own: each step writes it where the next one finds it.
        """
        outputs = list(enumerate(self.flow.outputs))[self.carries :]
        refs = [(i, x) for i, x in outputs if isinstance(x, Ref)]
        return tuple(
            next((i for i, x in refs if x.array is part and is_whole(x)), -1)
            for part in self.flow.inputs[: self.carries]
        )

    @cached_property
    def written(self) -> tuple[int, ...]:
        """The results that the plan writes."""
        return tuple(i for i in range(len(self.flow.outputs)) if i not in self.lies)

    @cached_property
    def plan(self) -> Plan:
        """A step's plan; a part of the carry that lies nowhere else is written over."""
        outputs = tuple(self.flow.outputs[i] for i in self.written)
        updates = {i: i for i, place in enumerate(self.lies) if place < 0}
        return self._make(replace(self.flow, outputs=outputs, updates=updates))

    def narrowed(self, results: Set[int]) -> tuple["Step", list[int], list[int]]:
        """What is left of it for these results: with the inputs and the results that it keeps."""
        wanted, kept = set(results), list[int]()
        flow, read = self.flow, set[Array]()
        while len(wanted) > len(kept) or not kept:
            kept = sorted(wanted)
            flow = drop_unused(
                replace(self.flow, outputs=tuple(self.flow.outputs[i] for i in kept))
            )
            read = {x.array for step in flow.steps for x in reads(step)}
            read |= {x.array for x in flow.outputs if isinstance(x, Ref)}
            wanted |= {i for i, x in enumerate(flow.inputs[: self.carries]) if x in read}
        carries = sum(i < self.carries for i in kept)
        inputs = [
            i
            for i, x in enumerate(flow.inputs)
            if (i in wanted if i < self.carries else x in read)
        ]
        flow = replace(flow, inputs=tuple(flow.inputs[i] for i in inputs))
        return Step(flow, carries, self._make), inputs, kept


@dataclass(frozen=True, eq=False)
class Loop(Alone[X]):
    """One step after another.

    Attributes
    ----------
    carry, streams, shared : tuple
        What the step takes: what the first one begins with, tensors of whose first axis each step
        takes one entry, and what is the same for all.
    results : tuple
        The last carry, and what the steps give beside it, along a new first axis.
    """

    step: Step
    length: int
    reverse: bool
    carry: tuple[X, ...]
    streams: tuple[X, ...]
    shared: tuple[X, ...]
    results: tuple[X, ...]

    made: ClassVar[tuple[str, ...]] = ("results",)
    may_end: ClassVar[bool] = True

    @property
    def draws(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]  of its kernels
        """Whether a step does."""
        return any(kernel.draws for kernel in self.step.plan.kernels)

    @property
    def runs(self) -> Plan:  # pyright: ignore[reportIncompatibleVariableOverride]  a step's
        """The plan of a step."""
        return self.step.plan

    def without_unused(self: "Loop[Ref]", used: Set[Array]) -> "Loop[Ref]":
        """It, without the results that nobody reads, and the inputs that only they need."""
        results = {i for i, x in enumerate(self.results) if x.array in used}
        step, inputs, kept = self.step.narrowed(results)
        if len(inputs) == len(self.step.flow.inputs) and len(kept) == len(self.results):
            return self
        given = (*self.carry, *self.streams, *self.shared)
        first, last = len(self.carry), len(self.carry) + len(self.streams)
        return replace(
            self,
            step=step,
            carry=tuple(given[i] for i in inputs if i < first),
            streams=tuple(given[i] for i in inputs if first <= i < last),
            shared=tuple(given[i] for i in inputs if i >= last),
            results=tuple(self.results[i] for i in kept),
        )

    @property
    def times(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]  one per loop
        """The number of steps."""
        return self.length

    def prepared(self: "Loop[Ref]") -> Iterator[Any]:
        """It, behind copies of what does not lie in order: a step takes it as it lies."""
        copies: list[Map] = []

        def laid(x: Ref, first: int) -> Ref:
            if _is_in_order(x.shape[first:], x.strides[first:]):
                return x
            copies.append(Map("copy", (x,), Array(x.shape, x.dtype, label="copy")))
            return copies[-1].out.ref()

        carry, shared = (tuple(laid(x, 0) for x in xs) for xs in (self.carry, self.shared))
        streams = tuple(laid(x, 1) for x in self.streams)
        yield from copies
        yield replace(self, carry=carry, streams=streams, shared=shared)

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """The plan, interpreted at every step."""
        carry: list[Any] = [np.array(see(x)) for x in self.carry]
        streams, shared = [see(x) for x in self.streams], [np.array(see(x)) for x in self.shared]
        made = self.step.written
        specs = [(x.shape, x.dtype) for x in self.step.flow.outputs if isinstance(x, Ref)]
        stacks: dict[int, Any] = {
            i: np.empty((self.length, *specs[i][0]), specs[i][1])
            for i in range(len(carry), len(self.results))
        }
        steps = range(self.length)
        for t in reversed(steps) if self.reverse else steps:
            for part, place in zip(carry, self.step.lies, strict=True):
                if place >= 0:
                    stacks[place][t] = part.reshape(specs[place][0])
            entries = [np.array(x[t]) for x in streams]
            found = dict(zip(made, interpret(self.runs, [*carry, *entries, *shared]), strict=True))
            carry = [found[i] for i in range(len(carry))]
            for i, stack in stacks.items():
                if i in found:
                    stack[t] = found[i]
        return (*carry, *stacks.values())

    def check(self: "Loop[Ref]") -> None:
        """The step takes what there is."""
        given = [*self.carry, *(_entry(x) for x in self.streams), *self.shared]
        inputs = self.step.flow.inputs
        must(len(inputs) == len(given), "a step takes what there is")
        for spec, x in zip(inputs, given, strict=True):
            must((spec.shape, spec.dtype) == (x.shape, x.dtype), "a step takes it as it is")
        must(all(x.shape[0] == self.length for x in self.streams), "one entry for each step")

    def code_key(self) -> Any:
        """The code runs whatever plan it is given."""
        return self.carry, self.streams, self.shared, self.results

    def moved(self, change: Callable[[Access], Access]) -> Self:
        """Its own accesses: those of the step belong to the step's plan."""
        changes = {
            name: tuple(replace(x, access=change(x.access)) for x in getattr(self, name))
            for name in ("carry", "streams", "shared", "results")
        }
        return self._with(changes)

    def flops(self) -> int:
        """Those of all steps."""
        return self.length * sum(kernel.flops() for kernel in self.runs.kernels)

    def loops(self: "Loop[View]") -> str:
        """The number of steps."""
        return str(self.length)

    def what(self) -> str:
        """How many kernels a step has."""
        count = len(self.runs.kernels)
        kernels = "1 kernel" if count == 1 else f"{count} kernels"
        return f"{self.length} steps of {kernels}{', backwards' if self.reverse else ''}"


def _entry(x: Ref) -> Ref:
    return replace(x, shape=x.shape[1:], strides=x.strides[1:])


def _is_in_order(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether elements lie one after another."""
    pairs = zip(shape, strides, contiguous(shape), strict=True)
    return all(n == 1 or stride == dense for n, stride, dense in pairs)
