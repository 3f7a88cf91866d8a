"""Loss: what all losses share: the facts, the reduction to one number, and sample weights.

Imports the families and reductions. The two files beside it hold the losses themselves; training,
reports and the command line ask a loss for its facts.
"""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Composite
from chainrule.ops.movement import cast, widened
from chainrule.ops.reductions import mean, total
from chainrule.ops.sums import DOUBLE, HALF, SINGLE

REDUCTIONS = ("mean", "sum", "none")
IGNORED = "ignore_index"  # the setting of a loss that names a label


@dataclass(frozen=True)
class LossFacts:
    """What a loss says about itself; "" where nobody can say.

    Parameters
    ----------
    targets : str
        What its second operand holds: "numbers", "shares" (numbers from 0 to 1), both of the
        first one's shape, or "labels", one for each row of scores.
    link : str
        The op that turns outputs into what targets are about: "softmax" and "sigmoid" make
        chances of scores, "exp" makes rates of their logarithms; "" for outputs as they are.
    unit : str
        Of the loss, such as "nats"; "" where it follows from the unit of the targets.
    metric : str or callable
        What is measured beside it: "accuracy", "r2", a function of outputs and targets; "" for
        nothing, "auto" for what the shapes suggest.
    members : int
        How many members of an ensemble it is the loss of; each may have weights of its own,
        (N, members). 0: of a single net.
    columns : int
        Outputs for each target; the answers come first: 2 for a mean and a variance.
    ignored : int, optional
        The label of rows that count nothing.
    """

    targets: str = ""
    link: str = ""
    unit: str = ""
    metric: Any = "auto"
    members: int = field(default=0, repr=False)
    columns: int = field(default=1, repr=False)
    ignored: int | None = field(default=None, repr=False)

    def linked(self, outputs: Any) -> Any:
        """Outputs in the terms of the targets: as chances, as rates; the answers alone."""
        if self.columns > 1:
            outputs = outputs[..., : self.answers(outputs.shape)[-1]]
        return CATALOGUE.function(self.link)(outputs) if self.link else outputs

    def answers(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the answers among outputs of this shape."""
        return shape if self.columns == 1 else (*shape[:-1], shape[-1] // self.columns)

    def known(self, labels: Any) -> Any:
        """The labels, with class 0 in the place of those that count nothing."""
        return labels if self.ignored is None else np.where(labels == self.ignored, 0, labels)


class Loss(Composite):
    """A loss per row (or per element), and its reduction to one number.

    What targets, link, unit and metric mean is said at :class:`LossFacts`; a loss of your own
    states them as class attributes.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        A weighted mean is divided by the sum of the weights.
    """

    views: ClassVar[bool] = False
    targets: ClassVar[str] = "numbers"
    link: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    metric: ClassVar[Any] = "r2"
    columns: ClassVar[int] = 1
    reduction: str = field(default="mean", kw_only=True)

    def __post_init__(self) -> None:
        reduction: Any = self.reduction
        if not isinstance(reduction, str) or reduction not in REDUCTIONS:
            known = ", ".join(map(repr, REDUCTIONS))
            raise ArgumentError(
                f"{self.name} knows no reduction {reduction!r:.60}.",
                do=f"Choose one of {known}; the weights of rows go by name: weights=...",
            )

    @classmethod
    def facts(cls) -> LossFacts:
        """What the class says about itself."""
        return LossFacts(cls.targets, cls.link, cls.unit, cls.metric, columns=cls.columns)

    def reduced(self, losses: Any, weights: Any, dtype: Any = None) -> Any:
        """Many losses become one, as ``reduction`` says; in this dtype, or that of the losses."""
        if losses.size == 0 and self.reduction == "mean":
            raise ArgumentError(
                f"{self.name} was given an empty batch, which has no mean.",
                found=[describe("losses", losses)],
                do="Leave empty batches out.",
            )
        if dtype == HALF:  # its losses were computed in float32, and so are sums of them
            return cast(self.reduced(losses, widened(weights)), dtype)
        if weights is not None:
            losses = losses * fitting_weights(weights, losses)
        if self.reduction == "none":
            return losses
        if weights is None and type(losses) is np.ndarray and losses.dtype.kind == "f":
            single = losses.dtype == SINGLE
            whole = np.add.reduce(losses, None, DOUBLE if single else None)
            if self.reduction == "mean":
                whole = whole / losses.size
            return np.float32(whole) if single else whole
        if weights is None or self.reduction == "sum":
            return mean(losses) if self.reduction == "mean" else total(losses)
        return total(losses) / self.whole(fitting_weights(weights, losses))

    def whole(self, weights: Any) -> Any:
        """What a weighted mean is divided by."""
        return total(weights)

    def share(self, upstream: Any, losses_shape: tuple[int, ...], weights: Any) -> Any:
        """Upstream gradient of each single loss."""
        if upstream.dtype == HALF:
            upstream, weights = widened(upstream), widened(weights)
        if self.reduction == "mean":
            count = math.prod(losses_shape)
            if weights is None:
                return upstream / count
            upstream = upstream / self.whole(weights)
        return upstream if weights is None else upstream * weights


def inside(function: Any) -> Any:
    """The function that stands inside any number of functools.partial."""
    while isinstance(function, partial):
        function = function.func  # pyright: ignore[reportUnknownMemberType]  any function
    return function


def facts_of(loss: Any) -> LossFacts:
    """The facts of a public loss, of a loss with settings, of the user's own class of one.

    A loss is known by what it is, through functools.partial too, never by its name: a function
    that calls one has no facts of its own.
    """
    settings: dict[str, Any] = {}
    while isinstance(loss, partial):
        settings = {**loss.keywords, **settings}
        loss = loss.func  # pyright: ignore[reportUnknownMemberType]  any function
    stated = getattr(loss, "facts", None)
    if isinstance(loss, Loss):
        return _of_instance(loss)
    if callable(stated) and not isinstance(loss, type):
        return loss.facts()
    op = getattr(loss, "op", None)  # a copy of it may stand on a wrapper: functools.wraps
    if isinstance(op, type) and issubclass(op, Loss) and op.function is loss:
        return dataclasses.replace(op.facts(), ignored=settings.get(IGNORED))
    return LossFacts()


def _of_instance(loss: Loss) -> LossFacts:
    """The facts of a loss with its settings."""
    return dataclasses.replace(loss.facts(), ignored=getattr(loss, IGNORED, None))


def facts_of_named(name: str) -> LossFacts:
    """The facts of the loss that the catalogue knows under a name."""
    op = CATALOGUE.ops.get(name)
    return op.facts() if op is not None and issubclass(op, Loss) else LossFacts()


def common_facts(losses: Iterable[Loss]) -> LossFacts:
    """What several losses agree about, such as those of one graph."""
    found = [_of_instance(loss) for loss in losses]
    agreed: dict[str, Any] = {}
    for fact in dataclasses.fields(LossFacts):
        values = [getattr(each, fact.name) for each in found]
        if values and all(value == values[0] for value in values):
            agreed[fact.name] = values[0]
    return LossFacts(**agreed)


def fitting_weights(weights: Any, losses: Any) -> Any:
    """The weights, once their shape is shown to be that of the losses."""
    if weights.shape != losses.shape:
        raise ShapeError(
            f"sample weights of shape {weights.shape} do not fit losses of {losses.shape}.",
            found=[describe("weights", weights), describe("losses", losses)],
            do="Give one weight per loss: (N,) for class labels, the targets' shape otherwise.",
        )
    return weights


def gradient_of_weights(
    loss: Any, upstream: Any, predictions: Any, targets: Any, weights: Any
) -> Any:
    """Gradient of the weights: each row's loss, less the mean if the weights divide it."""
    if weights is None:
        return None
    losses: Any = dataclasses.replace(loss, reduction="none")(predictions, targets)
    upstream, losses, weights = widened(upstream), widened(losses), widened(weights)
    if loss.reduction != "mean":
        return upstream * losses
    whole = loss.whole(weights)
    return upstream * (losses - total(losses * weights) / whole) / whole


def given_weights(weights_and_out: tuple[Any, ...]) -> Any:
    """The sample weights among what a backward rule receives, or None."""
    return weights_and_out[0] if len(weights_and_out) == 2 else None
