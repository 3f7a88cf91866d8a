"""Architecture: what a saved net is rebuilt from, as JSON text.

Imports nn and errors. saving.py writes it beside the weights and reads it back.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, cast

from chainrule.errors import ChainruleError, DataError
from chainrule.nn import MLP, Module

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
    activation: str = "relu"
    loss: str = "softmax_cross_entropy"
    dropout: float = 0.0
    normalization: str | None = None
    dtype: str = "float32"

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
            record = json.loads(text)
            if not isinstance(record, dict):
                raise ValueError("it is not an object")
            return _of_record(cast(dict[str, Any], record))
        except (ValueError, TypeError, RecursionError, ChainruleError) as error:
            what = error.what if isinstance(error, ChainruleError) else str(error)
            raise DataError(
                f"this is not an architecture of chainrule: {what.rstrip('.')}.",
                do="Use the text as Architecture.to_json() wrote it.",
            ) from None


def _of_record(record: dict[str, Any]) -> Architecture:
    if record.pop("kind", None) != KIND:
        raise ValueError(f"its kind is not {KIND!r}")
    sizes = record.pop("sizes", None)
    if not isinstance(sizes, list) or len(cast(list[Any], sizes)) < 2:
        raise ValueError("sizes is not a list of two numbers or more")
    widths = cast(list[Any], sizes)
    if not all(type(width) is int and width > 0 for width in widths):
        raise ValueError("sizes holds something else than positive whole numbers")
    architecture = Architecture(tuple(widths), **record)
    # A net as narrow as can be, whatever the sizes: names and rates are checked where they belong.
    Architecture((1, 1, 1), **record).build()
    return architecture
