"""Architecture: what a saved net is rebuilt from, as JSON text.

Imports nn, the losses' names and the schema. saving.py writes it beside the weights and reads it
back.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, cast

from chainrule.errors import DataError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.nn import MLP, Module
from chainrule.nn.activations import ACTIVATIONS, USUAL
from chainrule.ops.losses.classification import SoftmaxCrossEntropy
from chainrule.ops.losses.loss import Loss, facts_of_named
from chainrule.train.data.schema import (
    Field,
    MisfitError,
    check_record,
    number,
    one_of,
    read_record,
)

KIND = "mlp"


@dataclass(frozen=True)
class Architecture:
    """A fully connected net, and the loss that gives its scores their meaning.

    Parameters
    ----------
    sizes : tuple of int
        Features, hidden units of each layer, outputs.
    activation : str, default "relu"
        Name of the activation between two layers.
    loss : str, default "softmax_cross_entropy"
        Name of the loss it was trained with: scores of softmax_cross_entropy are
        log-probabilities up to a constant, those of hinge are not.
    dropout : float, default 0
        Rate of the Dropout behind each hidden layer.
    normalization : str, optional
        "batch" or "layer".
    dtype : str, default "float32"
        Element type of the parameters.
    """

    sizes: tuple[int, ...]
    activation: str = USUAL
    loss: str = SoftmaxCrossEntropy.name
    dropout: float = 0.0
    normalization: str | None = None
    dtype: str = "float32"

    @property
    def names_classes(self) -> bool:
        """Whether its loss compares scores with class labels."""
        return facts_of_named(self.loss).targets == "labels"

    @property
    def weights(self) -> int:
        """Numbers in the Linear layers."""
        return sum((features + 1) * units for features, units in pairwise(self.sizes))

    def build(self, seed: int = 0) -> Module:
        """A fresh net; the seed draws its weights."""
        return MLP(
            self.sizes,
            activation=self.activation,
            dtype=self.dtype,
            dropout=self.dropout,
            normalization=self.normalization,
            seed=seed,
        )

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps({"kind": KIND, **asdict(self)}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Architecture":
        """Read what :meth:`to_json` wrote; a DataError if it is anything else."""
        try:
            record = read_record(text)
            check_record(record, SCHEMA)
        except MisfitError as misfit:
            raise DataError(
                f"this is not an architecture of chainrule: {misfit.what.rstrip('.')}.",
                found=misfit.found,
                do="Use the text as Architecture.to_json() wrote it.",
            ) from None
        del record["kind"]
        return cls(tuple(record.pop("sizes")), **record)


def _are_sizes(value: Any) -> bool:
    sizes = cast(list[Any], value)
    return (
        isinstance(value, list)
        and len(sizes) > 1
        and all(type(size) is int and size > 0 for size in sizes)
    )


LOSSES = tuple(name for name in CATALOGUE.names() if issubclass(CATALOGUE[name], Loss))
# Every entry of an architecture, and what it must be.
SCHEMA = (
    one_of("kind", [KIND]),
    Field("sizes", "a list of 2 or more whole numbers from 1 upwards", _are_sizes),
    one_of("activation", ACTIVATIONS),
    one_of("loss", LOSSES),
    number("dropout", "a number from 0 up to but not including 1", lambda rate: 0 <= rate < 1),
    one_of("normalization", [None, "batch", "layer"]),
    one_of("dtype", ["float32", "float64", "float16"]),
)
