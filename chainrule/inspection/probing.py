"""Questions to one gate: its slopes, whether its terms cancel, what would open it.

Imports the graph, sweep and reason. The answers come from the gate's own rule at other numbers
than those of the graph, never from what an op is called.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import derived_pull
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import compute
from chainrule.graph.readings.gate import Gate, sources
from chainrule.inspection.gate_words import Names
from chainrule.inspection.reason import Reason
from chainrule.inspection.sweep import Array, Read, Sweep

LEAST = 0.5  # random weights lie from here to 1 more: a sum that cancels no longer does
NEAR, FAR = 1e-3, 8.0  # nudges of an operand, beside its own size
WIDER = 100.0  # times the slope: what a lowest point has beside it, and a flat side has not
SEED = 0


@dataclass(frozen=True, eq=False)
class Probe:
    """One input of one gate, with what arrived at the gate and which elements matter.

    Parameters
    ----------
    sweep : Sweep
    read : Read
    result : Node
        The result of the gate that most gradient arrived at.
    arrived : ndarray
        The upstream gradient of the result, 0 where it does not depend on the entry.
    depends : bool array
        Where the result may depend on the entry.
    wanted : bool array
        Where the input may depend on it.
    """

    sweep: Sweep
    read: Read
    result: Node
    arrived: Array
    depends: Array
    wanted: Array

    @classmethod
    def of(cls, sweep: Sweep, read: Read, masks: dict[Node, Array]) -> "Probe | None":
        """None where nothing arrives that matters."""
        best: Probe | None = None
        x = read.gate.inputs[read.position]
        assert x is not None
        for result in sweep.results(read.gate):
            mask = masks[result]
            upstream = np.where(mask, np.asarray(sweep.gradients[result]), 0)
            found = cls(sweep, read, result, upstream, mask, masks[x])
            if upstream.any() and (best is None or found.weight > best.weight):
                best = found
        return best

    @cached_property
    def gate(self) -> Gate:
        """The op with the values that went in and came out."""
        return Gate.of(self.result)

    @property
    def position(self) -> int:
        """Which input it is about."""
        return self.read.position

    @property
    def weight(self) -> float:
        """How much gradient arrived."""
        return float(np.abs(self.arrived.astype(np.float64)).sum())

    @property
    def passed(self) -> Array:
        """What the walk sent on to the elements that matter."""
        return np.where(self.wanted, self.sweep.flow(self.read), 0)

    @cached_property
    def slopes(self) -> Array | None:
        """Of an elementwise op: the local gradient at every element of the result."""
        if not isinstance(self.gate.op, Elementwise) or self.gate.part is not None:
            return None
        shape = np.shape(self.gate.result)
        whole = np.broadcast_to(self.gate.inputs[self.position], shape)
        found = self.gate.pull(self.position, np.ones(shape, self.gate.out.dtype), whole)
        return np.zeros(shape) if found is None else np.asarray(found)

    def reason(
        self, names: Names, cause: str, numbers: dict[str, float], sentence: str, advice: str
    ) -> Reason:
        """A reason at this gate."""
        return Reason(
            cause,
            names.of(self.result),
            numbers,
            advice,
            sentence,
            op=self.gate.op.name,
            weight=self.weight,
        )

    def reweighted(self) -> Array:
        """What would pass if each of the upstream gradients were another multiple of itself."""
        rng = np.random.default_rng(SEED)
        weights = LEAST + rng.random(np.shape(self.arrived))
        return self._pulled(self.gate, (self.arrived * weights).astype(self.arrived.dtype))

    def closed(self) -> bool:
        """Whether the rule itself calls the elements not selected: its live mask is False."""
        op, gate = self.gate.op, self.gate
        rule = op.pull if op.differentiates else derived_pull(op)
        given: Any = self.arrived
        if gate.part is not None:
            given = tuple(np.zeros_like(out) for out in gate.out)
            given = (*given[: gate.part], self.arrived, *given[gate.part + 1 :])
        wanted = [i == self.position for i in range(len(gate.inputs))]
        with np.errstate(all="ignore"):
            _, lives = rule(given, None, list(gate.inputs), gate.out, wanted)
        live = lives[self.position] if lives else None
        live = live() if callable(live) else live
        return live is not None and not np.any(np.asarray(live) & self.wanted)

    def opened_by(self, operand: int, size: float) -> bool:
        """Whether anything would pass if an operand had other values, of this distance."""
        return any(self._passes_with(operand, x) for x in self._moved(operand, size))

    def _passes_with(self, operand: int, moved: Any) -> bool:
        return any(self._passes(inputs) for inputs in self._with(operand, moved))

    def _passes(self, inputs: tuple[Any, ...]) -> bool:
        try:
            with np.errstate(all="ignore"):
                out = compute(self.gate.op, inputs)
                return bool(self._pulled(replace(self.gate, inputs=inputs, out=out)).any())
        except (ValueError, ArithmeticError, LookupError, TypeError):
            return False  # outside of the op's domain

    def partners(self, operand: int) -> Array:
        """The elements of another operand that the wanted entries meet, where anything arrives."""
        inputs = list(self.gate.inputs)
        inputs[self.position] = self.wanted.astype(inputs[self.position].dtype)
        given = replace(self.gate, inputs=tuple(inputs))
        met = given.pull(operand, (self.arrived != 0).astype(given.result.dtype))
        found = np.zeros(np.shape(inputs[operand]), bool) if met is None else np.asarray(met) != 0
        return found if found.any() else np.ones_like(found)

    def opened_wider(self, passed: float) -> bool:
        """Whether the slope is small at this very point alone, and beside it many times that."""
        if self.slopes is None:
            return False
        (moved, *_) = self._moved(self.position, 1.0)
        inputs = self._with(self.position, moved)[0]
        with np.errstate(all="ignore"):
            out = compute(self.gate.op, inputs)
            found = self._pulled(replace(self.gate, inputs=inputs, out=out))
        there = float(np.abs(found).sum())
        return there > WIDER * passed * self.weight

    def _with(self, operand: int, moved: Any) -> list[tuple[Any, ...]]:
        """The operands with one of them moved: there alone, and wherever the op reads the same."""
        nodes, inputs = sources(self.result), self.gate.inputs
        alone = tuple(moved if i == operand else x for i, x in enumerate(inputs))
        same = [x is nodes[operand] and x is not None for x in nodes]
        if sum(same) < 2:
            return [alone]
        return [alone, tuple(moved if it else x for it, x in zip(same, inputs, strict=True))]

    def _pulled(self, gate: Gate, upstream: Array | None = None) -> Array:
        found = gate.pull(self.position, self.arrived if upstream is None else upstream)
        if found is None:
            return np.zeros(self.wanted.shape)
        whole = np.asarray(found, np.float64)
        return np.where(self.wanted & np.isfinite(whole), whole, 0)

    def _moved(self, operand: int, size: float) -> list[Any]:
        """An operand moved to either side, or of the usual size; other masks; nothing else."""
        x = self.gate.inputs[operand]
        if not hasattr(x, "dtype"):
            return [np.asarray(x + size)] if isinstance(x, float) else []
        if x.dtype.kind == "b":
            return [np.ones_like(x), np.zeros_like(x), ~x]
        if x.dtype.kind != "f":
            return []
        rng = np.random.default_rng(SEED)
        spread = np.maximum(np.abs(np.where(np.isfinite(x), x, 1)), 1)
        steps = (LEAST + rng.random(np.shape(x))) * rng.choice([-1.0, 1.0], np.shape(x))
        moved = [np.asarray(x + size * steps * spread, x.dtype)]
        return [*moved, np.asarray(steps, x.dtype)] if size >= FAR else moved
