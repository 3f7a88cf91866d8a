"""Loop: a plan of its own at every step, whose first inputs are what the last step has made.

Imports alone, the interpreter and the comparison of flows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.plan.alone import Alone, View, X, must
from chainrule.plan.interpret import interpret
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.plan import Plan
from chainrule.plan.same_flow import same_flow
from chainrule.plan.scalar import Access
from chainrule.plan.steps import Array, Flow, Map, Ref, contiguous


class Step:
    """What a loop does at every step.

    Attributes
    ----------
    flow : Flow
        Updates its first inputs, the carry, by its first outputs.
    plan : Plan
        The plan of it.
    """

    __hash__ = None  # pyright: ignore[reportAssignmentType]  equal ones are found by comparing

    def __init__(self, flow: Flow, plan: Plan) -> None:
        self.flow, self.plan = flow, plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and same_flow(self.flow, other.flow)


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
        carry = [np.array(see(x)) for x in self.carry]
        streams, shared = [see(x) for x in self.streams], [np.array(see(x)) for x in self.shared]
        specs = self.runs.outputs[len(carry) :]
        stacks = [np.empty((self.length, *spec.shape), spec.dtype) for spec in specs]
        steps = range(self.length)
        for t in reversed(steps) if self.reverse else steps:
            entries = [np.array(x[t]) for x in streams]
            found = interpret(self.runs, [*carry, *entries, *shared])
            for stack, out in zip(stacks, found[len(carry) :], strict=True):
                stack[t] = out
        return (*carry, *stacks)

    def check(self: "Loop[Ref]") -> None:
        """The step takes what there is."""
        given = [*self.carry, *(_entry(x) for x in self.streams), *self.shared]
        inputs = self.runs.inputs
        must(len(inputs) == len(given), "a step takes what there is")
        for spec, x in zip(inputs, given, strict=True):
            must((spec.shape, spec.dtype.name) == (x.shape, x.dtype), "a step takes it as it is")
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
