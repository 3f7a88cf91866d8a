"""Gradients from layer to layer, and whether the layers bend at all.

Imports the subject. Gradients are those of the sample's data loss at the scores of each layer.
"""

import math
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Subject, indices
from chainrule.inspection.sanity.sample_graph import Weighted
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.streams import outputs_of

Array = np.ndarray[Any, np.dtype[Any]]
# With He's or Xavier's weights the norm of the gradient is that of the next layer, give or take a
# factor of 2 (Glorot and Bengio 2010, section 4). A thousandth is ten halvings.
FADED, BURST = 1e-3, 1e3
# Before training, weights that were drawn well neither fade nor burst.
BURST_AT_START = 30.0
STRAIGHT = 1e-2  # by how much of its spread a net departs from a line between two rows
WIDER = 10.0  # as far from their centre: small weights of a net that starts would grow so
PAIRS = 64  # of rows, between which it is looked at
# What an alarm says: as how much of the last layer's gradient; the likely cause; what to try.
TOLD = {
    "vanishing": (
        "of",
        "each layer passes on a small part of the gradient: saturated units, weights that are too "
        "small, or a path that is cut",
        "Choose relu or another activation with a slope of 1, with its own initial weights; or "
        "fewer layers, or normalization between them",
    ),
    "exploding": (
        "times",
        "the weights of the layers above multiply it: they are too large for their number of "
        "inputs",
        "Draw the weights with the variance of their activation (He, Xavier), or clip the "
        "gradient: clip=1.0",
    ),
}


def signal_checks(subject: Subject, symmetric: bool) -> list[Check]:
    """Whether the gradient fades or bursts on its way, and whether the net is a line.

    Units that are all alike receive sums that cancel: nothing fades there.
    """
    return [*_gradients(subject, symmetric), _bend(subject)]


def norms_of(subject: Subject) -> list[tuple[str, float]]:
    """Layer by layer from the inputs on: the norm of the gradient at its scores."""
    gradients = subject.sample.gradients
    return [
        (each.name, _norm(gradients.get(each.node)))
        for each in subject.sample.weighted
        if subject.loss is not None
    ]


def _norm(gradient: Any) -> float:
    return 0.0 if gradient is None else float(np.linalg.norm(np.asarray(gradient, np.float64)))


def _gradients(subject: Subject, symmetric: bool) -> list[Check]:
    layers = subject.sample.weighted
    if subject.loss is None:
        why = "without a loss there is no gradient"
        return [left_out("vanishing", why), left_out("exploding", why)]
    norms = norms_of(subject)
    said = "gradient at the scores of each layer: " + ", ".join(f"{x:.2g}" for _, x in norms)
    numbers: dict[str, Any] = {"layers": [n for n, _ in norms], "norms": [x for _, x in norms]}
    if any(not math.isfinite(x) for _, x in norms) or not math.isfinite(subject.data_loss):
        return [fine("vanishing", said, **numbers), _not_finite(subject, said, numbers)]
    if len(norms) < 2 or symmetric:
        return [fine(name, said, **numbers) for name in ("vanishing", "exploding")]
    last = max(x for each, (_, x) in zip(layers, norms, strict=True) if each.is_last)
    hidden = [(each, x) for each, (_, x) in zip(layers, norms, strict=True) if not each.is_last]
    lowest = min(hidden, key=lambda pair: pair[1], default=(layers[0], last))
    highest = max(hidden, key=lambda pair: pair[1], default=(layers[0], last))
    asked = (
        ("vanishing", lowest, _faded(subject, lowest[1], last)),
        ("exploding", highest, _burst(subject, highest[1], last)),
    )
    return [_beside_the_last(*each, last, said, numbers) for each in asked]


def _not_finite(subject: Subject, said: str, numbers: dict[str, Any]) -> Check:
    return alarm(
        "exploding",
        "",
        f"the loss is {subject.data_loss:g}; {said}",
        "weights or inputs are so large that scores leave the range of their type",
        "Draw the weights anew, and clip the gradient: clip=1.0",
        **numbers,
    )


def _beside_the_last(
    name: str,
    found: tuple[Weighted, float],
    is_wrong: bool,
    last: float,
    said: str,
    numbers: dict[str, Any],
) -> Check:
    """The gradient of a layer, compared with that at the outputs."""
    if not is_wrong:
        return fine(name, said, **numbers)
    (layer, norm), (share, cause, do) = found, TOLD[name]
    evidence = f"the gradient there is {norm / last:.0e} {share} that at the outputs ({said})"
    return alarm(name, layer.name, evidence, cause, do, ratio=norm / last, **numbers)


def _faded(subject: Subject, norm: float, last: float) -> bool:
    return bool(last) and norm < FADED * last and (norm > 0 or not _explained(subject))


def _burst(subject: Subject, norm: float, last: float) -> bool:
    return bool(last) and norm > (BURST if subject.trained else BURST_AT_START) * last


def _explained(subject: Subject) -> bool:
    """Whether a gradient of exactly 0 is one of dead units, or of a layer that starts at 0."""
    dead = any(layer.units and len(layer.dead) == layer.units for layer in subject.observed.layers)
    return dead or any(not each.weight.value.any() for each in subject.sample.weighted)


def _bend(subject: Subject) -> Check:
    """Between two rows a linear net lies on a straight line."""
    layers, x = subject.sample.weighted, subject.sample.rows.arrays[0]
    deep = len({each.depth for each in layers}) > 1
    if subject.sample.rows.form.inputs != 1 or x.dtype.kind != "f" or indices(subject):
        return left_out("linear_collapse", "it is asked of nets with one array of numbers")
    if not deep:
        return fine("linear_collapse", "one layer of weights is meant to be linear")
    bent = _bend_of(subject, x)
    if bent is None:
        return fine("linear_collapse", "the outputs are the same for all rows")
    between = [each for each in layers if each.depth > 0 and _straight(each, layers)]
    said = f"half-way between two rows the outputs depart by {bent:.1%} from the line"
    if bent > STRAIGHT:
        return fine("linear_collapse", said, bend=bent)
    if not subject.trained and not _all_open(subject):
        centre = x.mean(axis=0)
        later = _bend_of(subject, (centre + WIDER * (x - centre)).astype(x.dtype))
        if later is not None and later > STRAIGHT:  # small weights: training will bend it
            return fine("linear_collapse", f"{said}, and more with larger weights", bend=bent)
    where = ", ".join(each.name for each in between)
    return alarm(
        "linear_collapse",
        where,
        f"the {len(layers)} layers of weights together are one linear layer: {said}",
        "there is no activation between layers"
        if where
        else "the activations between the layers work on a straight part of their curve alone",
        "Put an activation between the layers, such as nn.ReLU()"
        if where
        else "Centre the inputs, and draw weights of the usual size, so that units bend",
        bend=bent,
    )


def _bend_of(subject: Subject, x: Array) -> float | None:
    """By how much of their distance the outputs depart from the line between two rows."""
    half = len(x) // 2
    first, second = x[:half][:PAIRS], x[half : 2 * half][:PAIRS]
    ends = [_outputs(subject, part) for part in (first, second, (first + second) / 2)]
    spread = float(np.linalg.norm(ends[0] - ends[1]))
    if not half or not math.isfinite(spread) or spread <= np.finfo(np.float32).tiny:
        return None
    return float(np.linalg.norm(ends[2] - (ends[0] + ends[1]) / 2)) / spread


def _all_open(subject: Subject) -> bool:
    """Whether each unit with a silent side is on for every row: it passes all on as it is."""
    layers = subject.observed.layers
    return bool(layers) and all(layer.active == 1 for layer in layers)


def _straight(layer: Weighted, layers: tuple[Weighted, ...]) -> bool:
    """Whether a layer reads the scores of another one as they are."""
    scores = {each.node for each in layers}
    node: Node | None = layer.data
    while node is not None and node not in scores:
        node = node.inputs[0] if node.op is not None and node.op.changes_only else None
    return node is not None


def _outputs(subject: Subject, x: Array) -> Array:
    with no_grad(), np.errstate(all="ignore"):
        out: Any = subject.model(Tensor(np.ascontiguousarray(x)))
    parts = [np.asarray(getattr(each, "value", each), np.float64) for each in outputs_of(out)[0]]
    return np.concatenate([part.reshape(len(x), -1) for part in parts], axis=1)
