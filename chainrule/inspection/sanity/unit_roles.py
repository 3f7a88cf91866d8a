"""Units that are dead, dying, saturated, or do what another one does.

Imports the subject. The first three are of all rows; whether two units are one is seen on some.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.inspection.layer_health import MANY, LayerCheckup, before
from chainrule.inspection.sanity.check import Check, alarm, fine
from chainrule.inspection.sanity.looked_at import Subject
from chainrule.inspection.sanity.sample_graph import Weighted

Array = np.ndarray[Any, np.dtype[Any]]
DYING = 0.2  # share of dying units: one of eight may well speak of rare rows
DEAD, LOST = 0.2, 0.05  # shares of dead units, and of those that are far from waking
REACH = 2.0  # spreads below 0 of the best score: where the weights were drawn so, it is within one
NO_SLOPE = 1e-3  # of a faint side: a unit that moves by less has stopped, as one of a ReLU has
# Share of all activations at a bound. Where weights were drawn well it is a hundredth; training
# drives the last layers of a net that is right to their bounds, up to half of their activations.
CROWDED_AT_START, CROWDED = 0.4, 0.7
ALIKE = 1e-2  # relative distance of two units' scores ...
BY_CHANCE = 1e-2  # ... unless chance would make such a pair with this probability
SAME = 1e-6  # always alike: float32 rounds no finer
MOST_UNITS = 4096  # compared with each other: 128 MB of distances
LISTED = 8  # units that are named


def unit_checks(subject: Subject) -> list[Check]:
    """The five questions about units."""
    layers = _hidden(subject)
    return [
        *(_dead(subject, layers), _dying(layers), _saturated(subject, layers)),
        *_alike(subject),
    ]


def _hidden(subject: Subject) -> list[tuple[int, LayerCheckup]]:
    """The activation layers with their places; one that makes the outputs may end at a bound."""
    sample = subject.sample
    last = set(sample.outs)
    for node in reversed(sample.graph.nodes):  # outputs that were only reshaped
        if node in last and node.op is not None and node.op.changes_only:
            last |= {x for x in node.inputs if x is not None}
    nodes = sample.activations
    layers = subject.observed.layers
    return [(i, layer) for i, layer in enumerate(layers) if nodes[i] not in last]


def _dead(subject: Subject, layers: list[tuple[int, LayerCheckup]]) -> Check:
    """Never active; a few in a deep layer are dead by chance, but near to waking."""
    found: list[tuple[LayerCheckup, tuple[int, ...]]] = []
    for i, layer in layers:
        node = subject.sample.activations[i]
        dead = layer.dead
        if dead and layer.faint:
            steep = subject.sample.slopes(node).reshape(-1, layer.units).max(axis=0)
            dead = tuple(unit for unit in dead if steep[unit] < NO_SLOPE)
        scores = np.asarray(before(node).value, np.float64).reshape(-1, layer.units)
        lost = scores.max(axis=0) < -REACH * scores.std(axis=0)
        many = len(dead) > DEAD * layer.units
        many |= sum(lost[unit] for unit in dead) > LOST * layer.units
        found.append((layer, dead if many else ()))
    few = sum(len(layer.dead) for _, layer in layers if not layer.faint)
    return _by_layer(
        "dead_units",
        found,
        0.0,
        lambda layer, units: f"{_count(units, layer)} are not active on a single row",
        "their scores lie on the flat side for every row, so that no gradient reaches their "
        "weights: after too long a step, or with a bias far below 0",
        "Draw the weights anew and lower the learning rate, or choose an activation with a slope "
        "on both sides, such as leaky_relu",
        f"all but {few} units are active on some row"
        if few
        else "every unit is active on some row",
    )


def _dying(layers: list[tuple[int, LayerCheckup]]) -> Check:
    return _by_layer(
        "dying_units",
        [(layer, layer.dying) for _, layer in layers],
        DYING,
        lambda layer, units: f"{_count(units, layer)} are active on no more than 1 row in 40",
        "they learn from a handful of rows alone, and one more long step silences them",
        "Lower the learning rate, or choose an activation with a slope on both sides",
        "units that are active at all are active on more than 1 row in 40",
    )


def _saturated(subject: Subject, layers: list[tuple[int, LayerCheckup]]) -> Check:
    most = CROWDED if subject.trained else CROWDED_AT_START
    bounded = [layer for _, layer in layers if layer.bounded]
    found = [
        layer
        for layer in bounded
        if len(layer.saturated) > MANY * layer.units or layer.near_bounds > most
    ]
    if not found:
        return fine("saturated", "activations with two bounds are mostly between them")
    worst = max(found, key=lambda layer: layer.near_bounds)
    return alarm(
        "saturated",
        _listed(layer.name for layer in found),
        f"{worst.near_bounds:.0%} of the activations lie within 1 % of a bound; "
        f"{len(worst.saturated)} of {worst.units} units on nearly all rows",
        "the scores are so large that the local gradient is close to 0: weights or inputs are "
        "too large",
        "Draw smaller weights (Xavier), or standardise the inputs",
        layers=[layer.name for layer in found],
        near_bounds=[layer.near_bounds for layer in found],
        saturated=[len(layer.saturated) for layer in found],
    )


def _by_layer(
    name: str,
    found: list[tuple[LayerCheckup, tuple[int, ...]]],
    share: float,
    said: Callable[[LayerCheckup, tuple[int, ...]], str],
    cause: str,
    suggestion: str,
    well: str,
) -> Check:
    """An alarm where some layer has too many such units."""
    many = [(layer, units) for layer, units in found if len(units) > share * layer.units]
    if not many:
        return fine(name, well, units=sum(len(units) for _, units in found))
    worst, units = max(many, key=lambda pair: len(pair[1]) / pair[0].units)
    return alarm(
        name,
        _listed(layer.name for layer, _ in many),
        said(worst, units),
        cause,
        suggestion,
        layers=[layer.name for layer, _ in many],
        units=[list(units) for _, units in many],
        of=[layer.units for layer, _ in many],
    )


@dataclass(frozen=True)
class _Twins:
    """A layer in which units do the same."""

    layer: Weighted
    groups: list[list[int]]
    units: int

    @property
    def all_one(self) -> bool:
        """Whether there is but one unit in it, many times."""
        return len(self.groups) == 1 and len(self.groups[0]) == self.units


def _alike(subject: Subject) -> list[Check]:
    hidden = [each for each in subject.sample.weighted if not each.is_last]
    found = [_twins(each) for each in hidden]
    symmetric = [each for each in found if each.all_one]
    some = [each for each in found if each.groups and not each.all_one]
    first = fine("symmetric", "the units of each hidden layer differ")
    if symmetric:
        names = [each.layer.name for each in symmetric]
        worst = symmetric[0]
        first = alarm(
            "symmetric",
            _listed(names),
            f"all {worst.units} units compute the same on every row",
            "they started with the same weights, receive the same gradient and stay one unit",
            "Draw the weights at random: net.initialize(seed)",
            layers=names,
        )
    if not some:
        return [first, fine("duplicate_units", "no two units of a layer compute the same")]
    worst = max(some, key=lambda each: sum(map(len, each.groups)) / each.units)
    spare = sum(len(group) - 1 for group in worst.groups)
    pairs = "; ".join(" = ".join(map(str, group[:LISTED])) for group in worst.groups[:LISTED])
    second = alarm(
        "duplicate_units",
        _listed(each.layer.name for each in some),
        f"{spare} of {worst.units} units compute what another one does on every row: {pairs}",
        "their weights are copies of each other: the net has fewer units than it counts",
        "Draw the weights of these units anew, or leave the copies out",
        layers=[each.layer.name for each in some],
        groups=[each.groups for each in some],
    )
    return [first, second]


def _twins(layer: Weighted) -> _Twins:
    """Groups of units whose scores are the same on every row of the sample."""
    units = layer.node.shape[-1]
    scores = np.asarray(layer.node.value, np.float64).reshape(-1, units)
    if not 2 <= units <= MOST_UNITS or not np.isfinite(scores).all():
        return _Twins(layer, [], units)
    centre = scores.mean(axis=0)
    scores = scores - centre
    length = np.square(scores).sum(axis=0)
    if not length.any():  # they say nothing of the rows, and all the same
        return _Twins(layer, [list(range(units))] if np.ptp(centre) == 0 else [], units)
    apart = length + length[:, None] - 2 * (scores.T @ scores)
    apart += len(scores) * np.square(centre - centre[:, None])
    allowed = _tolerance(layer, units) ** 2 * np.maximum(length, length[:, None])
    same = (apart <= allowed) & (length > 0) & (length[:, None] > 0)
    groups: dict[int, list[int]] = {}
    for unit in range(units):
        groups.setdefault(int(same[unit].argmax()) if same[unit].any() else unit, []).append(unit)
    return _Twins(layer, [group for group in groups.values() if len(group) > 1], units)


def _tolerance(layer: Weighted, units: int) -> float:
    """How near two units may be by chance, given in how many directions they can differ."""
    data = np.asarray(layer.data.value, np.float64)
    data = data.reshape(-1, data.shape[-1])
    # The participation ratio: n for n directions of one length, 1 where the rows are alike.
    squares = np.square(np.square(data).sum())
    directions = squares / max(np.square(data.T @ data).sum(), np.finfo(float).tiny)
    pairs = units * (units - 1) / 2
    return max(min(ALIKE, (BY_CHANCE / pairs) ** (1 / max(directions, 1.0))), SAME)


def _count(units: tuple[int, ...], layer: LayerCheckup) -> str:
    return f"{len(units)} of {layer.units} units"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
