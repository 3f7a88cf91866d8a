"""Recipe: how a net for a table is built and trained, and for how long.

Imports nn and optim. Members of an ensemble are built by it, and trained by member_training.py.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log2, sqrt
from typing import Any, ClassVar

import numpy as np

from chainrule.estimators.features import Layout
from chainrule.nn import Linear, Module, Scale, Sequential, activation
from chainrule.optim import Adam, LogCosine

Array = np.ndarray[Any, np.dtype[Any]]
FRONT_RATE = 6.0  # of the factors in front, and of the biases: parameter table of the source
BIAS_RATE = 0.1
BETA_2 = 0.95
ENDS = (1 / 15, 3 / 15, 7 / 15, 1.0)  # of the four waves of the learning rate, where it is 0
# A pass over a small table has so many steps, of so many rows: measured on tables of 500 to 5,000
# rows, one net for 64 epochs (vowel 0.952 -> 0.974, breast cancer 0.972 -> 0.981).
STEPS_OF_A_PASS, FEWEST_ROWS = 12, 64
FEWEST_EPOCHS = 8  # of a member of a large table or under a time limit


@dataclass(frozen=True)
class Recipe:
    """A net of the paper's simple form, and how long it is trained.

    Its weights are drawn so that scores keep the variance of their inputs, and learn as if they
    were drawn with a variance of 1 and divided by the square root of their number of inputs.

    Attributes
    ----------
    members : int
        Nets whose chances or numbers are averaged.
    parts : int
        Parts of the rows, of which each member leaves one out: as many as members, so that every
        row is trained on and every row is judged by a net that has not seen it.
    epochs, batch : int
        Passes over the rows, and the most rows of a step; small tables have smaller steps.
    widths : tuple of int
        Hidden units.
    rate : float
        The highest learning rate.
    smoothing : float
        Of the labels.
    activation : str
    exposures : int, optional
        How many rows a member learns from at most, those of all passes counted: of a large table
        it needs fewer passes.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", appendix on RealMLP-TD-S.
    """

    members: int
    parts: int
    epochs: int
    batch: int
    widths: tuple[int, ...] = (128, 128, 128)
    rate: float = 0.04
    smoothing: float = 0.1
    activation: str = "selu"
    exposures: int | None = None

    is_timed: ClassVar[bool] = False  # whether the net or its optimiser knows the last step
    keeps_best: ClassVar[bool] = False  # the last best candidate alone, by score
    embedded_above: ClassVar[int | None] = None  # so many categories are learned, not scaled

    def passes(self, rows: int) -> int:
        """How often a member learns from each of so many rows."""
        if self.exposures is None:
            return self.epochs
        return min(self.epochs, max(self.exposures // max(rows, 1), FEWEST_EPOCHS))

    def rows_of_a_step(self, rows: int) -> int:
        """For a training on so many rows."""
        enough = 2 ** int(log2(max(rows / STEPS_OF_A_PASS, 1)))
        return min(self.batch, max(enough, FEWEST_ROWS), rows)

    def net(self, layout: Layout, outputs: int, seed: int = 0, steps: int = 1) -> Module:
        """A member for a training of so many steps; the seed draws its weights."""
        sizes = [layout.inputs, *self.widths, outputs]
        layers: list[Module] = [Scale(layout.inputs)]
        for inputs, units in pairwise(sizes):
            if len(layers) > 1:
                layers.append(activation(self.activation))
            last = len(layers) == 2 * len(self.widths) + 1
            layers.append(Linear(inputs, units, init="zeros" if last else "lecun_normal"))
        net = Sequential(*layers, seed=seed)
        rng = np.random.default_rng(seed)
        for layer in layers[1:-1]:
            if isinstance(layer, Linear) and layer.bias is not None:
                layer.bias.write(rng.standard_normal(layer.units), "its initialization")
        return net

    def begin(self, net: Module, rows: Array, seed: int) -> None:
        """What is learned of the training rows before the first step: nothing."""

    def optimizer(self, net: Module, steps: int = 1) -> Adam:
        """Adam with the rates of the parametrization."""
        groups: dict[str, Any] = {"layers.0.weight": FRONT_RATE, "*.bias": BIAS_RATE}
        for path, module in net.modules().items():
            if isinstance(module, Linear):
                groups[f"{path}.weight"] = 1 / sqrt(module.features)
        return Adam(self.rate, beta2=BETA_2, groups=groups)

    def ends(self, epochs: int) -> list[int]:
        """The epochs after which a net is a candidate: where the learning rate is 0."""
        return [max(round(share * epochs), 1) for share in ENDS]

    def schedule(self, steps: int) -> LogCosine:
        """The rates of a training of so many steps."""
        return LogCosine(self.rate, steps=max(steps, 1))
