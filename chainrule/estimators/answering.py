"""Answering: the members of an ensemble on plain arrays, which leave no graph behind.

Imports nn. The estimators answer with it: for one row a graph costs as much as the net.
"""

from typing import Any

import numpy as np

from chainrule.nn import Ensemble, Run
from chainrule.nn.substitute import with_parameters

Array = np.ndarray[Any, np.dtype[Any]]
ROWS = 4096  # that are evaluated at a time


class Answering:
    """An ensemble with the arrays of its parameters in their places: ops on them are NumPy's.

    Parameters are written in place, so these are always those of the ensemble; a copy is that of
    a copied ensemble. Several rows are answered in float64: a product of float32 in BLAS depends,
    in its last digits, on where in the table a row stands.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        arrays: dict[Any, Any] = {p: p.value for p in ensemble.parameters().values()}
        self._net = with_parameters(ensemble, arrays)

    def __reduce__(self) -> Any:
        return Answering, (self._ensemble,)

    def outputs(self, inputs: Array) -> Array:
        """The outputs of each member, float64, (members, N, outputs)."""
        run, net = Run(), self._net
        if len(inputs) > 1:
            inputs, net = inputs.astype(np.float64), with_parameters(self._ensemble, self._exact())
        parts = [
            net.members_of(inputs[start : start + ROWS], run)
            for start in range(0, len(inputs), ROWS)
        ]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return whole.astype(np.float64)

    def _exact(self) -> dict[Any, Any]:
        return {p: p.value.astype(np.float64) for p in self._ensemble.parameters().values()}


def chances_in(outputs: Array) -> Array:
    """Of scores, or of logarithms of chances."""
    scores = outputs.astype(np.float64)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    return shares
