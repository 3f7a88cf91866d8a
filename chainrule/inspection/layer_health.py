"""How the activations of a net behave over a whole data set, unit by unit.

Imports nn, train's containers and the graph. The checkup and the figures of a run read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeGuard

import numpy as np

from chainrule.errors import ArgumentError, describe
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.nn import Module
from chainrule.nn.activations import Activation, activation_op
from chainrule.settings import ON, RECORDING
from chainrule.train.streams import outputs_of

Array = np.ndarray[Any, np.dtype[Any]]
CHUNK = 1024  # rows evaluated together

NEAR = 0.01  # saturated: within 1 % of a bound ...
MOSTLY = 0.95  # ... on more than 95 % of the rows
MANY = 0.1  # a share of dead or saturated units worth a change
RARELY = 0.025  # dying: awake on at most one row in forty


@dataclass(frozen=True)
class LayerCheckup:
    """One activation layer over all rows.

    Parameters
    ----------
    name : str
        Its path in the net, or the op's name and number.
    activation : str
        The op: "relu", "tanh" and so on.
    units : int
    dead : tuple of int
        Units of an op with a silent side (ReLU and its kin) that were not positive on a single
        row.
    saturated : tuple of int
        Units of an op between two bounds (sigmoid, tanh) within 1 % of one on more than 95 % of
        the rows.
    mean, spread : float
        Mean and standard deviation of all activations.
    active : float
        Share of activations above 0.
    faint : bool
        Whether a small gradient reaches units that are never positive, as in a leaky ReLU.
    bounded : bool
        Whether the op has two bounds, and so can be saturated.
    dying : tuple of int
        Units of an op without a gradient on its silent side that were positive on some rows, but
        on no more than one in forty.
    near_bounds : float
        Share of all activations within 1 % of a bound.
    """

    name: str
    activation: str
    units: int
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    mean: float
    spread: float
    active: float
    faint: bool = False
    bounded: bool = False
    dying: tuple[int, ...] = ()
    near_bounds: float = 0.0

    @property
    def advice(self) -> str:
        """What to do about it; "" if nothing."""
        if self.units and len(self.dead) / self.units > MANY:
            if self.faint:
                return (
                    f"{self.name}: {len(self.dead)} of {self.units} units are never positive: "
                    "they learn through the small slope only. A lower learning rate, or a "
                    "smaller net, would use them better."
                )
            return (
                f"{self.name}: {len(self.dead)} of {self.units} units are dead: no gradient "
                "reaches them. Lower the learning rate, or choose leaky_relu."
            )
        if self.units and len(self.saturated) / self.units > MANY:
            return (
                f"{self.name}: {len(self.saturated)} of {self.units} units are saturated: their "
                "local gradient is close to 0. Use smaller initial weights, or choose relu."
            )
        if not np.isfinite(self.mean):
            return f"{self.name}: activations are not finite. Lower the learning rate."
        return ""


@dataclass(frozen=True, eq=False)
class Observation:
    """All rows once through a net.

    Parameters
    ----------
    outputs : ndarray, (N, ...)
        What the net makes of them.
    layers : tuple of LayerCheckup
        How its activations behaved.
    """

    outputs: Array
    layers: tuple[LayerCheckup, ...]


def observe(model: Module, x: Array, chunk: int = CHUNK) -> Observation:
    """The outputs of a net and the health of its layers, in one pass over the rows.

    Parameters
    ----------
    model, x, chunk
        As for :func:`checkup`.
    """
    if len(x) == 0 or chunk < 1:
        raise ArgumentError(
            "a checkup needs rows to look at.",
            found=[describe("x", x), f"chunk {chunk}"],
            do="Give the rows the net was trained on.",
        )
    return watched(model, (x[start : start + chunk] for start in range(0, len(x), chunk)))


def watched(model: Module, parts: Iterator[Any]) -> Observation:
    """The same of rows that come in parts, as the net takes them; of one array of outputs."""
    outputs: list[Array] = []
    tallies: list[_Tally] = []
    with np.errstate(all="ignore"):  # what is not finite is told by the figures
        for part in parts:
            out, found = _pass(model, part)
            outputs.append(out)
            if not tallies:
                tallies = [_Tally.of(node) for node in found]
            for tally, node in zip(tallies, found, strict=True):
                tally.add(node)
        names = names_of(model, [tally.activation for tally in tallies])
        layers = tuple(tally.layer(name) for tally, name in zip(tallies, names, strict=True))
    return Observation(np.concatenate(outputs), layers)


def health_of(activation: Elementwise, out: Array, name: str) -> LayerCheckup:
    """The same of one layer whose activations, (rows, units), are at hand."""
    units = out.shape[-1]
    tally = _Tally(activation, np.zeros(units, np.int64), np.zeros(units, np.int64), False)
    tally.take(out, out > 0)
    return tally.layer(name)


def _pass(model: Module, x: Any) -> tuple[Array, list[Node]]:
    """The outputs, and the nodes of their graph that an activation made, in the net's order."""
    token = RECORDING.set(ON)
    try:
        out = model(x)
    finally:
        RECORDING.reset(token)
    several = [each for each in outputs_of(out)[0] if isinstance(each, Node)]
    nodes = Graph.of(*several).nodes
    value = out.value if isinstance(out, Node) else np.zeros(0)  # of several: nobody asks here
    return np.asarray(value), [node for node in nodes if acts(node)]


def is_activation(op: Any) -> TypeGuard[Elementwise]:
    """Whether an op says of itself what an activation does: a silent side, or a bound."""
    return isinstance(op, Elementwise) and (bool(op.silent) or any(map(isfinite, op.bounds)))


def acts(node: Node) -> bool:
    """Whether a node is an activation: of its op's own word, or a router beside a constant."""
    return bool(node.shape) and (is_activation(node.op) or _routed(node) is not None)


def _routed(node: Node) -> Node | None:
    """The one operand of a router that is computed, as in ``np.maximum(scores, 0)``."""
    if not isinstance(node.op, Elementwise) or not node.op.router:
        return None
    there = [x for x in node.inputs if x is not None]
    computed = [x for x in there if x.op is not None]
    constant = not any(x.wants_gradient for x in there if x.op is None)
    if len(computed) != 1 or len(there) == 1 or not constant:
        return None
    return computed[0] if computed[0].shape == node.shape else None


def before(node: Node) -> Node:
    """What an activation is given: the scores of its units."""
    routed = _routed(node)
    return next(x for x in node.inputs if x is not None) if routed is None else routed


@dataclass
class _Tally:
    """Sums over the rows seen so far, one entry per unit."""

    activation: Elementwise
    awake: Array
    near_bound: Array
    routes: bool
    rows: int = 0
    total: float = 0.0
    squares: float = 0.0
    positive: int = 0

    @classmethod
    def of(cls, node: Node) -> "_Tally":
        assert isinstance(node.op, Elementwise)
        units = node.shape[-1]
        routes = not is_activation(node.op)
        return cls(node.op, np.zeros(units, np.int64), np.zeros(units, np.int64), routes)

    @property
    def bounded(self) -> bool:
        """Whether results near a bound are counted."""
        return all(map(isfinite, self.activation.bounds))

    def add(self, node: Node) -> None:
        """Take in the activations of some rows: (..., units)."""
        out = np.asarray(node.value)
        out = out.reshape(-1, out.shape[-1])
        above = out > 0
        if self.routes:  # awake where its own operand was selected
            given = np.asarray(before(node).value).reshape(out.shape)
            above = given == out
            for x in node.inputs:
                if x is not None and x is not before(node):
                    above &= out != np.asarray(x.value)
        self.take(out, above)

    def take(self, out: Array, awake: Array) -> None:
        """Take in rows of activations, and where each unit was awake."""
        self.positive += int(np.count_nonzero(out > 0))
        self.awake += np.count_nonzero(awake, axis=0)
        if self.bounded:
            low, high = self.activation.bounds
            margin = NEAR * max(abs(low), abs(high))
            near = (out < low + margin) | (out > high - margin)
            self.near_bound += near.sum(axis=0)
        self.rows += len(out)
        wide = out.astype(np.float64).reshape(-1)
        self.total += float(wide.sum())
        self.squares += float(wide @ wide)

    def layer(self, name: str) -> LayerCheckup:
        units = len(self.awake)
        count = max(self.rows * units, 1)
        mean = self.total / count
        stops = self.routes or self.activation.silent == "dead"
        silent = (self.awake == 0) & bool(stops or self.activation.silent)
        rare = (self.awake > 0) & (self.awake <= RARELY * self.rows) & stops
        saturated = self.near_bound > MOSTLY * self.rows
        return LayerCheckup(
            name,
            self.activation.name,
            units,
            _places(silent),
            _places(saturated),
            mean,
            float(np.sqrt(max(self.squares / count - mean * mean, 0.0))),
            self.positive / count,
            self.activation.silent == "faint",
            self.bounded,
            _places(rare),
            float(self.near_bound.sum()) / count,
        )


def _places(mask: Array) -> tuple[int, ...]:
    return tuple(i for i, found in enumerate(mask) if found)


def names_of(model: Module, activations: list[Elementwise]) -> list[str]:
    """The paths of the activation modules where they are those of the graph; else numbers."""
    found = [op.name for op in activations]
    paths = {
        path: module.operation.name
        for path, module in model.modules().items()
        if isinstance(module, Activation) and is_activation(activation_op(module))
    }
    if list(paths.values()) == found:
        return [path or "net" for path in paths]
    return [f"{name} {i}" for i, name in enumerate(found, start=1)]
