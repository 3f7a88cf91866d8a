"""Scan: the op whose formula runs a body step after step; its gradient is a scan as well.

Imports body, transposing and tangents. scanning.py makes it of a user's function.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, Pulled, apply
from chainrule.loops.body import Body, Slot, slots_of
from chainrule.loops.tangents import begins_apart, moving, one_step
from chainrule.loops.transposing import Loop, Transposed, transposed
from chainrule.settings import RECORDING, met
from chainrule.spec import Spec, spec_of


class Scan(Op):
    """A body at every step: what it gives first is what it takes first at the next one.

    Its operands: the first carry, then tensors with one more axis, of which each step takes one
    entry, then what is the same at every step. Its results: the last carry, then what each step
    has given beside it, along a new first axis.

    Attributes
    ----------
    recomputes : bool
        Whether the way back makes the values of a step again, from the carry that is kept.
    """

    name = "scan"
    gate: ClassVar[str] = "gradient mixer"
    primitive: ClassVar[str] = "loop"
    views: ClassVar[bool] = False
    takes_none: ClassVar[bool] = True

    body: Body
    carries: int
    streams: int
    length: int
    reverse: bool = False
    recomputes: bool = False

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        """The results; where a gradient is wanted, the op that keeps what the way back reads."""
        operands = tuple(map(met, operands))
        wanted = {i for i, x in enumerate(operands) if _wants(x)} if RECORDING.get() else None
        op = self.keeping(wanted) if wanted else self
        return apply(op, operands)[: len(self.body.results)]

    @property
    def loop(self) -> Loop:
        """How the body is run."""
        return Loop(self.body, self.carries, self.streams, self.recomputes)

    def cut(self, values: Sequence[Any]) -> list[list[Any]]:
        """Inputs as three lists: the carry, the streams, and what is the same at every step."""
        places = (0, self.carries, self.carries + self.streams, len(self.body.inputs))
        return [list(values[a:b]) for a, b in pairwise(places)]

    def spec(self, *specs: Any) -> tuple[Spec, ...]:
        """The carry's own, and the outputs' with an axis for the steps in front."""
        outs = [
            self.body.specs[x.number] if isinstance(x, Slot) else spec_of(x)
            for x in self.body.results[self.carries :]
        ]
        stacked = (Spec((self.length, *out.shape), out.dtype) for out in outs)
        return (*self.body.inputs[: self.carries], *stacked)

    def forward(self, *operands: Any) -> tuple[Any, ...]:
        """One step after another."""
        carry, streams, shared = self.cut(operands)
        specs = self.spec()[self.carries :]
        stacks = [np.empty(spec.shape, spec.dtype) for spec in specs]
        steps = range(self.length)
        for t in reversed(steps) if self.reverse else steps:
            found = self.body(*carry, *(x[t, ...] for x in streams), *shared)
            carry = found[: self.carries]
            for stack, out in zip(stacks, found[self.carries :], strict=True):
                stack[t] = out
        return (*map(np.array, carry), *stacks)

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """The scan back, which begins where this one has ended."""
        asked = frozenset(i for i, want in enumerate(wanted) if want)
        given = frozenset(i for i, u in enumerate(upstream) if u is not None)
        back = transposed(self.loop, asked, given, live is not None)
        chosen = back.chosen
        masks = live or [None] * len(upstream)
        alive = [self._mask(i, upstream[i], masks[i]) for i in chosen.ends if chosen.masked]
        zeros = [_zeros(self.body.inputs[i]) for i in chosen.shared]
        count, split = len(chosen.carried), len(chosen.carried) if chosen.masked else 0
        ends = [
            _zeros(self.body.inputs[i]) if upstream[i] is None else upstream[i]
            for i in chosen.carried
        ]
        entries = [
            *(upstream[i] for i in chosen.outputs), *alive[split:], *self._kept(back, inputs, out)
        ]  # fmt: skip
        streams = len(entries) + sum(i < self.loop.varying for i in back.read)
        carries = count + len(zeros) + split
        scan = Scan(back.body, carries, streams, self.length, not self.reverse, self.recomputes)
        read = [inputs[i] for i in back.read]
        # Whoever differentiates this one too, which is seldom, has it run once more.
        found = list(apply(scan, (*ends, *zeros, *alive[:split], *entries, *read)))
        lives = dict(zip(chosen.carried, found[count + len(zeros) : carries], strict=False))
        del found[count + len(zeros) : carries]
        order = (*chosen.carried, *chosen.shared, *chosen.streams)
        gradients = dict(zip(order, found, strict=False))
        lives |= dict(zip(chosen.streams, found[len(order) :], strict=False))
        places = range(len(inputs))
        return [gradients.get(i) for i in places], [
            lives.get(i) for i in places
        ] if lives else None

    def _mask(self, result: int, upstream: Any, live: Any) -> Any:
        """Where the gradient of a result is alive: nowhere, if nobody has used it."""
        if live is None:
            return np.full(self.spec()[result].shape, upstream is not None)
        return live() if callable(live) else live

    def _kept(self, back: Transposed, inputs: Sequence[Any], out: Any) -> list[Any]:
        """The values that the way back reads, from every step: as they stand in the results."""
        there = self._stacked(out)
        if not there.keys() >= set(back.kept):  # a gradient that nobody saw coming
            op = self.with_results(back.forward, back.kept)
            there = op._stacked(apply(op, tuple(inputs)))
        return [there[slot] for slot in back.kept]

    def _stacked(self, out: Any) -> dict[int, Any]:
        pairs = zip(self.body.results[self.carries :], out[self.carries :], strict=True)
        return {slot.number: stack for slot, stack in pairs if isinstance(slot, Slot)}

    def jvp(self, tangents: Sequence[Any], inputs: Sequence[Any], out: Any) -> Any:
        """The scan whose carry is this one's with its tangents."""
        return self._pushed(tangents, inputs, 2 * self.carries)

    def _pushed(self, tangents: Sequence[Any], inputs: Sequence[Any], alone: int) -> Any:
        """``alone``: so many steps may be read by themselves before what moves is told apart."""
        given = {i for i, t in enumerate(tangents) if t is not None}
        if not given:
            return (None,) * len(self.body.results)
        step = moving(self.loop, given)
        if alone and self.length and begins_apart(self.loop, step, given):
            return self._first_alone(tangents, inputs, alone - 1)
        carry, streams, shared = self.cut(inputs)

        def along(places: Sequence[int]) -> list[Any]:
            return [
                _zeros(Spec(np.shape(inputs[i]), inputs[i].dtype)) if tangents[i] is None
                else tangents[i]
                for i in places
            ]  # fmt: skip

        scan = Scan(
            step.body,
            self.carries + len(step.carried),
            self.streams + len(step.streams),
            self.length,
            self.reverse,
            self.recomputes,
        )
        operands = (
            *carry, *along(step.carried), *streams, *along(step.streams),
            *shared, *along(step.shared),
        )  # fmt: skip
        found = scan(*operands)[self.carries :]
        pushed = dict(zip((*step.carried, *step.outputs), found, strict=True))
        return tuple(pushed.get(i) for i in range(len(self.body.results)))

    def _first_alone(self, tangents: Sequence[Any], inputs: Sequence[Any], alone: int) -> Any:
        """The tangents where the first step is read by itself, as a loop in Python reads it."""
        ends, varying = self.carries, range(self.carries, self.loop.varying)
        first, rest = (-1, slice(None, -1)) if self.reverse else (0, slice(1, None))

        def entries(values: Sequence[Any], at: Any) -> list[Any]:
            return [
                x[at, ...] if i in varying and x is not None else x for i, x in enumerate(values)
            ]

        found, pushed = one_step(self.body, entries(inputs, first), entries(tangents, first))
        later = replace(self, length=self.length - 1)._pushed(
            [*pushed[:ends], *entries(tangents, rest)[ends:]],
            [*found[:ends], *entries(inputs, rest)[ends:]],
            alone,
        )
        specs = self.spec()
        stacks = [self._joined(pushed[i], later[i], specs[i]) for i in range(ends, len(specs))]
        return (*later[:ends], *stacks)

    def _joined(self, first: Any, rest: Any, spec: Spec) -> Any:
        """The entry of the step that came first, and those of all others; None if all are 0."""
        if first is None and rest is None:
            return None
        one, others = (1, *spec.shape[1:]), (self.length - 1, *spec.shape[1:])
        first = np.zeros(one, spec.dtype) if first is None else np.reshape(first, one)
        rest = np.zeros(others, spec.dtype) if rest is None else rest
        return np.concatenate([rest, first] if self.reverse else [first, rest])

    def keeping(self, wanted: set[int]) -> "Scan":
        """The same, with the values among its results that the gradients of some inputs read."""
        results = frozenset(range(len(self.body.results)))
        back = transposed(self.loop, frozenset(wanted), results)
        return self.with_results(back.forward, back.kept)

    def with_results(self, body: Body, slots: Sequence[int]) -> "Scan":
        """The scan of a body that gives these values too, at every step."""
        there = set(slots_of(body.results[self.carries :]))
        more = tuple(Slot(i) for i in slots if i not in there)
        return replace(self, body=replace(body, results=(*body.results, *more)))


def _zeros(spec: Spec) -> Any:
    return np.zeros(spec.shape, spec.dtype)


def _wants(x: Any) -> bool:
    """Whether a gradient is wanted of a value, or of one inside it."""
    while isinstance(x, Symbol) and x.wraps:
        if isinstance(x, Node) and x.wants_gradient:
            return True
        inner: Any = x
        x = inner.value
    return False
