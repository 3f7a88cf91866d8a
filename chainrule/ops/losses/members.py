"""A loss of nets that are trained side by side: the sum of what each of them would have alone.

Imports loss, movement and reductions. Ensembles make one of any loss.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.ops.letters.arithmetic import maximum
from chainrule.ops.losses.loss import LossFacts, facts_of
from chainrule.ops.movement import broadcast_to, cast, reshape
from chainrule.ops.reductions import mean, total


class LossOfMembers:
    """loss(outputs, targets, weights) of the members of an ensemble.

    Outputs (N, members, C) of training count as the sum of the members' losses, so that the
    gradient of each is its own; outputs (N, C), which an ensemble evaluates to, as they are.
    Weights (N, members) say how often a row counts for each member: 0 keeps it from seeing the
    row. In evaluation a row counts as often as its members' mean.

    Parameters
    ----------
    loss : callable
        A loss of the library, perhaps inside functools.partial, or loss(outputs, targets) of your
        own, which is then called member by member.
    members : int
    """

    def __init__(self, loss: Callable[..., Any], members: int) -> None:
        self.loss, self.members = loss, members
        self._own = facts_of(loss)

    def facts(self) -> LossFacts:
        """Those of the loss; what is measured beside it takes outputs of both kinds."""
        metric: Any = _accuracy if self._own.metric == "accuracy" else ""
        if metric and self._own.ignored is not None:
            metric = partial(_accuracy, ignored=self._own.ignored)
        return replace(self._own, metric=metric, members=self.members)

    def __call__(self, outputs: Any, targets: Any, weights: Any = None) -> Any:
        """The sum over the members of their mean losses."""
        labels = self._has_labels(targets)
        if len(outputs.shape) == len(targets.shape) + labels:
            given = {} if weights is None else {"weights": self._per_row(weights, targets)}
            return self.loss(outputs, targets, **given)
        self._check(outputs, targets)
        if self._own.targets:
            return self._together(outputs, targets, weights)
        whole: Any = 0
        for member in range(self.members):
            given = {}
            if weights is not None:
                own = weights[:, member] if len(weights.shape) > 1 else weights
                given = {"weights": own}
            whole = whole + self.loss(outputs[:, member], targets, **given)
        return whole

    def _together(self, outputs: Any, targets: Any, weights: Any) -> Any:
        rows, members = outputs.shape[:2]
        rest = targets.shape[1:]
        shape = (rows, members, *rest)
        repeated = broadcast_to(reshape(targets, (rows, 1, *rest)), shape)
        losses = self.loss(outputs, repeated, reduction="none")
        axes = (0, *range(2, len(shape)))
        if self._own.ignored is not None:  # a row that is left out has no part in the mean
            weights = self._kept(targets, weights, losses.dtype)
        if weights is None:
            return total(mean(losses, axes))
        if len(weights.shape) == 1:
            weights = reshape(weights, (rows, 1))
        if weights.shape == targets.shape and rest:  # of each target, the same for all members
            weights = reshape(weights, (rows, 1, *rest))
        else:
            weights = reshape(weights, (*weights.shape, *[1] * (len(shape) - len(weights.shape))))
        weights = broadcast_to(weights, shape)
        # A member that sees no row of a batch has a loss of 0, and not 0 / 0.
        seen = maximum(total(weights, axes), np.finfo(weights.dtype).tiny)
        return total(total(losses * weights, axes) / seen)

    def _kept(self, labels: Any, weights: Any, dtype: Any) -> Any:
        """The weights, of rows or of each member's; 0 where the label counts nothing."""
        kept = cast(labels != self._own.ignored, dtype)
        if weights is None:
            return kept
        return weights * reshape(
            kept, (*kept.shape, *[1] * (len(weights.shape) - len(kept.shape)))
        )

    def _per_row(self, weights: Any, targets: Any) -> Any:
        """The weights of rows where those of each member are given."""
        if len(weights.shape) == 1 or (self._own.targets and weights.shape == targets.shape):
            return weights
        of_rows = mean(weights, tuple(range(1, len(weights.shape))))
        if not self._own.targets or of_rows.shape == targets.shape:
            return of_rows
        column = reshape(of_rows, (-1, *[1] * (len(targets.shape) - 1)))
        return broadcast_to(column, targets.shape)

    def _has_labels(self, targets: Any) -> bool:
        kind = self._own.targets
        return kind == "labels" or (not kind and targets.dtype.kind in "biu")

    def _check(self, outputs: Any, targets: Any) -> None:
        if outputs.shape[1:2] != (self.members,):
            raise ShapeError(
                f"this loss is that of {self.members} members, whose outputs are (N, "
                f"{self.members}, ...), but these are {outputs.shape}.",
                found=[describe("outputs", outputs), describe("targets", targets)],
                do="Train with the loss of the same ensemble: loss=ensemble.loss(...).",
            )


def _accuracy(outputs: Any, labels: Any, ignored: int | None = None) -> float:
    """Share of the rows whose label has the highest score, on average over the members."""
    if ignored is not None:
        kept = labels != ignored
        outputs, labels = outputs[kept], labels[kept]
        if not labels.size:
            return 0.0
    if outputs.ndim == labels.ndim + 2:
        labels = labels[:, None]
    right: Any = outputs.argmax(-1) == labels
    return float(right.mean())
