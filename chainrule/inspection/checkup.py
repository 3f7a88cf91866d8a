"""Checkup: units that are dead or saturated over a whole data set, and updates out of proportion.

Imports nn, the graph and NumPy. The report and notebooks ask for it after training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeGuard

import numpy as np

from chainrule.errors import ArgumentError, describe
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.nn import Module
from chainrule.nn.activations import Activation, activation_op
from chainrule.settings import ON, RECORDING

Array = np.ndarray[Any, np.dtype[Any]]
CHUNK = 1024  # rows evaluated together

NEAR = 0.01  # saturated: within 1 % of a bound ...
MOSTLY = 0.95  # ... on more than 95 % of the rows
MANY = 0.1  # a share of dead or saturated units worth a change
SOUND = "The units and the sizes of the updates look sound."  # no word about the result


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


@dataclass(frozen=True)
class Checkup:
    """The health of a net over a whole data set; print it for a table and advice.

    Parameters
    ----------
    rows : int
        How many were looked at: all of them.
    layers : tuple of LayerCheckup
    ratios : tuple of Ratio
        The update:weight ratios of training, read against 1e-3.
    """

    rows: int
    layers: tuple[LayerCheckup, ...]
    ratios: tuple[Ratio, ...] = field(default=())

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, one sentence per finding; empty if all is well."""
        found = [x.advice for x in (*self.layers, *self.ratios)]
        return tuple(sentence for sentence in found if sentence)

    def __str__(self) -> str:
        lines = [f"{self.rows:,} rows"]
        for layer in self.layers:
            troubled = f"{len(layer.dead)} dead"
            if layer.bounded:
                troubled = f"{len(layer.saturated)} saturated"
            lines.append(
                f"{layer.name:<12} {layer.activation:<10} {layer.units:>5} units, {troubled}, "
                f"mean {layer.mean:.3g}, spread {layer.spread:.3g}, {layer.active:.0%} active"
            )
        for ratio in self.ratios:
            lines.append(f"{ratio.name:<23} update:weight {ratio.typical:.1e}, {ratio.verdict}")
        return "\n".join(lines + list(self.advice or (SOUND,)))


def checkup(
    model: Module,
    x: Array,
    ratios: Mapping[str, Sequence[float]] | None = None,
    chunk: int = CHUNK,
) -> Checkup:
    """Look at every activation of a net on every row.

    Parameters
    ----------
    model : Module
        Any: its activations are found in the graph of its scores, which is dropped after each
        chunk.
    x : ndarray
        All rows; a unit that is silent on one batch may be awake on the next.
    ratios : mapping of str to sequence of float, optional
        Update:weight ratio per parameter, one per epoch.
    chunk : int, default 1024
        Rows evaluated together: memory for speed.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> net[0].bias.data = np.array([9, 9, -99])
    >>> print(checkup(net, np.random.default_rng(0).normal(size=(50, 2))).advice[0])
    layers.1: 1 of 3 units are dead: no gradient reaches them.
    Lower the learning rate, or choose leaky_relu.
    """
    return Checkup(len(x), observe(model, x, chunk).layers, read_ratios(ratios or {}))


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
    outputs: list[Array] = []
    tallies: list[_Tally] = []
    with np.errstate(all="ignore"):  # what is not finite is told by the figures
        for start in range(0, len(x), chunk):
            out, found = _pass(model, x[start : start + chunk])
            outputs.append(out)
            if not tallies:
                tallies = [_Tally.of(node) for node in found]
            for tally, node in zip(tallies, found, strict=True):
                tally.add(np.asarray(node.value))
        names = _names(model, [tally.activation.name for tally in tallies])
        layers = tuple(tally.layer(name) for tally, name in zip(tallies, names, strict=True))
    return Observation(np.concatenate(outputs), layers)


def _pass(model: Module, x: Array) -> tuple[Array, list[Node]]:
    """The outputs, and the nodes of their graph that an activation made, in the net's order."""
    token = RECORDING.set(ON)
    try:
        out = model(x)
    finally:
        RECORDING.reset(token)
    nodes = Graph.of(out).nodes
    return out.value, [node for node in nodes if is_activation(node.op)]


def is_activation(op: Any) -> TypeGuard[Elementwise]:
    """Whether an op says of itself what an activation does: a silent side, or a bound."""
    return isinstance(op, Elementwise) and (bool(op.silent) or any(map(isfinite, op.bounds)))


@dataclass
class _Tally:
    """Sums over the rows seen so far, one entry per unit."""

    activation: Elementwise
    awake: Array
    near_bound: Array
    rows: int = 0
    total: float = 0.0
    squares: float = 0.0
    positive: int = 0

    @classmethod
    def of(cls, node: Node) -> "_Tally":
        assert is_activation(node.op)
        units = node.shape[-1]
        return cls(node.op, np.zeros(units, bool), np.zeros(units, np.int64))

    @property
    def bounded(self) -> bool:
        """Whether results near a bound are counted."""
        return all(map(isfinite, self.activation.bounds))

    def add(self, out: Array) -> None:
        """Take in the activations of some rows: (..., units)."""
        out = out.reshape(-1, out.shape[-1])
        above = out > 0
        if not self.awake.all():
            self.awake |= above.any(axis=0)
        self.positive += int(np.count_nonzero(above))
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
        silent = ~self.awake if self.activation.silent else np.zeros(units, bool)
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
        )


def _places(mask: Array) -> tuple[int, ...]:
    return tuple(i for i, found in enumerate(mask) if found)


def _names(model: Module, activations: list[str]) -> list[str]:
    """The paths of the activation modules where they are those of the graph; else numbers."""
    paths = {
        path: module.operation.name
        for path, module in model.modules().items()
        if isinstance(module, Activation) and is_activation(activation_op(module))
    }
    if list(paths.values()) == activations:
        return [path or "net" for path in paths]
    return [f"{name} {i}" for i, name in enumerate(activations, start=1)]
