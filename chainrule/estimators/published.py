"""RealMLP: the published recipe of RealMLP-TD, one net and a long training.

Imports the recipe, nn and optim. It is a preset, for comparison.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from chainrule.estimators.features import Layout
from chainrule.estimators.table_recipe import BETA_2, BIAS_RATE, FRONT_RATE, Recipe
from chainrule.nn import (
    LearnableActivation,
    Linear,
    Module,
    PeriodicEmbedding,
    Run,
    Scale,
    ScheduledDropout,
    Sequential,
    initialize_from_data,
)
from chainrule.nn.initialization import normal
from chainrule.ops.parts import concatenate
from chainrule.optim import Adam, AdamW, FlatCosine

Array = np.ndarray[Any, np.dtype[Any]]
# The parameter table of the source.
PERIODIC_RATE, STRENGTH_RATE = 0.1, 0.1
DECAY, DROPOUT = 0.02, 0.15
EMBEDDED_ABOVE, CATEGORY_FEATURES = 9, 8
MOST_ROWS = 4096  # that the first weights are fitted to


class TableFront(Module):
    """Numbers as waves of themselves, columns of many categories as learned features.

    Parameters
    ----------
    layout : Layout
        Where the numbers stand among the inputs, and the ones of each column of categories.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.periodic = PeriodicEmbedding(layout.numbers) if layout.numbers else None
        self.tables = tuple(
            Linear(width, CATEGORY_FEATURES, bias=False, init=normal(1.0))
            for width in layout.categories
            if width > EMBEDDED_ABOVE
        )
        plain = layout.inputs - layout.numbers - sum(table.features for table in self.tables)
        waves = self.periodic.outputs if self.periodic else 0
        self.outputs = layout.numbers * waves + plain + CATEGORY_FEATURES * len(self.tables)

    def forward(self, x: Any, run: Run | None = None) -> Any:
        layout, tables = self.layout, iter(self.tables)
        place = layout.numbers
        parts = [self.periodic.forward(x[:, :place])] if self.periodic else []
        if layout.gaps:
            parts.append(x[:, place : place + layout.gaps])
        place += layout.gaps
        for width in layout.categories:
            ones = x[:, place : place + width]
            parts.append(next(tables).forward(ones) if width > EMBEDDED_ABOVE else ones)
            place += width
        return concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


@dataclass(frozen=True)
class RealMLP(Recipe):
    """RealMLP-TD: periodic embeddings, learnable activations, dropout, decay, 256 epochs.

    The best epoch on a fifth of the rows is kept, by accuracy or mean square error.

    Notes
    -----
    Other than in the source, gaps are columns of their own, each of two categories has a column,
    and dropout fades as :class:`chainrule.nn.ScheduledDropout` says.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 and its table of parameters.
    """

    members: int = 1
    parts: int = 5
    epochs: int = 256
    batch: int = 256
    widths: tuple[int, ...] = (256, 256, 256)

    is_timed: ClassVar[bool] = True
    keeps_best: ClassVar[bool] = True
    embedded_above: ClassVar[int | None] = EMBEDDED_ABOVE

    def rows_of_a_step(self, rows: int) -> int:
        """As many as the batch says, on small tables too."""
        return min(self.batch, rows)

    def ends(self, epochs: int) -> list[int]:
        """Every epoch."""
        return list(range(1, epochs + 1))

    def net(self, layout: Layout, outputs: int, seed: int = 0, steps: int = 1) -> Module:
        """The net; the seed draws its weights."""
        front = TableFront(layout)
        layers: list[Module] = [front, Scale(front.outputs)]
        for inputs, units in pairwise([front.outputs, *self.widths]):
            layers += [
                Linear(inputs, units),
                LearnableActivation(units, self.activation),
                ScheduledDropout(FlatCosine(DROPOUT, steps=max(steps, 1))),
            ]
        layers.append(Linear(self.widths[-1], outputs))
        return Sequential(*layers, seed=seed)

    def begin(self, net: Module, rows: Array, seed: int) -> None:
        """Fit the first weights to some of the rows."""
        assert isinstance(net, Sequential)
        some = np.random.default_rng(seed).permutation(len(rows))[:MOST_ROWS]
        initialize_from_data(net, rows[some], seed)

    def optimizer(self, net: Module, steps: int = 1) -> Adam:
        """Adam with a rate and a decay for each kind of parameter."""

        def decay(factor: float) -> FlatCosine:
            return FlatCosine(DECAY * factor, steps=max(steps, 1))

        def group(rate: float) -> dict[str, Any]:
            return {"rate": rate, "weight_decay": decay(rate)}

        groups: dict[str, Any] = {}
        for path, module in net.modules().items():
            if isinstance(module, PeriodicEmbedding):
                groups[f"{path}.*"] = group(PERIODIC_RATE)
            elif isinstance(module, Scale):
                groups[f"{path}.weight"] = group(FRONT_RATE)
            elif isinstance(module, LearnableActivation):
                groups[f"{path}.strength"] = group(STRENGTH_RATE)
            elif isinstance(module, Linear) and module.bias is not None:
                root = sqrt(module.features)
                # Of weights that are divided by the root: their decay is the same, their rate not.
                groups[f"{path}.weight"] = {"rate": 1 / root, "weight_decay": decay(root)}
                groups[f"{path}.bias"] = {"rate": BIAS_RATE, "weight_decay": 0}
        return AdamW(self.rate, beta2=BETA_2, weight_decay=decay(1.0), groups=groups)
