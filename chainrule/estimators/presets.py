"""Recipe: how a net for a table is built and trained; the presets of the estimators.

Imports nn and optim. Members of an ensemble are built by it, and trained by fitting.py.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np

from chainrule.errors import UnknownNameError
from chainrule.nn import Linear, Module, Scale, Sequential, activation
from chainrule.optim import Adam, LogCosine

FRONT_RATE = 6.0  # of the factors in front, and of the biases: parameter table of the source
BIAS_RATE = 0.1
BETA_2 = 0.95


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
        Passes over the rows, and rows of a step.
    widths : tuple of int
        Hidden units.
    rate : float
        The highest learning rate.
    smoothing : float
        Of the labels.
    activation : str

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

    def net(self, features: int, outputs: int, seed: int = 0) -> Module:
        """A member; the seed draws its weights."""
        sizes = [features, *self.widths, outputs]
        layers: list[Module] = [Scale(features)]
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

    def optimizer(self, net: Module) -> Adam:
        """Adam with the rates of the parametrization."""
        groups: dict[str, Any] = {"layers.0.weight": FRONT_RATE, "*.bias": BIAS_RATE}
        for path, module in net.modules().items():
            if isinstance(module, Linear):
                groups[f"{path}.weight"] = 1 / sqrt(module.features)
        return Adam(self.rate, beta2=BETA_2, groups=groups)

    def schedule(self, steps: int) -> LogCosine:
        """The rates of a training of so many steps."""
        return LogCosine(self.rate, steps=max(steps, 1))


PRESETS = {
    "classes": {
        "strong": Recipe(members=8, parts=8, epochs=64, batch=256),
        "fast": Recipe(members=1, parts=5, epochs=64, batch=256),
    },
    "numbers": {
        "strong": Recipe(members=8, parts=8, epochs=128, batch=64, activation="mish"),
        "fast": Recipe(members=1, parts=5, epochs=128, batch=64, activation="mish"),
    },
}


def recipe_of(preset: Any, task: str) -> Recipe:
    """The recipe that a preset names, or the one that is given.

    Raises
    ------
    UnknownNameError
        If nothing has that name.
    """
    if isinstance(preset, Recipe):
        return preset
    if not isinstance(preset, str) or preset not in PRESETS[task]:
        raise UnknownNameError("preset", str(preset), tuple(PRESETS[task]))
    return PRESETS[task][preset]
