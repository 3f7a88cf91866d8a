"""The loss of a prediction that says how sure it is: a mean and a variance for each target.

Imports loss, letters, indexing and joining. It stands beside the losses of one output per target.
"""

import math
from typing import Any, ClassVar

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.op.operands import as_fractions
from chainrule.graph.op.operation import op
from chainrule.ops.joining import concatenate
from chainrule.ops.letters.arithmetic import maximum
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.letters.transcendental import exp, log1p
from chainrule.ops.losses.loss import Loss, given_weights, gradient_of_weights
from chainrule.ops.movement import widened


@op(
    "gaussian_likelihood",
    samples=lambda rng: (rng.normal(size=(4, 6)), rng.normal(size=(4, 3))),
)
class GaussianLikelihood(Loss):
    """Minus the log-likelihood of targets around means, with a variance for each that is learned.

    ((target - mean)**2 / variance + log(variance)) / 2, without the constant log(2 pi) / 2.

    Takes outputs (N, 2 k) for targets (N, k): the first k columns are the means, the others say
    the variances, exp(output) + eps. So a last layer of 2 k units is all that a net needs, and no
    output can make a variance negative.

    Parameters
    ----------
    eps : float, default 1e-6
        The least variance, in squared units of the target: a net that meets a target exactly
        would make the variance 0, and the loss minus infinity.

    Source
    ------
    Nix and Weigend 1994, "Estimating the mean and variance of the target probability
    distribution".

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> outputs = np.array([[1.0, 0.0], [3.0, np.log(4.0)]])  # 1 +- 1, and 3 +- 2
    >>> targets = np.array([[1.0], [5.0]])
    >>> cr.gaussian_likelihood(outputs, targets, reduction="none").round(4).tolist()
    [[0.0], [1.1931]]
    """

    unit: ClassVar[str] = "nats"
    columns: ClassVar[int] = 2
    eps: float = 1e-6

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.eps < math.inf:
            raise ArgumentError(
                f"the least variance of gaussian_likelihood is positive, but eps is {self.eps}.",
                do="Choose eps=1e-6, in squared units of the target.",
            )

    def forward(self, outputs: Any, targets: Any, weights: Any = None) -> Any:
        _check_columns(outputs, targets)
        outputs, targets, weights = as_fractions((outputs, targets, weights))
        apart, log_variance, _ = self._parts(outputs, targets)
        losses = 0.5 * (apart * apart * exp(-log_variance) + log_variance)
        kind = outputs.dtype
        return self.reduced(losses, weights, kind if targets.dtype == kind else None)

    def backward(self, upstream: Any, outputs: Any, targets: Any, *weights_and_out: Any) -> Any:
        outputs, targets, weights = as_fractions(
            (outputs, targets, given_weights(weights_and_out))
        )
        share = self.share(upstream, targets.shape, weights)
        apart, log_variance, rise = self._parts(outputs, targets)

        def of_means() -> Any:
            return -apart * exp(-log_variance) * share

        def of_outputs() -> Any:
            of_log = 0.5 * (1 - apart * apart * exp(-log_variance)) * rise * share
            return concatenate([of_means(), of_log], axis=-1)

        rules = (of_outputs, lambda: -of_means())
        if len(weights_and_out) == 1:
            return rules
        return (*rules, lambda: gradient_of_weights(self, upstream, outputs, targets, weights))

    def _parts(self, outputs: Any, targets: Any) -> tuple[Any, Any, Any]:
        """Target less mean, log(exp(output) + eps), and the slope of that in the output."""
        count = targets.shape[-1]
        outputs, least = widened(outputs), math.log(self.eps)
        means, raw = outputs[..., :count], outputs[..., count:]
        above = raw - least
        log_variance = maximum(raw, least) + log1p(exp(-abs(above)))  # exp(89) overflows float32
        return widened(targets) - means, log_variance, sigmoid(above)


def _check_columns(outputs: Any, targets: Any) -> None:
    count = targets.shape[-1] if targets.ndim else 0
    if targets.ndim and outputs.shape == (*targets.shape[:-1], 2 * count):
        return
    column = outputs.shape == (*targets.shape, 2)
    raise ShapeError(
        "gaussian_likelihood takes a mean and a variance for each target: targets (N, k) need "
        f"outputs (N, 2 k), not {outputs.shape} for {targets.shape}.",
        found=[describe("outputs", outputs), describe("targets", targets)],
        do="Make the targets a column: targets.reshape(-1, 1)."
        if column
        else "Give the last layer two units for each target.",
    )
