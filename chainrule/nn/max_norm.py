"""MaxNorm: a bound on the length of each unit's weights, kept by projecting after each step.

Imports module, ops and tensors. It stands beside the penalties of regularization.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.numpy.leaving import check_settings
from chainrule.nn.module import Module
from chainrule.nn.penalties_by_name import Members
from chainrule.ops.letters.arithmetic import sqrt, square
from chainrule.ops.movement import cast
from chainrule.ops.reductions import total
from chainrule.tensors import Parameter


@dataclass(frozen=True)
class MaxNorm:
    """Holds the length of each unit's weights at ``limit``: a projection, not a term of the loss.

    Parameters
    ----------
    limit : float
        The largest length; 3 or 4 is usual with dropout.

    Source
    ------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, "Dropout", section 5.1.
    """

    limit: float

    def __post_init__(self) -> None:
        check_settings("MaxNorm", ["limit"], [self.limit])
        if not self.limit > 0:
            raise ArgumentError(
                f"MaxNorm takes a positive limit, not {self.limit}.", do="3 or 4 is usual."
            )

    def project(self, model: Module, only: Members | None = None) -> None:
        """Shorten the weights of every unit that is longer than the limit."""
        for p, axis in self.targets(model, only):
            weights = p.value
            squares = np.sum(np.square(weights, dtype=np.float64), axis=axis, keepdims=True)
            lengths = np.sqrt(squares)
            if lengths.max(initial=0) > self.limit:
                p.write(self._shortened(weights, lengths).astype(weights.dtype), "project()")

    def projected(self, weights: Any, axis: int) -> Any:
        """The weights after the projection, written with ops: for a compiled step."""
        wide = cast(weights, np.dtype(np.float64))
        lengths = sqrt(total(square(wide), axis, True))
        return cast(self._shortened(wide, lengths), weights.dtype)

    def _shortened(self, weights: Any, lengths: Any) -> Any:
        return weights * (self.limit / np.maximum(lengths, self.limit))

    def targets(
        self, model: Module, only: Members | None = None
    ) -> Iterator[tuple[Parameter, int]]:
        """The weights that it holds, none that are frozen, and the axis of one unit's weights."""
        for p, axis in self._weights(model):
            if p.wants_gradient and (only is None or p in only):
                yield p, axis

    def acts_on(self, model: Module, members: Members) -> bool:
        """Whether there is a unit's weight among these."""
        return any(p in members for p, _ in self._weights(model))

    def _weights(self, model: Module) -> Iterator[tuple[Parameter, int]]:
        for module in model.modules().values():
            for name, p in module.members():
                is_weight = isinstance(p, Parameter) and p.ndim > 1
                if is_weight and name not in module.unpenalized:
                    yield p, module.unit_axes
